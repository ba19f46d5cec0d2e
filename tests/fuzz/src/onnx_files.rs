//! ONNX files: decoded with their weights and walked past them, and brought into the normal
//! form.

use cortexscope_net::onnx::builder::{GraphBuilder, Size, int, ints};
use cortexscope_net::onnx::file;
use cortexscope_net::onnx::pb::ModelProto;
use cortexscope_net::onnx::pb::tensor_proto::DataType;
use cortexscope_net::reader::{self, Hint};

/// Files to begin with: a network as PyTorch exports it, one with its channels last, and one
/// that computes much from constants.
pub fn seeds() -> Vec<Vec<u8>> {
    vec![channels_first(), channels_last(), folded()]
}

fn channels_first() -> Vec<u8> {
    let mut graph = GraphBuilder::new("first");
    graph.input("x", DataType::Float, &[1, 1, 6, 6].map(Size::Fixed));
    graph.f32s("w", &[2, 1, 3, 3], &[0.5; 18]);
    graph.f32s("b", &[2], &[0.1, -0.1]);
    graph.f32s("n", &[2], &[1.0, 2.0]);
    let window = vec![ints("kernel_shape", &[3, 3]), ints("pads", &[1; 4])];
    graph.node("Conv", &["x", "w", "b"], "c", window);
    graph.node(
        "BatchNormalization",
        &["c", "n", "n", "n", "n"],
        "bn",
        vec![],
    );
    graph.node("Relu", &["bn"], "r", vec![]);
    let window = vec![ints("kernel_shape", &[2, 2]), ints("strides", &[2, 2])];
    graph.node("MaxPool", &["r"], "p", window);
    graph.node("Concat", &["p", "p"], "cat", vec![int("axis", 1)]);
    graph.node("Flatten", &["cat"], "f", vec![int("axis", 1)]);
    graph.f32s("d", &[36, 3], &[0.25; 108]);
    graph.f32s("e", &[3], &[0.0; 3]);
    graph.node("Gemm", &["f", "d", "e"], "g", vec![]);
    graph.node("Softmax", &["g"], "y", vec![int("axis", 1)]);
    graph.output("y", DataType::Float, &[]);
    graph.emit(13)
}

fn channels_last() -> Vec<u8> {
    let mut graph = GraphBuilder::new("last");
    graph.input("x", DataType::Float, &[1, 6, 6, 1].map(Size::Fixed));
    graph.node("Transpose", &["x"], "t", vec![ints("perm", &[0, 3, 1, 2])]);
    graph.f32s("w", &[2, 1, 3, 3], &[0.5; 18]);
    graph.node("Conv", &["t", "w"], "c", vec![]);
    graph.node("Transpose", &["c"], "u", vec![ints("perm", &[0, 2, 3, 1])]);
    graph.i64s("starts", &[2], &[0, 1]);
    graph.i64s("ends", &[2], &[4, 3]);
    graph.i64s("axes", &[2], &[1, 2]);
    graph.node("Slice", &["u", "starts", "ends", "axes"], "s", vec![]);
    graph.i64s("pads", &[8], &[0, 1, 0, 0, 0, 1, 0, 0]);
    graph.node("Pad", &["s", "pads"], "p", vec![]);
    graph.node("ReduceMean", &["p"], "y", vec![ints("axes", &[1, 2])]);
    graph.output("y", DataType::Float, &[]);
    graph.emit(13)
}

fn folded() -> Vec<u8> {
    let mut graph = GraphBuilder::new("folded");
    graph.input("x", DataType::Float, &[1, 2, 4, 4].map(Size::Fixed));
    graph.i64s("two", &[1], &[2]);
    graph.i64s("zero", &[1], &[0]);
    graph.node("ConstantOfShape", &["two"], "filled", vec![]);
    graph.node("Shape", &["x"], "sizes", vec![]);
    graph.node("Gather", &["sizes", "zero"], "batch", vec![int("axis", 0)]);
    graph.i64s("rest", &[1], &[-1]);
    graph.node("Concat", &["batch", "rest"], "shape", vec![int("axis", 0)]);
    graph.node("Reshape", &["x", "shape"], "flat", vec![]);
    graph.f32s("d", &[32, 2], &[0.25; 64]);
    graph.node("MatMul", &["flat", "d"], "m", vec![]);
    graph.node("Expand", &["filled", "two"], "spread", vec![]);
    graph.node("Add", &["m", "spread"], "y", vec![]);
    graph.output("y", DataType::Float, &[]);
    graph.emit(13)
}

/// Reads the file in both ways; what is read has an input with sizes, and an output.
pub fn check(bytes: &[u8]) {
    if let Ok(model) = file::decode(bytes) {
        let light = file::without_weights(&model);
        read(model);
        read(light);
    }
    if let Ok(model) = file::decode_light(bytes) {
        read(model);
    }
}

fn read(model: ModelProto) {
    if let Ok(graph) = reader::read(model, &Hint::default()) {
        assert!(!graph.shape.contains(&0), "{:?}", graph.shape);
        assert!(!graph.output.is_empty());
    }
}
