//! Boards with a drive, as a user has them: firmware and model are dragged onto a drive, the
//! part boots from the bytes of these files in an emulator that others wrote, and the program
//! reaches it at a serial port.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::board::{Board, Engine};
use crate::command::{cargo, run};
use crate::setup::{self, parts};
use crate::{firmware, workspace};

/// Images that are compared with tract, byte by byte.
const IMAGES: &str = "200";

/// Why a check cannot be run here; none where it can.
pub const MISSING: Option<&str> = if cfg!(unix) {
    None
} else {
    Some("its serial port is a pseudo terminal, which this system has not")
};

/// What emulates a part.
#[derive(Clone, Copy)]
pub enum Emulator {
    /// QEMU's Cortex-M33 as a library, Unicorn, in Python.
    Unicorn,
    /// The package `rp2040js`, in Node.js.
    Rp2040Js,
}

impl Emulator {
    /// Every board that is run this way.
    pub const ALL: [(&str, Self); 2] = [("pico2", Self::Unicorn), ("pico", Self::Rp2040Js)];

    /// The model that it runs: one that does not take minutes.
    fn model(self) -> &'static str {
        match self {
            Self::Unicorn => "lecture-lenet",
            Self::Rp2040Js => "lenet5",
        }
    }
}

/// A process that ends with this.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A part that has booted. It ends with this.
pub struct Part {
    /// The serial port at which it answers.
    pub port: String,
    _running: Running,
}

/// Boots the board `name` and compares what it computes with tract. `program` is the program
/// that was built.
///
/// # Errors
/// Something cannot be built or started, or a byte differs.
pub fn check(name: &str, emulator: Emulator, program: &Path) -> Result<()> {
    let model = emulator.model();
    let part = boot(name, emulator, model, program)?;
    let at_port = ["--board", name, "--model", model, "--port", &part.port];
    makes_the_hosts_input(program, &folder(), model, &at_port)?;
    let mut verify = Command::new(program);
    run(verify.args(["verify", "--images", IMAGES]).args(at_port))?;
    // It fails where the board's arena was another than planned.
    run(Command::new(program)
        .args(["bench", "--boards"])
        .args(at_port))
}

/// Drags firmware and `model` onto the drive of the board `name`, and boots it from them.
/// `program` is the program that was built.
///
/// # Errors
/// Something cannot be built or started.
pub fn boot(name: &str, emulator: Emulator, model: &str, program: &Path) -> Result<Part> {
    let board = Board::find(name).map_err(anyhow::Error::msg)?;
    let toolchain = setup::toolchain(board.target(Engine::Static))?;
    let firmware = firmware::build(&board, Engine::Static, &toolchain, None)?;
    let folder = folder();
    let files = dragged(&board, model, program, &folder.join(name))?;
    let mut running = start(emulator, &folder, &firmware.elf, &files)?;
    let output = running.0.stdout.take().context("its output")?;
    let mut port = String::new();
    BufReader::new(output).read_line(&mut port)?;
    let port = port.trim().to_owned();
    ensure!(!port.is_empty(), "the emulator of {name} did not start");
    Ok(Part {
        port,
        _running: running,
    })
}

/// Where drives and the programs behind ports are.
fn folder() -> PathBuf {
    workspace::root().join("target/emulated-parts")
}

/// Has the part make its input of a picture, and the native board of the same one: the bytes
/// are equal. The picture is small, because the emulator of the Pico takes half a minute for one
/// of a camera.
fn makes_the_hosts_input(
    program: &Path,
    folder: &Path,
    model: &str,
    at_port: &[&str],
) -> Result<()> {
    let picture = folder.join("stroke.pgm");
    fs::write(&picture, stroke())?;
    let native = ["--board", "native", "--model", model];
    let mut inputs = Vec::new();
    for (name, board) in [("native.npy", &native[..]), ("part.npy", at_port)] {
        let input = folder.join(name);
        let mut infer = Command::new(program);
        infer.arg("infer").arg(&picture).arg("--on-board");
        run(infer.args(board).arg("--save-input").arg(&input))?;
        inputs.push(fs::read(&input)?);
    }
    ensure!(
        inputs[0] == inputs[1],
        "the board made another input of {} than the host",
        picture.display()
    );
    Ok(())
}

/// A dark stroke on paper in a shade, 48×40 pixels, as a PGM file.
fn stroke() -> Vec<u8> {
    let mut file = b"P5 48 40 255\n".to_vec();
    for (y, x) in (0..40_u8).flat_map(|y| (0..48_u8).map(move |x| (y, x))) {
        let is_ink = (6..34).contains(&y) && (20 + y / 8..25 + y / 8).contains(&x);
        file.push(if is_ink { 40 } else { 150 + 2 * x });
    }
    file
}

/// Has the program copy the firmware and `model` to a folder that looks like the board's
/// drive; gives the files.
fn dragged(board: &Board, model: &str, program: &Path, drive: &Path) -> Result<[PathBuf; 2]> {
    if drive.exists() {
        fs::remove_dir_all(drive)?;
    }
    fs::create_dir_all(drive)?;
    let id = board.drive.context("the board shows no drive")?.board_id;
    let info = format!(
        "UF2 Bootloader v1.0\r\nModel: {}\r\nBoard-ID: {id}\r\n",
        board.name
    );
    fs::write(drive.join("INFO_UF2.TXT"), info)?;
    let flash = || {
        let mut flash = Command::new(program);
        flash
            .args(["flash", "--board", board.name, "--drive"])
            .arg(drive);
        flash
    };
    run(&mut flash())?;
    run(flash().args(["--model", model]))?;
    let name = board.name;
    Ok([format!("{name}.uf2"), format!("{model}-{name}.uf2")].map(|file| drive.join(file)))
}

fn start(emulator: Emulator, folder: &Path, elf: &Path, files: &[PathBuf]) -> Result<Running> {
    let package = workspace::root().join("tests/emulated-parts");
    let mut port = cargo();
    port.args(["build", "--locked", "--manifest-path"])
        .arg(package.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(folder);
    run(&mut port)?;
    let mut command = Command::new(folder.join("debug/behind-a-port"));
    match emulator {
        Emulator::Unicorn => {
            command.args(parts::unicorn()?).arg(elf);
        }
        Emulator::Rp2040Js => {
            command.arg("node").arg(parts::rp2040js()?);
        }
    }
    command.args(files);
    let child = command.stdout(Stdio::piped()).spawn();
    Ok(Running(child.context("the emulator does not start")?))
}
