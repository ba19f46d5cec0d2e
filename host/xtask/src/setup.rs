//! Finds what firmware and emulator need, and installs what is missing.

mod apt;
pub mod emulator;
pub mod python;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::board::{Engine, boards};
use crate::command;
use crate::consent::Consent;
use crate::toolchain::{self, ASSEMBLER, DEBIAN_PACKAGES, Next, Target, Toolchain};
use crate::workspace;

/// Programs that a Chromium may be called.
const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];
/// The accessibility checker that the page's tests run in the browser. It is
/// under MPL-2.0 and is not part of anything that is built or shipped.
const AXE: &str = "axe-core@4.14.1";

/// Sets up the toolchain of every board, and says which it is.
///
/// # Errors
/// As for [`toolchain()`].
pub fn for_firmware(consent: Consent) -> Result<()> {
    for board in boards() {
        let target = board.target(Engine::Static);
        let toolchain = toolchain(target, consent)?;
        eprintln!("{}: {} by {toolchain}", board.name, target.name());
    }
    Ok(())
}

/// Gives a toolchain for `target`, after installing it where it was missing.
///
/// # Errors
/// There is none, and nobody agreed to an installation.
pub fn toolchain(target: Target, consent: Consent) -> Result<Toolchain> {
    if target == Target::Std {
        assembler(consent)?;
    }
    let what = target.rustup_arguments().join(" ");
    let mut target_refused = false;
    let mut debian_tried = false;
    loop {
        match toolchain::next(toolchain::look(target)?, target_refused) {
            Next::UseRustup => return Ok(Toolchain::Rustup),
            Next::UseDebian => {
                let linker_dir = toolchain::linker_dir()?.context("rust-lld is gone")?;
                return Ok(Toolchain::Debian { linker_dir });
            }
            Next::AddTarget => {
                let mut add = Command::new("rustup");
                add.args(target.rustup_arguments());
                let why = match target {
                    Target::Core(name) => {
                        format!("To build firmware, rustup adds the core library of {name}:")
                    }
                    Target::Std => "For tract on a chip the standard library is built from its \
                                    source, which rustup adds:"
                        .to_owned(),
                };
                consent.obtain(&why, &[command::line(&add)])?;
                if let Err(error) = command::run(&mut add) {
                    eprintln!("{error:#}. Trying Debian's compiler instead.");
                }
                target_refused = true;
            }
            Next::InstallDebian if !debian_tried => {
                debian_tried = true;
                let why = format!(
                    "`rustup {what}` does not get it. Debian's compiler has every target and the \
                     library's source:"
                );
                apt::install(DEBIAN_PACKAGES, &why, consent)?;
            }
            Next::InstallDebian => bail!(
                "Debian's compiler is older than Rust {}, or incomplete: see `apt-cache policy {}`",
                env!("CARGO_PKG_RUST_VERSION"),
                DEBIAN_PACKAGES.join(" "),
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
/// rustup cannot add it, or nobody agreed to that.
pub fn standard_library(target: &str, consent: Consent) -> Result<()> {
    let print = ["--print", "target-libdir", "--target", target];
    let folder = command::output(Command::new("rustc").args(print))?;
    if Path::new(folder.trim()).is_dir() {
        return Ok(());
    }
    let mut add = Command::new("rustup");
    add.args(["target", "add", target]);
    let why = format!("To check the program for {target}, rustup adds its standard library:");
    consent.obtain(&why, &[command::line(&add)])?;
    command::run(&mut add)
}

/// Makes sure that there is an assembler for tract's kernels.
fn assembler(consent: Consent) -> Result<()> {
    if command::find(ASSEMBLER).is_none() {
        let why = "tract brings kernels in assembler, which GNU's cross compiler assembles:";
        apt::install(&["gcc-arm-none-eabi"], why, consent)?;
    }
    Ok(())
}

/// Makes sure that there is a browser for the tests of the live page, and the
/// accessibility checker that they run in it.
///
/// # Errors
/// One of them cannot be installed, or nobody agreed to it.
pub fn browser(consent: Consent) -> Result<()> {
    if !BROWSERS.iter().any(|name| command::find(name).is_some()) {
        let why = "The live page is tested in a real browser:";
        apt::install(&["chromium", "fonts-dejavu-core"], why, consent)?;
    }
    let folder = workspace::tools_dir().join("axe");
    if folder.join("node_modules/axe-core/axe.min.js").is_file() {
        return Ok(());
    }
    if command::find("npm").is_none() {
        let why = "The accessibility checker axe-core comes from npm:";
        apt::install(&["npm"], why, consent)?;
    }
    let mut install = Command::new("npm");
    install
        .args([
            "install",
            "--no-audit",
            "--no-fund",
            "--no-save",
            "--prefix",
        ])
        .arg(&folder)
        .arg(AXE);
    consent.obtain(
        "The live page's tests run the accessibility checker axe-core:",
        &[command::line(&install)],
    )?;
    command::run(&mut install)
}

/// Gives a folder that holds `cargo-fuzz`, after building it where it was missing.
///
/// # Errors
/// It cannot be built, or nobody agreed to it.
pub fn cargo_fuzz(consent: Consent) -> Result<PathBuf> {
    const TOOL: &str = "cargo-fuzz";
    if let Some(folder) = command::find(TOOL).as_deref().and_then(Path::parent) {
        return Ok(folder.to_owned());
    }
    let tools = workspace::tools_dir();
    let folder = tools.join("bin");
    if !folder.join(TOOL).is_file() {
        let mut install = command::cargo();
        install
            .args(["install", "--locked", TOOL, "--root"])
            .arg(&tools);
        consent.obtain(
            "The parsers are fuzzed with cargo-fuzz:",
            &[command::line(&install)],
        )?;
        command::run(&mut install)?;
    }
    Ok(folder)
}

/// Gives a folder that holds `llvm-profdata` and `llvm-cov` of the compiler's own
/// LLVM, after installing them where they were missing.
///
/// # Errors
/// They are missing, and nobody agreed to an installation.
pub fn llvm_tools(consent: Consent) -> Result<PathBuf> {
    let version = command::output(Command::new("rustc").arg("-vV"))?;
    let major = toolchain::llvm_major(&version).context("rustc does not name its LLVM")?;
    let debian = PathBuf::from(format!("/usr/lib/llvm-{major}/bin"));
    let find = || -> Result<Option<PathBuf>> {
        let folders = [toolchain::tool_dir()?, debian.clone()];
        let is_complete = |folder: &PathBuf| folder.join("llvm-cov").is_file();
        Ok(folders.into_iter().find(is_complete))
    };
    const WHY: &str = "Coverage is read with the tools of the compiler's LLVM:";
    if let Some(folder) = find()? {
        return Ok(folder);
    }
    if command::find("rustup").is_some() {
        let mut add = Command::new("rustup");
        add.args(["component", "add", "llvm-tools"]);
        consent.obtain(WHY, &[command::line(&add)])?;
        match command::run(&mut add) {
            Ok(()) => {
                return find()?.context("rustup's llvm-tools have no llvm-cov");
            }
            Err(error) => eprintln!("{error:#}. Trying Debian's packages instead."),
        }
    }
    apt::install(&[&format!("llvm-{major}")], WHY, consent)?;
    find()?.with_context(|| format!("Debian's llvm-{major} has no llvm-cov"))
}
