//! Embeds the `board.toml` of every folder of `firmware/boards`.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../..");
    // A board that is new changes the lock file, which names every package. If this
    // watched the folder itself, every change of a board's sources would build
    // everything again.
    println!(
        "cargo::rerun-if-changed={}",
        root.join("Cargo.lock").display()
    );
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(root.join("firmware/boards"))? {
        let entry = entry?;
        if !entry.file_type()?.is_dir() {
            continue;
        }
        let name = entry.file_name().display().to_string();
        let facts = entry.path().join("board.toml");
        for file in [&facts, &root.join(format!("memory-x/{name}.x"))] {
            if !file.is_file() {
                return Err(format!(
                    "{} is missing: see firmware/boards/README.md",
                    file.display()
                )
                .into());
            }
        }
        files.insert(name, facts);
    }
    let rows = files
        .iter()
        .map(|(name, facts)| format!("    ({name:?}, include_str!({facts:?})),\n"));
    let source = format!(
        "const FILES: &[(&str, &str)] = &[\n{}];\n",
        rows.collect::<String>()
    );
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("files.rs"), source)?;
    Ok(())
}
