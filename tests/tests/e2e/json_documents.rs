//! Every document that a command prints is valid by its JSON Schema, and has no field
//! that the schema does not name.

use crate::command_line::json;
use cortexscope_present::documents::schema;
use serde_json::Value;

/// What in `value` is not as `schema` says, with its path. Knows the words that the
/// schemas use, and refuses any other.
fn check(schema: &Value, value: &Value, path: &str, faults: &mut Vec<String>) {
    let mut fault = |text: String| faults.push(format!("{path}: {text}"));
    let fields = schema.as_object().expect("a schema is an object");
    let known = [
        "$schema",
        "anyOf",
        "const",
        "description",
        "enum",
        "items",
        "maxItems",
        "maximum",
        "minItems",
        "minimum",
        "properties",
        "required",
        "title",
        "type",
    ];
    for word in fields.keys() {
        assert!(known.contains(&word.as_str()), "{path}: {word}");
    }
    if let Some(choices) = schema["anyOf"].as_array() {
        let of = |choice: &Value| {
            let mut found = Vec::new();
            check(choice, value, path, &mut found);
            found
        };
        let found: Vec<Vec<String>> = choices.iter().map(of).collect();
        if !found.iter().any(Vec::is_empty) {
            // The first choice is the type, the second `null`.
            faults.extend(found.into_iter().next().unwrap_or_default());
        }
        return;
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_i64() || number.is_u64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let allows = |name: &Value| name == kind || (name == "number" && kind == "integer");
    match &schema["type"] {
        name @ Value::String(_) if !allows(name) => fault(format!("{kind}, not {name}")),
        _ => {}
    }
    if schema
        .get("const")
        .is_some_and(|constant| constant != value)
    {
        fault(format!("{value}, not {}", schema["const"]));
    }
    if let Some(names) = schema["enum"].as_array()
        && !names.contains(value)
    {
        fault(format!("{value} is not one of {names:?}"));
    }
    if let Some(number) = value.as_f64() {
        let least = schema["minimum"].as_f64().unwrap_or(f64::NEG_INFINITY);
        let greatest = schema["maximum"].as_f64().unwrap_or(f64::INFINITY);
        if !(least..=greatest).contains(&number) {
            fault(format!("{number} is not from {least} to {greatest}"));
        }
    }
    if let Some(elements) = value.as_array() {
        let length = elements.len() as u64;
        let bounds = ["minItems", "maxItems"].map(|word| schema[word].as_u64());
        if bounds[0].is_some_and(|least| length < least)
            || bounds[1].is_some_and(|most| length > most)
        {
            fault(format!("{length} elements, not {bounds:?}"));
        }
        for (index, element) in elements.iter().enumerate() {
            match schema.get("items") {
                Some(items) => check(items, element, &format!("{path}[{index}]"), faults),
                None => faults.push(format!("{path} is not a list in the schema")),
            }
        }
    } else if let Some(object) = value.as_object() {
        let required = schema["required"].as_array().into_iter().flatten();
        for name in required.filter_map(Value::as_str) {
            if !object.contains_key(name) {
                faults.push(format!("{path}: no field {name}"));
            }
        }
        for (name, value) in object {
            let path = format!("{path}.{name}");
            match schema["properties"].get(name) {
                Some(schema) => check(schema, value, &path, faults),
                None => faults.push(format!("{path} is not in the schema")),
            }
        }
    }
}

/// The document of `args` is valid by the schema called `name`.
pub fn is_valid(name: &str, args: &[&str]) {
    let document = json(args);
    let schemas = schema::all();
    let known = schemas.iter().find(|schema| schema.name == name);
    let schema = known.expect("a document with this name").to_value();
    let mut found = Vec::new();
    check(&schema, &document, name, &mut found);
    assert!(found.is_empty(), "{args:?}: {found:#?}");
}

#[test]
fn what_is_wrong_in_a_document_is_found() {
    let schemas = schema::all();
    let boards = schemas.iter().find(|schema| schema.name == "boards");
    let schema = boards.expect("a document").to_value();
    let board = serde_json::json!({
        "name": "native", "core": "this computer", "flash_bytes": null, "ram_bytes": 4,
        "reached": "here", "is_there": true, "state": "there", "holds": [],
    });
    let count = |change: &dyn Fn(&mut Value)| {
        let mut document = serde_json::json!({
            "schema": "cortexscope.boards.1", "boards": [board],
            "ports": [], "drives": [], "devices": [], "probes": [],
        });
        change(&mut document);
        let mut found = Vec::new();
        check(&schema, &document, "", &mut found);
        found.len()
    };
    assert_eq!(count(&|_| {}), 0);
    assert_eq!(
        count(&|document| document["schema"] = "cortexscope.boards.2".into()),
        1
    );
    assert_eq!(count(&|document| document["more"] = true.into()), 1);
    let board = |document: &mut Value, name: &str, value: Value| {
        document["boards"][0][name] = value;
    };
    assert_eq!(
        count(&|document| board(document, "ram_bytes", (-1).into())),
        1
    );
    assert_eq!(
        count(&|document| board(document, "ram_bytes", "4".into())),
        1
    );
    assert_eq!(count(&|document| board(document, "name", Value::Null)), 1);
    assert_eq!(
        count(&|document| document["boards"] = serde_json::json!([{}])),
        8
    );
}

#[test]
fn what_a_board_gave() {
    is_valid("boards", &["boards", "--json"]);
    is_valid("budget", &["budget", "vgg16", "--lecture", "--json"]);
    let commands: [(&str, &[&str]); 4] = [
        ("verify", &["verify", "--images", "2"]),
        ("infer", &["infer", "mnist:17", "mnist:4"]),
        ("memory", &["memory"]),
        ("occlude", &["occlude", "mnist:0", "--stride", "8"]),
    ];
    for board in ["native", "mps2-an386"] {
        let bench = ["bench", "--model", "lenet5", "--board", board, "--json"];
        is_valid("bench", &bench);
        for (name, command) in commands {
            let args = [command, &["--board", board, "--json"]].concat();
            is_valid(name, &args);
        }
    }
}

#[test]
fn what_a_float_model_gave() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path().to_str().expect("a plain path");
    let activations = ["activations", "lenet5", "mnist:0", "-o", folder, "--json"];
    is_valid("activations", &activations);
    is_valid("filters", &["filters", "lenet5", "-o", folder, "--json"]);
    let methods = cortexscope_explain::attribute::METHODS.into_iter();
    for method in methods.filter(|method| *method != "cam") {
        let own: &[&str] = match method {
            "smooth-grad" | "rise" => &["--samples", "2"],
            "integrated-gradients" => &["--steps", "2"],
            "lrp-epsilon" | "lrp-gamma" | "lrp-zplus" => &["--rule", "fc1:zplus"],
            "occlusion" => &["--stride", "9"],
            _ => &[],
        };
        let explain = [
            "explain", method, "lenet5", "mnist:0", "-o", folder, "--json",
        ];
        is_valid("explain", &[&explain[..], own].concat());
    }
    let ascend = [
        "ascend", "lenet5", "--target", "class:1", "--steps", "2", "-o", folder, "--json",
    ];
    is_valid("ascend", &ascend);
    for metric in ["insertion", "max-sensitivity", "randomisation", "pointing"] {
        let assess = [
            "assess", metric, "gradient", "lenet5", "mnist:0", "--curve", "--json",
        ];
        is_valid("assess", &assess);
    }
    let on = [
        "lenet5", "mnist:0", "--layer", "conv1", "--steps", "1", "-o", folder, "--json",
    ];
    is_valid("dream", &[&["dream"], &on[..]].concat());
    is_valid("invert", &[&["invert"], &on[..]].concat());
    let methods = [
        "--methods",
        "occlusion,saliency",
        "--window",
        "14",
        "--board",
        "native",
    ];
    let compare = [
        &["compare", "lenet5", "mnist:0", "-o", folder, "--json"],
        &methods[..],
    ];
    is_valid("compare", &compare.concat());
    let evolve = "brain evolve --model lenet5 --target class:1 --board native --queries 3 --natural 2 \
                  --gradient-steps 1 --json -o";
    let evolve: Vec<&str> = evolve.split_whitespace().chain([folder]).collect();
    is_valid("evolve", &evolve);
}

