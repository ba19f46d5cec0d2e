//! What is wrong with the model in the board's region.

use core::fmt;
use postcard_schema::Schema;
use serde::{Deserialize, Serialize};

/// The check that a board image failed, with its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Schema)]
pub struct ImageFault {
    /// Which check.
    pub check: ImageCheck,
    /// Where: the layer, tensor, step or part. 0 where the check has no place.
    pub at: u32,
    /// What was found there.
    pub found: u32,
    /// What there should have been.
    pub expected: u32,
}

/// The checks of a board image, in the order in which they are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Schema)]
pub enum ImageCheck {
    /// At least a header.
    TooShort,
    /// Begins at a multiple of four.
    Misaligned,
    /// Begins with the magic bytes; erased flash does not.
    Magic,
    /// A format version that the engine reads.
    Version,
    /// As long as the header says.
    Length,
    /// The hash of the bytes is the one in the header.
    Hash,
    /// Every part lies in the image.
    Span,
    /// Names are UTF-8.
    Utf8,
    /// As many tensors and layers as fit each other.
    Counts,
    /// A tensor has elements and a usable scale.
    Tensor,
    /// A layer is one that the engine can run.
    Layer,
    /// A plan computes the network and stays in its arena.
    Plan,
}

impl fmt::Display for ImageFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { check, at, found, expected } = *self;
        match check {
            ImageCheck::TooShort => {
                write!(f, "a header needs {expected} bytes, there are {found}")
            }
            ImageCheck::Misaligned => f.write_str("the image does not begin on a 4-byte boundary"),
            ImageCheck::Magic => f.write_str("not a board image (wrong magic)"),
            ImageCheck::Version => {
                write!(f, "image format {found}, the firmware reads {expected}")
            }
            ImageCheck::Length => {
                write!(f, "the header says {expected} bytes, there are {found}")
            }
            ImageCheck::Hash => f.write_str("the bytes do not match their hash"),
            ImageCheck::Span => {
                write!(f, "part {at}: {found} elements at byte {expected} do not lie in the image")
            }
            ImageCheck::Utf8 => write!(f, "part {at} is not UTF-8"),
            ImageCheck::Counts => {
                write!(f, "{found} tensors do not fit {expected} layers")
            }
            ImageCheck::Tensor => write!(f, "tensor {at}: unusable shape or scale"),
            ImageCheck::Layer => write!(f, "layer {at} fails its check {found}"),
            ImageCheck::Plan => write!(f, "the plan of mode {at} fails its check {found}"),
        }
    }
}
