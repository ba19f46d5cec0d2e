//! Sets of inputs as people have them: calibration, accuracy and verification on them.

use crate::command_line::{cortexscope, json, refused};
use cortexscope_net::input::MnistSet;
use image::GrayImage;
use std::path::{Path, PathBuf};

/// A copy of the shipped network in a folder of the user's.
fn network(folder: &Path) -> PathBuf {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/lecture-lenet");
    for extension in ["onnx", "toml"] {
        let file = shipped.join("lecture-lenet").with_extension(extension);
        std::fs::copy(file, folder.join("net").with_extension(extension)).expect("a copy");
    }
    folder.join("net.onnx")
}

/// The first `count` test digits as pictures in a folder for each class.
fn folders(folder: &Path, count: usize) -> PathBuf {
    let set = MnistSet::test_digits().expect("they are shipped");
    let data = folder.join("data");
    for index in 0..count {
        let (pixels, class) = set.digit(index).expect("a digit");
        let class = data.join(class.to_string());
        std::fs::create_dir_all(&class).expect("a folder");
        let picture = GrayImage::from_raw(28, 28, pixels.to_vec()).expect("28×28");
        picture
            .save(class.join(format!("{index}.png")))
            .expect("a file");
        std::fs::write(class.join(".DS_Store"), b"not a picture").expect("a file");
    }
    data
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

#[test]
fn a_folder_for_each_class_calibrates_measures_and_verifies() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let model = network(folder.path());
    let data = folders(folder.path(), 20);
    let out = folder.path().join("out");
    let compile = |accuracy: &str| {
        json(&[
            "compile",
            text(&model),
            "--calibrate",
            text(&data),
            "-o",
            text(&out),
            "--accuracy",
            accuracy,
            "--json",
        ])
    };
    let found = compile(text(&data));
    assert_eq!(found["calibration_inputs"], 20);
    // What the network reads right of MNIST's first digits.
    assert_eq!(found["accuracy"]["images"], 20);
    assert_eq!(found["accuracy"]["float_right"], 20);
    assert_eq!(
        found["warnings"].as_array().map(Vec::len),
        Some(0),
        "{found}"
    );

    // The folders' names are the classes, in whatever order files are read.
    let image = out.join("net.ctx");
    let args = [
        "verify",
        "--board",
        "native",
        "--model",
        text(&image),
        "--inputs",
        text(&data),
        "--json",
    ];
    let verified = json(&args);
    assert_eq!(verified["images"], 20);
    assert_eq!(
        (&verified["labelled"], &verified["right"]),
        (&20.into(), &20.into())
    );
    assert_eq!(verified["mismatches"], 0);

    // A description that was corrected is the one that lies with the compiled model.
    let spec = model.with_extension("toml");
    let corrected = std::fs::read_to_string(&spec).expect("text");
    let corrected = corrected.replace("range = [0.0, 1.0]", "range = [0.0, 0.5]");
    std::fs::write(&spec, corrected).expect("a file");
    compile("10");
    let with_model = std::fs::read_to_string(out.join("net.toml")).expect("text");
    assert!(with_model.contains("0.5"), "{with_model}");

    // What cannot be written to is said before the data is looked at.
    let file = folder.path().join("file");
    std::fs::write(&file, "text").expect("a file");
    for (output, words) in [
        (text(&file), "is a file"),
        ("model.png", "named like a file"),
    ] {
        let model = text(&model);
        let args = ["compile", model, "--calibrate", "no-such", "-o", output];
        refused(&args, &[words]);
    }

    // A class that the model does not have.
    std::fs::rename(data.join("7"), data.join("seven")).expect("renamed");
    let args = [
        "compile",
        text(&model),
        "--calibrate",
        "mnist",
        "-o",
        text(&out),
        "--accuracy",
        text(&data),
    ];
    refused(&args, &["seven", "classes"]);
}

#[test]
fn one_black_picture_is_warned_of() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let model = network(folder.path());
    let black = folder.path().join("black");
    std::fs::create_dir(&black).expect("a folder");
    GrayImage::new(28, 28)
        .save(black.join("0.png"))
        .expect("a file");
    let out = folder.path().join("out");
    let args = [
        "compile",
        text(&model),
        "--calibrate",
        text(&black),
        "-o",
        text(&out),
        "--accuracy",
        "100",
        "--json",
    ];
    let found = json(&args);
    let warnings = found["warnings"].to_string();
    for words in [
        "one input",
        "all values are equal",
        "percentage points",
        "starts at layer conv1",
    ] {
        assert!(warnings.contains(words), "{words}: {warnings}");
    }
}

#[test]
fn labels_that_do_not_match_the_classes_are_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let labels = folder.path().join("labels.txt");
    std::fs::write(&labels, "cat\ndog\n").expect("a file");
    let args = [
        "activations",
        "lecture-lenet",
        "mnist:0",
        "--labels",
        text(&labels),
    ];
    refused(&args, &["2 labels", "10 classes"]);
    std::fs::write(&labels, "a\nb\nc\nd\ne\nf\ng\nseven\ni\nj\n").expect("a file");
    let out = text(folder.path());
    let args = [
        "explain",
        "gradient",
        "lecture-lenet",
        "mnist:0",
        "--labels",
        text(&labels),
        "-o",
        out,
    ];
    let run = cortexscope(&args);
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(said.contains("seven"), "{said}");
}
