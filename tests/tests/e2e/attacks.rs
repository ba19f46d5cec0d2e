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

/// The table of an attack on the int8 network's own gradients, computed here and on a board: the
/// board has the same bytes, so that it judges alike.
#[test]
fn examples_of_the_int8_network_are_judged_alike_here_and_on_a_board() {
    let attack = |more: &[&str]| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let folder = folder.path().to_str().expect("a plain path");
        let attack = [
            "attack", "bim", "lenet5", "--data", "mnist", "--images", "4", "--steps", "2",
            "--step", "0.1", "--eps", "0.1,0.2", "-o", folder, "--json",
        ];
        json(&[&attack, more].concat())
    };
    let through = "int8 by straight-through";
    let here = attack(&["--gradients", "int8"]);
    assert_eq!(here["gradients"], "straight-through");
    let table = &here["transfer"];
    assert_eq!(
        (&table["board"], &table["method"]),
        (&"host".into(), &"none".into())
    );
    let rows = |table: &serde_json::Value| table["rows"].as_array().expect("rows").clone();
    let names = |row: &serde_json::Value| {
        let name = |key: &str| row[key].as_str().expect("a name").to_owned();
        [name("made_on"), name("judged_by")]
    };
    let made: Vec<_> = rows(table).iter().map(names).collect();
    let each = [
        ["float", "float"],
        ["float", "int8"],
        [through, "int8"],
        [through, "float"],
    ];
    assert_eq!(made, [each, each].concat());
    let of_board = attack(&["--board", "native", "--queries", "2"]);
    assert_eq!(of_board["gradients"], "float");
    let with_gradients = |table: &serde_json::Value| {
        let mut rows = rows(table);
        rows.retain(|row| row["made_on"] != "int8");
        rows
    };
    let board = with_gradients(&of_board["transfer"]);
    assert_eq!(board, with_gradients(table));
    // What both say of one example: the fooled of a network are those that its own results count.
    let reached = |made: &serde_json::Value| made["results"][1]["reached"].clone();
    let examples = |from: usize| table["rows"][from]["examples"].clone();
    assert_eq!(
        (reached(&of_board), reached(&here)),
        (examples(4), examples(6))
    );
}

#[test]
fn wrong_requests_say_what_to_do() {
    for (args, what) in [
        (
            &["attack", "deepfool", "lenet5", "mnist:0", "--eps", "0.1"][..],
            "leave --eps out",
        ),
        (
            &[
                "attack",
                "one-pixel",
                "lenet5",
                "mnist:0",
                "--gradients",
                "int8",
            ],
            "by queries",
        ),
        (
            &[
                "explain",
                "lrp-epsilon",
                "lenet5",
                "mnist:0",
                "--gradients",
                "int8",
            ],
            "no rule for int8",
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
