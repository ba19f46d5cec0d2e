//! Networks of four pixels, `[1, 2, 2]`, from 0 to 1.

use tract_onnx::pb::tensor_proto::DataType;

use crate::float_model::{FloatModel, Overrides};
use cortexscope_net::onnx::builder::{GraphBuilder, Size};

fn network(build: impl FnOnce(&mut GraphBuilder)) -> FloatModel {
    let mut graph = GraphBuilder::new("small");
    graph.input("x", DataType::Float, &[1, 1, 2, 2].map(Size::Fixed));
    graph.node("Flatten", &["x"], "f", Vec::new());
    build(&mut graph);
    graph.output("y", DataType::Float, &[]);
    let path = std::path::PathBuf::from("small.onnx").into();
    FloatModel::from_bytes(&graph.emit(13), path, &Overrides::default())
        .expect("a small network is a network")
}

/// Logits w·x + b, a row of weights for each class.
pub fn affine(rows: &[&[f32; 4]], biases: &[f32]) -> FloatModel {
    network(|graph| {
        let weights: Vec<f32> = (0..4)
            .flat_map(|at| rows.iter().map(move |row| row[at]))
            .collect();
        graph.f32s("w", &[4, rows.len()], &weights);
        graph.f32s("b", &[rows.len()], biases);
        graph.node("Gemm", &["f", "w", "b"], "y", Vec::new());
    })
}

/// A hidden layer that never fires before the two classes, 1 and 0.
pub fn dead() -> FloatModel {
    network(|graph| {
        graph.f32s("w", &[4, 2], &[-1.0; 8]);
        graph.f32s("b", &[2], &[-1.0, -2.0]);
        graph.f32s("v", &[2, 2], &[1.0, 2.0, 3.0, 4.0]);
        graph.f32s("c", &[2], &[1.0, 0.0]);
        graph.node("Gemm", &["f", "w", "b"], "z", Vec::new());
        graph.node("Relu", &["z"], "a", Vec::new());
        graph.node("Gemm", &["a", "v", "c"], "y", Vec::new());
    })
}

/// Weights of the hidden layer of [`dense`], by hidden unit.
const HIDDEN: [[f64; 4]; 3] = [
    [1.0, 0.5, -1.0, 2.0],
    [-1.0, 1.0, 1.0, 0.0],
    [2.0, 0.0, 1.0, -2.0],
];
const HIDDEN_BIAS: [f64; 3] = [0.5, -0.25, 0.125];
/// Weights of the classes of [`dense`].
const CLASSES: [[f64; 3]; 2] = [[1.0, -1.0, -2.0], [0.5, 2.0, 3.0]];
const CLASS_BIAS: [f64; 2] = [0.75, -0.5];

/// Three rectified units and two classes.
pub fn dense() -> FloatModel {
    let transposed = |rows: &[&[f64]]| -> Vec<f32> {
        let columns = 0..rows[0].len();
        let values = columns.flat_map(|at| rows.iter().map(move |row| row[at] as f32));
        values.collect()
    };
    let hidden: Vec<&[f64]> = HIDDEN.iter().map(|row| &row[..]).collect();
    let classes: Vec<&[f64]> = CLASSES.iter().map(|row| &row[..]).collect();
    network(|graph| {
        graph.f32s("w", &[4, 3], &transposed(&hidden));
        graph.f32s("b", &[3], &HIDDEN_BIAS.map(|b| b as f32));
        graph.f32s("v", &[3, 2], &transposed(&classes));
        graph.f32s("c", &[2], &CLASS_BIAS.map(|b| b as f32));
        graph.node("Gemm", &["f", "w", "b"], "z", Vec::new());
        graph.node("Relu", &["z"], "a", Vec::new());
        graph.node("Gemm", &["a", "v", "c"], "y", Vec::new());
    })
}

/// The cross-entropy of [`dense`], in f64.
pub fn dense_loss(picture: &[f64; 4], class: usize) -> f64 {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let hidden: Vec<f64> = HIDDEN
        .iter()
        .zip(HIDDEN_BIAS)
        .map(|(row, bias)| (dot(row, picture) + bias).max(0.0))
        .collect();
    let logits: Vec<f64> = CLASSES
        .iter()
        .zip(CLASS_BIAS)
        .map(|(row, bias)| dot(row, &hidden) + bias)
        .collect();
    logits.iter().map(|z| z.exp()).sum::<f64>().ln() - logits[class]
}
