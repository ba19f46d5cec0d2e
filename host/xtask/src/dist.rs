//! What users install: an archive and a wheel for this kind of machine, of one version.
//!
//! | module | what it does |
//! |---|---|
//! | `tree` | the files as they lie below a prefix such as `/usr/local` |
//! | `third_party` | the licences of everything that is in the program and in firmware |
//! | `archive` | the archive, and the sums of what was made |
//! | `wheel` | the wheel, by maturin |

mod archive;
mod third_party;
mod tree;
mod wheel;

use std::env;
use std::env::consts::EXE_SUFFIX;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::board::{Engine, boards};
use crate::{command, firmware, setup, workspace};

/// The version of everything that is made here: the workspace's.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The model that is packed with the firmware of each part as one file to drag.
pub const DRAGGED: &str = "lecture-lenet";

/// What was made.
pub struct Made {
    /// The archive.
    pub archive: PathBuf,
    /// The folder that it unpacks to.
    pub name: String,
    /// The wheel.
    pub wheel: PathBuf,
    /// SHA-256 sums of both, as `sha256sum --check` reads them.
    pub sums: PathBuf,
}

/// Builds the program with the Cargo profile `profile` and the firmware of every board,
/// and packs them into a new folder `target/dist/PROFILE`.
///
/// # Errors
/// A build failed, or a file cannot be read or written.
pub fn make(profile: &str) -> Result<Made> {
    let folder = workspace::root().join("target/dist").join(profile);
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| folder.display().to_string())?;
    }
    let target = command::output(Command::new("rustc").args(["--print", "host-tuple"]))?;
    let target = target.trim();
    let name = archive::name(target);
    let tree = tree::Tree::new(folder.join(&name));

    println!("program, profile {profile}:");
    let program = program(profile)?;
    tree.put_program(&program)?;
    tree.put_pages_and_completions(&program)?;
    for board in boards() {
        for &engine in board.engines {
            let toolchain = setup::toolchain(board.target(engine))?;
            let firmware = firmware::build(&board, engine, &toolchain, None)?;
            tree.put_firmware(&board, &firmware)?;
            if board.chip.is_some() && engine == Engine::Static {
                tree.put_whole(&board, &firmware, DRAGGED)?;
            }
        }
    }
    tree.put_documents(&third_party::collect(target)?)?;

    let archive = archive::pack(&folder, &name)?;
    let wheel = wheel::build(profile, &tree, &folder)?;
    let sums = archive::write_sums(&folder, &[&archive, &wheel])?;
    for file in [&archive, &wheel] {
        let bytes = fs::metadata(file)?.len();
        println!("{:>12} bytes  {}", bytes, file.display());
    }
    println!("{:>18}  {}", "sums", sums.display());
    Ok(Made {
        archive,
        name,
        wheel,
        sums,
    })
}

/// Builds the program and gives its path.
fn program(profile: &str) -> Result<PathBuf> {
    let mut build = command::cargo();
    build
        .args(["build", "--locked", "--package", "cortexscope"])
        .args(["--bin", "cortexscope", "--profile", profile]);
    command::run(&mut build)?;
    // The folder of the profile `dev` has the name that it had before profiles had names.
    let folder = if profile == "dev" { "debug" } else { profile };
    let target_dir = env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    let program = workspace::root()
        .join(target_dir)
        .join(folder)
        .join(format!("cortexscope{EXE_SUFFIX}"));
    if !program.is_file() {
        bail!(
            "cargo built the program, but not to {}: set CARGO_TARGET_DIR if a configuration \
             of cargo's moves its target folder",
            program.display()
        );
    }
    Ok(program)
}
