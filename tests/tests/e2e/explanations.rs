//! `explain` and `ascend` as other programs call them.

use crate::command_line::{json, refused};
use cortexscope_explain::attribute::METHODS;
use cortexscope_net::input::Array;
use serde_json::Value;
use std::path::Path;

fn values(document: &Value) -> Vec<f32> {
    let path = document["array"].as_str().expect("a path");
    Array::open(Path::new(path)).expect("an array").values
}

#[test]
fn every_method_leaves_picture_array_and_receipt() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = folder.path().to_str().expect("a plain path");
    // No shipped network has the layers that cam is defined for.
    for method in METHODS.into_iter().filter(|method| *method != "cam") {
        let quick: &[&str] = match method {
            "smooth-grad" => &["--samples", "4"],
            "rise" => &["--samples", "16"],
            "integrated-gradients" => &["--steps", "8"],
            "occlusion" => &["--stride", "7"],
            _ => &[],
        };
        let line = [
            "explain",
            method,
            "lecture-lenet",
            "mnist:0",
            "-o",
            output,
            "--json",
        ];
        let document = json(&[&line[..], quick].concat());
        assert_eq!(document["method"], method);
        assert_eq!(document["explained"], "class 7, logit");
        assert_eq!(document["model_sha256"].as_str().map(str::len), Some(64));
        let picture = document["picture"].as_str().expect("a path");
        assert!(Path::new(picture).is_file());
        let receipt = std::fs::read(Path::new(picture).with_extension("json")).expect("a receipt");
        let receipt: Value = serde_json::from_slice(&receipt).expect("JSON");
        assert_eq!(receipt, document);
        let values = values(&document);
        assert_eq!(values.len(), 784, "{method}");
        assert!(values.iter().any(|value| *value != 0.0), "{method}");
    }
}

#[test]
fn a_map_stays_on_its_layers_grid_where_that_is_asked_for() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = folder.path().to_str().expect("a plain path");
    let line = [
        "explain",
        "hires-cam",
        "lecture-lenet",
        "mnist:0",
        "--layer",
        "pool2",
        "--coarse",
        "-o",
        output,
        "--json",
    ];
    let document = json(&line);
    assert_eq!(document["shape"], serde_json::json!([1, 5, 5]));
    assert_eq!(document["parameters"]["coarse"], true);
    assert_eq!(values(&document).len(), 25);
}

#[test]
fn methods_agree_where_they_must() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = folder.path().to_str().expect("a plain path");
    let of = |method: &str| {
        values(&json(&[
            "explain", method, "lenet5", "mnist:4", "--target", "class:4", "-o", output, "--json",
        ]))
    };
    let gradient = of("gradient");
    let saliency = of("saliency");
    assert_eq!(
        saliency,
        gradient.iter().map(|g| g.abs()).collect::<Vec<_>>()
    );
    let folder = tempfile::tempdir().expect("a temporary folder");
    let dump = folder.path().to_str().expect("a plain path");
    // A seed gives one noise, another seed another.
    let smooth = |seed: &str| {
        values(&json(&[
            "explain",
            "smooth-grad",
            "lenet5",
            "mnist:4",
            "--samples",
            "3",
            "--seed",
            seed,
            "-o",
            dump,
            "--json",
        ]))
    };
    assert_eq!(smooth("1"), smooth("1"));
    assert_ne!(smooth("1"), smooth("2"));
}

#[test]
fn an_ascent_climbs_and_says_why_it_ended() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = folder.path().to_str().expect("a plain path");
    let document = json(&[
        "ascend",
        "lecture-lenet",
        "--preset",
        "lecture",
        "--target",
        "class:3",
        "--target",
        "conv2:7",
        "--seed",
        "0,1",
        "--steps",
        "40",
        "--frames",
        "20",
        "-o",
        output,
        "--json",
    ]);
    let results = document["results"].as_array().expect("a list of results");
    assert_eq!(results.len(), 4);
    for result in results {
        assert!(
            result["value"].as_f64() > result["start"].as_f64(),
            "{result}"
        );
        assert!(
            result["stopped"][0]
                .as_str()
                .is_some_and(|why| why.contains("steps"))
        );
        let frames = result["frames"].as_str().expect("a folder");
        assert_eq!(std::fs::read_dir(frames).expect("frames").count(), 2);
    }
    // More than all other classes together: what was climbed is what it is taken for.
    assert!(results[0]["probability"].as_f64() > Some(0.5));
    assert!(results[2]["probability"].is_null());
    assert_ne!(results[0]["values"], results[1]["values"]);
    assert_eq!(document["parameters"]["l1"], 1.0);
}

#[test]
fn wrong_explanations_are_refused_by_name() {
    let explain = |rest: &[&str], words: &[&str]| {
        refused(&[&["explain"], rest].concat(), words);
    };
    explain(&["magic", "lenet5", "mnist:0"], &["magic", "grad-cam"]);
    explain(
        &["gradient", "lenet5", "mnist:0", "--target", "class:10"],
        &["0 to 9"],
    );
    explain(
        &["gradient", "lenet5", "mnist:0", "--target", "conv1"],
        &["LAYER:CHANNEL"],
    );
    explain(
        &["grad-cam", "lenet5", "mnist:0", "--layer", "conv9"],
        &["conv9", "conv1, relu1"],
    );
    explain(
        &["saliency", "lenet5", "mnist:0", "--layer", "conv1"],
        &["--layer is for grad-cam, guided-grad-cam, grad-cam-plus-plus"],
    );
    explain(
        &["occlusion", "lenet5", "mnist:0", "--window", "29"],
        &["29×29", "28×28"],
    );
    explain(
        &["lrp-epsilon", "lenet5", "mnist:0", "--rule", "conv1:magic"],
        &["magic", "zplus"],
    );
    explain(
        &[
            "lrp-gamma",
            "lenet5",
            "mnist:0",
            "--class-value",
            "probability",
        ],
        &["logit"],
    );
    refused(
        &["ascend", "lenet5", "--target", "class:1", "--bound", "clip"],
        &["clipping"],
    );
    refused(
        &["ascend", "lenet5", "--target", "class:1", "--steps", "0"],
        &["steps"],
    );
}
