//! The JSON documents are what `docs/json.md` says.

use crate::command_line::json;
use serde_json::Value;
use std::collections::BTreeMap;

const DESCRIPTION: &str = include_str!("../../../docs/json.md");

/// Path and type of every field that a section describes.
fn described(section: &str) -> BTreeMap<String, String> {
    let heading = format!("\n## {section}\n");
    let start = DESCRIPTION.find(&heading).expect("the section is there") + heading.len();
    let end = DESCRIPTION[start..].find("\n## ");
    let text = end.map_or(&DESCRIPTION[start..], |end| {
        &DESCRIPTION[start..start + end]
    });
    let rows = text.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| `")?.split(" | ");
        let path = cells.next()?.strip_suffix('`')?;
        Some((path.to_owned(), cells.next()?.to_owned()))
    });
    rows.collect()
}

/// Calls `found` with path and type of every field.
fn walk(value: &Value, path: &str, found: &mut dyn FnMut(&str, &str)) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let dot = if path.is_empty() { "" } else { "." };
                walk(value, &format!("{path}{dot}{name}"), found);
            }
        }
        Value::Array(elements) => {
            for element in elements {
                walk(element, &format!("{path}[]"), found);
            }
        }
        Value::Null => found(path, "null"),
        Value::Bool(_) => found(path, "boolean"),
        Value::Number(_) => found(path, "number"),
        Value::String(_) => found(path, "string"),
    }
}

/// The document of `args` has the fields of `sections`, all of them and no other.
pub fn has_the_fields_of(sections: &[&str], args: &[&str]) {
    let document = json(args);
    let schema = document["schema"].as_str().expect("a schema");
    let name = sections.last().expect("a section");
    assert!(
        schema.starts_with(&format!("cortexscope.{name}.")),
        "{schema}"
    );
    assert!(DESCRIPTION.contains(&format!("`{schema}`")), "{schema}");

    let fields: BTreeMap<String, String> = sections
        .iter()
        .flat_map(|section| described(section))
        .collect();
    let mut seen: BTreeMap<&String, usize> = fields.keys().map(|path| (path, 0)).collect();
    walk(&document, "", &mut |path, kind| {
        let below = [format!("{path}."), format!("{path}[].")];
        let is_below = |known: &&String| below.iter().any(|below| known.starts_with(below));
        if kind == "null" && fields.keys().any(|known| is_below(&known)) {
            return;
        }
        let list = fields.get(&format!("{path}[]"));
        if kind == "null" && list.is_some_and(|types| types.ends_with("or null")) {
            return;
        }
        let (path, types) = fields
            .get_key_value(path)
            .unwrap_or_else(|| panic!("{name} has the field {path}, which is not described"));
        assert!(
            types.split(" or ").any(|known| known == kind),
            "{name}: {path} is {kind}, not {types}"
        );
        *seen.entry(path).or_default() += 1;
    });
    for (path, count) in seen {
        let optional = fields[path].ends_with("or null");
        assert!(count > 0 || optional, "{name} has no field {path}");
    }
}

#[test]
fn what_a_board_gave() {
    has_the_fields_of(&["boards"], &["boards", "--json"]);
    has_the_fields_of(&["budget"], &["budget", "vgg16", "--lecture", "--json"]);
    let commands: [(&str, &[&str]); 4] = [
        ("verify", &["verify", "--images", "2"]),
        ("infer", &["infer", "mnist:17", "mnist:4"]),
        ("memory", &["memory"]),
        ("occlude", &["occlude", "mnist:0", "--stride", "8"]),
    ];
    for board in ["native", "mps2-an386"] {
        let bench = ["bench", "--model", "lenet5", "--board", board, "--json"];
        has_the_fields_of(&["bench"], &bench);
        for (name, command) in commands {
            let args = [command, &["--board", board, "--json"]].concat();
            has_the_fields_of(&["common", name], &args);
        }
    }
}

#[test]
fn what_a_float_model_gave() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path().to_str().expect("a plain path");
    let activations = ["activations", "lenet5", "mnist:0", "-o", folder, "--json"];
    has_the_fields_of(&["activations"], &activations);
    has_the_fields_of(&["filters"], &["filters", "lenet5", "-o", folder, "--json"]);
    for method in cortexscope_explain::attribute::METHODS {
        let own: &[&str] = match method {
            "smooth-grad" => &["--samples", "2"],
            "integrated-gradients" => &["--steps", "2"],
            "lrp-epsilon" | "lrp-gamma" | "lrp-zplus" => &["--rule", "fc1:zplus"],
            "occlusion" => &["--stride", "9"],
            _ => &[],
        };
        let explain = [
            "explain", method, "lenet5", "mnist:0", "-o", folder, "--json",
        ];
        has_the_fields_of(&["explain"], &[&explain[..], own].concat());
    }
    let ascend = [
        "ascend", "lenet5", "--target", "class:1", "--steps", "2", "-o", folder, "--json",
    ];
    has_the_fields_of(&["ascend"], &ascend);
}

#[test]
fn what_the_engines_of_a_board_take() {
    has_the_fields_of(&["engines"], &["memory", "--board", "mps2-an500", "--json"]);
}

#[test]
fn what_writes_files_says_where() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path().to_str().expect("a plain path");
    let demo = [
        "demo", "--board", "native", "--inputs", "mnist:0", "-o", folder, "--json",
    ];
    has_the_fields_of(&["common", "demo"], &demo);
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
    has_the_fields_of(&["compile"], &compile);
    has_the_fields_of(
        &["compile"],
        &[&compile[..], &["--accuracy", "50"]].concat(),
    );
}
