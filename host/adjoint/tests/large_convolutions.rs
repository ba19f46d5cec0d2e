//! Convolutions that are large enough for operators of our own.

use tract_adjoint::{Adjoint, AdjointError, Target, with_own_operators, with_threads};
use tract_onnx::prelude::*;
use tract_onnx::tract_core::ops::cnn::{Conv, KernelFormat, MaxPool, PaddingSpec, PoolSpec};
use tract_onnx::tract_core::ops::nn::DataFormat;

/// A convolution of whole numbers, and what arrives at its output.
struct Sums<'a> {
    /// Input channels, rows and columns of the input, output channels.
    sizes: [usize; 3],
    /// Rows and columns of the output.
    back: [usize; 2],
    /// Groups, stride, padding before, rows and columns of the kernel, dilation.
    window: [usize; 5],
    weights: &'a [f32],
    seeds: &'a [f32],
}

impl Sums<'_> {
    /// The slope of the input's number `at`, term by term.
    fn slope(&self, at: usize) -> f32 {
        let [channels, size, outputs] = self.sizes;
        let [groups, stride, pad, kernel, dilation] = self.window;
        let [rows, columns] = self.back;
        let (x, y) = (at % size, at / size % size);
        let (input, image) = (at / size / size % channels, at / size / size / channels);
        let (inputs, each) = (channels / groups, outputs / groups);
        // The output position whose tap `tap` reads `at`, along one axis.
        let place = |at: usize, tap: usize, places: usize| {
            let past = (at + pad).checked_sub(tap * dilation)?;
            let place = past.is_multiple_of(stride).then_some(past / stride)?;
            (place < places).then_some(place)
        };
        let mut sum = 0.0;
        for tap in 0..kernel * kernel {
            let row = place(y, tap / kernel, rows);
            let Some((row, column)) = row.zip(place(x, tap % kernel, columns)) else {
                continue;
            };
            for output in input / inputs * each..(input / inputs + 1) * each {
                let weight = (output * inputs + input % inputs) * kernel * kernel + tap;
                let seed = ((image * outputs + output) * rows + row) * columns + column;
                sum += self.weights[weight] * self.seeds[seed];
            }
        }
        sum
    }
}

/// Kernels that are not `[O, I, …]` are tract's: read forward, and refused on the way back.
#[test]
fn kernels_in_another_order_are_left_to_tract() {
    let numbers = |count: usize| -> Vec<f32> { (0..count).map(|i| (i % 7) as f32 - 3.0).collect() };
    let (channels, outputs, size) = (64, 64, 30);
    let planned = |format: KernelFormat, shape: [usize; 4], of: &dyn Fn(usize) -> usize| {
        let mut model = TypedModel::default();
        let x = model.add_source("x", f32::fact([1, channels, size, size]));
        let weights = numbers(outputs * channels * 9);
        let weights: Vec<f32> = (0..weights.len()).map(|at| weights[of(at)]).collect();
        let weights = Tensor::from_shape(&shape, &weights).unwrap();
        let weights = model.add_const("weights", weights).unwrap();
        let bias = model.add_const("bias", tensor0(0.0_f32)).unwrap();
        let pool = PoolSpec::new(
            DataFormat::NCHW,
            tvec!(3, 3),
            PaddingSpec::Valid,
            None,
            Some(tvec!(1, 1)),
            channels,
            outputs,
        );
        let op = Conv::new(pool, format, 1, None);
        let y = model.wire_node("conv", op, &[x.unwrap(), weights, bias]);
        model.select_output_outlets(&y.unwrap()).unwrap();
        model
    };
    let plain = planned(KernelFormat::OIHW, [outputs, channels, 3, 3], &|at| at);
    let other = planned(KernelFormat::OHWI, [outputs, 3, 3, channels], &|at| {
        let (output, rest) = (at / (9 * channels), at % (9 * channels));
        let (tap, input) = (rest / channels, rest % channels);
        (output * channels + input) * 9 + tap
    });
    let refused = Adjoint::of(&other).threads(2).plan().unwrap_err();
    assert!(matches!(&refused, AdjointError::Unsupported { node, .. } if node == "conv"));
    let values = |model: &TypedModel| {
        let read = model.outputs.clone();
        let mut plan = Adjoint::of(model)
            .read(&read)
            .wrt(&read)
            .threads(2)
            .plan()
            .unwrap();
        let input = numbers(channels * size * size);
        let input = Tensor::from_shape(&[1, channels, size, size], &input).unwrap();
        let pass = plan.run(tvec![input.into()], &Target::Sum).unwrap();
        pass.values[0].clone().into_tensor()
    };
    // Small whole numbers: sums are exact but where tiles are transformed.
    let (one, two) = (values(&plain), values(&other));
    one.close_enough(&two, true).unwrap();
}

