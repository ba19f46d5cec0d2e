//! What exporters write, and the normal form of it.

mod meaning;

use tract_onnx::pb::tensor_proto::DataType;

use super::*;
use crate::onnx::builder::{Size, float, int, ints};
use crate::onnx::{Engine, GraphBuilder};
use tract_onnx::prelude::{Tensor, tvec};

fn fixed(sizes: &[usize]) -> Vec<Size> {
    sizes.iter().map(|&size| Size::Fixed(size)).collect()
}

/// A graph with one input `x` of these sizes and one output `y`.
fn graph(sizes: &[usize]) -> GraphBuilder {
    let mut graph = GraphBuilder::new("test");
    graph.input("x", DataType::Float, &fixed(sizes));
    graph.output("y", DataType::Float, &[Size::Batch]);
    graph
}

fn operators(graph: &Graph) -> Vec<&str> {
    graph
        .nodes()
        .iter()
        .map(|node| node.op_type.as_str())
        .collect()
}

fn floats(graph: &Graph, name: &str) -> Vec<f32> {
    let constant = graph.constant(name).expect("a constant of this name");
    let parsed = crate::onnx::Constant::parse(constant).expect("a constant");
    parsed.floats().expect("floats").to_vec()
}

#[test]
fn operators_are_sorted_by_name() {
    assert!(OPERATORS.is_sorted_by_key(|operator| operator.name));
}

#[test]
fn channels_last_is_found_by_what_the_network_does() {
    let mut keras = graph(&[1, 6, 5, 2]);
    keras.node(
        "Transpose",
        &["x"],
        "first",
        vec![ints("perm", &[0, 3, 1, 2])],
    );
    keras.f32s("w", &[3, 2, 1, 1], &[1.0; 6]);
    keras.node("Conv", &["first", "w"], "c", vec![]);
    keras.node(
        "Transpose",
        &["c"],
        "last",
        vec![ints("perm", &[0, 2, 3, 1])],
    );
    keras.i64s("shape", &[2], &[-1, 90]);
    keras.node("Reshape", &["last", "shape"], "flat", vec![]);
    // Row `i` of the weights is `i` everywhere.
    let rows: Vec<f32> = (0..90_u8).flat_map(|row| [f32::from(row); 2]).collect();
    keras.f32s("d", &[90, 2], &rows);
    keras.node("MatMul", &["flat", "d"], "y", vec![]);
    let read = read(keras.model(13), &Hint::default()).expect("a network");
    assert_eq!(read.shape, [2, 6, 5]);
    assert_eq!(operators(&read), ["Conv", "Flatten", "MatMul"]);
    assert!(read.notes[0].contains("[N, H, W, C]"), "{:?}", read.notes);
    // The second value of the first map is the fourth in the file.
    assert_eq!(floats(&read, "d")[..4], [0.0, 0.0, 3.0, 3.0]);
    assert_eq!(read.sizes["flat"], [1, 90]);
}

#[test]
fn computed_shapes_and_nodes_that_compute_nothing_are_gone() {
    let mut torch = graph(&[1, 2, 3, 3]);
    torch.node("Identity", &["x"], "same", vec![]);
    torch.node("Relu", &["same"], "r", vec![]);
    torch.node("Shape", &["r"], "shape", vec![]);
    torch.i64s("zero", &[], &[0]);
    torch.node("Gather", &["shape", "zero"], "n", vec![int("axis", 0)]);
    torch.i64s("axes", &[1], &[0]);
    torch.node("Unsqueeze", &["n", "axes"], "n1", vec![]);
    torch.i64s("rest", &[1], &[-1]);
    torch.node("Concat", &["n1", "rest"], "to", vec![int("axis", 0)]);
    torch.node("Reshape", &["r", "to"], "flat", vec![]);
    torch.node("Cast", &["flat"], "cast", vec![int("to", 1)]);
    torch.f32s("w", &[18, 4], &[0.5; 72]);
    torch.node("Gemm", &["cast", "w"], "y", vec![]);
    let read = read(torch.model(13), &Hint::default()).expect("a network");
    assert_eq!(operators(&read), ["Relu", "Flatten", "Gemm"]);
    assert_eq!(read.notes, [""; 0]);
}

#[test]
fn a_vector_that_becomes_a_picture_is_a_picture() {
    let mut flat = graph(&[1, 48]);
    flat.i64s("shape", &[4], &[-1, 4, 4, 3]);
    flat.node("Reshape", &["x", "shape"], "image", vec![]);
    flat.node(
        "Transpose",
        &["image"],
        "first",
        vec![ints("perm", &[0, 3, 1, 2])],
    );
    flat.f32s("w", &[5, 3, 3, 3], &[0.1; 135]);
    flat.node("Conv", &["first", "w"], "y", vec![]);
    let read = read(flat.model(13), &Hint::default()).expect("a network");
    assert_eq!((read.shape, operators(&read)), ([3, 4, 4], vec!["Conv"]));
}

