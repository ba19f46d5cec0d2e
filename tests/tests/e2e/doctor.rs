//! Where a network loses accuracy: `cortexscope doctor`.

use crate::command_line::{json, refused};
use cortexscope_net::onnx::builder::{GraphBuilder, Size};
use cortexscope_net::onnx::pb::tensor_proto::DataType;
use serde_json::Value;
use std::path::{Path, PathBuf};

const MODEL: &str = "models/winml-mnist/winml-mnist.onnx";

fn doctor(board: &str, images: &str, more: &[&str]) -> Value {
    let model = format!("{}/../{MODEL}", env!("CARGO_MANIFEST_DIR"));
    let limits = ["--images", images, "--calibration-limit", "16"];
    let asked = ["doctor", &model, "--data", "mnist", "--board", board];
    json(&[&asked[..], &limits, more, &["--json"]].concat())
}

#[test]
fn every_layer_is_measured_and_remedies_are_tried() {
    let folder = tempfile::tempdir().expect("a folder");
    let results = folder.path().join("results");
    let results = results.to_str().expect("a path");
    let document = doctor("native", "8", &["-o", results]);
    assert_eq!(document["images"], 8);
    assert_eq!(document["float_right"], 8);
    let layers = document["layers"].as_array().expect("layers");
    assert!(!layers.is_empty());
    for layer in layers {
        // Int8 has 6.02 · 8 + 1.76 dB at most, of values spread evenly over its range.
        let decibels = layer["sqnr_db"].as_f64().expect("noise");
        assert!((10.0..70.0).contains(&decibels), "{layer}");
        let saturated = layer["saturated"].as_f64().expect("a share");
        assert!((0.0..0.1).contains(&saturated), "{layer}");
        assert!(layer["dead_channels"].as_u64() <= layer["channels"].as_u64());
        // A layer after which no class changes leaves every input right.
        if layer["changed"] == 0 {
            assert_eq!(layer["right"], 8, "{layer}");
        }
    }
    let remedies = document["remedies"].as_array().expect("remedies");
    let first = &remedies[0];
    assert_eq!(first["name"], "as compiled");
    // The last layer's noise is that of the whole network.
    let last = &layers[layers.len() - 1];
    assert_eq!(first["changed"], last["changed"]);
    assert!(remedies.len() > 1, "{remedies:?}");
    for file in ["doctor.png", "doctor.json"] {
        assert!(folder.path().join("results").join(file).is_file(), "{file}");
    }
}

/// What runs on a board is the board's bytes, and these are the same on each.
#[test]
fn an_emulated_board_has_the_same_diagnosis() {
    let same = |board| {
        let mut document = doctor(board, "2", &[]);
        let fields = document.as_object_mut().expect("a document");
        assert_eq!(fields.remove("board"), Some(board.into()));
        fields.remove("seconds");
        document
    };
    assert_eq!(same("mps2-an386"), same("native"));
}

/// A network of four pixels with the outputs `first`, which has one layer, and `second`,
/// which has two.
fn two_heads(folder: &Path) -> PathBuf {
    let mut graph = GraphBuilder::new("heads");
    graph.input("x", DataType::Float, &[1, 1, 2, 2].map(Size::Fixed));
    graph.node("Flatten", &["x"], "f", Vec::new());
    graph.f32s("w", &[4, 2], &[1.0, 0.5, -0.5, 0.25, 0.75, -1.0, 0.5, 1.0]);
    graph.f32s("v", &[2, 2], &[1.0, 0.5, -0.5, 0.75]);
    graph.node("MatMul", &["f", "w"], "first", Vec::new());
    graph.node("MatMul", &["f", "w"], "hidden", Vec::new());
    graph.node("MatMul", &["hidden", "v"], "second", Vec::new());
    for head in ["first", "second"] {
        graph.output(head, DataType::Float, &[]);
    }
    let file = folder.join("heads.onnx");
    std::fs::write(&file, graph.emit(13)).expect("a file");
    file
}

#[test]
fn the_output_that_is_asked_for_is_examined() {
    let folder = tempfile::tempdir().expect("a folder");
    let model = two_heads(folder.path());
    let data = folder.path().join("data");
    std::fs::create_dir(&data).expect("a folder");
    for (index, level) in [0, 90, 200].into_iter().enumerate() {
        let picture =
            image::GrayImage::from_fn(2, 2, |x, y| image::Luma([level + 10 * (x + 2 * y) as u8]));
        picture
            .save(data.join(format!("{index}.png")))
            .expect("a file");
    }
    let [model, data] = [&model, &data].map(|path| path.to_str().expect("a path"));
    let layers = |output: &str| {
        let asked = ["doctor", model, "--data", data, "--output-name", output];
        let document = json(&[&asked[..], &["--json"]].concat());
        let layers = document["layers"].as_array().expect("layers").clone();
        layers[layers.len() - 1]["layer"].clone()
    };
    assert_eq!(layers("first"), "first");
    assert_eq!(layers("second"), "second");
}

#[test]
fn what_cannot_be_examined_is_refused() {
    let model = format!("{}/../{MODEL}", env!("CARGO_MANIFEST_DIR"));
    let asked = ["doctor", &model, "--data", "mnist"];
    let with = |more: &[&'static str]| [&asked[..], more].concat();
    refused(&with(&["--images", "0"]), &["--images", "at least 1"]);
    refused(&with(&["--board", "abacus"]), &["abacus"]);
}
