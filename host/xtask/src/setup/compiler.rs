//! The compilers of firmware.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::packages::{Packages, Programs, Starter};
use super::step::add_to_rustup;
use crate::toolchain::{self, ASSEMBLER, ASSEMBLER_FOLDER, Core, Next, Target, Toolchain};
use crate::{command, tools};

/// Debian's compiler has every target, and brings the library's source.
const COMPILER: Programs<'_> = Programs {
    packages: Packages {
        why: "rustup cannot add what firmware needs. Debian's Rust compiler can build it.",
        names: &["rustc-web", "cargo-web", "rust-web-src", "rust-web-clippy"],
        at_least: Some(env!("CARGO_PKG_RUST_VERSION")),
    },
    folder: toolchain::DEBIAN_FOLDER,
    files: &[
        "usr/bin/rustc",
        "usr/bin/cargo",
        "usr/bin/rustdoc",
        "usr/bin/cargo-clippy",
    ],
    starter: Starter::AS_IT_IS,
};

/// Gives a toolchain for `target`, after setting it up where it was missing.
///
/// # Errors
/// There is none, and none can be fetched.
pub fn toolchain(target: Target) -> Result<Toolchain> {
    if target == Target::Std {
        assembler()?;
    }
    let what = target.rustup_arguments().join(" ");
    let mut target_refused = false;
    let mut debian_tried = false;
    loop {
        match toolchain::next(toolchain::look(target)?, target_refused) {
            Next::UseRustup => return Ok(Toolchain::Rustup),
            Next::UseDebian => {
                return Ok(Toolchain::Debian {
                    bin: toolchain::debian_bin().context("Debian's compiler is gone")?,
                    linker_dir: toolchain::linker_dir()?.context("rust-lld is gone")?,
                });
            }
            Next::AddTarget => {
                let why = match target {
                    Target::Core(Core { target: name, .. }) => {
                        format!("To build firmware, rustup adds the core library of {name}:")
                    }
                    Target::Std => "For tract on a chip the standard library is built from its \
                                    source, which rustup adds:"
                        .to_owned(),
                };
                if let Err(error) = add_to_rustup(&why, target.rustup_arguments()) {
                    eprintln!("{error:#}");
                }
                target_refused = true;
            }
            Next::SetUpDebian if !debian_tried => {
                debian_tried = true;
                COMPILER
                    .set_up()
                    .with_context(|| format!("`rustup {what}` failed"))?;
            }
            Next::SetUpDebian => bail!(
                "Debian's compiler does not start, or is incomplete: see `apt-cache policy {}`",
                COMPILER.packages.names.join(" "),
            ),
            Next::GiveUp => bail!(
                "no compiler for {}: install rustup (https://rustup.rs) and run `rustup {what}`",
                target.name()
            ),
        }
    }
}

/// Makes sure that the standard library of another target is there.
///
/// # Errors
/// rustup cannot add it.
pub fn standard_library(target: &str) -> Result<()> {
    let print = ["--print", "target-libdir", "--target", target];
    let folder = command::output(Command::new("rustc").args(print))?;
    if Path::new(folder.trim()).is_dir() {
        return Ok(());
    }
    let why = format!("To check the program for {target}, rustup adds its standard library:");
    add_to_rustup(&why, ["target", "add", target])
}

/// Makes sure that there is an assembler for tract's kernels.
fn assembler() -> Result<()> {
    let programs = Programs {
        packages: Packages {
            why: "tract brings kernels in assembler. GNU's cross compiler, which assembles them, \
                  is not on this machine.",
            names: &["gcc-arm-none-eabi"],
            at_least: None,
        },
        folder: ASSEMBLER_FOLDER,
        files: &["usr/bin/arm-none-eabi-gcc", "usr/bin/arm-none-eabi-ar"],
        starter: Starter::AS_IT_IS,
    };
    if tools::find(ASSEMBLER, ASSEMBLER_FOLDER).is_none() {
        programs.set_up()?;
    }
    Ok(())
}
