//! Reads the `board.toml` of every folder of `firmware/boards`, and writes the boards as
//! Rust constants.

#[path = "src/facts.rs"]
mod facts;

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use facts::BoardFile;

fn main() -> Result<(), Box<dyn Error>> {
    let package = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let root = package.join("../..");
    // A board that is new changes the lock file, which names every package. The folder
    // itself would have everything built again after any change of a board's sources.
    println!(
        "cargo::rerun-if-changed={}",
        root.join("Cargo.lock").display()
    );

    let mut boards = BTreeMap::new();
    for entry in fs::read_dir(root.join("firmware/boards"))? {
        let entry = entry?;
        if !entry.file_type()?.is_dir() {
            continue;
        }
        let name = entry
            .file_name()
            .into_string()
            .map_err(|name| format!("{name:?}"))?;
        let map = root.join(format!("memory-x/{name}.x"));
        if !map.is_file() {
            return Err(format!(
                "{} is missing: see firmware/boards/README.md",
                map.display()
            )
            .into());
        }
        let path = entry.path().join("board.toml");
        let board = BoardFile::parse(&read(&path)?)
            .map_err(|error| format!("{}: {error}", path.display()))?;
        boards.insert(name, board);
    }
    let path = package.join("planned.toml");
    let source = facts::source(&boards, &read(&path)?)
        .map_err(|error| format!("{}: {error}", path.display()))?;
    fs::write(Path::new(&env::var("OUT_DIR")?).join("boards.rs"), source)?;
    Ok(())
}

fn read(path: &Path) -> Result<String, String> {
    println!("cargo::rerun-if-changed={}", path.display());
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}
