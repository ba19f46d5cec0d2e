//! Whether what users install works where nothing else is: the wheel in a new Python
//! environment, the archive in a root with nothing but the libraries that it names.

mod installed;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::board::boards;
use crate::dist::{self, Made, VERSION};
use crate::setup::{emulator, python};
use crate::{command, toolchain, workspace};
use installed::Installed;

/// The digit on the photograph, and what it shows.
const DIGIT: (&str, &str) = ("18", "3");

/// What lies below the prefix, beside the program and the firmware.
const FILES: [&str; 10] = [
    "share/man/man1/cortexscope.1",
    "share/man/man1/cortexscope-explain-integrated-gradients.1",
    "share/bash-completion/completions/cortexscope",
    "share/zsh/site-functions/_cortexscope",
    "share/fish/vendor_completions.d/cortexscope.fish",
    "share/cortexscope/completions/cortexscope.ps1",
    "share/doc/cortexscope/README.md",
    "share/doc/cortexscope/LICENSE-MIT",
    "share/doc/cortexscope/LICENSE-APACHE",
    "share/doc/cortexscope/THIRD-PARTY.txt",
];

/// Makes archive and wheel with the profile that the tests are built with, and tries both.
///
/// # Errors
/// One of them lacks a file, or does not work where nothing else is installed.
pub fn check() -> Result<()> {
    emulator::find()?;
    let made = dist::make("dev")?;
    let folder = workspace::root().join("target/dist/check");
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| folder.display().to_string())?;
    }
    fs::create_dir_all(&folder)?;
    sums(&made)?;
    let photo = wheel(&made, &folder.join("environment"), &folder)?;
    archive(&made, &folder.join("root"), &photo)?;
    Ok(fs::remove_dir_all(&folder)?)
}

/// The sums are those of the files, as their usual reader says.
fn sums(made: &Made) -> Result<()> {
    let text = fs::read_to_string(&made.sums)?;
    for file in [&made.archive, &made.wheel] {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        ensure!(text.contains(&*name), "SHA256SUMS does not name {name}");
    }
    let folder = made.sums.parent().context("a file has a folder")?;
    let program = if command::find("sha256sum").is_some() {
        "sha256sum"
    } else {
        "shasum"
    };
    command::run(
        Command::new(program)
            .current_dir(folder)
            .args(["--check", "SHA256SUMS"]),
    )
}

/// Installs the wheel into a new environment without a network and tries it. Gives the
/// photograph that it was shown.
fn wheel(made: &Made, environment: &Path, folder: &Path) -> Result<PathBuf> {
    println!("\nthe wheel, in a new Python environment:");
    python::new_environment(environment)?;
    let programs = environment.join(python::PROGRAMS);
    let python = programs.join("python");
    let mut install = Command::new(&python);
    install
        .args(["-m", "pip", "--isolated", "install", "--quiet"])
        .args(["--no-index", "--no-deps"])
        .arg(&made.wheel);
    command::run(&mut install)?;
    let photo = photo(&python, folder)?;
    is_complete(environment)?;
    let installed = Installed::at(&programs, folder.join("wheel"))?;
    try_out(&installed, &photo)?;

    // With an emulator on the path, the firmware that came with it runs.
    let emulator = emulator::program();
    let emulator = match emulator.parent() {
        Some(folder) if folder != Path::new("") => emulator.clone(),
        _ => command::find(&emulator.to_string_lossy()).context("the emulator is gone")?,
    };
    let with_emulator = installed.with_path(emulator.parent().context("it has a folder")?)?;
    let said = with_emulator.run(&["infer", "photo.png"])?;
    ensure!(
        said.contains(&format!("photo: {}", DIGIT.1)) && said.contains("instructions"),
        "the emulated board was not taken: {said}"
    );
    Ok(photo)
}

/// Unpacks the archive into a root and tries it there.
fn archive(made: &Made, root: &Path, photo: &Path) -> Result<()> {
    let prefix = root.join(&made.name);
    println!("\nthe archive, where nothing else is:");
    fs::create_dir_all(root)?;
    let mut unpack = Command::new("tar");
    unpack
        .args(["--extract", "--gzip", "--file"])
        .arg(&made.archive)
        .arg("--directory")
        .arg(root);
    command::run(&mut unpack)?;
    is_complete(&prefix)?;
    for board in boards() {
        let firmware = prefix.join("share/cortexscope/firmware").join(board.name);
        hex_holds_the_elf(&firmware.join(format!("{}.elf", board.name)))?;
    }
    let licences = fs::read_to_string(prefix.join("share/doc/cortexscope/THIRD-PARTY.txt"))?;
    for word in ["tract-core ", "clap ", "cortex-m ", "OFL", "CC BY-SA 3.0"] {
        ensure!(licences.contains(word), "THIRD-PARTY.txt lacks {word}");
    }
    try_out(&Installed::in_root(root, &made.name)?, photo)
}

