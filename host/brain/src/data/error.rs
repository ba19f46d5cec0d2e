//! Why data cannot be used.

use std::path::PathBuf;

use cortexscope_net::RequestError;
use cortexscope_net::input::array::ArrayError;
use cortexscope_net::input::picture::PictureError;
use cortexscope_net::zip::ZipError;
use thiserror::Error;

/// Why data cannot be used.
#[derive(Debug, Error)]
pub enum DataError {
    /// A file or folder cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A zip of pictures cannot be read.
    #[error(transparent)]
    Zip(#[from] ZipError),
    /// An array cannot be read.
    #[error(transparent)]
    Array(Box<ArrayError>),
    /// There is no such file or folder.
    #[error("no such file or folder: {name}")]
    None {
        /// What the user wrote.
        name: String,
    },
    /// A file that is wanted to be an array.
    #[error("{name}: give an array, FILE.npy or FILE.npz:KEY")]
    NotAnArray {
        /// What the user wrote.
        name: String,
    },
    /// An array of another shape than what is wanted.
    #[error("{name}: the array is {found:?}; {wanted} is wanted")]
    Shape {
        /// The array as it was asked for.
        name: String,
        /// Its shape.
        found: Vec<usize>,
        /// What is wanted, in words.
        wanted: String,
    },
    /// Neither a folder, a zip, a `.npy` nor a `.npz:KEY`.
    #[error("{name}: give a folder of pictures, a zip of pictures, FILE.npy or FILE.npz:KEY")]
    Kind {
        /// What the user wrote.
        name: String,
    },
    /// No picture in a folder or a zip.
    #[error("{name} has no picture")]
    Empty {
        /// What the user wrote.
        name: String,
    },
    /// Pictures that together take more memory than is used for them.
    #[error("{name}: the pictures take more than {limit} bytes; give smaller ones or fewer")]
    TooMany {
        /// What the user wrote.
        name: String,
        /// Bytes that they may take.
        limit: usize,
    },
    /// A file that is not a picture.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// A value that no response can be.
    #[error("{name}: value {index} is {value}; a missing response is NaN, or what --missing says")]
    NotFinite {
        /// The array as it was asked for.
        name: String,
        /// Where the value is.
        index: usize,
        /// The value.
        value: f64,
    },
    /// A dissimilarity matrix that is none.
    #[error(
        "{name}: entries {row}, {column} and {column}, {row} differ; a dissimilarity matrix is symmetric"
    )]
    NotSymmetric {
        /// The array as it was asked for.
        name: String,
        /// Row.
        row: usize,
        /// Column.
        column: usize,
    },
    /// Images and responses of other numbers.
    #[error("there are {images} images and responses to {responses}")]
    Counts {
        /// Images.
        images: usize,
        /// Images that there are responses to.
        responses: usize,
    },
    /// An image without a response of a neuron.
    #[error("neuron {neuron} has no response to image {image}: take other images or neurons")]
    NoResponse {
        /// The neuron.
        neuron: usize,
        /// The image.
        image: usize,
    },
    /// A span that cannot be read.
    #[error("not a range of images: {text:?}; write 0..600 for the first 600")]
    Span {
        /// What the user wrote.
        text: String,
    },
    /// A span that reaches beyond the last image.
    #[error("{span} reaches beyond the {images} images that there are")]
    SpanOutside {
        /// The span as it is written.
        span: String,
        /// Images.
        images: usize,
    },
}

impl From<ArrayError> for DataError {
    fn from(error: ArrayError) -> Self {
        Self::Array(Box::new(error))
    }
}

impl RequestError for DataError {
    fn is_request(&self) -> bool {
        match self {
            Self::Array(error) => error.is_request(),
            Self::Read { .. } | Self::Zip(_) | Self::Picture(_) => false,
            _ => true,
        }
    }
}
