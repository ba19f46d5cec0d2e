//! The header of a `.npy` file: a dictionary of Python with three keys (NumPy's format,
//! versions 1 to 3).
//!
//! ```text
//! byte  0        6       7       8                      10 or 12
//!       \x93NUMPY  major   minor   length, u16 or u32 LE   {'descr': '<f4', … }
//! ```
//!
//! It is read here, in one pass: a reader of all of Python's literals takes time and
//! stack that grow with their depth.

use std::io::{self, Read};

use thiserror::Error;

use crate::npy::{Storage, TypeName};

/// Bytes that a header may have.
const MAX_BYTES: u64 = 1 << 16;
/// Sizes that an array may have: as many as NumPy's.
const MAX_RANK: usize = 64;
/// Bytes that an array may take, values of 8 bytes, so that no size of it overflows.
const MAX_ARRAY_BYTES: u64 = 1 << 62;

/// What a header says.
#[derive(Debug)]
pub(super) struct Header {
    /// The type of the elements; none where they are structures.
    pub(super) element: Option<TypeName>,
    /// Sizes, slowest first. Those that are not 0 have a product that fits `usize`.
    pub(super) shape: Vec<u64>,
    /// Which index moves fastest.
    pub(super) storage: Storage,
    /// Its bytes, those before the text included.
    pub(super) bytes: u64,
}

/// Why a header cannot be read.
#[derive(Debug, Error)]
pub(super) enum HeaderError {
    /// The file ends in it.
    #[error("{0}")]
    Read(#[from] io::Error),
    /// A version that NumPy does not write.
    #[error("version {0} of the format is not known")]
    Version(u8),
    /// It is longer than any that is written.
    #[error("it announces {0} bytes of text, at most {MAX_BYTES} are read")]
    TooLong(u64),
    /// It is not the dictionary that it should be.
    #[error("{wanted} is missing before `{before}`")]
    Syntax {
        /// What should stand there.
        wanted: &'static str,
        /// The text from there on.
        before: String,
    },
    /// One of the three keys is not there.
    #[error("it does not say `{0}`")]
    Missing(&'static str),
    /// More sizes than any array of NumPy's has.
    #[error("it announces more than {MAX_RANK} sizes, which is the most that NumPy writes")]
    Rank,
    /// The sizes announce more values than a computer has addresses.
    #[error("{0:?} are more values than any file has")]
    Overflow(Vec<u64>),
}

impl Header {
    /// Reads what follows the first six bytes.
    pub(super) fn read(reader: &mut dyn Read) -> Result<Self, HeaderError> {
        let mut start = [0; 4];
        reader.read_exact(&mut start)?;
        let [major, _, low, high] = start;
        let (length, before) = match major {
            1 => (u64::from(u16::from_le_bytes([low, high])), 10),
            2 | 3 => {
                let mut more = [0; 2];
                reader.read_exact(&mut more)?;
                let length = u32::from_le_bytes([low, high, more[0], more[1]]);
                (u64::from(length), 12)
            }
            _ => return Err(HeaderError::Version(major)),
        };
        if length > MAX_BYTES {
            return Err(HeaderError::TooLong(length));
        }
        let mut text = Vec::new();
        reader.take(length).read_to_end(&mut text)?;
        if (text.len() as u64) < length {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        let header = Text(&String::from_utf8_lossy(&text)).header()?;
        let mut sizes = header.shape.iter().filter(|&&size| size > 0);
        let product = sizes.try_fold(8_u64, |product, &size| product.checked_mul(size));
        if product.is_none_or(|bytes| bytes > MAX_ARRAY_BYTES) {
            return Err(HeaderError::Overflow(header.shape));
        }
        let bytes = before + length;
        Ok(Self { bytes, ..header })
    }
}

/// What is left of the text.
struct Text<'a>(&'a str);

impl<'a> Text<'a> {
    fn header(mut self) -> Result<Header, HeaderError> {
        let (mut element, mut shape, mut storage) = (None, None, None);
        self.expect('{', "a brace")?;
        while !self.has('}') {
            let key = self.string()?;
            self.expect(':', "a colon")?;
            match key {
                "descr" if self.0.trim_start().starts_with('[') => {
                    // Structures are refused for what they are, whatever follows.
                    return Ok(Header {
                        element: None,
                        shape: Vec::new(),
                        storage: Storage::C,
                        bytes: 0,
                    });
                }
                "descr" => {
                    let error = self.missing("the name of a type");
                    element = Some(TypeName::parse(self.string()?).ok_or(error)?);
                }
                "fortran_order" => storage = Some(self.storage()?),
                "shape" => shape = Some(self.sizes()?),
                _ => return Err(self.missing("a key of an array")),
            }
            if !self.has(',') {
                self.expect('}', "a brace")?;
                break;
            }
        }
        if !self.0.trim().is_empty() {
            return Err(self.missing("the end"));
        }
        Ok(Header {
            element: Some(element.ok_or(HeaderError::Missing("descr"))?),
            shape: shape.ok_or(HeaderError::Missing("shape"))?,
            storage: storage.ok_or(HeaderError::Missing("fortran_order"))?,
            bytes: 0,
        })
    }

    /// The text between two quotation marks; no type and no key has one in it.
    fn string(&mut self) -> Result<&'a str, HeaderError> {
        let text = self.0.trim_start();
        let mark = text.chars().next().filter(|mark| "'\"".contains(*mark));
        let string = mark.and_then(|mark| text[1..].split_once(mark));
        let (string, rest) = string.ok_or_else(|| self.missing("a string"))?;
        self.0 = rest;
        Ok(string)
    }

    fn storage(&mut self) -> Result<Storage, HeaderError> {
        let text = self.0.trim_start();
        let (storage, rest) = if let Some(rest) = text.strip_prefix("False") {
            (Storage::C, rest)
        } else if let Some(rest) = text.strip_prefix("True") {
            (Storage::Fortran, rest)
        } else {
            return Err(self.missing("True or False"));
        };
        self.0 = rest;
        Ok(storage)
    }

    /// `()`, `(3,)`, `(3, 4)`; `(3)` as well, which NumPy does not write.
    fn sizes(&mut self) -> Result<Vec<u64>, HeaderError> {
        let mut sizes = Vec::new();
        self.expect('(', "a parenthesis")?;
        while !self.has(')') {
            let text = self.0.trim_start();
            let end = text.find(|sign: char| !sign.is_ascii_digit());
            let (digits, rest) = text.split_at(end.unwrap_or(text.len()));
            let size = digits.parse().map_err(|_| self.missing("a size"))?;
            if sizes.len() == MAX_RANK {
                return Err(HeaderError::Rank);
            }
            sizes.push(size);
            self.0 = rest;
            if !self.has(',') {
                self.expect(')', "a parenthesis")?;
                break;
            }
        }
        Ok(sizes)
    }

    /// Whether `sign` comes next; it is stepped over.
    fn has(&mut self, sign: char) -> bool {
        let rest = self.0.trim_start().strip_prefix(sign);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    fn expect(&mut self, sign: char, wanted: &'static str) -> Result<(), HeaderError> {
        if self.has(sign) {
            Ok(())
        } else {
            Err(self.missing(wanted))
        }
    }

    fn missing(&self, wanted: &'static str) -> HeaderError {
        HeaderError::Syntax {
            wanted,
            before: self.0.trim_start().chars().take(20).collect(),
        }
    }
}