#[test]
fn series_of_samples_have_one_row() {
    for (sizes, transposes) in [([1, 20, 3], true), ([1, 3, 20], false)] {
        let mut sensor = graph(&sizes);
        let mut from = "x";
        if transposes {
            sensor.node("Transpose", &["x"], "first", vec![ints("perm", &[0, 2, 1])]);
            from = "first";
        }
        sensor.f32s("w", &[4, 3, 5], &[0.1; 60]);
        let slide = vec![ints("pads", &[2, 2]), ints("strides", &[2])];
        sensor.node("Conv", &[from, "w"], "c", slide);
        sensor.node("MaxPool", &["c"], "p", vec![ints("kernel_shape", &[2])]);
        sensor.node("GlobalAveragePool", &["p"], "y", vec![]);
        let read = read(sensor.model(13), &Hint::default()).expect("a network");
        assert_eq!(read.shape, [3, 1, 20]);
        assert_eq!(read.sizes["c"], [1, 4, 1, 10]);
        assert_eq!(read.sizes["p"], [1, 4, 1, 9]);
        assert_eq!(operators(&read), ["Conv", "MaxPool", "GlobalAveragePool"]);
    }
}

#[test]
fn a_celu_keeps_the_factor_of_its_exponential() {
    let celu = |alpha: f32| {
        let mut file = graph(&[1, 1, 1, 4]);
        file.node("Celu", &["x"], "y", vec![float("alpha", alpha)]);
        file.model(13)
    };
    let found = read(celu(1.5), &Hint::default()).expect("a network");
    assert_eq!(operators(&found), ["Div", "Elu", "Mul"]);
    let engine = Engine::new(&found.model, &["y"]).expect("it runs");
    let inputs = [-4.0_f32, -0.5, 0.0, 2.0];
    let tensor = Tensor::from_shape(&[1, 1, 1, 4], &inputs).expect("a tensor");
    let outputs = engine.run(tvec![tensor.into()]).expect("values");
    let values = outputs[0].to_plain_array_view::<f32>().expect("floats");
    for (&value, x) in values.iter().zip(inputs.map(f64::from)) {
        // ONNX, Celu: max(0, x) + min(0, α · (exp(x / α) − 1)).
        let defined = x.max(0.0) + (1.5 * (x / 1.5).exp_m1()).min(0.0);
        assert!((f64::from(value) - defined).abs() < 2e-6, "{x}: {value}");
    }
    let same = read(celu(1.0), &Hint::default()).expect("a network");
    assert_eq!(operators(&same), ["Celu"]);
    let refused = read(celu(0.0), &Hint::default()).unwrap_err();
    assert!(refused.to_string().contains("greater than 0"), "{refused}");
}

#[test]
fn a_window_along_the_other_side_is_turned() {
    // Keras pools series of samples `[N, T, C]` as maps `[N, C, T, 1]`.
    let mut keras = graph(&[1, 20, 3]);
    keras.node("Transpose", &["x"], "first", vec![ints("perm", &[0, 2, 1])]);
    let weights: Vec<f32> = (0..6_u8).map(f32::from).collect();
    keras.f32s("w", &[1, 3, 2], &weights);
    keras.node("Conv", &["first", "w"], "c", vec![]);
    keras.i64s("three", &[1], &[3]);
    keras.node("Unsqueeze", &["c", "three"], "map", vec![]);
    let pool = vec![ints("kernel_shape", &[3, 1]), ints("strides", &[2, 1])];
    keras.node("MaxPool", &["map"], "p", pool);
    keras.f32s("v", &[1, 1, 2, 1], &[1.0, 2.0]);
    keras.node("Conv", &["p", "v"], "y", vec![]);
    let read = read(keras.model(13), &Hint::default()).expect("a network");
    assert_eq!(operators(&read), ["Conv", "MaxPool", "Conv"]);
    assert_eq!(read.sizes["p"], [1, 1, 1, 9]);
    assert_eq!(read.sizes["y"], [1, 1, 1, 8]);
    assert_eq!(read.constant("v").expect("weights").dims, [1, 1, 1, 2]);
}

