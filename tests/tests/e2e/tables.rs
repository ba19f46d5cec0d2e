//! The tables of networks in README.md, models/README.md and the book have the numbers of
//! the models.

use crate::command_line::json;

const SHIPPED: [&str; 3] = ["lecture-lenet", "lenet5", "winml-mnist"];

/// The rows of a Markdown text that begin with one of the shipped models.
fn rows<'a>(text: &'a str, model: &str) -> Vec<&'a str> {
    let is_of = |row: &&str| {
        let first = row.split(" | ").next().unwrap_or_default();
        first.starts_with("| ") && first.contains(&format!("`{model}`"))
    };
    text.lines().filter(is_of).collect()
}

#[test]
fn parameters_are_those_of_the_models() {
    let texts = [
        ("README.md", include_str!("../../../README.md")),
        (
            "models/README.md",
            include_str!("../../../models/README.md"),
        ),
        (
            "docs/measured.md",
            include_str!("../../../docs/measured.md"),
        ),
    ];
    for model in SHIPPED {
        let path = format!(
            "{}/../models/{model}/{model}.onnx",
            env!("CARGO_MANIFEST_DIR")
        );
        let document = json(&["budget", &path, "--json"]);
        let parameters = document["totals"]["parameters"].as_u64().expect("a number");
        let cell = parameters.to_string();
        for (file, text) in texts {
            let rows = rows(text, model);
            assert!(!rows.is_empty(), "{file} has no row for {model}");
            let has = |row: &&str| {
                row.split('|')
                    .any(|found| found.trim().replace(',', "") == cell)
            };
            let right = rows.iter().filter(|row| has(row)).count();
            assert!(right > 0, "{file}: {model} has {cell} parameters: {rows:?}");
        }
    }
}
