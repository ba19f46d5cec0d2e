//! The nets that are timed, with random weights: the time does not depend on them.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::*;
use tract_onnx::tract_core::ops::array::TypedConcat;
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
    /// Outputs of the squeezing convolution, and of each of the two that follow it side by side.
    Fire(usize, usize),
    /// Outputs.
    Dense(usize),
}

/// Names of the nets.
pub const NETS: [&str; 5] = [
    "lecture-lenet",
    "lecture-lenet-32",
    "alexnet-convolutions",
    "squeezenet-features",
    "vgg16-convolutions",
];

/// The net of this name.
pub fn net(name: &str) -> TypedModel {
    use Layer::{Conv, Dense, Fire, Pool};
    match name {
        "lecture-lenet" | "lecture-lenet-32" => {
            let layers = [
                Conv(20, 5, 1, 0),
                Pool(2, 2),
                Conv(50, 3, 1, 0),
                Pool(2, 2),
                Dense(10),
            ];
            let batch = if name == "lecture-lenet" { 1 } else { 32 };
            build([batch, 1, 28, 28], &layers)
        }
        "alexnet-convolutions" => build(
            [1, 3, 224, 224],
            &[
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
        // 1.0, up to the eighth fire module.
        "squeezenet-features" => build(
            [1, 3, 512, 512],
            &[
                Conv(96, 7, 2, 0),
                Pool(3, 2),
                Fire(16, 64),
                Fire(16, 64),
                Fire(32, 128),
                Pool(3, 2),
                Fire(32, 128),
                Fire(48, 192),
                Fire(48, 192),
                Fire(64, 256),
                Pool(3, 2),
                Fire(64, 256),
            ],
        ),
        _ => {
            let blocks = [(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)];
            let layers = blocks.into_iter().flat_map(|(outputs, times)| {
                let convolutions = (0..times).map(move |_| Conv(outputs, 3, 1, 1));
                convolutions.chain([Pool(2, 2)])
            });
            build([1, 3, 224, 224], &layers.collect::<Vec<_>>())
        }
    }
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

fn build(input: [usize; 4], layers: &[Layer]) -> TypedModel {
    let mut net = Net {
        model: TypedModel::default(),
        generator: ChaCha8Rng::seed_from_u64(0),
    };
    let mut wire = net.model.add_source("input", f32::fact(input)).unwrap();
    for (index, layer) in layers.iter().enumerate() {
        let name = format!("layer{index}");
        wire = match *layer {
            Layer::Conv(outputs, kernel, stride, pad) => {
                net.convolution(&name, wire, outputs, [kernel, stride, pad])
            }
            Layer::Pool(kernel, stride) => {
                let channels = net.shape(wire)[1];
                let spec = spec([kernel, stride, 0], channels, channels);
                let op = MaxPool::new(spec, None);
                net.model.wire_node(&name, op, &[wire]).unwrap()[0]
            }
            Layer::Fire(squeezed, expanded) => net.fire(&name, wire, squeezed, expanded),
            Layer::Dense(outputs) => net.dense(&name, wire, outputs),
        };
    }
    net.model.select_output_outlets(&[wire]).unwrap();
    net.model.into_decluttered().unwrap()
}

/// A net while it is built.
struct Net {
    model: TypedModel,
    generator: ChaCha8Rng,
}

impl Net {
    fn shape(&self, wire: OutletId) -> Vec<usize> {
        let fact = self.model.outlet_fact(wire).unwrap();
        fact.shape.as_concrete().unwrap().to_vec()
    }

    fn weights(&mut self, name: &str, shape: &[usize]) -> OutletId {
        let fan_in = shape[1..].iter().product::<usize>().max(1);
        let values = random(shape, (6.0 / fan_in as f32).sqrt(), &mut self.generator);
        self.model
            .add_const(format!("{name}.weights"), values)
            .unwrap()
    }

    /// With a rectifier. Kernel, stride, padding.
    fn convolution(
        &mut self,
        name: &str,
        wire: OutletId,
        outputs: usize,
        window: [usize; 3],
    ) -> OutletId {
        let inputs = self.shape(wire)[1];
        let kernels = self.weights(name, &[outputs, inputs, window[0], window[0]]);
        let bias = Tensor::zero::<f32>(&[outputs]).unwrap();
        let bias = self.model.add_const(format!("{name}.bias"), bias).unwrap();
        let op = Conv::new(spec(window, inputs, outputs), KernelFormat::OIHW, 1, None);
        let inputs = [wire, kernels, bias];
        let conv = self.model.wire_node(name, op, &inputs).unwrap()[0];
        let zero = tensor0(0.0_f32).broadcast_into_rank(4).unwrap();
        let zero = self.model.add_const(format!("{name}.zero"), zero).unwrap();
        self.model
            .wire_node(format!("{name}.relu"), math::max(), &[conv, zero])
            .unwrap()[0]
    }

    fn fire(&mut self, name: &str, wire: OutletId, squeezed: usize, expanded: usize) -> OutletId {
        let narrow = self.convolution(&format!("{name}.squeeze"), wire, squeezed, [1, 1, 0]);
        let one = self.convolution(&format!("{name}.one"), narrow, expanded, [1, 1, 0]);
        let nine = self.convolution(&format!("{name}.nine"), narrow, expanded, [3, 1, 1]);
        let join = TypedConcat::new(1);
        self.model.wire_node(name, join, &[one, nine]).unwrap()[0]
    }

    fn dense(&mut self, name: &str, wire: OutletId, outputs: usize) -> OutletId {
        let shape = self.shape(wire);
        let sizes: TVec<TDim> = shape[1..].iter().map(ToDim::to_dim).collect();
        let flat = shape[1..].iter().product::<usize>();
        let op = AxisOp::Reshape(1, sizes, tvec!(flat.to_dim()));
        let flattened = self
            .model
            .wire_node(format!("{name}.flat"), op, &[wire])
            .unwrap()[0];
        let weights = self.weights(name, &[outputs, flat]);
        let axes = AxesMapping::from_strs(&["nk", "ok"], &["no"]).unwrap();
        let op = EinSum::new(axes, f32::datum_type());
        let inputs = [flattened, weights];
        self.model.wire_node(name, op, &inputs).unwrap()[0]
    }
}

/// Kernel, stride, padding.
fn spec([kernel, stride, pad]: [usize; 3], inputs: usize, outputs: usize) -> PoolSpec {
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