#[test]
fn means_over_one_side_after_the_other_are_poolings() {
    let mut torch = graph(&[1, 2, 6, 5]);
    torch.node("Relu", &["x"], "r", vec![]);
    let over = |axis: usize| vec![ints("axes", &[axis]), int("keepdims", 0)];
    torch.node("ReduceMean", &["r"], "rows", over(3));
    torch.node("ReduceMean", &["rows"], "mean", over(2));
    torch.f32s("w", &[2, 3], &[0.5; 6]);
    torch.node("Gemm", &["mean", "w"], "y", vec![]);
    let read = read(torch.model(13), &Hint::default()).expect("a network");
    let expected = [
        "Relu",
        "AveragePool",
        "GlobalAveragePool",
        "Flatten",
        "Gemm",
    ];
    assert_eq!(operators(&read), expected);
    assert_eq!(read.sizes["rows"], [1, 2, 6, 1]);
}

#[test]
fn steps_in_time_are_no_batch() {
    // What a recurrent layer reads: time first.
    let mut recurrent = graph(&[1, 10, 3]);
    recurrent.node("Transpose", &["x"], "t", vec![ints("perm", &[1, 0, 2])]);
    recurrent.node("CumSum", &["t", "zero"], "c", vec![]);
    recurrent.i64s("zero", &[], &[0]);
    recurrent.i64s("to", &[2], &[1, 30]);
    recurrent.node("Reshape", &["c", "to"], "y", vec![]);
    let read = read(recurrent.model(13), &Hint::default()).expect("a network");
    assert_eq!(read.shape.iter().product::<usize>(), 30);
    assert_eq!(read.sizes["c"], [10, 1, 3]);
}

#[test]
fn zeros_before_a_window_join_it() {
    let mut torch = graph(&[1, 1, 4, 4]);
    torch.i64s("none", &[8], &[0; 8]);
    torch.i64s("one", &[8], &[0, 0, 1, 1, 0, 0, 1, 1]);
    torch.node("Pad", &["x", "none"], "same", vec![]);
    torch.node("Pad", &["same", "one"], "padded", vec![]);
    torch.node(
        "AveragePool",
        &["padded"],
        "y",
        vec![ints("kernel_shape", &[2, 2])],
    );
    let read = read(torch.model(13), &Hint::default()).expect("a network");
    assert_eq!(operators(&read), ["AveragePool"]);
    let pool = crate::onnx::Attributes(&read.nodes()[0]);
    assert_eq!(pool.ints("pads"), Ok(Some(&[1, 1, 1, 1][..])));
    assert_eq!(pool.int("count_include_pad", 0), Ok(1));
    assert_eq!(read.sizes["y"], [1, 1, 5, 5]);
}

#[test]
fn what_does_not_fit_the_normal_form_is_passed_on() {
    // A shuffle of channels.
    let mut shuffle = graph(&[1, 4, 2, 2]);
    shuffle.i64s("split", &[5], &[1, 2, 2, 2, 2]);
    shuffle.i64s("join", &[4], &[1, 4, 2, 2]);
    shuffle.node("Relu", &["x"], "r", vec![]);
    shuffle.node("Reshape", &["r", "split"], "a", vec![]);
    shuffle.node(
        "Transpose",
        &["a"],
        "b",
        vec![ints("perm", &[0, 2, 1, 3, 4])],
    );
    shuffle.node("Reshape", &["b", "join"], "y", vec![]);
    let read = read(shuffle.model(13), &Hint::default()).expect("a network");
    assert_eq!(
        operators(&read),
        ["Relu", "Reshape", "Transpose", "Reshape"]
    );
    assert_eq!(read.sizes["y"], [1, 4, 2, 2]);
}

#[test]
fn weights_that_were_not_read_have_their_sizes() {
    let mut light = graph(&[1, 5, 5, 3]);
    light.node(
        "Transpose",
        &["x"],
        "first",
        vec![ints("perm", &[0, 3, 1, 2])],
    );
    light.f32s("hwio", &[3, 3, 3, 7], &[]);
    light.node(
        "Transpose",
        &["hwio"],
        "w",
        vec![ints("perm", &[3, 2, 0, 1])],
    );
    light.node("Conv", &["first", "w"], "y", vec![]);
    let read = read(light.model(13), &Hint::default()).expect("a network");
    assert_eq!(read.constant("w").expect("the weights").dims, [7, 3, 3, 3]);
    assert_eq!(read.sizes["y"], [1, 7, 3, 3]);
}

#[test]
fn a_fixed_batch_is_read_as_one() {
    let mut fixed = graph(&[8, 1, 4, 4]);
    fixed.node("Relu", &["x"], "r", vec![]);
    fixed.i64s("to", &[2], &[8, 16]);
    fixed.node("Reshape", &["r", "to"], "flat", vec![]);
    fixed.f32s("w", &[16, 3], &[0.5; 48]);
    fixed.node("Gemm", &["flat", "w"], "y", vec![]);
    let read = read(fixed.model(13), &Hint::default()).expect("a network");
    assert_eq!(operators(&read), ["Relu", "Flatten", "Gemm"]);
    assert!(read.notes[0].contains("batch of 8"), "{:?}", read.notes);
}

