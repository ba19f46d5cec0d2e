//! Questions to a data set: `top`, `corrupt` and `robustness`.

use crate::command_line::{json, refused};

/// The field of a neuron of the lecture's `pool2` is 12×12 pixels, every 4 pixels.
#[test]
fn a_top_input_is_where_its_neuron_looks() {
    let found = json(&[
        "top",
        "lecture-lenet",
        "--data",
        "mnist",
        "--layer",
        "pool2",
        "--maps",
        "3",
        "-k",
        "2",
        "--images",
        "60",
        "--json",
    ]);
    let map = &found["maps"][0];
    assert_eq!(
        (
            map["channel"].as_u64(),
            map["inputs"].as_array().map(Vec::len)
        ),
        (Some(3), Some(2))
    );
    for input in map["inputs"].as_array().expect("a list") {
        let number = |name: &str| input[name].as_u64().expect("a number");
        let (y, x) = (4 * number("y"), 4 * number("x"));
        assert_eq!(input["field"], serde_json::json!([y, x, y + 12, x + 12]));
        assert_eq!(input["name"], format!("mnist:{}", number("input")));
    }
    assert!(map["inputs"][0]["value"].as_f64() >= map["inputs"][1]["value"].as_f64());
}

#[test]
fn requests_that_make_no_sense_are_refused() {
    let top = |own: &[&'static str]| [&["top", "lenet5", "--data", "mnist"][..], own].concat();
    refused(&top(&["--layer", "pool9"]), &["there is no layer pool9"]);
    refused(
        &top(&["--layer", "pool2", "--maps", "16"]),
        &["channel 16", "0 to 15"],
    );
    refused(
        &top(&["--layer", "pool2", "--channels", "16"]),
        &["channel 16", "0 to 15"],
    );
    refused(
        &top(&["--layer", "pool2", "--channels", "1", "--maps", "2"]),
        &["--channels", "--maps"],
    );
    refused(&top(&["--layer", "pool2", "-k", "0"]), &["-k"]);
    refused(
        &top(&["--layer", "pool2", "--images", "10001"]),
        &["1 to 10000"],
    );
    refused(
        &["top", "lenet5", "--data", "no-such", "--layer", "pool2"],
        &["no-such"],
    );
    refused(
        &["corrupt", "rain", "mnist:0", "-o", "a.png"],
        &["rain", "motion-blur"],
    );
    refused(
        &[
            "corrupt",
            "fog",
            "mnist:0",
            "--severity",
            "6",
            "-o",
            "a.png",
        ],
        &["1 to 5"],
    );
    refused(
        &["corrupt", "saturate", "mnist:0", "-o", "a.png"],
        &["grey"],
    );
    refused(
        &["corrupt", "fog", "mnist:10000", "-o", "a.png"],
        &["mnist:9999"],
    );
    refused(&["robustness", "lenet5", "--data", "models"], &["models"]);
}
