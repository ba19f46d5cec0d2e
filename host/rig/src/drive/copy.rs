//! A file on its way to a drive.

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::MountedDrive;

/// Why a file is not on a drive.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The drive takes nothing.
    #[error(
        "the drive at {} is mounted for reading only: unplug the board and plug it in again with \
         BOOTSEL held, or mount the drive for writing",
        drive.display()
    )]
    ReadOnly {
        /// Where it is mounted.
        drive: PathBuf,
    },
    /// The drive is somebody else's.
    #[error(
        "you may not write to the drive at {}: on Linux `udisksctl mount` mounts it as yours, and \
         a drive that root mounted takes files from root alone",
        drive.display()
    )]
    NoRights {
        /// Where it is mounted.
        drive: PathBuf,
    },
    /// The file does not fit.
    #[error(
        "the drive at {} has no room for {need_bytes} bytes: a boot loader's drive is empty when it \
         appears, so delete what was copied to it, or unplug the board and plug it in again with \
         BOOTSEL held",
        drive.display()
    )]
    Full {
        /// Where it is mounted.
        drive: PathBuf,
        /// Bytes of the file.
        need_bytes: usize,
    },
    /// The drive went away before it had the file.
    #[error(
        "the drive at {} went away while the file was copied, so the board holds a part of it: plug \
         the board in again with BOOTSEL held, leave it in, and repeat the command",
        drive.display()
    )]
    Gone {
        /// Where it was mounted.
        drive: PathBuf,
    },
    /// The system refuses for another reason.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// How a copy ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Copied {
    /// The drive says that it has all of it.
    Confirmed,
    /// The drive went away before it said so. It does that when the board has the last block and
    /// restarts, and also when it is unplugged.
    DriveLeft,
}

/// Copies the UF2 file `uf2` to `drive` under `name`.
///
/// # Errors
/// [`CopyError`].
pub fn copy(drive: &Path, name: &str, uf2: &[u8]) -> Result<Copied, CopyError> {
    let path = drive.join(name);
    let failed = |source| refused(drive, &path, uf2.len(), source);
    let mut file = File::create(&path).map_err(failed)?;
    file.write_all(uf2).map_err(failed)?;
    match file.sync_all() {
        Ok(()) => Ok(Copied::Confirmed),
        Err(_) if !is_there(drive) => Ok(Copied::DriveLeft),
        Err(error) => Err(failed(error)),
    }
}

fn is_there(drive: &Path) -> bool {
    MountedDrive::at(drive).is_some()
}

/// What the system's `source` means for a file of `need_bytes` at `path`.
fn refused(drive: &Path, path: &Path, need_bytes: usize, source: io::Error) -> CopyError {
    let (drive, is_there) = (drive.to_owned(), is_there(drive));
    match source.kind() {
        _ if !is_there => CopyError::Gone { drive },
        ErrorKind::ReadOnlyFilesystem => CopyError::ReadOnly { drive },
        ErrorKind::PermissionDenied => CopyError::NoRights { drive },
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            CopyError::Full { drive, need_bytes }
        }
        _ => CopyError::Write {
            path: path.to_owned(),
            source,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::{Copied, CopyError, copy, refused};
    use std::fs;
    use std::io::ErrorKind;

    /// A folder that looks like a Pico 2's drive.
    fn drive() -> tempfile::TempDir {
        let drive = tempfile::tempdir().unwrap();
        fs::write(drive.path().join("INFO_UF2.TXT"), "Board-ID: RP2350\n").unwrap();
        drive
    }

    #[test]
    fn a_file_is_on_the_drive_byte_by_byte() {
        let drive = drive();
        let copied = copy(drive.path(), "model.uf2", b"blocks").unwrap();
        assert_eq!(copied, Copied::Confirmed);
        assert_eq!(fs::read(drive.path().join("model.uf2")).unwrap(), b"blocks");
    }

    /// Each has a sentence of its own, which names the drive and says what to do.
    #[test]
    fn every_reason_says_what_to_do() {
        let drive = drive();
        let path = drive.path().join("model.uf2");
        let said = |kind: ErrorKind| {
            let text = refused(drive.path(), &path, 512, kind.into()).to_string();
            assert!(text.contains(drive.path().to_str().unwrap()), "{text}");
            text
        };
        let read_only = said(ErrorKind::ReadOnlyFilesystem);
        assert!(
            read_only.contains("mount the drive for writing"),
            "{read_only}"
        );
        let rights = said(ErrorKind::PermissionDenied);
        assert!(rights.contains("udisksctl mount"), "{rights}");
        let full = said(ErrorKind::StorageFull);
        assert!(full.contains("no room for 512 bytes"), "{full}");
        let other = said(ErrorKind::TimedOut);
        assert!(other.contains("model.uf2"), "{other}");
        fs::remove_file(drive.path().join("INFO_UF2.TXT")).unwrap();
        // Whatever the system says of a drive that is not there.
        for kind in [
            ErrorKind::NotFound,
            ErrorKind::Other,
            ErrorKind::StorageFull,
        ] {
            let gone = said(kind);
            assert!(
                gone.contains("went away") && gone.contains("repeat"),
                "{gone}"
            );
        }
    }

    #[test]
    fn a_drive_that_was_unplugged_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let error = copy(&folder.path().join("gone"), "model.uf2", b"blocks").unwrap_err();
        assert!(matches!(error, CopyError::Gone { .. }), "{error}");
    }

    /// A device that is always full takes the drive's place.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_drive_says_so() {
        let drive = drive();
        std::os::unix::fs::symlink("/dev/full", drive.path().join("model.uf2")).unwrap();
        let error = copy(drive.path(), "model.uf2", &[0; 8192]).unwrap_err();
        let is_full = matches!(
            error,
            CopyError::Full {
                need_bytes: 8192,
                ..
            }
        );
        assert!(is_full, "{error}");
    }
}
