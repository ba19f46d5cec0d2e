//! `cortexscope brain trials`, on logs that nobody answered.

use crate::command_line::{json, refused};
use crate::json_documents::is_valid;

/// Numbers about people come from a log alone. Planted answers: 60 % of 400 against 50 % of 400.
#[test]
fn people_are_counted_from_a_log_alone() {
    let none = json(&["brain", "trials", "--json"]);
    assert!(none["people"].is_null(), "{none}");
    is_valid("brain-trials", &["brain", "trials", "--json"]);
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("log.csv");
    let log = path.to_str().expect("a plain path");
    let write = |flips: usize| {
        let mut text = "observer,image,condition,target,answer,milliseconds\n".to_owned();
        for (condition, steered) in [("adv", 240), ("flip", flips)] {
            for trial in 0..400 {
                let answer = if trial < steered { "cat" } else { "dog" };
                text += &format!(
                    "{},{condition}{trial}.png,{condition},cat,{answer},66.7\n",
                    trial % 8
                );
            }
        }
        std::fs::write(&path, text).expect("the folder is there");
    };
    let args = ["brain", "trials", log, "--json"];
    for (flips, is_detected) in [(200, true), (240, false)] {
        write(flips);
        is_valid("brain-trials", &args);
        let document = json(&args);
        assert_eq!(
            document["people"]["steering"]["is_detected"], is_detected,
            "{document}"
        );
    }
    std::fs::write(&path, "observer,image\n").expect("the folder is there");
    refused(&args, &["log.csv", "line 1", "no column `condition`"]);
}