/// Large convolutions are our own: small kernels, and those whose phases have small ones, always,
/// others on two threads. Numbers
/// are whole and sums far below 2²⁴, so that every order of adding gives the same; tiles
/// are transformed and added in one order, however many threads there are. Some slopes
/// are compared with their sums, rounded: transforms are not exact.
#[test]
fn two_threads_give_what_one_gives() {
    for (window, own) in [
        ([1, 1, 1, 3, 1], ["Winograd"; 2]),
        ([2, 2, 2, 5, 1], ["Winograd"; 2]),
        ([1, 1, 0, 1, 1], ["OptMatMul", "ConvForward"]),
        ([1, 3, 0, 3, 1], ["OptMatMul", "ConvForward"]),
        ([1, 1, 3, 3, 2], ["OptMatMul", "ConvForward"]),
    ] {
        let [group, stride, pad, kernel, dilation] = window;
        let numbers = |count: usize, step: usize| -> Vec<f32> {
            let numbers = (0..count).map(|i| ((i * step) % 211 % 7) as f32 - 3.0);
            numbers.collect()
        };
        let (channels, outputs, size) = (64, 96, 70);
        let mut model = TypedModel::default();
        let x = model
            .add_source("x", f32::fact([2, channels, size, size]))
            .unwrap();
        let shape = [outputs, channels / group, kernel, kernel];
        let weights = Tensor::from_shape(&shape, &numbers(shape.iter().product(), 37)).unwrap();
        let weights = model.add_const("weights", weights).unwrap();
        let bias = model
            .add_const("bias", tensor1(&numbers(outputs, 5)))
            .unwrap();
        let pool = PoolSpec::new(
            DataFormat::NCHW,
            tvec!(kernel, kernel),
            PaddingSpec::Explicit(tvec!(pad, pad), tvec!(pad, 0)),
            Some(tvec!(dilation, dilation)),
            Some(tvec!(stride, stride)),
            channels,
            outputs,
        );
        let op = Conv::new(pool, KernelFormat::OIHW, group, None);
        let y = model.wire_node("conv", op, &[x, weights, bias]).unwrap();
        model.select_output_outlets(&y).unwrap();
        let input = numbers(2 * channels * size * size, 71);
        let input = Tensor::from_shape(&[2, channels, size, size], &input).unwrap();
        let run = |threads: usize| {
            let mut plan = Adjoint::of(&model).threads(threads).plan().unwrap();
            let objective = |values: &[TValue]| {
                let seeds = numbers(values[0].len(), 13);
                let seeds = Tensor::from_shape(values[0].shape(), &seeds)?;
                Ok((0.0, vec![seeds]))
            };
            let pass = plan
                .run(tvec![input.clone().into_tvalue()], &objective)
                .unwrap();
            let has = |graph: &TypedModel, name: &str| {
                let mut nodes = graph.nodes().iter();
                nodes.any(|node| node.op.name() == name)
            };
            let [forward, backward] = plan.graphs();
            assert!(has(forward, own[threads - 1]), "{own:?}");
            assert_eq!(has(backward, "Winograd"), own[0] == "Winograd");
            pass
        };
        let (one, two) = (run(1), run(2));
        let what = format!("{window:?}");
        let sums = Sums {
            sizes: [channels, size, outputs],
            back: [one.values[0].shape()[2], one.values[0].shape()[3]],
            window,
            weights: &numbers(shape.iter().product(), 37),
            seeds: &numbers(one.values[0].len(), 13),
        };
        let gradient = one.gradients[0].to_plain_array_view::<f32>().unwrap();
        for at in (0..gradient.len()).step_by(9973) {
            let have = gradient.as_slice().unwrap()[at];
            assert_eq!(have.round(), sums.slope(at), "{what}: {at}");
        }
        assert!(one.values[0] == two.values[0], "{what}");
        assert!(one.gradients[0] == two.gradients[0], "{what}");
    }
}

