//! Zip archives: files in one file, stored or deflated.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use flate2::Crc;
use flate2::read::DeflateDecoder;
use rawzip::{
    CompressionMethod, FileReader, RECOMMENDED_BUFFER_SIZE, ZipArchive, ZipArchiveEntryWayfinder,
};
use thiserror::Error;

use crate::file;

/// Files of an archive that are looked at.
const MAX_FILES: usize = 1 << 20;

/// Why an archive, or a file in it, cannot be read.
#[derive(Debug, Error)]
pub enum ZipError {
    /// The system refuses, or the file only stands for an archive.
    #[error("cannot read the archive {}", path.display())]
    Read {
        /// The archive.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It is damaged, or compressed in another way.
    #[error("{} is not a zip archive that can be read: {what}", path.display())]
    Damaged {
        /// The archive.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
}

/// An archive whose list of files has been read.
pub struct Zip {
    path: PathBuf,
    archive: ZipArchive<FileReader>,
    files: Vec<Entry>,
}

struct Entry {
    name: String,
    place: ZipArchiveEntryWayfinder,
    method: CompressionMethod,
    crc: u32,
}

impl Zip {
    /// Opens the archive at `path`. Nothing in it is decompressed.
    ///
    /// # Errors
    /// [`ZipError`]: no such file, or not an archive.
    pub fn open(path: &Path) -> Result<Self, ZipError> {
        let damaged = |error: rawzip::Error| damaged(path, error.to_string());
        let mut buffer = vec![0; RECOMMENDED_BUFFER_SIZE];
        let archive = ZipArchive::from_file(opened(path)?, &mut buffer).map_err(damaged)?;
        let mut files = Vec::new();
        let mut entries = archive.entries(&mut buffer);
        while let Some(entry) = entries.next_entry().map_err(damaged)? {
            if files.len() == MAX_FILES {
                let what = format!("it has more than {MAX_FILES} files");
                return Err(self::damaged(path, what));
            }
            files.push(Entry {
                name: String::from_utf8_lossy(entry.file_path().as_ref()).into_owned(),
                place: entry.wayfinder(),
                method: entry.compression_method(),
                crc: entry.crc32(),
            });
        }
        Ok(Self {
            path: path.to_owned(),
            archive,
            files,
        })
    }

    /// The names of its files, folders in front, in the archive's order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|file| file.name.as_str())
    }

    /// The content of the file called `name`, to be read once from begin to end, and the
    /// bytes that the archive announces of it. Reading fails where the content is longer
    /// than that, ends before, or has another checksum.
    ///
    /// # Errors
    /// [`ZipError`]: there is no such file, or it is compressed in another way.
    pub fn content(&self, name: &str) -> Result<(Box<dyn Read + Send>, u64), ZipError> {
        let damaged = |what: String| damaged(&self.path, what);
        let entry = self.files.iter().find(|file| file.name == name);
        let entry = entry.ok_or_else(|| damaged(format!("it has no {name}")))?;
        let found = self.archive.get_entry(entry.place);
        let found = found.map_err(|error| damaged(error.to_string()))?;
        let (begin, end) = found.compressed_data_range();
        let mut file = opened(&self.path)?;
        let sought = file.seek(SeekFrom::Start(begin));
        sought.map_err(|error| damaged(error.to_string()))?;
        let bytes = file.take(end.saturating_sub(begin));
        let size = entry.place.uncompressed_size_hint();
        match entry.method {
            CompressionMethod::STORE => Ok((Checked::boxed(bytes, size, entry.crc), size)),
            CompressionMethod::DEFLATE => {
                let bytes = DeflateDecoder::new(bytes);
                Ok((Checked::boxed(bytes, size, entry.crc), size))
            }
            method => Err(damaged(format!(
                "{name} is compressed by {method}; stored and deflated files are read, as zip, \
                 numpy.savez and savez_compressed write them"
            ))),
        }
    }
}

/// Content that must have a length and a checksum.
struct Checked<R> {
    content: R,
    left: u64,
    seen: Crc,
    crc: u32,
}

impl<R: Read + Send + 'static> Checked<R> {
    fn boxed(content: R, size: u64, crc: u32) -> Box<dyn Read + Send> {
        Box::new(Self {
            content,
            left: size,
            seen: Crc::new(),
            crc,
        })
    }
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let invalid = |what: &str| io::Error::new(ErrorKind::InvalidData, what);
        let count = self.content.read(into)?;
        if count == 0 && self.left > 0 && !into.is_empty() {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        let more = || invalid("the archive announces fewer bytes than it has");
        self.left = self.left.checked_sub(count as u64).ok_or_else(more)?;
        self.seen.update(&into[..count]);
        // Arrays are not read beyond their last byte, so the checksum is compared there.
        if self.left == 0 && self.seen.sum() != self.crc {
            return Err(invalid("the checksum differs: the archive is damaged"));
        }
        Ok(count)
    }
}

