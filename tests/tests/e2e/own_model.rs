//! A model of the user's own: compiled into a folder, and asked there by its path.

use crate::command_line::{json, refused};
use std::path::{Path, PathBuf};

/// A float model, `net.onnx`, in a folder, with what `compile` makes of it beside it.
struct OwnModel {
    folder: tempfile::TempDir,
}

/// A file that is shipped.
fn shipped(model: &str, extension: &str) -> PathBuf {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models");
    models.join(model).join(model).with_extension(extension)
}

impl OwnModel {
    /// The network of a shipped model under a name that nothing shipped has.
    fn like(model: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let copy = |extension: &str| {
            let to = folder.path().join("net").with_extension(extension);
            std::fs::copy(shipped(model, extension), to).expect("it is shipped");
        };
        copy("onnx");
        copy("toml");
        let own = Self { folder };
        let digits = shipped("mnist", "x").with_file_name("calibration-images-idx3-ubyte.gz");
        let digits = digits.to_str().expect("a plain path");
        let output = own.path("");
        json(&[
            "compile",
            &own.onnx(),
            "--calibrate",
            digits,
            "--calibration-limit",
            "64",
            "-o",
            &output,
            "--json",
        ]);
        own
    }

    fn path(&self, name: &str) -> String {
        let path = self.folder.path().join(name);
        path.to_str().expect("a plain path").to_owned()
    }

    fn onnx(&self) -> String {
        self.path("net.onnx")
    }

    /// The words of a command, with the model's path for `MODEL`, a folder of its own for `OUT`
    /// and one document as its answer.
    fn words<'a>(command: &'a str, model: &'a str, out: &'a str) -> Vec<&'a str> {
        let own = |word: &'a str| match word {
            "MODEL" => model,
            "OUT" => out,
            word => word,
        };
        command
            .split_whitespace()
            .map(own)
            .chain(["--json"])
            .collect()
    }
}

/// Every command that asks a board beside a float model.
const BESIDE: [&str; 6] = [
    "compare MODEL mnist:18 --methods occlusion,gradient --board native -o OUT",
    "top MODEL --data mnist --layer relu1 -k 2 --images 4 --board native",
    "robustness MODEL --data mnist --corruption shot-noise --severity 3 --images 4 --board native",
    "attack fgsm MODEL --data mnist --images 2 --eps 0.2 --queries 5 --board native -o OUT",
    "attack fgsm MODEL --data mnist --images 2 --eps 0.2 --gradients int8 -o OUT",
    "explain gradient MODEL mnist:18 --gradients int8 -o OUT",
];

/// Commands that take a float model and a board, and no words for the input.
const OTHERS: [&str; 2] = [
    "brain evolve --model MODEL --target class:1 --board native --queries 3 --natural 2 \
     --gradient-steps 2 -o OUT",
    "doctor MODEL --data mnist --images 2 --calibration-limit 4 --board native",
];

#[test]
fn a_model_is_asked_on_a_board_by_its_path() {
    let own = OwnModel::like("lenet5");
    let (model, out) = (own.onnx(), own.path("out"));
    for command in BESIDE.iter().chain(&OTHERS) {
        json(&OwnModel::words(command, &model, &out));
    }
    // A board image names the same pair where a board alone was asked before.
    let image = own.path("net.ctx");
    json(&[
        "infer", "--model", &image, "--board", "native", "mnist:18", "--json",
    ]);
}

/// Inputs of the float model that the board would take for others.
#[test]
fn a_board_of_another_input_is_refused() {
    let own = OwnModel::like("lenet5");
    let (model, out) = (own.onnx(), own.path("out"));
    for command in BESIDE {
        let mut words = OwnModel::words(command, &model, &out);
        words.extend(["--range", "0,255"]);
        refused(&words, &["net.ctx", "pixels from 0 to 255"]);
    }
}

/// An image of another network of the same sizes, under this one's name.
#[test]
fn a_board_of_another_network_is_refused() {
    let own = OwnModel::like("lenet5");
    let other = OwnModel::like("lecture-lenet");
    for name in ["net.ctx", "net.int8.onnx", "net.toml"] {
        std::fs::copy(other.path(name), own.path(name)).expect("it is there");
    }
    let (model, out) = (own.onnx(), own.path("out"));
    for command in BESIDE.iter().chain(&OTHERS[..1]) {
        refused(
            &OwnModel::words(command, &model, &out),
            &["net.ctx", "compile"],
        );
    }
}
