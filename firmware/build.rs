//! Links a board's firmware: its memory map, cortex-m-rt's and defmt's linker
//! scripts, a build id, and a board image if `CORTEXSCOPE_MODEL` names one.
//!
//! Every board package names this file as its build script, and `cortexscope-boards` as
//! its build dependency: the regions come from the board's `board.toml`.

use std::path::{Path, PathBuf};
use std::{env, error::Error, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let board = env::var("CARGO_PKG_NAME")?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let maps = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../../../memory-x");
    let build = cortexscope_boards::find(&board).and_then(|board| board.build);
    let build = build.ok_or_else(|| format!("the package {board} needs a folder of its name"))?;

    // cortex-m-rt's script includes memory.x, and that includes the other two.
    copy(&maps.join(format!("{board}.x")), &out.join("memory.x"))?;
    copy(&maps.join("sections.x"), &out.join("sections.x"))?;
    fs::write(out.join("regions.x"), build.linker_regions())?;
    println!("cargo::rustc-link-search={}", out.display());

    // cortex-m-rt aligns its sections itself; page alignment would only pad flash. Functions
    // of the same instructions stand once.
    for argument in [
        "-Tlink.x",
        "-Tdefmt.x",
        "--nmagic",
        "--icf=all",
        "--build-id=sha1",
    ] {
        println!("cargo::rustc-link-arg-bins={argument}");
    }

    fs::write(out.join("model.rs"), model_source()?)?;
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<(), String> {
    println!("cargo::rerun-if-changed={}", from.display());
    match fs::copy(from, to) {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("{}: {error}", from.display())),
    }
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