fn opened(path: &Path) -> Result<File, ZipError> {
    file::open(path).map_err(|source| ZipError::Read {
        path: path.to_owned(),
        source,
    })
}

fn damaged(path: &Path, what: String) -> ZipError {
    ZipError::Damaged {
        path: path.to_owned(),
        what,
    }
}

/// The bytes of an archive of `files`, stored or deflated.
#[cfg(test)]
pub(crate) fn emit(files: &[(&str, &[u8])], deflates: bool) -> io::Result<Vec<u8>> {
    use std::io::Write;
    let method = if deflates {
        CompressionMethod::DEFLATE
    } else {
        CompressionMethod::STORE
    };
    let mut bytes = Vec::new();
    let mut archive = rawzip::ZipArchiveWriter::new(&mut bytes);
    for (name, content) in files {
        let file = archive.new_file(name).compression_method(method);
        let (mut entry, config) = file.start().map_err(io::Error::other)?;
        let descriptor = if deflates {
            let level = flate2::Compression::default();
            let encoder = flate2::write::DeflateEncoder::new(&mut entry, level);
            let mut writer = config.wrap(encoder);
            writer.write_all(content)?;
            let (encoder, descriptor) = writer.finish().map_err(io::Error::other)?;
            encoder.finish()?;
            descriptor
        } else {
            let mut writer = config.wrap(&mut entry);
            writer.write_all(content)?;
            writer.finish().map_err(io::Error::other)?.1
        };
        entry.finish(descriptor).map_err(io::Error::other)?;
    }
    archive.finish().map_err(io::Error::other)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saved(bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("all.zip");
        std::fs::write(&path, bytes).unwrap();
        (folder, path)
    }

    fn content(path: &Path, name: &str) -> io::Result<Vec<u8>> {
        let zip = Zip::open(path).map_err(io::Error::other)?;
        let (mut reader, _) = zip.content(name).map_err(io::Error::other)?;
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    #[test]
    fn files_come_back_in_both_ways_of_storing() {
        for deflates in [false, true] {
            let files: [(&str, &[u8]); 3] = [("b", b"second"), ("a/x", b"first"), ("none", b"")];
            let (_folder, path) = saved(&emit(&files, deflates).unwrap());
            let zip = Zip::open(&path).unwrap();
            assert_eq!(zip.names().collect::<Vec<_>>(), ["b", "a/x", "none"]);
            for (name, bytes) in files {
                assert_eq!(content(&path, name).unwrap(), bytes);
            }
            assert!(matches!(
                zip.content("c").err(),
                Some(ZipError::Damaged { .. })
            ));
        }
    }

    /// A byte of the content changes, and only the checksum can tell.
    #[test]
    fn damaged_content_is_an_error_at_its_last_byte() {
        let mut bytes = emit(&[("a", b"0123456789")], false).unwrap();
        let at = bytes.windows(4).position(|w| w == b"0123").unwrap();
        bytes[at] = b'9';
        let (_folder, path) = saved(&bytes);
        let error = content(&path, "a").unwrap_err();
        assert!(error.to_string().contains("checksum"), "{error}");
        let (mut reader, size) = Zip::open(&path).unwrap().content("a").unwrap();
        assert_eq!(size, 10);
        // Who reads no further than the last byte is told as well.
        assert!(reader.read_exact(&mut [0; 10]).is_err());
    }

    #[test]
    fn every_cut_of_an_archive_is_an_error() {
        let whole = emit(&[("a", b"0123456789"), ("b", b"01")], true).unwrap();
        for length in 0..whole.len() {
            let (_folder, path) = saved(&whole[..length]);
            assert!(content(&path, "a").is_err(), "{length} bytes");
        }
        assert!(matches!(
            Zip::open(Path::new("/nonexistent.zip")),
            Err(ZipError::Read { .. })
        ));
    }
}