#[test]
fn what_attacks_came_to() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path().to_str().expect("a plain path");
    let few: &[&str] = &["--steps", "2", "-o", folder, "--json"];
    for (method, more) in [("pgd", &["--eps", "0.1,8/255"][..]), ("deepfool", &[])] {
        let one = ["attack", method, "lenet5", "mnist:0"];
        is_valid("adversarial", &[&one, more, few].concat());
    }
    let set = [
        "attack", "bim", "lenet5", "--data", "mnist", "--images", "2",
    ];
    let board = ["--board", "native", "--queries", "5"];
    is_valid("attack", &[&set, &board[..], few].concat());
    let fool = [
        "fool",
        "direct",
        "lenet5",
        "--generations",
        "1",
        "--offspring",
        "3",
    ];
    is_valid("fool", &[&fool[..], &["-o", folder, "--json"]].concat());
}

#[test]
fn what_a_data_set_gave() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("noisy.npy");
    let file = file.to_str().expect("a plain path");
    let top = [
        "top", "lenet5", "--data", "mnist", "--images", "20", "-k", "2", "--json",
    ];
    is_valid(
        "top",
        &[&top[..], &["--layer", "pool2", "--board", "native"]].concat(),
    );
    is_valid(
        "top",
        &[&top[..], &["--target", "relu1:0:0:0", "--by", "mean"]].concat(),
    );
    is_valid(
        "corrupt",
        &[
            "corrupt", "shear", "mnist:0", "--sign", "-1", "-o", file, "--json",
        ],
    );
    let robustness = [
        "robustness",
        "lenet5",
        "--data",
        "mnist",
        "--images",
        "10",
        "--json",
    ];
    let with = [
        "--corruption",
        "shot_noise,stripe",
        "--severity",
        "5",
        "--board",
        "native",
    ];
    is_valid("robustness", &[&robustness[..], &with].concat());
    is_valid(
        "robustness",
        &[&robustness[..], &["--published", "--baseline", "lenet5"]].concat(),
    );
}

#[test]
fn what_the_engines_of_a_board_take() {
    is_valid("engines", &["memory", "--board", "mps2-an500", "--json"]);
}

#[test]
fn what_writes_files_says_where() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path().to_str().expect("a plain path");
    let demo = [
        "demo", "--board", "native", "--inputs", "mnist:0", "-o", folder, "--json",
    ];
    is_valid("demo", &demo);
    let models = concat!(env!("CARGO_MANIFEST_DIR"), "/../models");
    let onnx = format!("{models}/lenet5/lenet5.onnx");
    let digits = format!("{models}/mnist/calibration-images-idx3-ubyte.gz");
    let compile = [
        "compile",
        &onnx,
        "--calibrate",
        &digits,
        "-o",
        folder,
        "--json",
    ];
    is_valid("compile", &compile);
    is_valid("compile", &[&compile[..], &["--accuracy", "50"]].concat());
}
