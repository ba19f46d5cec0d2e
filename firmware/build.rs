//! Links a board's firmware: its memory map, cortex-m-rt's and defmt's linker
//! scripts, a build id, and a board image where one is asked for.
//!
//! Every board package names this file as its build script.

use std::path::{Path, PathBuf};
use std::{env, error::Error, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let board = env::var("CARGO_PKG_NAME")?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../../..");

    let map = root.join("memory-x").join(format!("{board}.x"));
    println!("cargo::rerun-if-changed={}", map.display());
    fs::copy(&map, out.join("memory.x")).map_err(|error| format!("{}: {error}", map.display()))?;
    println!("cargo::rustc-link-search={}", out.display());

    // cortex-m-rt aligns its sections itself; page alignment would only pad flash.
    for argument in ["-Tlink.x", "-Tdefmt.x", "--nmagic", "--build-id=sha1"] {
        println!("cargo::rustc-link-arg-bins={argument}");
    }

    fs::write(out.join("model.rs"), model_source()?)?;
    Ok(())
}

/// Gives the Rust source that places the board image named by `CORTEXSCOPE_MODEL`
/// in `.model`; nothing where the variable is unset.
fn model_source() -> Result<String, Box<dyn Error>> {
    const VARIABLE: &str = "CORTEXSCOPE_MODEL";
    println!("cargo::rerun-if-env-changed={VARIABLE}");
    let Some(path) = env::var_os(VARIABLE).map(PathBuf::from) else {
        return Ok(String::new());
    };
    println!("cargo::rerun-if-changed={}", path.display());
    let bytes = fs::metadata(&path)
        .map_err(|error| format!("{}: {error}", path.display()))?
        .len();
    Ok(format!(
        "#[used]\n#[unsafe(link_section = \".model\")]\n\
         static MODEL: [u8; {bytes}] = *include_bytes!({path:?});\n",
    ))
}
