//! What is read computes what the file computes, where the reader writes other operators.

use super::*;
use crate::onnx::builder::text;

/// What tract computes as `output` of `model` on `input`, whose sizes are the file's.
fn run(model: &ModelProto, output: &str, sizes: &[usize], input: &[f32]) -> Vec<f32> {
    let engine = Engine::new(model, &[output]).expect("it runs");
    let tensor = Tensor::from_shape(sizes, input).expect("a tensor");
    let outputs = engine.run(tvec![tensor.into()]).expect("values");
    let values = outputs[0].to_plain_array_view::<f32>().expect("floats");
    values.iter().copied().collect()
}

/// Numbers of both signs, none equal to another.
fn numbers(count: usize) -> Vec<f32> {
    let numbers = (0..count).map(|at| (at * 37 % 101) as f32 / 50.0 - 1.0 + at as f32 * 1e-4);
    numbers.collect()
}

/// Reads the network that `build` writes from `x`, `[1, 6, 4, 3]`, to `y`, and compares it
/// with the file in tract; gives its operators.
fn same(build: impl FnOnce(&mut GraphBuilder)) -> Vec<String> {
    let sizes = [1, 6, 4, 3];
    let mut file = graph(&sizes);
    build(&mut file);
    let model = file.model(17);
    let found = read(model.clone(), &Hint::default()).expect("a network");
    assert_eq!(found.shape, [6, 4, 3]);
    let input = numbers(72);
    let expected = run(&model, "y", &sizes, &input);
    let got = run(&found.model, &found.output, &sizes, &input);
    assert_eq!(expected.len(), got.len());
    for (expected, got) in expected.iter().zip(&got) {
        let bound = 1e-5 * (1.0 + expected.abs());
        assert!((expected - got).abs() < bound, "{expected} {got}");
    }
    operators(&found).into_iter().map(str::to_owned).collect()
}

#[test]
fn an_average_over_neighbouring_channels_is_a_convolution() {
    let found = same(|file| {
        file.i64s("one", &[1], &[1]);
        file.node("Relu", &["x"], "r", vec![]);
        file.node("Unsqueeze", &["r", "one"], "deep", vec![]);
        file.i64s("pads", &[10], &[0, 0, 2, 0, 0, 0, 0, 1, 0, 0]);
        file.node("Pad", &["deep", "pads"], "padded", vec![]);
        let kernel = vec![ints("kernel_shape", &[4, 1, 1])];
        file.node("AveragePool", &["padded"], "mean", kernel);
        file.node("Squeeze", &["mean", "one"], "y", vec![]);
    });
    assert_eq!(found, ["Relu", "Pad", "Conv"]);
}

#[test]
fn a_maximum_that_leaves_channels_out_is_a_part_of_one() {
    let found = same(|file| {
        file.i64s("one", &[1], &[1]);
        file.node("Unsqueeze", &["x", "one"], "deep", vec![]);
        let window = vec![
            ints("kernel_shape", &[1, 2, 2]),
            ints("strides", &[2, 1, 2]),
        ];
        file.node("MaxPool", &["deep"], "greatest", window);
        file.node("Squeeze", &["greatest", "one"], "y", vec![]);
    });
    assert_eq!(found, ["MaxPool", "Slice"]);
}

#[test]
fn a_convolution_along_channels_is_one_of_points() {
    let found = same(|file| {
        file.node("GlobalAveragePool", &["x"], "mean", vec![]);
        file.i64s("row", &[3], &[1, 1, 6]);
        file.i64s("point", &[4], &[1, 6, 1, 1]);
        file.node("Reshape", &["mean", "row"], "means", vec![]);
        file.f32s("w", &[1, 1, 3], &[0.5, 2.0, -1.0]);
        file.f32s("b", &[1], &[0.25]);
        let pads = vec![ints("pads", &[1, 1])];
        file.node("Conv", &["means", "w", "b"], "mixed", pads);
        file.node("Reshape", &["mixed", "point"], "gate", vec![]);
        file.node("Mul", &["x", "gate"], "y", vec![]);
    });
    assert_eq!(found, ["GlobalAveragePool", "Conv", "Mul"]);
}

