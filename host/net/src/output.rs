//! Folders and files that results go into.

use crate::npy::{self, Storage};
use crate::request::RequestError;
use std::io::{self, BufWriter, Write};
use std::path::{Component, Path, PathBuf};
use tempfile::{Builder, TempDir};
use thiserror::Error;

pub use crate::npy::ArrayValue;

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
    /// A name that would lie elsewhere than in the folder.
    #[error(
        "{name:?} cannot be the name of files: give one without / and \\, and not longer than {MAX_NAME_BYTES} bytes"
    )]
    Name {
        /// The name.
        name: String,
    },
}

/// Bytes of the longest name of files, endings not counted.
const MAX_NAME_BYTES: usize = 200;
/// What folders that are not whole yet begin with.
const STAGED: &str = ".cortexscope-";

impl RequestError for OutputError {
    fn is_request(&self) -> bool {
        matches!(
            self,
            Self::IsFile { .. } | Self::NamedLikeFile { .. } | Self::Name { .. }
        )
    }
}

/// Checks that files called `name` lie in the folder that they are written into.
///
/// # Errors
/// [`OutputError::Name`].
pub fn check_name(name: &str) -> Result<(), OutputError> {
    let mut parts = Path::new(name).components();
    let is_one_part = matches!(
        (parts.next(), parts.next()),
        (Some(Component::Normal(_)), None)
    );
    let is_plain = !name.contains(['/', '\\']) && !name.chars().any(char::is_control);
    if is_one_part && is_plain && name.len() <= MAX_NAME_BYTES {
        Ok(())
    } else {
        let name = name.to_owned();
        Err(OutputError::Name { name })
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

/// Writes a file, whole or not at all: a file that was there before stays until the new
/// one is complete.
///
/// # Errors
/// The system refuses.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), OutputError> {
    let result = match path.metadata() {
        // A pipe or a device is written to, not replaced.
        Ok(about) if !about.is_file() => std::fs::write(path, bytes),
        _ => replace(path, bytes),
    };
    result.map_err(|source| OutputError::Write {
        path: path.to_owned(),
        source,
    })
}

/// Writes the array `values`, in C order, of sizes `shape`, slowest first, as `.npy`: whole
/// or not at all.
///
/// # Errors
/// The system refuses, or `values` are not as many as `shape` says.
pub fn npy<T: ArrayValue>(path: &Path, shape: &[u64], values: &[T]) -> Result<(), OutputError> {
    let emit = |file: &mut dyn Write| {
        let mut file = BufWriter::new(file);
        npy::emit(&mut file, shape, Storage::C, values)?;
        file.flush()
    };
    replace_by(path, emit).map_err(|source| OutputError::Write {
        path: path.to_owned(),
        source,
    })
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace_by(path, |file| file.write_all(bytes))
}

fn replace_by(path: &Path, emit: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut file = staged().tempfile_in(folder)?;
    emit(file.as_file_mut())?;
    file.as_file().sync_data()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

fn staged() -> Builder<'static, 'static> {
    let mut builder = Builder::new();
    builder.prefix(STAGED);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // What the user's mask leaves of it, as for any new file.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder
}

/// Files that appear in a folder together or not at all.
///
/// They are written into [`StagedFolder::path`], which lies in the folder, and moved by
/// [`StagedFolder::commit`]. Without it, on an error or an interruption, nothing is left,
/// not even the folder where it was made for them.
#[derive(Debug)]
pub struct StagedFolder {
    folder: PathBuf,
    /// The first of the folders that were made.
    made: Option<PathBuf>,
    staging: Option<TempDir>,
}

impl StagedFolder {
    /// Begins to write files that go into `folder`, which is made.
    ///
    /// # Errors
    /// It is a file, is named like one, or cannot be made.
    pub fn begin(folder: &Path) -> Result<Self, OutputError> {
        let missing = folder
            .ancestors()
            .take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists());
        let made = missing.last().map(Path::to_owned);
        make_folder(folder)?;
        let mut staged = Self {
            folder: folder.to_owned(),
            made,
            staging: None,
        };
        let staging = Builder::new().prefix(STAGED).tempdir_in(folder);
        staged.staging = Some(staging.map_err(|source| OutputError::Write {
            path: folder.to_owned(),
            source,
        })?);
        Ok(staged)
    }

    /// The folder that the files go into.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the files are written to until they are complete.
    pub fn path(&self) -> &Path {
        self.staging.as_ref().map_or(&self.folder, TempDir::path)
    }

    /// Moves all files into the folder, in place of those of the same names.
    ///
    /// # Errors
    /// The system refuses; what can be known before is checked before the first file is
    /// moved.
    pub fn commit(mut self) -> Result<(), OutputError> {
        let Some(staging) = self.staging.take() else {
            return Ok(());
        };
        let mut moves = Vec::new();
        let found = files(staging.path(), &self.folder, &mut moves);
        found.map_err(|(path, source)| OutputError::Write { path, source })?;
        for (_, to) in &moves {
            if to.is_dir() {
                return Err(OutputError::Write {
                    path: to.clone(),
                    source: io::ErrorKind::IsADirectory.into(),
                });
            }
        }
        for (from, to) in moves {
            let folder = to.parent().unwrap_or(&self.folder);
            std::fs::create_dir_all(folder)
                .and_then(|()| std::fs::rename(&from, &to))
                .map_err(|source| OutputError::Write { path: to, source })?;
        }
        self.made = None;
        Ok(())
    }
}

impl Drop for StagedFolder {
    fn drop(&mut self) {
        self.staging = None;
        let Some(made) = &self.made else {
            return;
        };
        // Only empty folders go; what others wrote meanwhile stays.
        for folder in self.folder.ancestors() {
            if std::fs::remove_dir(folder).is_err() || folder == made {
                return;
            }
        }
    }
}

/// Every file below `from` and where below `to` it goes.
fn files(
    from: &Path,
    to: &Path,
    moves: &mut Vec<(PathBuf, PathBuf)>,
) -> Result<(), (PathBuf, io::Error)> {
    let failed = |source| (from.to_owned(), source);
    for entry in std::fs::read_dir(from).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let (path, to) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            files(&path, &to, moves)?;
        } else {
            moves.push((path, to));
        }
    }
    Ok(())
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

    #[test]
    fn files_appear_together_or_not_at_all() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("new/out");
        let left = || std::fs::read_dir(dir.path()).unwrap().count();
        let staged = StagedFolder::begin(&folder).unwrap();
        write(&staged.path().join("a"), b"1").unwrap();
        drop(staged);
        assert_eq!(left(), 0, "the folders that were made are gone");

        let staged = StagedFolder::begin(&folder).unwrap();
        write(&staged.path().join("a"), b"1").unwrap();
        std::fs::create_dir(staged.path().join("below")).unwrap();
        write(&staged.path().join("below/b"), b"2").unwrap();
        assert!(!folder.join("a").exists());
        staged.commit().unwrap();
        assert_eq!(std::fs::read(folder.join("below/b")).unwrap(), b"2");
        let names: Vec<_> = std::fs::read_dir(&folder).unwrap().flatten().collect();
        assert_eq!(names.len(), 2, "nothing hidden is left: {names:?}");

        let staged = StagedFolder::begin(&folder).unwrap();
        write(&staged.path().join("below"), b"3").unwrap();
        write(&staged.path().join("a"), b"4").unwrap();
        assert!(staged.commit().is_err(), "a folder is in the way");
        assert_eq!(std::fs::read(folder.join("a")).unwrap(), b"1");
        assert!(folder.join("below/b").exists());
    }

    #[test]
    fn a_file_is_replaced_whole_and_readable_by_others() {
        let dir = tempfile::tempdir().unwrap();
        let [plain, path] = ["plain", "file"].map(|name| dir.path().join(name));
        std::fs::write(&plain, b"").unwrap();
        write(&path, b"one").unwrap();
        write(&path, b"two").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
        let mode = |path: &Path| path.metadata().unwrap().permissions();
        assert_eq!(mode(&path), mode(&plain));
        #[cfg(unix)]
        write(Path::new("/dev/null"), b"into nothing").unwrap();
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_leaves_nothing() {
        let error = write(Path::new("/dev/full"), b"text").unwrap_err();
        assert!(matches!(error, OutputError::Write { .. }) && !error.is_request());
    }

    #[test]
    fn names_stay_in_the_folder() {
        for name in ["net", "a b.c", ".hidden", "ümlaut"] {
            check_name(name).unwrap();
        }
        let long = "n".repeat(MAX_NAME_BYTES + 1);
        for name in [
            "",
            ".",
            "..",
            "a/b",
            "../a",
            "/a",
            "a\\b",
            "a\n",
            long.as_str(),
        ] {
            assert!(check_name(name).unwrap_err().is_request(), "{name:?}");
        }
    }
}