/// A convolution, one whose channels stay apart, and a max-pool: the forward graph with operators
/// of our own gives what tract's own operators give. Whole numbers, so that every order of adding
/// gives the same.
#[test]
fn the_forward_graph_with_own_operators_gives_what_tract_gives() {
    let numbers = |count: usize, step: usize| -> Vec<f32> {
        let numbers = (0..count).map(|i| ((i * step) % 211 % 7) as f32 - 3.0);
        numbers.collect()
    };
    let (channels, size) = (64, 41);
    let mut model = TypedModel::default();
    let mut at = model
        .add_source("x", f32::fact([2, 3, size, size]))
        .unwrap();
    // Input channels, groups, kernel, stride, padding.
    for (name, [inputs, groups, kernel, stride, pad]) in [
        ("dense", [3, 1, 5, 2, 2]),
        ("apart", [channels, channels, 5, 2, 1]),
    ] {
        let shape = [channels, inputs / groups, kernel, kernel];
        let weights = Tensor::from_shape(&shape, &numbers(shape.iter().product(), 37)).unwrap();
        let weights = model.add_const(format!("{name}.w"), weights).unwrap();
        let bias = tensor1(&numbers(channels, 5));
        let bias = model.add_const(format!("{name}.b"), bias).unwrap();
        let pool = PoolSpec::new(
            DataFormat::NCHW,
            tvec!(kernel, kernel),
            PaddingSpec::Explicit(tvec!(pad, pad), tvec!(pad, 0)),
            None,
            Some(tvec!(stride, stride)),
            inputs,
            channels,
        );
        let op = Conv::new(pool, KernelFormat::OIHW, groups, None);
        at = model.wire_node(name, op, &[at, weights, bias]).unwrap()[0];
    }
    let pool = PoolSpec::new(
        DataFormat::NCHW,
        tvec!(3, 3),
        PaddingSpec::Valid,
        None,
        Some(tvec!(2, 2)),
        channels,
        channels,
    );
    at = model
        .wire_node("pool", MaxPool::new(pool, None), &[at])
        .unwrap()[0];
    let own = with_own_operators(&model, &[at]).unwrap();
    assert_eq!(
        [count(&own, "ConvForward"), count(&own, "SwitchMaxPool")],
        [2, 1]
    );
    let input = numbers(2 * 3 * size * size, 71);
    let input = Tensor::from_shape(&[2, 3, size, size], &input).unwrap();
    model.select_output_outlets(&[at]).unwrap();
    let run = |model: TypedModel| {
        let plan = model.into_optimized().unwrap().into_runnable().unwrap();
        let found = plan.run(tvec![input.clone().into_tvalue()]).unwrap();
        found[0].clone().into_tensor()
    };
    assert!(run(own) == run(model));
}

fn count(graph: &TypedModel, name: &str) -> usize {
    let nodes = graph.nodes().iter();
    nodes.filter(|node| node.op.name() == name).count()
}

/// Transforms add and subtract what is not zero; whoever counts zeros has the convolution without them.
#[test]
fn what_is_zero_stays_zero_on_threads() {
    let (channels, size) = (32, 64);
    let mut model = TypedModel::default();
    let at = model
        .add_source("x", f32::fact([1, channels, size, size]))
        .unwrap();
    let shape = [channels, channels, 3, 3];
    let weights = (0..channels * channels * 9).map(|i| (i as f32).sin());
    let weights = Tensor::from_shape(&shape, &weights.collect::<Vec<_>>()).unwrap();
    let weights = model.add_const("w", weights).unwrap();
    let bias = model
        .add_const("b", tensor1(&vec![0.0_f32; channels]))
        .unwrap();
    let pool = PoolSpec::new(
        DataFormat::NCHW,
        tvec!(3, 3),
        PaddingSpec::Valid,
        None,
        None,
        channels,
        channels,
    );
    let op = Conv::new(pool, KernelFormat::OIHW, 1, None);
    let at = model.wire_node("conv", op, &[at, weights, bias]).unwrap()[0];
    // One column of pixels: all but the three windows that see it are black.
    let mut input = vec![0.0_f32; channels * size * size];
    input
        .iter_mut()
        .skip(20)
        .step_by(size)
        .for_each(|pixel| *pixel = 0.7);
    let input = Tensor::from_shape(&[1, channels, size, size], &input).unwrap();
    let shared = with_threads(&model, &[at], 2).unwrap();
    assert_eq!(count(&shared, "ConvForward"), 1);
    let plan = shared.into_optimized().unwrap().into_runnable().unwrap();
    let found = plan.run(tvec![input.into_tvalue()]).unwrap();
    let found = found[0].to_plain_array_view::<f32>().unwrap();
    let columns = found.indexed_iter().filter(|(_, value)| **value != 0.0);
    assert!(
        columns
            .map(|(at, _)| at[3])
            .all(|column| (18..=20).contains(&column))
    );
}
