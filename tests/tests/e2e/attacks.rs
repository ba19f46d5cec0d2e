//! `attack` and `fool` as other programs call them.

use crate::command_line::{json, refused};
use cortexscope_explain::float_model::{FloatModel, Overrides};
use cortexscope_explain::target::{Aim, ClassValue};
use cortexscope_net::input::{Array, FloatInput};
use std::path::Path;

/// The saved pictures are what was judged: read again from PNG and from `.npy`, they are
/// taken for the class that the receipt names.
#[test]
fn what_is_saved_is_what_was_judged() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path().to_str().expect("a plain path");
    let made = json(&[
        "attack",
        "fgsm",
        "winml-mnist",
        "mnist:18",
        "--eps",
        "0.3",
        "-o",
        folder,
        "--json",
    ]);
    let example = &made["examples"][0];
    assert_eq!(
        (&made["method"], &example["expected"]),
        (&"fgsm".into(), &3.into())
    );
    let model = FloatModel::open("winml-mnist", &Overrides::default()).expect("it is shipped");
    let mut sides = Vec::new();
    for name in ["original", "adversarial"] {
        let side = &example[name];
        let file = |kind: &str| side[kind].as_str().expect("a path").to_owned();
        let array = Array::open(Path::new(&file("array")))
            .expect("an array")
            .values;
        let mut spec = model.spec.input.clone();
        // A digit on a grey ground may look like paper.
        spec.polarity = None;
        // What was judged is the picture as it is, and not a digit that is looked for in it.
        spec.form = None;
        let picture = FloatInput::open(&file("picture"), &spec, None).expect("a picture");
        assert_eq!(picture.values, array, "{name}");
        let class = Aim::predicted(&model, &array, ClassValue::Logit)
            .expect("it runs")
            .class_in(&model);
        assert_eq!(
            class.map(serde_json::Value::from).as_ref(),
            Some(&side["class"])
        );
        sides.push(array);
    }
    let span = model.spec.input.value(0, 255) - model.spec.input.value(0, 0);
    let changes = sides[0]
        .iter()
        .zip(&sides[1])
        .map(|(a, b)| ((a - b) / span).abs());
    let greatest = f64::from(changes.fold(0.0, f32::max));
    assert!((greatest - example["greatest_change"].as_f64().expect("a number")).abs() < 1e-5);
    assert!(
        greatest <= 0.3 + 0.5 / 255.0 + 1e-6 && greatest > 0.2,
        "{greatest}"
    );
    assert!(Path::new(example["picture"].as_str().expect("a path")).is_file());
}

#[test]
fn wrong_requests_say_what_to_do() {
    for (args, what) in [
        (
            &["attack", "deepfool", "lenet5", "mnist:0", "--eps", "0.1"][..],
            "leave --eps out",
        ),
        (
            &["attack", "fgsm", "lenet5", "mnist:0", "--eps", "-1"],
            "from 0 up",
        ),
        (
            &["attack", "fgsm", "lenet5", "mnist:0", "--target", "conv1:3"],
            "class:K",
        ),
        (
            &["attack", "pgd", "lenet5", "mnist:0", "--steps", "0"],
            "1 or more",
        ),
        (&["attack", "fgsm", "lenet5", "--data", "nothing"], "mnist"),
        (
            &["fool", "gradient", "lenet5", "--board", "native"],
            "direct or cppn",
        ),
        (
            &["fool", "direct", "lenet5", "--confidence", "2"],
            "--confidence",
        ),
    ] {
        refused(args, &[what]);
    }
}
