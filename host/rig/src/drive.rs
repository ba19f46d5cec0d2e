//! Flashing without a debug probe: a UF2 file copied to the drive that a board's boot loader shows.
//!
//! A drive is known by the file `INFO_UF2.TXT` in it, whose line `Board-ID:` says what the
//! board is (<https://github.com/microsoft/uf2>, "Files exposed by bootloaders").

mod copy;
mod mounts;

pub use copy::{Copied, CopyError, copy};
pub use mounts::mounted;

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use cortexscope_boards::{BoardKind, Drive};
use cortexscope_compile::model_files::ModelFiles;
use cortexscope_uf2::{ElfError, Piece, Uf2Error, emit, flashed};

/// What says that a folder is the drive of a boot loader.
const INFO: &str = "INFO_UF2.TXT";
/// The longest such file that is read.
const INFO_BYTES: u64 = 4096;

/// Why no UF2 file can be made or copied.
#[derive(Debug, thiserror::Error)]
pub enum DriveError {
    /// The board is not flashed this way.
    #[error(
        "{board} shows no drive, so there is no UF2 file for it; these boards do: {}",
        with_drive().join(", ")
    )]
    NoDrive {
        /// The board.
        board: &'static str,
    },
    /// The firmware cannot be read.
    #[error("{}: {source}; `cargo xtask firmware --board {board}` makes it", path.display())]
    Elf {
        /// The file.
        path: PathBuf,
        /// The board.
        board: &'static str,
        /// What is wrong with it.
        source: ElfError,
    },
    /// There is no firmware.
    #[error("no firmware for {board} at {}: build it with `cargo xtask firmware --board {board}`", path.display())]
    NoFirmware {
        /// The board.
        board: &'static str,
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The board image is larger than its region.
    #[error(
        "the model takes {need_bytes} bytes of flash, and {board} has {have_bytes} for it; \
             `cortexscope compile --weights-once` makes a smaller image"
    )]
    ModelTooLarge {
        /// The board.
        board: &'static str,
        /// Bytes of the board image.
        need_bytes: usize,
        /// Bytes of the board's model region.
        have_bytes: u32,
    },
    /// What is to be written does not make a file.
    #[error(transparent)]
    Uf2(#[from] Uf2Error),
    /// A folder is not the board's drive.
    #[error("{} is not the drive of a {board}: {reason}", path.display())]
    Other {
        /// The folder.
        path: PathBuf,
        /// The board.
        board: &'static str,
        /// What it is.
        reason: String,
    },
    /// Several boards wait to be flashed.
    #[error(
        "there are several drives of a {board}: {}. Say which with --drive",
        listed(drives)
    )]
    Several {
        /// The board.
        board: &'static str,
        /// Where they are.
        drives: Vec<PathBuf>,
    },
    /// The file is not on the drive.
    #[error(transparent)]
    Copy(#[from] CopyError),
}

/// The boards that show a drive.
fn with_drive() -> Vec<&'static str> {
    let boards = cortexscope_boards::BOARDS.iter();
    boards
        .filter(|board| board.drive.is_some())
        .map(|board| board.name)
        .collect()
}

fn listed(drives: &[PathBuf]) -> String {
    let drives = drives.iter().map(|drive| drive.display().to_string());
    drives.collect::<Vec<_>>().join(", ")
}

/// A drive that a boot loader shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MountedDrive {
    /// Where it is mounted.
    pub path: PathBuf,
    /// What it says that the board is.
    pub board_id: String,
}

impl MountedDrive {
    /// The drive in the folder `path`; none if no boot loader shows it.
    pub fn at(path: &Path) -> Option<Self> {
        // FAT does not tell capitals, but a system that mounts it may.
        let names = [INFO.to_owned(), INFO.to_lowercase()];
        let text = names.iter().find_map(|name| short_text(&path.join(name)))?;
        let id = text
            .lines()
            .find_map(|line| line.strip_prefix("Board-ID:"))?;
        Some(Self {
            path: path.to_owned(),
            board_id: id.trim().to_owned(),
        })
    }

    /// The board that shows it, if it is one that there is firmware for.
    pub fn board(&self) -> Option<&'static BoardKind> {
        let boards = cortexscope_boards::BOARDS.iter();
        boards.into_iter().find(|board| {
            board
                .drive
                .is_some_and(|drive| drive.board_id == self.board_id)
        })
    }
}

