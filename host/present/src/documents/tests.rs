//! What is written in `docs/` is what the types say. `UPDATE=1` writes it anew.

use super::{reference, schema};
use std::path::{Path, PathBuf};

/// Compares the file at `path` with `text`, or writes it.
fn holds(path: &Path, text: &str) {
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, text).expect("the folder is there");
        return;
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        kept == text,
        "{} differs from the types: UPDATE=1 cargo test -p cortexscope-present documents",
        path.display()
    );
}

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

#[test]
fn the_schemas_are_those_of_the_types() {
    let folder = docs().join("schemas");
    let mut files = Vec::new();
    for document in schema::all() {
        let file = format!("{}.json", document.name);
        let text = format!("{:#}\n", document.to_value());
        holds(&folder.join(&file), &text);
        files.push(file);
    }
    for entry in std::fs::read_dir(&folder).expect("the folder is there") {
        let name = entry.expect("an entry").file_name();
        let name = name.to_string_lossy().into_owned();
        assert!(files.contains(&name), "{name} belongs to no document");
    }
}

#[test]
fn the_reference_is_that_of_the_types() {
    holds(&docs().join("json.md"), &reference::markdown());
}

#[test]
fn every_field_says_what_it_is() {
    for line in reference::markdown().lines() {
        assert!(!line.ends_with("|  |"), "{line}");
    }
}
