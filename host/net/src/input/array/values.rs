//! The bytes of an array's file: its header, and its elements one after the other.

use std::io::{BufReader, Read};
use std::path::Path;

use super::header::Header;
use super::{ArrayError, Element, npz};
use crate::file::{self, FileFault};

/// Values that are read at once where they need no conversion.
const FLOATS_AT_ONCE: usize = 1 << 20;

/// The elements of an array in C order.
pub(super) enum Values {
    Stream {
        reader: Box<dyn Read + Send>,
        element: Element,
    },
    Ordered(std::vec::IntoIter<f64>),
}

impl Values {
    /// Elements that come in C order.
    pub(super) fn stream(reader: Box<dyn Read + Send>, element: Element) -> Self {
        Self::Stream { reader, element }
    }

    /// Elements whose first index moves fastest, put in order.
    ///
    /// # Errors
    /// The file ends.
    pub(super) fn ordered(
        reader: Box<dyn Read + Send>,
        element: Element,
        shape: &[usize],
        path: &Path,
    ) -> Result<Self, ArrayError> {
        let mut stored = Self::Stream { reader, element };
        let mut values = vec![0.0; shape.iter().product()];
        for at in 0..values.len() {
            let mut rest = at;
            let mut place = 0;
            for (axis, &size) in shape.iter().enumerate() {
                let stride: usize = shape[axis + 1..].iter().product();
                place += rest % size * stride;
                rest /= size;
            }
            values[place] = stored.next(path)?;
        }
        Ok(Self::Ordered(values.into_iter()))
    }

    /// The next element.
    ///
    /// # Errors
    /// The file ends.
    pub(super) fn next(&mut self, path: &Path) -> Result<f64, ArrayError> {
        match self {
            Self::Ordered(values) => values.next().ok_or_else(|| ended(path)),
            Self::Stream { reader, element } => {
                let mut bytes = [0; 8];
                let bytes = &mut bytes[..element.bytes];
                reader
                    .read_exact(bytes)
                    .map_err(|source| ArrayError::Read {
                        path: path.to_owned(),
                        source,
                    })?;
                Ok(element.value(bytes))
            }
        }
    }

    /// The next `count` elements as `f32`.
    ///
    /// # Errors
    /// The file ends.
    pub(super) fn floats(&mut self, count: usize, path: &Path) -> Result<Vec<f32>, ArrayError> {
        match self {
            Self::Stream { reader, element } if element.is_own_f32() => {
                // Piece by piece: a header may announce more than follows.
                let mut values = Vec::new();
                while values.len() < count {
                    let before = values.len();
                    values.resize((before + FLOATS_AT_ONCE).min(count), 0.0_f32);
                    let bytes = bytemuck::cast_slice_mut(&mut values[before..]);
                    let read = reader.read_exact(bytes);
                    read.map_err(|source| ArrayError::Read {
                        path: path.to_owned(),
                        source,
                    })?;
                }
                Ok(values)
            }
            _ => (0..count).map(|_| Ok(self.next(path)? as f32)).collect(),
        }
    }

    /// Leaves `count` elements out.
    ///
    /// # Errors
    /// The file ends.
    pub(super) fn skip(&mut self, count: usize, path: &Path) -> Result<(), ArrayError> {
        match self {
            Self::Ordered(values) => {
                values.by_ref().take(count).for_each(drop);
                Ok(())
            }
            Self::Stream { reader, element } => {
                let bytes = (count * element.bytes) as u64;
                let skipped = std::io::copy(&mut reader.take(bytes), &mut std::io::sink());
                match skipped {
                    Ok(skipped) if skipped == bytes => Ok(()),
                    Ok(_) => Err(ended(path)),
                    Err(source) => Err(ArrayError::Read {
                        path: path.to_owned(),
                        source,
                    }),
                }
            }
        }
    }
}

fn ended(path: &Path) -> ArrayError {
    ArrayError::Read {
        path: path.to_owned(),
        source: std::io::ErrorKind::UnexpectedEof.into(),
    }
}

/// The bytes of a `.npy` file or of an array in an archive, and how many there are at most,
/// where that is known.
pub(super) fn bytes(
    path: &Path,
    member: Option<&str>,
) -> Result<(Box<dyn Read + Send>, Option<u64>), ArrayError> {
    if let Some(member) = member {
        let (reader, bytes) = npz::open(path, member)?;
        return Ok((Box::new(BufReader::new(reader)), Some(bytes)));
    }
    let read_error = |source| ArrayError::Read {
        path: path.to_owned(),
        source,
    };
    let file = file::open(path).map_err(read_error)?;
    let about = file.metadata().map_err(read_error)?;
    let is_plain = about.is_file();
    if is_plain && about.len() == 0 {
        return Err(read_error(FileFault::Empty.into()));
    }
    Ok((
        Box::new(BufReader::new(file)),
        is_plain.then_some(about.len()),
    ))
}

/// The header of an array's file.
pub(super) fn header(path: &Path, reader: &mut dyn Read) -> Result<Header, ArrayError> {
    let mut head = Vec::new();
    let read_error = |source| ArrayError::Read {
        path: path.to_owned(),
        source,
    };
    // The first bytes tell what only stands for an array.
    reader.take(6).read_to_end(&mut head).map_err(read_error)?;
    if head != b"\x93NUMPY" {
        reader
            .take(256)
            .read_to_end(&mut head)
            .map_err(read_error)?;
        return Err(match FileFault::of(&head) {
            Some(fault) => read_error(fault.into()),
            None => ArrayError::Header {
                path: path.to_owned(),
                what: "it does not begin like one".to_owned(),
            },
        });
    }
    Header::read(reader).map_err(|error| ArrayError::Header {
        path: path.to_owned(),
        what: format!("its header is damaged ({error})"),
    })
}
