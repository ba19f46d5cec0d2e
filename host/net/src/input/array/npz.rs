//! `.npz` archives: `.npy` files in a zip.

use std::io::Read;
use std::path::Path;

use super::ArrayError;
use crate::zip::{Zip, ZipError};

/// What the name of an array's file ends with.
const ENDING: &str = ".npy";
/// Files of an archive whose arrays are looked at one by one.
const MAX_FILES: usize = 1000;

/// The names of the arrays in an archive, in its order.
///
/// # Errors
/// It cannot be read, or has so many files that only a name tells which is meant: the
/// archive's list is read again for each array.
pub(super) fn names(path: &Path) -> Result<Vec<String>, ArrayError> {
    let zip = Zip::open(path)?;
    let files = zip.names().count();
    if files > MAX_FILES {
        return Err(ArrayError::Archive {
            path: path.to_owned(),
            what: format!(
                "it has {files} files, and of at most {MAX_FILES} the arrays are looked at: name the one that is \
                 meant, as in {}:images",
                path.display()
            ),
        });
    }
    Ok(arrays(&zip))
}

fn arrays(zip: &Zip) -> Vec<String> {
    let names = zip.names().filter_map(|name| name.strip_suffix(ENDING));
    names.map(str::to_owned).collect()
}

/// The bytes of the array called `name`, to be read once from begin to end, and how many
/// the archive announces.
pub(super) fn open(path: &Path, name: &str) -> Result<(Box<dyn Read + Send>, u64), ArrayError> {
    let zip = Zip::open(path)?;
    let file = format!("{name}{ENDING}");
    if zip.names().any(|have| have == file) {
        return Ok(zip.content(&file)?);
    }
    Err(ArrayError::Member {
        path: path.to_owned(),
        wanted: Some(name.to_owned()),
        names: arrays(&zip),
    })
}

impl From<ZipError> for ArrayError {
    fn from(error: ZipError) -> Self {
        match error {
            ZipError::Read { path, source } => Self::Read { path, source },
            ZipError::Damaged { path, what } => Self::Archive { path, what },
        }
    }
}
