//! The nets that are timed, with random weights: the time does not depend on them.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::*;
use tract_onnx::tract_core::ops::cnn::{Conv, KernelFormat, MaxPool, PaddingSpec, PoolSpec};
use tract_onnx::tract_core::ops::einsum::EinSum;
use tract_onnx::tract_core::ops::math;
use tract_onnx::tract_core::ops::nn::DataFormat;

/// A layer of a plain net.
enum Layer {
    /// Outputs, kernel, stride, padding; a rectifier follows.
    Conv(usize, usize, usize, usize),
    /// Kernel, stride.
    Pool(usize, usize),
    /// Outputs.
    Dense(usize),
}

/// Names of the nets.
pub const NETS: [&str; 3] = [
    "lecture-lenet",
    "alexnet-convolutions",
    "vgg16-convolutions",
];

/// The net of this name.
pub fn net(name: &str) -> TypedModel {
    use Layer::{Conv, Dense, Pool};
    let (input, layers) = match name {
        "lecture-lenet" => (
            [1, 28, 28],
            vec![
                Conv(20, 5, 1, 0),
                Pool(2, 2),
                Conv(50, 3, 1, 0),
                Pool(2, 2),
                Dense(10),
            ],
        ),
        "alexnet-convolutions" => (
            [3, 224, 224],
            vec![
                Conv(64, 11, 4, 2),
                Pool(3, 2),
                Conv(192, 5, 1, 2),
                Pool(3, 2),
                Conv(384, 3, 1, 1),
                Conv(256, 3, 1, 1),
                Conv(256, 3, 1, 1),
                Pool(3, 2),
            ],
        ),
        _ => {
            let blocks = [(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)];
            let layers = blocks.into_iter().flat_map(|(outputs, times)| {
                let convolutions = (0..times).map(move |_| Conv(outputs, 3, 1, 1));
                convolutions.chain([Pool(2, 2)])
            });
            ([3, 224, 224], layers.collect())
        }
    };
    build(input, &layers)
}

/// An input for `model`.
pub fn input(model: &TypedModel) -> Tensor {
    let shape = model.input_fact(0).unwrap().shape.as_concrete().unwrap();
    random(shape, 1.0, &mut ChaCha8Rng::seed_from_u64(1))
}

fn random(shape: &[usize], most: f32, random: &mut ChaCha8Rng) -> Tensor {
    let count = shape.iter().product();
    let values: Vec<f32> = (0..count)
        .map(|_| random.random_range(-most..most))
        .collect();
    Tensor::from_shape(shape, &values).unwrap()
}

fn build(input: [usize; 3], layers: &[Layer]) -> TypedModel {
    let mut model = TypedModel::default();
    let mut generator = ChaCha8Rng::seed_from_u64(0);
    let mut shape = vec![1, input[0], input[1], input[2]];
    let mut wire = model.add_source("input", f32::fact(&*shape)).unwrap();
    for (index, layer) in layers.iter().enumerate() {
        let name = format!("layer{index}");
        let mut weights = |model: &mut TypedModel, what: &str, shape: &[usize]| {
            let fan_in = shape[1..].iter().product::<usize>().max(1);
            let values = random(shape, (6.0 / fan_in as f32).sqrt(), &mut generator);
            model.add_const(format!("{name}.{what}"), values).unwrap()
        };
        wire = match *layer {
            Layer::Conv(outputs, kernel, stride, pad) => {
                let kernels = weights(&mut model, "weights", &[outputs, shape[1], kernel, kernel]);
                let bias = model.add_const(
                    format!("{name}.bias"),
                    Tensor::zero::<f32>(&[outputs]).unwrap(),
                );
                let spec = spec(kernel, stride, pad, shape[1], outputs);
                let op = Conv::new(spec, KernelFormat::OIHW, 1, None);
                let inputs = [wire, kernels, bias.unwrap()];
                let conv = model.wire_node(&name, op, &inputs).unwrap()[0];
                let zero = tensor0(0.0_f32).broadcast_into_rank(4).unwrap();
                let zero = model.add_const(format!("{name}.zero"), zero).unwrap();
                model
                    .wire_node(format!("{name}.relu"), math::max(), &[conv, zero])
                    .unwrap()[0]
            }
            Layer::Pool(kernel, stride) => {
                let spec = spec(kernel, stride, 0, shape[1], shape[1]);
                model
                    .wire_node(&name, MaxPool::new(spec, None), &[wire])
                    .unwrap()[0]
            }
            Layer::Dense(outputs) => {
                let sizes: TVec<TDim> = shape[1..].iter().map(ToDim::to_dim).collect();
                let flat = shape[1..].iter().product::<usize>();
                let op = AxisOp::Reshape(1, sizes, tvec!(flat.to_dim()));
                let flattened = model
                    .wire_node(format!("{name}.flat"), op, &[wire])
                    .unwrap()[0];
                let weights = weights(&mut model, "weights", &[outputs, flat]);
                let axes = AxesMapping::from_strs(&["nk", "ok"], &["no"]).unwrap();
                let op = EinSum::new(axes, f32::datum_type());
                model.wire_node(&name, op, &[flattened, weights]).unwrap()[0]
            }
        };
        shape = model
            .outlet_fact(wire)
            .unwrap()
            .shape
            .as_concrete()
            .unwrap()
            .to_vec();
    }
    model.select_output_outlets(&[wire]).unwrap();
    model.into_decluttered().unwrap()
}

fn spec(kernel: usize, stride: usize, pad: usize, inputs: usize, outputs: usize) -> PoolSpec {
    PoolSpec::new(
        DataFormat::NCHW,
        tvec!(kernel, kernel),
        PaddingSpec::Explicit(tvec!(pad, pad), tvec!(pad, pad)),
        None,
        Some(tvec!(stride, stride)),
        inputs,
        outputs,
    )
}
