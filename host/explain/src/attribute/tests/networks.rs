//! Networks so small that every attribution can be worked out by hand.

use tract_onnx::pb::tensor_proto::DataType;

use crate::float_model::{FloatModel, Overrides};
use cortexscope_net::onnx::builder::{GraphBuilder, Size, ints};

/// A network with an input of `shape`, `[C, H, W]`, whose pixels go from 0 to 1.
pub fn network(
    shape: [usize; 3],
    output: &str,
    build: impl FnOnce(&mut GraphBuilder),
) -> FloatModel {
    let mut graph = GraphBuilder::new("small");
    let [channels, height, width] = shape;
    let sizes = [1, channels, height, width].map(Size::Fixed);
    graph.input("x", DataType::Float, &sizes);
    build(&mut graph);
    graph.output(output, DataType::Float, &[]);
    let overrides = Overrides::default();
    FloatModel::from_bytes(
        &graph.emit(13),
        std::path::PathBuf::from("small.onnx").into(),
        &overrides,
    )
    .expect("a small network is a network")
}

/// Weights of the hidden layer of [`dense`], by hidden unit.
pub const HIDDEN: [[f32; 4]; 3] = [
    [1.0, 0.5, -1.0, 2.0],
    [-1.0, 1.0, 1.0, 0.0],
    [2.0, 0.0, 1.0, -2.0],
];
/// Weights of the classes of [`dense`].
pub const CLASSES: [[f32; 3]; 2] = [[1.0, -1.0, -2.0], [0.5, 2.0, 3.0]];
/// An input of [`dense`]: the hidden units see −1.5, −1 and 4, the classes −7.9
/// and 12.2.
pub const INPUT: [f32; 4] = [1.0, -2.0, 3.0, 0.5];

/// `[1, 2, 2]` → 3 rectified units → 2 classes; biases 0.5, −1, 0 and 0.1, 0.2.
pub fn dense() -> FloatModel {
    network([1, 2, 2], "y", |graph| {
        graph.f32s("w1", &[4, 3], &transposed(&HIDDEN));
        graph.f32s("b1", &[3], &[0.5, -1.0, 0.0]);
        graph.f32s("w2", &[3, 2], &transposed(&CLASSES));
        graph.f32s("b2", &[2], &[0.1, 0.2]);
        graph.node("Flatten", &["x"], "f", Vec::new());
        graph.node("Gemm", &["f", "w1", "b1"], "z", Vec::new());
        graph.node("Relu", &["z"], "a", Vec::new());
        graph.node("Gemm", &["a", "w2", "b2"], "y", Vec::new());
    })
}

/// `[1, 1, 2]` → ReLU(x₀ + x₁ − `threshold`) as the only class.
pub fn hinge(threshold: f32) -> FloatModel {
    network([1, 1, 2], "y", |graph| {
        graph.f32s("w", &[2, 1], &[1.0, 1.0]);
        graph.f32s("b", &[1], &[-threshold]);
        graph.node("Flatten", &["x"], "f", Vec::new());
        graph.node("Gemm", &["f", "w", "b"], "z", Vec::new());
        graph.node("Relu", &["z"], "y", Vec::new());
    })
}

/// `[1, 2, 4]` → two rectified 1×1 filters, 1 and −1 → 1×2 max-pooling → mean of
/// each map → two classes, weights (2, 4) and (−3, 8).
pub fn maps() -> FloatModel {
    network([1, 2, 4], "y", |graph| {
        graph.f32s("w", &[2, 1, 1, 1], &[1.0, -1.0]);
        graph.f32s("v", &[2, 2], &[2.0, -3.0, 4.0, 8.0]);
        graph.node(
            "Conv",
            &["x", "w"],
            "c",
            vec![ints("kernel_shape", &[1, 1])],
        );
        graph.node("Relu", &["c"], "a", Vec::new());
        let window = vec![ints("kernel_shape", &[1, 2]), ints("strides", &[1, 2])];
        graph.node("MaxPool", &["a"], "p", window);
        graph.node("GlobalAveragePool", &["p"], "g", Vec::new());
        graph.node("Flatten", &["g"], "f", Vec::new());
        graph.node("MatMul", &["f", "v"], "y", Vec::new());
    })
}

/// `[1, 4, 4]` → a weighted sum as the only class.
pub fn linear(weights: &[f32; 16]) -> FloatModel {
    weighted([1, 4, 4], weights)
}

/// Colours, two rows and three columns → a weighted sum as the only class.
pub fn coloured(weights: &[f32; 18]) -> FloatModel {
    weighted([3, 2, 3], weights)
}

fn weighted(shape: [usize; 3], weights: &[f32]) -> FloatModel {
    network(shape, "y", |graph| {
        graph.f32s("w", &[weights.len(), 1], weights);
        graph.node("Flatten", &["x"], "f", Vec::new());
        graph.node("MatMul", &["f", "w"], "y", Vec::new());
    })
}

fn transposed<const N: usize, const M: usize>(rows: &[[f32; N]; M]) -> Vec<f32> {
    (0..N)
        .flat_map(|column| rows.iter().map(move |row| row[column]))
        .collect()
}