#[test]
fn a_layer_normalisation_of_each_place_has_its_channels_in_front() {
    let found = same(|file| {
        let last = vec![ints("perm", &[0, 2, 3, 1])];
        file.node("Transpose", &["x"], "last", last);
        file.f32s("scale", &[6], &numbers(6));
        file.f32s("shift", &[6], &numbers(12)[6..]);
        let inputs = ["last", "scale", "shift"];
        file.node("LayerNormalization", &inputs, "normal", vec![]);
        let front = vec![ints("perm", &[0, 3, 1, 2])];
        file.node("Transpose", &["normal"], "y", front);
    });
    assert!(!found.contains(&"Transpose".to_owned()), "{found:?}");
    assert!(found.contains(&"ReduceMean".to_owned()), "{found:?}");
}

#[test]
fn choices_lie_as_what_they_choose_from() {
    let found = same(|file| {
        let last = vec![ints("perm", &[0, 2, 3, 1])];
        file.node("Transpose", &["x"], "last", last);
        file.f32s("bound", &[], &[0.25]);
        file.f32s("each", &[6], &numbers(6));
        file.f32s("zeros", &[1, 4, 3, 6], &[0.0; 72]);
        file.node("Greater", &["last", "bound"], "above", vec![]);
        file.node("Mul", &["last", "each"], "scaled", vec![]);
        file.node("Where", &["above", "scaled", "zeros"], "chosen", vec![]);
        let to = vec![int("to", DataType::Float as i64)];
        file.node("Cast", &["above"], "mask", to);
        file.node("Add", &["chosen", "mask"], "sum", vec![]);
        let front = vec![ints("perm", &[0, 3, 1, 2])];
        file.node("Transpose", &["sum"], "y", front);
    });
    assert_eq!(found, ["Greater", "Mul", "Where", "Cast", "Add"]);
}

#[test]
fn a_pad_around_a_ring_is_parts_joined() {
    let mut file = graph(&[1, 2, 2, 3]);
    file.i64s("pads", &[8], &[0, 0, 1, 0, 0, 0, 0, 2]);
    file.node("Pad", &["x", "pads"], "y", vec![text("mode", "wrap")]);
    let found = read(file.model(17), &Hint::default()).expect("a network");
    assert_eq!(operators(&found), ["Slice", "Concat", "Slice", "Concat"]);
    let input: Vec<f32> = (0..12_u8).map(f32::from).collect();
    let got = run(&found.model, &found.output, &[1, 2, 2, 3], &input);
    // ONNX, Pad, wrap: the last row above the first, and two columns again.
    let first = [
        [3.0, 4.0, 5.0, 3.0, 4.0],
        [0.0, 1.0, 2.0, 0.0, 1.0],
        [3.0, 4.0, 5.0, 3.0, 4.0],
    ];
    assert_eq!(got[..15], first.concat());
}

#[test]
fn a_branch_that_a_constant_chooses_is_read_in_its_place() {
    let mut inner = GraphBuilder::new("then");
    inner.i64s("axes", &[1], &[1]);
    inner.node("Unsqueeze", &["r", "axes"], "deep", vec![]);
    inner.output("deep", DataType::Float, &[Size::Batch]);
    let mut other = GraphBuilder::new("else");
    other.node("Identity", &["r"], "same", vec![]);
    other.output("same", DataType::Float, &[Size::Batch]);
    let branch = |name: &str, graph: GraphBuilder| AttributeProto {
        name: name.to_owned(),
        g: graph.model(17).graph,
        r#type: 5,
        ..AttributeProto::default()
    };
    let branches = vec![branch("then_branch", inner), branch("else_branch", other)];
    let mut file = graph(&[1, 6, 4, 3]);
    file.node("Relu", &["x"], "r", vec![]);
    file.node("Shape", &["r"], "sizes", vec![]);
    file.i64s("second", &[], &[1]);
    file.i64s("six", &[], &[6]);
    file.node("Gather", &["sizes", "second"], "channels", vec![]);
    file.node("Equal", &["channels", "six"], "has_six", vec![]);
    file.node("If", &["has_six"], "chosen", branches);
    file.i64s("one", &[1], &[1]);
    file.node("Squeeze", &["chosen", "one"], "z", vec![]);
    file.node("Neg", &["z"], "y", vec![]);
    let found = read(file.model(17), &Hint::default()).expect("a network");
    assert_eq!(operators(&found), ["Relu", "Neg"]);
}
