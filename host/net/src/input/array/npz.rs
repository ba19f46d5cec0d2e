//! `.npz` archives: `.npy` files in a zip, stored or deflated.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use flate2::read::DeflateDecoder;
use zip::{CompressionMethod, ZipArchive};

use super::ArrayError;
use crate::file;

/// The names of the arrays in an archive, in its order.
pub(super) fn names(path: &Path) -> Result<Vec<String>, ArrayError> {
    let archive = archive(path)?;
    let mut names = Vec::new();
    for name in archive.file_names() {
        let name = name.map_err(|error| damaged(path, error.to_string()))?;
        names.extend(npyz::npz::array_name_from_file_name(&name).map(str::to_owned));
    }
    Ok(names)
}

/// The bytes of the array called `name`, to be read once from begin to end, and how many
/// they are.
pub(super) fn open(path: &Path, name: &str) -> Result<(Box<dyn Read>, u64), ArrayError> {
    let damaged = |what: String| damaged(path, what);
    let mut archive = archive(path)?;
    let member = npyz::npz::file_name_from_array_name(name);
    let entry = archive
        .by_name(&member)
        .map_err(|error| damaged(format!("{member}: {error}")))?;
    let (start, compressed, size) = (entry.data_start(), entry.compressed_size(), entry.size());
    let method = entry.compression();
    drop(entry);
    let mut file = archive.into_inner();
    file.seek(SeekFrom::Start(start.unwrap_or_default()))
        .map_err(|error| damaged(error.to_string()))?;
    let bytes = file.take(compressed);
    match method {
        CompressionMethod::Stored => Ok((Box::new(bytes), size)),
        CompressionMethod::Deflated => Ok((Box::new(DeflateDecoder::new(bytes)), size)),
        method => Err(damaged(format!(
            "{member} is compressed by {method}; numpy.savez and savez_compressed are read"
        ))),
    }
}

fn archive(path: &Path) -> Result<ZipArchive<File>, ArrayError> {
    let file = file::open(path).map_err(|source| ArrayError::Read {
        path: path.to_owned(),
        source,
    })?;
    ZipArchive::new(file).map_err(|error| damaged(path, error.to_string()))
}

fn damaged(path: &Path, what: String) -> ArrayError {
    ArrayError::Archive {
        path: path.to_owned(),
        what,
    }
}
