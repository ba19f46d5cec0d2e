//! Networks that others exported compile, keep their accuracy and have tract's
//! bytes, as the shipped ones do.

use crate::command_line::json;
use crate::outside_data::outside;
use std::path::{Path, PathBuf};

/// Digits of each comparison. All 10,000 take minutes: the README has the figures
/// and the commands.
const IMAGES: &str = "500";

/// What int8 may lose, in percent of the digits.
const MOST_LOST: f64 = 0.3;

/// A float ONNX of the repository.
fn shipped(name: &str) -> PathBuf {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models");
    models.join(name).join(name).with_extension("onnx")
}

fn compiles_and_keeps_its_accuracy(onnx: &Path) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = folder.path().to_str().expect("a plain path");
    let digits = shipped("mnist").with_file_name("calibration-images-idx3-ubyte.gz");
    let compiled = json(&[
        "compile",
        onnx.to_str().expect("a plain path"),
        "--calibrate",
        digits.to_str().expect("a plain path"),
        "-o",
        output,
        "--accuracy",
        IMAGES,
        "--json",
    ]);
    let right = |which: &str| compiled["accuracy"][which].as_f64().expect("a number");
    let lost = right("float_right") - right("int8_right");
    assert!(
        100.0 * lost / right("images") <= MOST_LOST,
        "{}: {}",
        onnx.display(),
        compiled["accuracy"]
    );
    let image = compiled["image"].as_str().expect("a path");
    for board in ["native", "mps2-an386"] {
        let images = if board == "native" { "100" } else { "5" };
        let verified = json(&[
            "verify", "--board", board, "--model", image, "--images", images, "--json",
        ]);
        assert_eq!(verified["mismatches"], 0, "{} on {board}", onnx.display());
        let layers = verified["layers"].as_array().expect("a list of layers");
        let sum: u64 = layers
            .iter()
            .filter_map(|layer| layer["bytes"].as_u64())
            .sum();
        let images: u64 = images.parse().expect("a number");
        assert_eq!(verified["bytes"], images * sum);
    }
}

#[test]
fn every_shipped_network_compiles_again() {
    for name in ["lecture-lenet", "lenet5", "winml-mnist"] {
        compiles_and_keeps_its_accuracy(&shipped(name));
    }
}

/// The licence of Caffe's LeNet does not let this repository ship it.
#[test]
#[ignore = "needs outside data: cargo xtask test --data DIR"]
fn caffes_lenet_compiles() {
    compiles_and_keeps_its_accuracy(&outside("models/caffe_lenet.onnx"));
}
