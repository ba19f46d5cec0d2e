//! Builds the firmware of a board.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use cortexscope_uf2::{Piece, emit, flashed};

use crate::board::{Board, Engine};
use crate::elf::{self, Section};
use crate::toolchain::Toolchain;
use crate::{hex, progress, workspace};

/// The environment variable that `firmware/build.rs` takes a board image from.
const MODEL_VARIABLE: &str = "CORTEXSCOPE_MODEL";

/// A built firmware.
pub struct Firmware {
    /// The ELF file, at a place that depends on nothing but board and model.
    pub elf: PathBuf,
    /// The same as Intel hex, beside it.
    pub hex: PathBuf,
    /// The same as a UF2 file, beside it, for a board whose boot loader shows a drive.
    pub uf2: Option<PathBuf>,
    sections: Vec<Section>,
}

/// Builds the firmware of `board` with `engine`, and with the board image `model`
/// linked in if there is one.
///
/// # Errors
/// The build failed, or its result cannot be put in its place.
pub fn build(
    board: &Board,
    engine: Engine,
    toolchain: &Toolchain,
    model: Option<&Path>,
) -> Result<Firmware> {
    let target = board.target(engine);
    let mut cargo = toolchain.cargo("build", target)?;
    cargo
        .args(["--package", board.name])
        .env_remove(MODEL_VARIABLE);
    let mut name = format!("{}{}", board.name, engine.suffix());
    if let Some(feature) = engine.feature() {
        cargo.args(["--features", feature]);
    }
    if let Some(model) = model {
        let model = fs::canonicalize(model).with_context(|| model.display().to_string())?;
        name = format!("{name}-{}", model.file_stem().unwrap_or_default().display());
        cargo.env(MODEL_VARIABLE, model);
    }
    progress::run(&mut cargo, &format!("firmware {name}"))?;

    let built = toolchain.artefact(target, board.name);
    let elf = workspace::firmware_dir()
        .join(board.name)
        .join(format!("{name}.elf"));
    let bytes = fs::read(&built).with_context(|| built.display().to_string())?;
    place(&elf, &bytes).with_context(|| elf.display().to_string())?;
    let hex = elf.with_extension("hex");
    let text = hex::from_elf(&bytes).with_context(|| elf.display().to_string())?;
    place(&hex, text.as_bytes()).with_context(|| hex.display().to_string())?;
    let uf2 = match board.drive {
        Some(drive) => {
            let uf2 = elf.with_extension("uf2");
            let pieces = flashed(&bytes).with_context(|| elf.display().to_string())?;
            place(&uf2, &emit(drive.uf2_family, &pieces)?)
                .with_context(|| uf2.display().to_string())?;
            Some(uf2)
        }
        None => None,
    };
    Ok(Firmware {
        hex,
        uf2,
        sections: elf::sections(&bytes)?,
        elf,
    })
}

/// Writes a file unless it holds these bytes already, and never half of it: an
/// emulator may be reading it.
fn place(file: &Path, bytes: &[u8]) -> Result<()> {
    if fs::read(file).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    fs::create_dir_all(file.parent().context("it has no folder")?)?;
    let draft = file.with_extension(format!("{}.draft", std::process::id()));
    fs::write(&draft, bytes)?;
    Ok(fs::rename(&draft, file)?)
}

/// Firmware and model as one file, for somebody who drags it onto a part's drive.
pub struct Whole {
    /// As Intel hex.
    pub hex: String,
    /// As a UF2 file, for a board whose boot loader takes those.
    pub uf2: Option<Vec<u8>>,
}

/// The firmware in the ELF file `elf` of `board`, and the board image `image` in the region that
/// it has.
///
/// # Errors
/// The image is too large, or `elf` puts nothing into flash.
pub fn whole(board: &Board, elf: &[u8], image: &[u8]) -> Result<Whole> {
    let region = board.build.context("it has no firmware")?.regions.model;
    ensure!(
        image.len() <= region.bytes as usize,
        "{} has {} bytes of flash for a model, and this one takes {}",
        board.name,
        region.bytes,
        image.len()
    );
    let mut pieces = flashed(elf)?;
    pieces.push(Piece {
        address: region.address,
        bytes: image,
    });
    let uf2 = board.drive.map(|drive| emit(drive.uf2_family, &pieces));
    Ok(Whole {
        hex: hex::from_pieces(&pieces)?,
        uf2: uf2.transpose()?,
    })
}

impl Firmware {
    /// Prints where the files are and what the sections take.
    pub fn print(&self) {
        println!("{}", self.elf.display());
        if let Some(uf2) = &self.uf2 {
            println!("{}  to be dragged onto the board's drive", uf2.display());
        }
        println!("{:<20} {:>10} {:>10}", "section", "address", "bytes");
        for section in &self.sections {
            println!(
                "{:<20} {:>#10x} {:>10}",
                section.name, section.address, section.bytes
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{place, whole};
    use crate::board::Board;
    use crate::hex::tests::{elf, memory};

    #[test]
    fn firmware_and_model_are_one_file() {
        let firmware = elf(&[(1, 0, 0x100, &[7; 40])]);
        let board = Board::find("microbit-v2").unwrap();
        let region = board.build.unwrap().regions.model;
        let made = whole(&board, &firmware, &[9; 500]).unwrap();
        assert!(made.uf2.is_none());
        let flash = memory(&made.hex);
        let held = |from: u32, byte: u8, count: u32| {
            (from..from + count).all(|at| flash.get(&at) == Some(&byte))
        };
        assert!(held(0x100, 7, 40) && held(region.address, 9, 500));
        assert_eq!(flash.len(), 540);
        let pico = Board::find("pico").unwrap();
        let made = whole(&pico, &firmware, &[9; 500]).unwrap();
        // A sector of flash for each.
        assert_eq!(made.uf2.unwrap().len(), 2 * 4096 / 256 * 512);
        let large = vec![0; region.bytes as usize + 1];
        assert!(whole(&board, &firmware, &large).is_err());
    }

    #[test]
    fn places_whole_files_and_leaves_equal_ones_alone() {
        let folder = std::env::temp_dir().join(format!("xtask-place-{}", std::process::id()));
        let file = folder.join("a/b.elf");
        place(&file, b"one").unwrap();
        let written = fs::metadata(&file).unwrap().modified().unwrap();
        place(&file, b"one").unwrap();
        assert_eq!(fs::metadata(&file).unwrap().modified().unwrap(), written);
        place(&file, b"two").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"two");
        assert_eq!(fs::read_dir(folder.join("a")).unwrap().count(), 1);
        fs::remove_dir_all(folder).unwrap();
    }
}