/// Nodes that read constants alone, each within the bound of one: together they are not.
#[test]
fn constants_that_nodes_make_share_one_budget() {
    let mut filled = graph(&[1, 1, 2, 2]);
    filled.i64s("large", &[1], &[1 << 20]);
    for index in 0..10 {
        filled.node("ConstantOfShape", &["large"], &format!("c{index}"), vec![]);
    }
    // What makes little of much costs as much.
    let mut reduced = graph(&[1, 1, 2, 2]);
    reduced.i64s("large", &[1], &[1 << 20]);
    reduced.node("ConstantOfShape", &["large"], "all", vec![]);
    for index in 0..10 {
        let sum = format!("c{index}");
        reduced.node("ReduceSum", &["all"], &sum, vec![int("keepdims", 1)]);
    }
    for mut graph in [filled, reduced] {
        let names: Vec<String> = (0..10).map(|index| format!("c{index}")).collect();
        let mut operands = vec!["c0"];
        operands.extend(names.iter().map(String::as_str));
        graph.node("Concat", &operands, "together", vec![int("axis", 0)]);
        graph.node("ReduceMax", &["together"], "one", vec![int("keepdims", 0)]);
        graph.node("Add", &["x", "one"], "y", vec![]);
        let error = read(graph.model(13), &Hint::default()).expect_err("too much");
        let error = error.to_string();
        assert!(error.contains("computes from constants"), "{error}");
    }
}

/// Graphs that somebody made to make the reader panic, hang or take all memory, and a word
/// of the error.
#[test]
fn hostile_graphs_are_refused_in_little_time() {
    type Make = fn(&mut GraphBuilder);
    let kinds: [(&str, Make, &str); 7] = [
        (
            "a Size whose product overflows",
            |graph| {
                graph.f32s("c", &[1 << 40, 1 << 40], &[]);
                graph.node("Size", &["c"], "n", vec![]);
                graph.node("Cast", &["n"], "f", vec![int("to", 1)]);
                graph.node("Add", &["x", "f"], "y", vec![]);
            },
            "makes a tensor of sizes",
        ),
        (
            "a Range of a milliard floats",
            |graph| {
                graph.f32s("from", &[], &[0.0]);
                graph.f32s("to", &[], &[1e9]);
                graph.f32s("by", &[], &[1.0]);
                graph.node("Range", &["from", "to", "by"], "r", vec![]);
                graph.node("Add", &["x", "r"], "y", vec![]);
            },
            "makes a tensor of sizes",
        ),
        (
            "a Range of more steps than a word counts",
            |graph| {
                graph.f32s("from", &[], &[0.0]);
                graph.f32s("to", &[], &[1e30]);
                graph.f32s("by", &[], &[1e-30]);
                graph.node("Range", &["from", "to", "by"], "r", vec![]);
                graph.node("Add", &["x", "r"], "y", vec![]);
            },
            "makes a tensor of sizes",
        ),
        (
            "a Range that never ends",
            |graph| {
                graph.i64s("from", &[], &[0]);
                graph.i64s("to", &[], &[5]);
                graph.i64s("by", &[], &[0]);
                graph.node("Range", &["from", "to", "by"], "r", vec![]);
                graph.node("Add", &["x", "r"], "y", vec![]);
            },
            "makes a tensor of sizes",
        ),
        (
            "ten thousand outputs, none of which is understood",
            |graph| {
                for index in 0..9_990 {
                    let name = format!("o{index}");
                    graph.output(&name, DataType::Float, &[]);
                    graph.node("Unheard", &["x"], &name, vec![]);
                }
                graph.node("Unheard", &["x"], "y", vec![]);
            },
            "is not supported",
        ),
        (
            "a node that reads itself",
            |graph| graph.node("Relu", &["y"], "y", vec![]),
            "wait for their own output",
        ),
        (
            "maps that double until none fits",
            |graph| {
                for index in 0..40 {
                    let from = format!("c{index}");
                    let from = if index == 0 { "x" } else { from.as_str() };
                    let to = format!("c{}", index + 1);
                    graph.node("Concat", &[from, from], &to, vec![int("axis", 1)]);
                }
                graph.node("Relu", &["c40"], "y", vec![]);
            },
            "makes a tensor of sizes",
        ),
    ];
    for (kind, make, word) in kinds {
        let mut graph = graph(&[1, 1, 2, 2]);
        make(&mut graph);
        let begun = std::time::Instant::now();
        let error = read(graph.model(13), &Hint::default()).expect_err(kind);
        assert!(error.to_string().contains(word), "{kind}: {error}");
        assert!(
            begun.elapsed().as_secs() < 20,
            "{kind}: {:?}",
            begun.elapsed()
        );
    }
}
