//! Arrays as people have them: `.npy`, `.npz`, of any number type, one input or a stack.

mod element;
mod file;
mod header;
mod inputs;
mod layout;
mod npz;
mod values;

pub use element::{Element, Number};
pub use file::ArrayFile;
pub(super) use file::array_name;
pub use inputs::{ArrayInputs, Meaning};

use std::path::{Path, PathBuf};

use crate::request::RequestError;
use thiserror::Error;

/// Bytes of one array that is read as a whole, where nothing else is said.
pub const MAX_BYTES: u64 = 1 << 30;

/// The first of some names, and how many there are in all.
fn listed(names: &[String]) -> String {
    const LISTED: usize = 20;
    match names.get(..LISTED) {
        Some(first) if names.len() > LISTED => {
            format!("{}, … ({} in all)", first.join(", "), names.len())
        }
        _ => names.join(", "),
    }
}

/// Why an array cannot be used.
#[derive(Debug, Error)]
pub enum ArrayError {
    /// There is no such file.
    #[error("no such file: {}", path.display())]
    NoFile {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be read, or only stands for an array.
    #[error("cannot read the array {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: std::io::Error,
    },
    /// The header cannot be read.
    #[error("{} is not a .npy array: {what}", path.display())]
    Header {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// The file ends before its array does.
    #[error(
        "{}: its header announces {shape:?}, {need_bytes} bytes, and {have_bytes} follow it: it was cut off",
        path.display()
    )]
    CutOff {
        /// The file.
        path: PathBuf,
        /// The sizes in the header.
        shape: Vec<u64>,
        /// Bytes of the announced values.
        need_bytes: u128,
        /// Bytes that there are.
        have_bytes: u64,
    },
    /// One input, or an array that cannot be read in parts, is too large.
    #[error("{}: {shape:?} takes {bytes} bytes at once; at most {max_bytes} are taken", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The sizes in the header.
        shape: Vec<u64>,
        /// Bytes of it.
        bytes: u128,
        /// The bound.
        max_bytes: u64,
    },
    /// The elements are not numbers.
    #[error("{}: its elements are {found}: {advice}", path.display())]
    Elements {
        /// The file.
        path: PathBuf,
        /// What they are.
        found: String,
        /// What to save instead.
        advice: &'static str,
    },
    /// The array has another shape than the model's input.
    #[error(
        "{}: the array is {found:?}, and the model's input is {}: give one of them or a stack [N, …]",
        path.display(),
        layout::accepted(*expected)
    )]
    Shape {
        /// The file.
        path: PathBuf,
        /// The array's shape.
        found: Vec<usize>,
        /// The model's `[C, H, W]`.
        expected: [usize; 3],
    },
    /// Whole numbers that may be pixels of any depth.
    #[error(
        "{}: it holds {element}, from which the level of black and of white does not follow: give --array-range LOW,HIGH (0,65535 for 16 bits in full), or --array-range model if the values are the model's own",
        path.display()
    )]
    RangeUnknown {
        /// The file.
        path: PathBuf,
        /// The type of the elements.
        element: Element,
    },
    /// An infinite value, or one that is not a number.
    #[error("{}: value {index} of input {input} is {value}; every value has to be a finite number", path.display())]
    NotFinite {
        /// The file.
        path: PathBuf,
        /// Which input of the stack.
        input: usize,
        /// Where in it the value is.
        index: usize,
        /// The value.
        value: f32,
    },
    /// A `.npz` archive that cannot be read.
    #[error("{} is not a .npz archive that can be read: {what}", path.display())]
    Archive {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// A `.npz` archive without the array, or with several that may be meant.
    #[error(
        "{}: {}; it has {}: name one as in {}:{}",
        path.display(),
        wanted.as_ref().map_or_else(|| "it is not clear which array is meant".to_owned(), |name| format!("there is no array {name}")),
        listed(names),
        path.display(),
        names.first().map_or("images", String::as_str)
    )]
    Member {
        /// The file.
        path: PathBuf,
        /// What was asked for.
        wanted: Option<String>,
        /// The names of the arrays that there are.
        names: Vec<String>,
    },
}

/// An array of numbers in C order, as a whole.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// Sizes, slowest first.
    pub shape: Vec<usize>,
    /// As many values as the product of `shape`.
    pub values: Vec<f32>,
}

impl Array {
    /// Reads a `.npy` file of any number type, whatever its values stand for.
    ///
    /// # Errors
    /// [`ArrayError`]; more than [`MAX_BYTES`] are too many.
    pub fn open(path: &Path) -> Result<Self, ArrayError> {
        let file = ArrayFile::open(path, None)?;
        let values = file.floats(MAX_BYTES)?;
        let shape = file.shape;
        Ok(Self { shape, values })
    }
}

impl RequestError for ArrayError {
    fn is_request(&self) -> bool {
        matches!(
            self,
            Self::NoFile { .. }
                | Self::Elements { .. }
                | Self::Shape { .. }
                | Self::RangeUnknown { .. }
                | Self::NotFinite { .. }
                | Self::Member { .. }
        )
    }
}
