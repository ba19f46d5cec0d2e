//! Files as users have them: read up to a bound, and told from what only stands for
//! them.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

/// How a Git LFS pointer begins (Git LFS specification, version 1).
const LFS: &[u8] = b"version https://git-lfs.github.com/spec/";

/// Why the bytes at a path cannot be the file that is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileFault {
    /// There are no bytes.
    #[error("the file is empty")]
    Empty,
    /// Git LFS has not fetched it.
    #[error("it is a Git LFS pointer, not the file itself: run `git lfs pull` where it was cloned")]
    LfsPointer,
    /// A page that a server sent in its place.
    #[error("it is a web page, not the file itself: download the file, not the page about it")]
    WebPage,
    /// More bytes than may be read, or bytes without end.
    #[error("it has more than {max_bytes} bytes, which is the most that is read")]
    TooLarge {
        /// The bound.
        max_bytes: u64,
    },
    /// A folder.
    #[error("it is a folder, and a file is wanted")]
    Folder,
}

impl FileFault {
    /// What is wrong with a file whose bytes begin like this.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        let head = bytes.get(..512).unwrap_or(bytes);
        let text = head.trim_ascii_start().to_ascii_lowercase();
        if bytes.is_empty() {
            Some(Self::Empty)
        } else if bytes.starts_with(LFS) {
            Some(Self::LfsPointer)
        } else if text.starts_with(b"<!doctype html") || text.starts_with(b"<html") {
            Some(Self::WebPage)
        } else {
            None
        }
    }
}

impl From<FileFault> for io::Error {
    fn from(fault: FileFault) -> Self {
        Self::new(ErrorKind::InvalidData, fault)
    }
}

/// The bytes of the file at `path`, at most `max_bytes`.
///
/// Pipes and devices are read like files, up to the bound.
///
/// # Errors
/// The system refuses, or a [`FileFault`].
pub fn read(path: &Path, max_bytes: u64) -> io::Result<Vec<u8>> {
    let file = open(path)?;
    let announced = file.metadata()?.len();
    if announced > max_bytes {
        return Err(FileFault::TooLarge { max_bytes }.into());
    }
    let mut bytes = Vec::new();
    file.take(max_bytes.saturating_add(1))
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > max_bytes {
        return Err(FileFault::TooLarge { max_bytes }.into());
    }
    match FileFault::of(&bytes) {
        Some(fault) => Err(fault.into()),
        None => Ok(bytes),
    }
}

/// Opens the file at `path` to be read.
///
/// # Errors
/// The system refuses, or it is a folder.
pub fn open(path: &Path) -> io::Result<File> {
    if path.is_dir() {
        return Err(FileFault::Folder.into());
    }
    File::open(path)
}

/// Whether the name of `path` ends in one of `extensions`, in capitals or not.
pub fn has_extension(path: &Path, extensions: &[&str]) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| {
        let mut known = extensions.iter();
        known.any(|known| known.eq_ignore_ascii_case(extension))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(path: &Path, max_bytes: u64) -> FileFault {
        let error = read(path, max_bytes).unwrap_err();
        *error.get_ref().unwrap().downcast_ref().unwrap()
    }

    #[test]
    fn what_stands_for_a_file_is_told_from_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.onnx");
        for (bytes, expected) in [
            (&b""[..], FileFault::Empty),
            (
                b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 3\n",
                FileFault::LfsPointer,
            ),
            (b"\n<!DOCTYPE html><title>", FileFault::WebPage),
        ] {
            std::fs::write(&path, bytes).unwrap();
            assert_eq!(fault(&path, 1000), expected);
        }
        std::fs::write(&path, b"0123456789").unwrap();
        assert_eq!(fault(&path, 9), FileFault::TooLarge { max_bytes: 9 });
        assert_eq!(fault(folder.path(), 9), FileFault::Folder);
        std::fs::write(&path, b"<svg></svg>").unwrap();
        assert_eq!(read(&path, 11).unwrap(), b"<svg></svg>");
    }

    #[cfg(unix)]
    #[test]
    fn a_device_without_end_ends_at_the_bound() {
        let max_bytes = 4096;
        let fault = fault(Path::new("/dev/zero"), max_bytes);
        assert_eq!(fault, FileFault::TooLarge { max_bytes });
    }
}
