//! Studies in parts: `--shard` and `merge`.

use std::collections::BTreeMap;
use std::path::Path;

use crate::command_line::{cortexscope, json, refused};

/// What is in the files of a folder, by their names.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder).expect("there is a folder");
    let read = |entry: std::io::Result<std::fs::DirEntry>| {
        let entry = entry.expect("it can be listed");
        let name = entry.file_name().to_string_lossy().into_owned();
        (name, std::fs::read(entry.path()).expect("it can be read"))
    };
    entries.map(read).collect()
}

/// Runs `study` in `count` shares into a folder of its own, joins them, and gives all bytes.
fn joined(folder: &Path, study: &[&str], count: usize) -> BTreeMap<String, Vec<u8>> {
    let [parts, whole] = ["parts", "whole"].map(|name| folder.join(format!("{name}{count}")));
    let [parts, whole] = [&parts, &whole].map(|path| path.to_str().expect("it is text"));
    // The last share first: the order is nobody's business.
    for index in (0..count).rev() {
        let shard = format!("{index}/{count}");
        let share = [study, &["--shard", &shard, "-o", parts, "--json"]].concat();
        let part = json(&share);
        assert_eq!(part["schema"], "cortexscope.part.1");
        let path = part["part"].as_str().expect("a path");
        let before = std::fs::read(path).expect("the part is there");
        // Once more finds it there, and changes nothing.
        assert_eq!(json(&share), part);
        assert_eq!(std::fs::read(path).expect("it is still there"), before);
    }
    let output = cortexscope(&["merge", parts, "-o", whole, "--json"]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    let mut files = files(Path::new(whole));
    // A measure has no picture.
    let count = if study[0] == "assess" { 1 } else { 2 };
    assert_eq!(files.len(), count, "{study:?}: {:?}", files.keys());
    files.insert("stdout".to_owned(), output.stdout);
    files
}

#[test]
fn one_share_and_several_are_the_same_bytes() {
    let studies: [&[&str]; 4] = [
        &[
            "top", "lenet5", "--data", "mnist", "--layer", "pool2", "--maps", "0-2", "-k", "3",
            "--images", "20",
        ],
        &[
            "attack", "pgd", "lenet5", "--data", "mnist", "--images", "5", "--steps", "2", "--eps",
            "0.1,0.2", "--seed", "3",
        ],
        &[
            "assess",
            "deletion",
            "smooth-grad",
            "lenet5",
            "--data",
            "mnist",
            "--images",
            "5",
            "--samples",
            "3",
            "--step",
            "100",
            "--curve",
        ],
        &[
            "robustness",
            "lenet5",
            "--data",
            "mnist",
            "--images",
            "8",
            "--corruption",
            "shot-noise",
            "--severity",
            "4,5",
            "--seed",
            "3",
        ],
    ];
    for study in studies {
        let folder = tempfile::tempdir().expect("a folder");
        let one = joined(folder.path(), study, 1);
        assert_eq!(joined(folder.path(), study, 3), one, "{study:?}");

        // The run that knows no parts says the same, but for its time and its paths.
        let whole = folder.path().join("at-once");
        let own = json(&[study, &["-o", whole.to_str().expect("text"), "--json"]].concat());
        let mut joined: serde_json::Value = serde_json::from_slice(&one["stdout"]).expect("JSON");
        assert!(joined["seconds"].is_null() && own["seconds"].is_number());
        for key in ["seconds", "picture", "pictures"] {
            if own.get(key).is_some() {
                joined[key] = own[key].clone();
            }
        }
        assert_eq!(joined, own, "{study:?}");
    }
}

#[test]
fn parts_that_are_not_the_whole_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let parts = folder.path().to_str().expect("text");
    let share = |k: &'static str, shard: &'static str| {
        let study = [
            "top", "lenet5", "--data", "mnist", "--layer", "pool2", "--images", "6",
        ];
        let rest = ["-k", k, "--shard", shard, "-o", parts, "--json"];
        let part = json(&[&study[..], &rest].concat());
        part["part"].as_str().expect("a path").to_owned()
    };
    let (first, wide, other) = (share("2", "0/3"), share("2", "0/2"), share("3", "1/3"));
    let output = folder.path().join("whole");
    let output = output.to_str().expect("text");
    let merge = |parts: &[&str], words: &[&str]| {
        refused(&[&["merge"], parts, &["-o", output]].concat(), words);
        assert!(!Path::new(output).exists());
    };
    merge(&[&first], &["no part has the inputs 2 to 5 of 6"]);
    merge(&[&first, &wide], &["both have input 0"]);
    merge(&[&first, &other], &["they differ in the parameters"]);
    let text = std::fs::read_to_string(&first).expect("it is there");
    std::fs::write(&first, &text[..text.len() / 2]).expect("it can be written");
    merge(&[&first], &["is damaged"]);

    let top = ["top", "lenet5", "--data", "mnist", "--layer", "pool2"];
    refused(&[&top[..], &["--shard", "0/2"]].concat(), &["-o DIR"]);
    refused(
        &[&top[..], &["--shard", "2/2", "-o", parts]].concat(),
        &["from 0 to 1"],
    );
    refused(
        &["attack", "fgsm", "lenet5", "mnist:0", "--shard", "0/2"],
        &["--data"],
    );
}

/// What stands beside the model decides the result as the model does.
#[test]
fn parts_of_another_baseline_or_board_image_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| {
        let path = folder.path().join(name);
        path.to_str().expect("text").to_owned()
    };
    let take = |model: &str, extension: &str, name: &str| {
        let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models");
        let from = models.join(model).join(model).with_extension(extension);
        std::fs::copy(from, path(name)).expect("it is shipped");
    };
    let (baseline, model) = (path("base.onnx"), path("net.onnx"));
    take("lecture-lenet", "onnx", "base.onnx");
    for extension in ["onnx", "ctx", "int8.onnx", "toml"] {
        take("lenet5", extension, &format!("net.{extension}"));
    }
    let shard = |study: &str, parts: &str| {
        let words = study.split_whitespace();
        let own = |word| match word {
            "BASE" => baseline.as_str(),
            "NET" => model.as_str(),
            word => word,
        };
        let rest = ["--images", "2", "--shard", "0/1", "-o", parts, "--json"];
        json(&words.map(own).chain(rest).collect::<Vec<_>>());
    };
    let robustness = "robustness lenet5 --data mnist --corruption shot-noise --severity 1";
    let [of_base, of_board, of_top] = ["base", "board", "top"].map(path);
    shard(&format!("{robustness} --baseline BASE"), &of_base);
    let robustness = robustness.replace("lenet5", "NET");
    shard(&format!("{robustness} --board native"), &of_board);
    shard("top NET --data mnist --layer pool2 --board native", &of_top);
    take("winml-mnist", "onnx", "base.onnx");
    let digits = Path::new(env!("CARGO_MANIFEST_DIR"));
    let digits = digits.join("../models/mnist/calibration-images-idx3-ubyte.gz");
    let digits = digits.to_str().expect("text");
    let (limit, folder) = (["--calibration-limit", "8"], ["-o", &path("")]);
    let compile = ["compile", &model, "--calibrate", digits, "--json"];
    json(&[&compile[..], &limit, &folder].concat());
    for parts in [&of_base, &of_board, &of_top] {
        let whole = path("whole");
        refused(&["merge", parts, "-o", &whole], &["parameters"]);
        assert!(!Path::new(&whole).exists());
    }
}