fn is_complete(prefix: &Path) -> Result<()> {
    let firmware = boards().flat_map(|board| {
        let engines = board.engines.iter();
        engines.flat_map(move |engine| {
            let uf2 = board.drive.map(|_| "uf2");
            ["elf", "hex"].into_iter().chain(uf2).map(move |kind| {
                let name = format!("{}{}.{kind}", board.name, engine.suffix());
                format!("share/cortexscope/firmware/{}/{name}", board.name)
            })
        })
    });
    let parts = boards().filter(|board| board.chip.is_some());
    let whole = parts.flat_map(|board| {
        let uf2 = board.drive.map(|_| "uf2");
        ["hex"].into_iter().chain(uf2).map(move |kind| {
            let name = board.name;
            format!(
                "share/cortexscope/firmware/{name}/{name}-{}.{kind}",
                dist::DRAGGED
            )
        })
    });
    let files = FILES.map(str::to_owned).into_iter();
    for file in files.chain(firmware).chain(whole) {
        let bytes = fs::metadata(prefix.join(&file)).map_or(0, |file| file.len());
        ensure!(bytes > 0, "{file} is missing");
    }
    Ok(())
}

/// What somebody does first. No board is named, and no emulator is there.
fn try_out(installed: &Installed, photo: &Path) -> Result<()> {
    installed.give(photo, "photo.png")?;
    let version = installed.run(&["--version"])?;
    ensure!(
        version.trim() == format!("cortexscope {VERSION}"),
        "--version says {version}"
    );
    installed.run(&["demo", "--board", "native", "--no-live"])?;
    let report = installed.file("cortexscope-report/report.html");
    let page = fs::read_to_string(&report).with_context(|| report.display().to_string())?;
    ensure!(
        page.contains("data:image/png;base64,") || page.contains("<svg"),
        "the report has no picture"
    );
    let said = installed.run(&["infer", "photo.png"])?;
    ensure!(
        said.contains(&format!("photo: {} (", DIGIT.1)),
        "the photograph shows a {}: {said}",
        DIGIT.1
    );
    installed.serves_the_live_page()
}

/// Draws a photograph of a digit with the Python of the new environment.
fn photo(python: &Path, folder: &Path) -> Result<PathBuf> {
    let photo = folder.join("photo.png");
    let mut draw = Command::new(python);
    draw.arg(workspace::root().join("host/xtask/src/test/dist/photo.py"))
        .arg(workspace::root().join("models/mnist/t10k-images-idx3-ubyte.gz"))
        .arg(DIGIT.0)
        .arg(&photo);
    command::run(&mut draw)?;
    Ok(photo)
}

/// Has a reader that others wrote read both the ELF file and the Intel hex beside it.
fn hex_holds_the_elf(elf: &Path) -> Result<()> {
    let objcopy = objcopy()?;
    let binary = |from: &[&str], file: &Path| -> Result<Vec<u8>> {
        let to = file.with_added_extension("bin");
        let mut copy = Command::new(&objcopy);
        copy.args(from).args(["-O", "binary"]).arg(file).arg(&to);
        command::run(&mut copy)?;
        let bytes = fs::read(&to)?;
        fs::remove_file(&to)?;
        Ok(bytes)
    };
    let flash = binary(&[], elf)?;
    let hex = binary(&["-I", "ihex"], &elf.with_extension("hex"))?;
    ensure!(
        !flash.is_empty() && flash == hex,
        "{} and the hex beside it differ: {} and {} bytes",
        elf.display(),
        flash.len(),
        hex.len()
    );
    Ok(())
}

/// An objcopy that reads the boards' ELF files: the compiler's own, or another one.
fn objcopy() -> Result<PathBuf> {
    let own = toolchain::tool_dir()?.join("rust-objcopy");
    if own.is_file() {
        return Ok(own);
    }
    let others = ["llvm-objcopy", "arm-none-eabi-objcopy"];
    match others.iter().find_map(|name| command::find(name)) {
        Some(program) => Ok(program),
        None => bail!("no objcopy reads the boards' files: install binutils-arm-none-eabi"),
    }
}
