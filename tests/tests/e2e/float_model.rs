//! The command line on whole float models: layers, filters, and how a model
//! wants its input.

use crate::command_line::{json, refused};
use crate::outside_data::outside;
use std::path::Path;

fn floats(path: &str) -> (Vec<usize>, Vec<f32>) {
    let array = cortexscope_net::input::Array::open(Path::new(path)).expect("an array");
    (array.shape, array.values)
}

#[test]
fn activations_are_the_models_and_zeros_are_counted() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = folder.path().to_str().expect("a plain path");
    let document = json(&[
        "activations",
        "lecture-lenet",
        "mnist:0",
        "-o",
        output,
        "--json",
    ]);
    let layers = document["layers"].as_array().expect("a list of layers");
    let layer = |name: &str| {
        let found = layers.iter().find(|layer| layer["name"] == name);
        found.unwrap_or_else(|| panic!("there is a layer {name}"))
    };
    let values = |name: &str| floats(layer(name)["array"].as_str().expect("a path"));
    let (shape, conv) = values("conv1");
    let (_, relu) = values("relu1");
    assert_eq!(shape, [1, 20, 24, 24]);
    let rectified: Vec<f32> = conv.iter().map(|value| value.max(0.0)).collect();
    assert_eq!(relu, rectified);
    let zeros = relu.iter().filter(|&&value| value == 0.0).count();
    assert_eq!(layer("relu1")["zeros"], zeros);
    assert!(zeros > 1000, "a digit leaves most of its ground silent");
    assert!(Path::new(layer("fc")["picture"].as_str().expect("a path")).is_file());
    let some = json(&[
        "activations",
        "lenet5",
        "mnist:0",
        "--layer",
        "pool2",
        "--json",
    ]);
    assert_eq!(some["layers"].as_array().map(Vec::len), Some(1));
    assert!(some["layers"][0]["array"].is_null());
}

#[test]
fn filters_are_the_weights_of_the_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = folder.path().to_str().expect("a plain path");
    let document = json(&["filters", "winml-mnist", "-o", output, "--json"]);
    assert_eq!(document["layer"], "Convolution28");
    let (shape, values) = floats(document["array"].as_str().expect("a path"));
    assert_eq!(shape, [8, 1, 5, 5]);
    assert!(values.iter().any(|&value| value != 0.0));
    assert!(Path::new(document["picture"].as_str().expect("a path")).is_file());
}

#[test]
fn wrong_requests_are_refused_by_name() {
    refused(
        &["activations", "no-model", "mnist:0"],
        &["lecture-lenet", "lenet5"],
    );
    refused(
        &["activations", "lenet5", "mnist:0", "--layer", "conv9"],
        &["conv9", "conv1, relu1"],
    );
    refused(
        &["filters", "lenet5", "--layer", "pool1"],
        &["MaxPool", "conv1, conv2"],
    );
    refused(
        &["filters", "lenet5", "--filter", "6"],
        &["filter 6", "has 6"],
    );
    refused(&["activations", "lenet5", "mnist:10000"], &["mnist:9999"]);
    refused(
        &["activations", "lenet5", "mnist:0", "--channels", "rgb"],
        &["[3, 28, 28]"],
    );
    refused(
        &["activations", "lenet5", "mnist:0", "--mean", "1,2"],
        &["input.mean has 2"],
    );
    let folder = tempfile::tempdir().expect("a temporary folder");
    let broken = folder.path().join("broken.onnx");
    std::fs::write(&broken, b"\x08\x08\x3a\xff\xff").expect("writable");
    let broken = broken.to_str().expect("a plain path");
    refused(&["activations", broken, "mnist:0"], &["not an ONNX model"]);
}

/// What is wrong with a file is said in the same words by every command.
#[test]
fn files_that_are_no_models_are_refused_alike() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("net.onnx");
    let model = path.to_str().expect("a plain path");
    let digits = test_digits();
    let digits = digits.to_str().expect("a plain path");
    let output = folder.path().to_str().expect("a plain path");
    let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n";
    for (bytes, words) in [(&b""[..], "the file is empty"), (pointer, "git lfs pull")] {
        std::fs::write(&path, bytes).expect("writable");
        refused(&["budget", model], &[model, words]);
        let compile = ["compile", model, "--calibrate", digits, "-o", output];
        refused(&compile, &[model, words]);
        refused(&["activations", model, "mnist:0"], &[model, words]);
        refused(&["explain", "gradient", model, "mnist:0"], &[model, words]);
    }
}

/// The digits that shipped models are calibrated with.
fn test_digits() -> std::path::PathBuf {
    let models = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../models");
    models.join("mnist/calibration-images-idx3-ubyte.gz")
}

#[test]
#[ignore = "needs outside data: cargo xtask test --data DIR"]
fn alexnet_sees_the_cat_sparsely() {
    let [model, cat] = ["models/alexnet_conv.onnx", "photos/tracel_cat.jpg"].map(outside);
    let [model, cat] = [&model, &cat].map(|path| path.to_str().expect("a plain path"));
    let document = json(&[
        "activations",
        model,
        cat,
        "--layer",
        "relu1",
        "--layer",
        "relu5",
        "--json",
    ]);
    assert_eq!(document["model"], "alexnet");
    let [first, last] = [0, 1].map(|index| &document["layers"][index]);
    assert_eq!(first["shape"].to_string(), "[64,55,55]");
    assert_eq!(last["shape"].to_string(), "[256,13,13]");
    let share = |layer: &serde_json::Value| {
        layer["zeros"].as_f64().expect("a number") / layer["values"].as_f64().expect("a number")
    };
    // Deep layers are sparser than the first one.
    assert!(
        share(last) > 0.7 && share(last) > share(first),
        "{document}"
    );
}

#[test]
#[ignore = "needs outside data: cargo xtask test --data DIR"]
fn squeezenet_knows_the_animals_by_its_own_preprocessing() {
    let files = [
        "models/squeezenet_v1.0_dc.onnx",
        "photos/imagenet_labels.txt",
    ];
    let [model, labels] = files.map(outside);
    let [model, labels] = [&model, &labels].map(|path| path.to_str().expect("a plain path"));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = folder.path().to_str().expect("a plain path");
    let labels: Vec<String> = std::fs::read_to_string(labels)
        .expect("readable")
        .lines()
        .map(str::to_owned)
        .collect();
    for (photo, name) in [("coral_parrot", "macaw"), ("tracel_flamingo", "flamingo")] {
        let photo = outside(&format!("photos/{photo}.jpg"));
        let photo = photo.to_str().expect("a plain path");
        let document = json(&[
            "activations",
            model,
            photo,
            "--layer",
            "pool_final",
            "-o",
            output,
            "--json",
        ]);
        let array = document["layers"][0]["array"].as_str().expect("a path");
        let (_, logits) = floats(array);
        let ranked = logits.iter().zip(0..);
        let best = ranked
            .max_by(|a, b| a.0.total_cmp(b.0))
            .map_or(0, |best| best.1);
        let label = &labels[best];
        assert!(label.contains(name), "{photo}: {label}");
    }
}
