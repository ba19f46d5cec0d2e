//! `.npz` archives: `.npy` files in a zip, stored or deflated.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use flate2::read::DeflateDecoder;
use rawzip::{CompressionMethod, FileReader, RECOMMENDED_BUFFER_SIZE, ZipArchive};

use super::ArrayError;
use crate::file;

/// Arrays of an archive that are looked at.
const MAX_ARRAYS: usize = 1 << 12;

/// The names of the arrays in an archive, in its order.
pub(super) fn names(path: &Path) -> Result<Vec<String>, ArrayError> {
    let (archive, mut buffer) = archive(path)?;
    let damaged = |error: rawzip::Error| damaged(path, error.to_string());
    let mut names = Vec::new();
    let mut entries = archive.entries(&mut buffer);
    while let Some(entry) = entries.next_entry().map_err(damaged)? {
        let name = String::from_utf8_lossy(entry.file_path().as_ref()).into_owned();
        names.extend(npyz::npz::array_name_from_file_name(&name).map(str::to_owned));
        if names.len() == MAX_ARRAYS {
            break;
        }
    }
    Ok(names)
}

/// The bytes of the array called `name`, to be read once from begin to end, and how many
/// they are.
pub(super) fn open(path: &Path, name: &str) -> Result<(Box<dyn Read + Send>, u64), ArrayError> {
    let damaged = |what: String| damaged(path, what);
    let fault = |error: rawzip::Error| damaged(error.to_string());
    let (archive, mut buffer) = archive(path)?;
    let member = npyz::npz::file_name_from_array_name(name);
    let mut entries = archive.entries(&mut buffer);
    let found = loop {
        let Some(entry) = entries.next_entry().map_err(fault)? else {
            return Err(damaged(format!("it has no {member}")));
        };
        if entry.file_path().as_ref() == member.as_bytes() {
            let size = entry.uncompressed_size_hint();
            break (entry.wayfinder(), entry.compression_method(), size);
        }
    };
    let (wayfinder, method, size) = found;
    let entry = archive.get_entry(wayfinder).map_err(fault)?;
    let (begin, end) = entry.compressed_data_range();
    let mut file = archive.into_inner().into_inner();
    file.seek(SeekFrom::Start(begin))
        .map_err(|error| damaged(error.to_string()))?;
    let bytes = file.take(end.saturating_sub(begin));
    match method {
        CompressionMethod::STORE => Ok((Box::new(bytes), size)),
        CompressionMethod::DEFLATE => Ok((Box::new(DeflateDecoder::new(bytes)), size)),
        method => Err(damaged(format!(
            "{member} is compressed by {method}; numpy.savez and savez_compressed are read"
        ))),
    }
}

/// The archive, and a buffer to walk through it.
fn archive(path: &Path) -> Result<(ZipArchive<FileReader>, Vec<u8>), ArrayError> {
    let file: File = file::open(path).map_err(|source| ArrayError::Read {
        path: path.to_owned(),
        source,
    })?;
    let mut buffer = vec![0; RECOMMENDED_BUFFER_SIZE];
    let archive = ZipArchive::from_file(file, &mut buffer);
    let archive = archive.map_err(|error| damaged(path, error.to_string()))?;
    Ok((archive, buffer))
}

fn damaged(path: &Path, what: String) -> ArrayError {
    ArrayError::Archive {
        path: path.to_owned(),
        what,
    }
}

/// An archive of files, for tests.
#[cfg(test)]
pub(in crate::input) fn archive_of(files: &[(&str, &[u8])], method: CompressionMethod) -> Vec<u8> {
    use std::io::Write;
    let mut bytes = Vec::new();
    let mut archive = rawzip::ZipArchiveWriter::new(&mut bytes);
    for (name, content) in files {
        let file = archive.new_file(name).compression_method(method);
        let (mut entry, config) = file.start().unwrap();
        let descriptor = if method == CompressionMethod::DEFLATE {
            let level = flate2::Compression::default();
            let encoder = flate2::write::DeflateEncoder::new(&mut entry, level);
            let mut writer = config.wrap(encoder);
            writer.write_all(content).unwrap();
            let (encoder, descriptor) = writer.finish().unwrap();
            encoder.finish().unwrap();
            descriptor
        } else {
            let mut writer = config.wrap(&mut entry);
            writer.write_all(content).unwrap();
            writer.finish().unwrap().1
        };
        entry.finish(descriptor).unwrap();
    }
    archive.finish().unwrap();
    bytes
}
