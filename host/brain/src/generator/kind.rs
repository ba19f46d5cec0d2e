//! Image spaces by the names that a user writes.

use std::fmt;

use super::{COMPONENTS, Decoder, Generator, GeneratorError, Linear, Pixels};
use crate::stimuli::Stimuli;

/// Which image space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GeneratorKind {
    /// Every pixel by itself.
    Pixels,
    /// Low frequencies.
    LowPass,
    /// Principal components of natural images.
    Components,
    /// A shipped decoder, or the path of an ONNX file.
    Decoder(String),
}

impl GeneratorKind {
    /// The space of images `[C, H, W]` of `shape`; components are those of `stimuli`.
    ///
    /// # Errors
    /// A decoder cannot be used, or there are too few natural images.
    pub fn open(
        &self,
        shape: [usize; 3],
        stimuli: Option<&Stimuli>,
    ) -> Result<Box<dyn Generator>, GeneratorError> {
        Ok(match self {
            Self::Pixels => Box::new(Pixels::new(shape)),
            Self::LowPass => Box::new(Linear::low_pass(shape)),
            Self::Components => {
                let none = Stimuli::default();
                Box::new(Linear::pca(stimuli.unwrap_or(&none), COMPONENTS)?)
            }
            Self::Decoder(name) => Box::new(Decoder::open(name, shape)?),
        })
    }
}

impl From<&str> for GeneratorKind {
    fn from(name: &str) -> Self {
        match name {
            "pixels" => Self::Pixels,
            "dct" => Self::LowPass,
            "pca" => Self::Components,
            decoder => Self::Decoder(decoder.to_owned()),
        }
    }
}

/// Its name on the command line.
impl fmt::Display for GeneratorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pixels => "pixels",
            Self::LowPass => "dct",
            Self::Components => "pca",
            Self::Decoder(name) => name,
        })
    }
}
