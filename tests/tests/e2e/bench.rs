//! `cortexscope bench` on inputs and sessions that are not the lecture's.

use sha2::{Digest, Sha256};

use crate::command_line::{json, refused};
use crate::lecture_shape::small_image;

/// A map of the lecture's patch needs seven rows and columns; where there are fewer, the
/// patch is as large as the input.
#[test]
fn an_input_smaller_than_the_patch_is_measured() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let at = |name: &str| folder.path().join(name);
    // A bench runs nothing of the ONNX file.
    let onnx = b"never read";
    let image = small_image(Sha256::digest(onnx).into());
    std::fs::write(at("small.int8.onnx"), onnx).expect("a file");
    std::fs::write(at("small.ctx"), image.bytes()).expect("a file");
    let picture = image::GrayImage::from_pixel(5, 4, image::Luma([200]));
    picture.save(at("input.png")).expect("a file");
    let [model, input] = ["small.ctx", "input.png"].map(at);
    let [model, input] = [&model, &input].map(|path| path.to_str().expect("a path"));
    let asked = ["bench", "--board", "native", "--model", model];
    let document = json(&[&asked[..], &["--input", input, "--json"]].concat());
    let measured = &document["models"][0];
    assert_eq!(measured["occlusion"]["positions"], 1, "{measured}");
}

/// A recording is of the board that it names, and of firmware that need not be here.
#[test]
fn a_recording_is_filed_under_its_own_board() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("session.ctxtape");
    let file = file.to_str().expect("a path");
    let asked = ["bench", "--model", "lecture-lenet", "--no-occlusion"];
    let record = ["--board", "native", "--record", file, "--json"];
    let recorded = json(&[&asked[..], &record].concat());
    let replayed = json(&[&asked[..], &["--replay", file, "--json"]].concat());
    assert_eq!(replayed["board"], "native");
    assert_eq!(replayed["models"], recorded["models"]);
    assert!(replayed["compiler"].is_null(), "{}", replayed["compiler"]);
    for keeping in ["--update", "--check"] {
        let replay = [&asked[..], &["--replay", file, keeping]].concat();
        refused(&replay, &["--replay", keeping]);
    }
}
