//! Folders and files that results go into.

use crate::request::RequestError;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Why results cannot be saved.
#[derive(Debug, Error)]
pub enum OutputError {
    /// A file lies where the folder should be.
    #[error("{} is a file: give a folder", path.display())]
    IsFile {
        /// The path.
        path: PathBuf,
    },
    /// The folder's name ends like a picture's or a document's.
    #[error("{} is named like a file: give the folder that the files go into", path.display())]
    NamedLikeFile {
        /// The path.
        path: PathBuf,
    },
    /// The folder cannot be made.
    #[error("cannot make the folder {}", path.display())]
    MakeFolder {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file cannot be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
}

impl RequestError for OutputError {
    fn is_request(&self) -> bool {
        matches!(self, Self::IsFile { .. } | Self::NamedLikeFile { .. })
    }
}

/// Makes the folder that results go into, and the folders that it lies in.
///
/// # Errors
/// It is a file, is named like one, or cannot be made.
pub fn make_folder(folder: &Path) -> Result<(), OutputError> {
    let path = || folder.to_owned();
    if folder.is_file() {
        return Err(OutputError::IsFile { path: path() });
    }
    let extension = folder.extension().and_then(|extension| extension.to_str());
    let is_named_like_a_file = matches!(extension, Some("png" | "svg" | "npy" | "json" | "html"));
    if is_named_like_a_file && !folder.is_dir() {
        return Err(OutputError::NamedLikeFile { path: path() });
    }
    std::fs::create_dir_all(folder).map_err(|source| OutputError::MakeFolder {
        path: path(),
        source,
    })
}

/// Writes a file.
///
/// # Errors
/// The system refuses.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), OutputError> {
    std::fs::write(path, bytes).map_err(|source| OutputError::Write {
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_made_unless_a_file_is_meant() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("a/b");
        make_folder(&folder).unwrap();
        make_folder(&folder).unwrap();
        let file = folder.join("there");
        write(&file, b"text").unwrap();
        let errors = [
            make_folder(&file).unwrap_err(),
            make_folder(&dir.path().join("map.png")).unwrap_err(),
        ];
        assert!(errors.iter().all(RequestError::is_request), "{errors:?}");
        let below = make_folder(&file.join("c")).unwrap_err();
        assert!(!below.is_request(), "{below}");
        assert!(
            !write(&dir.path().join("no/file"), b"")
                .unwrap_err()
                .is_request()
        );
    }
}
