//! A path to a file in the program or on disk.

use super::folders::data_folder;
use super::shipped::{path_of, shipped_bytes};
use crate::file;
use std::borrow::Cow;
use std::fmt;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// Bytes that are read at most: what a protocol buffer can have.
const MAX_BYTES: u64 = 1 << 31;

/// Bytes of a text, such as a description.
const MAX_TEXT_BYTES: u64 = 1 << 24;

/// A path to a file that is shipped in the program, or to one on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResourcePath {
    /// A path in `models/`, with `/`: `lenet5/lenet5.onnx`.
    Shipped(String),
    /// A file on disk.
    Disk(PathBuf),
}

impl ResourcePath {
    /// The file of a model that a user named: with a directory or an extension,
    /// `name_or_path` is a path; without, it is the name of a shipped model, whose
    /// file with this `extension` is meant.
    pub fn of_model(name_or_path: &str, extension: &str) -> Self {
        let path = Path::new(name_or_path);
        if path.extension().is_some() || path.components().count() > 1 {
            Self::Disk(path.to_owned())
        } else {
            let file = format!("{name_or_path}.{extension}");
            let path = path_of(&file).map(str::to_owned);
            Self::Shipped(path.unwrap_or_else(|| format!("{name_or_path}/{file}")))
        }
    }

    /// Whether there is such a file.
    pub fn is_file(&self) -> bool {
        match self {
            Self::Shipped(path) => shipped_bytes(path).is_some(),
            Self::Disk(path) => path.is_file(),
        }
    }

    /// The number of bytes in the file.
    ///
    /// # Errors
    /// There is no such file, or the system refuses.
    pub fn byte_count(&self) -> io::Result<u64> {
        match self {
            Self::Shipped(path) => Ok(found(path)?.len() as u64),
            Self::Disk(path) => Ok(std::fs::metadata(path)?.len()),
        }
    }

    /// The bytes of the file, at most 2 GiB.
    ///
    /// # Errors
    /// There is no such file, the system refuses, or it has the bytes of something
    /// else: a [`FileFault`](file::FileFault).
    pub fn read(&self) -> io::Result<Cow<'static, [u8]>> {
        match self {
            Self::Shipped(path) => Ok(Cow::Borrowed(found(path)?)),
            Self::Disk(path) => Ok(Cow::Owned(file::read(path, MAX_BYTES)?)),
        }
    }

    /// The text of the file, at most 16 MiB.
    ///
    /// # Errors
    /// There is no such file, the system refuses, or it is longer or not UTF-8.
    pub fn read_to_string(&self) -> io::Result<String> {
        let bytes = match self {
            Self::Shipped(path) => found(path)?.to_vec(),
            Self::Disk(path) => file::read(path, MAX_TEXT_BYTES)?,
        };
        String::from_utf8(bytes).map_err(|error| io::Error::new(ErrorKind::InvalidData, error))
    }

    /// The file with another extension beside this one.
    #[must_use]
    pub fn with_extension(&self, extension: &str) -> Self {
        match self {
            Self::Shipped(path) => {
                let path = Path::new(path).with_extension(extension);
                Self::Shipped(path.to_string_lossy().into_owned())
            }
            Self::Disk(path) => Self::Disk(path.with_extension(extension)),
        }
    }

    /// The file's name without its extension.
    pub fn stem(&self) -> Option<String> {
        let path = match self {
            Self::Shipped(path) => Path::new(path),
            Self::Disk(path) => path,
        };
        Some(path.file_stem()?.to_string_lossy().into_owned())
    }

    /// A path on disk for other programs to read. A shipped file is written to
    /// `shipped/` in the user's data folder first.
    ///
    /// # Errors
    /// There is no such shipped file or no data folder, or it cannot be written.
    pub fn on_disk(&self) -> io::Result<PathBuf> {
        let path = match self {
            Self::Shipped(path) => path,
            Self::Disk(path) => return Ok(path.clone()),
        };
        let bytes = found(path)?;
        let folder = data_folder().ok_or(ErrorKind::NotFound)?.join("shipped");
        let file = folder.join(path);
        if std::fs::read(&file).is_ok_and(|there| there == bytes) {
            return Ok(file);
        }
        std::fs::create_dir_all(file.parent().unwrap_or(&folder))?;
        std::fs::write(&file, bytes)?;
        Ok(file)
    }
}

fn found(path: &str) -> io::Result<&'static [u8]> {
    shipped_bytes(path).ok_or_else(|| ErrorKind::NotFound.into())
}

impl From<PathBuf> for ResourcePath {
    fn from(path: PathBuf) -> Self {
        Self::Disk(path)
    }
}

impl From<&Path> for ResourcePath {
    fn from(path: &Path) -> Self {
        Self::Disk(path.to_owned())
    }
}

impl fmt::Display for ResourcePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shipped(path) => write!(f, "the shipped {path}"),
            Self::Disk(path) => write!(f, "{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_up_to_a_bound() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.toml");
        let file = std::fs::File::create(&path).unwrap();
        file.set_len(MAX_TEXT_BYTES + 1).unwrap();
        let error = ResourcePath::from(path).read_to_string().unwrap_err();
        assert!(
            error.to_string().contains("the most that is read"),
            "{error}"
        );
    }

    #[test]
    fn names_are_shipped_and_paths_are_on_disk() {
        let named = ResourcePath::of_model("lenet5", "ctx");
        assert_eq!(named, ResourcePath::Shipped("lenet5/lenet5.ctx".to_owned()));
        assert!(named.is_file() && named.with_extension("int8.onnx").is_file());
        assert_eq!(named.stem().as_deref(), Some("lenet5"));
        assert_eq!(
            named.byte_count().unwrap(),
            named.read().unwrap().len() as u64
        );
        for path in ["net.onnx", "./net", "folder/net"] {
            let path = ResourcePath::of_model(path, "onnx");
            assert!(matches!(path, ResourcePath::Disk(_)), "{path}");
        }
        let unknown = ResourcePath::of_model("vgg", "onnx");
        assert!(!unknown.is_file());
        assert_eq!(unknown.read().unwrap_err().kind(), ErrorKind::NotFound);
    }
}