/// A file as text, as much of it as an honest one has.
fn short_text(path: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    let file = File::open(path).ok()?;
    io::Read::read_to_end(&mut io::Read::take(file, INFO_BYTES), &mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// The drives of boot loaders among `folders`.
pub fn drives(folders: impl IntoIterator<Item = PathBuf>) -> Vec<MountedDrive> {
    let folders = folders.into_iter();
    folders
        .filter_map(|folder| MountedDrive::at(&folder))
        .collect()
}

/// The one drive of `board` among `drives`, if there is one.
///
/// # Errors
/// [`DriveError::Several`].
pub fn drive_of(
    board: &BoardKind,
    drives: Vec<MountedDrive>,
) -> Result<Option<PathBuf>, DriveError> {
    let of_board = |drive: &MountedDrive| drive.board().is_some_and(|of| of.name == board.name);
    let mut paths = drives.into_iter().filter(of_board).map(|drive| drive.path);
    let first = paths.next();
    let others: Vec<PathBuf> = paths.collect();
    match first {
        Some(first) if !others.is_empty() => Err(DriveError::Several {
            board: board.name,
            drives: [first].into_iter().chain(others).collect(),
        }),
        first => Ok(first),
    }
}

/// What to do where no drive of `board` is among `drives`.
pub fn not_mounted(board: &BoardKind, drives: &[MountedDrive]) -> String {
    let mut text = format!(
        "no drive of a {} is mounted: hold BOOTSEL while you plug the board in, or say with \
         --drive where its drive is",
        board.name
    );
    for drive in drives {
        if let Some(other) = drive.board() {
            let (path, name) = (drive.path.display(), other.name);
            text += &format!(" (the drive at {path} is a {name}'s: `--board {name}` flashes it)");
        }
    }
    text
}

/// Refuses a folder that is not the drive of `board`.
///
/// # Errors
/// [`DriveError::NoDrive`] or [`DriveError::Other`].
pub fn check_drive(board: &BoardKind, path: &Path) -> Result<(), DriveError> {
    let drive = of(board)?;
    let reason = match MountedDrive::at(path) {
        Some(there) if there.board_id == drive.board_id => return Ok(()),
        Some(there) => match there.board() {
            Some(other) => format!(
                "it is a {0}'s ({1}): `--board {0}` flashes that one",
                other.name, there.board_id
            ),
            None => format!("it belongs to a board that calls itself {}", there.board_id),
        },
        None if !path.is_dir() => "there is no such folder".to_owned(),
        None => format!(
            "there is no {INFO} with a Board-ID in it; the drive appears when the board is \
             plugged in with BOOTSEL held"
        ),
    };
    Err(DriveError::Other {
        path: path.to_owned(),
        board: board.name,
        reason,
    })
}

fn of(board: &BoardKind) -> Result<Drive, DriveError> {
    board.drive.ok_or(DriveError::NoDrive { board: board.name })
}

/// The firmware in the ELF file at `elf`, with the model that is linked into it if there is
/// one, as a UF2 file for `board`.
///
/// # Errors
/// [`DriveError`].
pub fn firmware_uf2(board: &BoardKind, elf: &Path) -> Result<Vec<u8>, DriveError> {
    with_firmware(board, elf, &[])
}

/// As [`firmware_uf2`], with the board image `image` in its own region: all that the board needs.
///
/// # Errors
/// [`DriveError`]; also where the firmware has a model linked in.
pub fn whole_uf2(board: &BoardKind, elf: &Path, image: &[u8]) -> Result<Vec<u8>, DriveError> {
    with_firmware(board, elf, &[image_piece(board, image)?])
}

fn with_firmware(board: &BoardKind, elf: &Path, more: &[Piece<'_>]) -> Result<Vec<u8>, DriveError> {
    let drive = of(board)?;
    let bytes = fs::read(elf).map_err(|_| DriveError::NoFirmware {
        board: board.name,
        path: elf.to_owned(),
    })?;
    let pieces = flashed(&bytes).map_err(|source| DriveError::Elf {
        path: elf.to_owned(),
        board: board.name,
        source,
    })?;
    Ok(emit(drive.uf2_family, &[&pieces, more].concat())?)
}

/// The board image of `model` alone, for its own region of `board`'s flash, as a UF2 file.
/// The firmware stays as it is.
///
/// # Errors
/// [`DriveError`].
pub fn model_uf2(board: &BoardKind, model: &ModelFiles) -> Result<Vec<u8>, DriveError> {
    image_uf2(board, model.image.bytes())
}

/// As [`model_uf2`], of a board image's bytes.
///
/// # Errors
/// [`DriveError`].
pub fn image_uf2(board: &BoardKind, image: &[u8]) -> Result<Vec<u8>, DriveError> {
    Ok(emit(of(board)?.uf2_family, &[image_piece(board, image)?])?)
}

/// The board image `image` at its place in `board`'s flash.
fn image_piece<'a>(board: &BoardKind, image: &'a [u8]) -> Result<Piece<'a>, DriveError> {
    let no_drive = DriveError::NoDrive { board: board.name };
    let region = board.build.ok_or(no_drive)?.regions.model;
    if image.len() > region.bytes as usize {
        return Err(DriveError::ModelTooLarge {
            board: board.name,
            need_bytes: image.len(),
            have_bytes: region.bytes,
        });
    }
    Ok(Piece {
        address: region.address,
        bytes: image,
    })
}

#[cfg(test)]
mod tests {
    use super::{
        MountedDrive, check_drive, drive_of, drives, firmware_uf2, image_uf2, not_mounted,
    };
    use cortexscope_boards::find;
    use std::fs;
    use std::path::{Path, PathBuf};

    /// What an RP2350's boot loader says.
    const INFO_RP2350: &str =
        "UF2 Bootloader v1.0\r\nModel: Raspberry Pi RP2350\r\nBoard-ID: RP2350\r\n";

    fn drive(folder: &Path, name: &str, info: &str) -> PathBuf {
        let drive = folder.join(name);
        fs::create_dir(&drive).unwrap();
        fs::write(drive.join("INFO_UF2.TXT"), info).unwrap();
        drive
    }

    #[test]
    fn a_drive_is_known_by_what_it_says_of_its_board() {
        let folder = tempfile::tempdir().unwrap();
        let pico2 = drive(folder.path(), "RP2350", INFO_RP2350);
        let other = drive(folder.path(), "OTHER", "Board-ID: SAMD21G18A-Zero-v0\n");
        let stick = folder.path().join("STICK");
        fs::create_dir(&stick).unwrap();
        let all = [pico2.clone(), other.clone(), stick.clone()];
        let found = drives(all);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].board().map(|board| board.name), Some("pico2"));
        assert_eq!(found[1].board(), None);
        let board = find("pico2").unwrap();
        assert_eq!(drive_of(board, found).unwrap(), Some(pico2.clone()));
        assert_eq!(drive_of(board, Vec::new()).unwrap(), None);
        check_drive(board, &pico2).unwrap();
        let error = check_drive(board, &other).unwrap_err().to_string();
        assert!(error.contains("calls itself SAMD21G18A"), "{error}");
        let error = check_drive(board, &stick).unwrap_err().to_string();
        assert!(error.contains("no INFO_UF2.TXT"), "{error}");
    }

    #[test]
    fn of_two_drives_of_one_kind_none_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let paths = ["A", "B"].map(|name| drive(folder.path(), name, INFO_RP2350));
        let error = drive_of(find("pico2").unwrap(), drives(paths)).unwrap_err();
        assert!(error.to_string().contains("--drive"), "{error}");
    }

    /// RP2040 and RP2350 are told apart, and the other one's name comes with what to do.
    #[test]
    fn a_drive_of_the_other_pico_is_not_taken() {
        let folder = tempfile::tempdir().unwrap();
        let older = drive(folder.path(), "RPI-RP2", "Board-ID: RPI-RP2\r\n");
        let board = find("pico2").unwrap();
        let error = check_drive(board, &older).unwrap_err().to_string();
        assert!(error.contains("`--board pico`"), "{error}");
        let found = drives([older]);
        let said = not_mounted(board, &found);
        assert!(
            said.contains("BOOTSEL") && said.contains("`--board pico`"),
            "{said}"
        );
        assert!(!not_mounted(board, &[]).contains("--board"));
        assert_eq!(drive_of(board, found).unwrap(), None);
        let error = check_drive(board, &folder.path().join("none")).unwrap_err();
        assert!(error.to_string().contains("no such folder"), "{error}");
    }

    #[test]
    fn a_board_without_a_drive_has_no_uf2_file() {
        let board = find("stm32f405").unwrap();
        let error = image_uf2(board, b"an image").unwrap_err().to_string();
        assert!(error.contains("pico2"), "{error}");
        assert!(firmware_uf2(board, Path::new("/no/such.elf")).is_err());
        let large = vec![0; 0x3C_0001];
        let error = image_uf2(find("pico2").unwrap(), &large).unwrap_err();
        assert!(error.to_string().contains("3932161 bytes"), "{error}");
        let error = firmware_uf2(find("pico2").unwrap(), Path::new("/no/such.elf"));
        let error = error.unwrap_err().to_string();
        assert!(
            error.contains("cargo xtask firmware --board pico2"),
            "{error}"
        );
    }

    #[test]
    fn a_file_without_end_is_read_in_part() {
        let folder = tempfile::tempdir().unwrap();
        let info = format!("{}\nBoard-ID: RP2350\n", "x".repeat(1 << 20));
        let path = drive(folder.path(), "LONG", &info);
        assert_eq!(MountedDrive::at(&path), None);
    }
}
