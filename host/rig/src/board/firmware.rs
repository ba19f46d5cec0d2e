//! The firmware that lies here for a board, as the linker left it.

use super::connect::{compiler, firmware_elf, small_firmware_elf};
use crate::elf::linked::{LinkedFirmware, linked};
use cortexscope_boards::{BoardKind, Engine, Transport};
use std::io;
use std::path::{Path, PathBuf};

/// Why nothing is known of a board's firmware.
#[derive(Debug, thiserror::Error)]
pub enum FirmwareError {
    /// The file is not there, or cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file is not one that a linker made.
    #[error(
        "{} is not an ELF file: build the firmware again with `cargo xtask firmware`",
        path.display()
    )]
    NotElf {
        /// The file.
        path: PathBuf,
    },
}

/// One build of the static engine's firmware, without a board image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirmwareBuild {
    /// `fast`, or `small`.
    pub size: &'static str,
    /// What it takes.
    pub linked: LinkedFirmware,
}

/// The ELF file of the firmware with `engine` that `board` runs; `None` for a board without
/// one.
///
/// # Errors
/// [`FirmwareError::Read`].
pub fn firmware_file(board: &BoardKind, engine: Engine) -> Result<Option<Vec<u8>>, FirmwareError> {
    match board.transport {
        Transport::InProcess => Ok(None),
        Transport::Qemu { .. } | Transport::Serial => read(&firmware_elf(board, engine)).map(Some),
    }
}

/// The compiler that built the static engine's firmware for `board`, as its ELF file says;
/// `None` for a board without one, and where the file does not say it.
///
/// # Errors
/// [`FirmwareError::Read`].
pub fn firmware_compiler(board: &BoardKind) -> Result<Option<String>, FirmwareError> {
    let elf = firmware_file(board, Engine::Static)?;
    Ok(elf.as_deref().and_then(compiler))
}

/// The builds of the static engine's firmware for `board` that are here, the fast one first.
///
/// # Errors
/// [`FirmwareError`].
pub fn firmware_builds(board: &BoardKind) -> Result<Vec<FirmwareBuild>, FirmwareError> {
    if board.transport == Transport::InProcess {
        return Ok(Vec::new());
    }
    let fast = Some(firmware_elf(board, Engine::Static)).filter(|path| path.is_file());
    let mut builds = Vec::new();
    for (size, path) in [("fast", fast), ("small", small_firmware_elf(board))] {
        let Some(path) = path else { continue };
        let linked = linked(&read(&path)?).ok_or(FirmwareError::NotElf { path })?;
        builds.push(FirmwareBuild { size, linked });
    }
    Ok(builds)
}

fn read(path: &Path) -> Result<Vec<u8>, FirmwareError> {
    std::fs::read(path).map_err(|source| FirmwareError::Read {
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use cortexscope_boards::{NATIVE, find};

    #[test]
    fn a_board_in_this_process_has_no_firmware() {
        let native = find(NATIVE).unwrap();
        assert!(firmware_file(native, Engine::Static).unwrap().is_none());
        assert!(firmware_builds(native).unwrap().is_empty());
        assert_eq!(firmware_compiler(native).unwrap(), None);
    }
}
