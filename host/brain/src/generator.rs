//! Generators: codes to images. A search changes codes; the neuron sees images.
//!
//! A code whose values are drawn from N(0, 1) is a typical image of every generator here.

mod decoder;
mod kind;
mod linear;
mod low_pass;
mod pca;
mod pixels;

pub use decoder::Decoder;
pub use kind::GeneratorKind;
pub use linear::Linear;
pub use pca::COMPONENTS;
pub use pixels::Pixels;

use cortexscope_explain::attribute::ExplainError;
use cortexscope_explain::float_model::FloatModelError;
use cortexscope_net::RequestError;
use thiserror::Error;

/// An image space.
pub trait Generator {
    /// Its name on the command line.
    fn name(&self) -> &str;

    /// What tells it from generators of the same name: the hash of a decoder's file, in
    /// hexadecimal; nothing where the name and the natural images say all.
    fn identity(&self) -> String {
        String::new()
    }

    /// Values of a code.
    fn dim(&self) -> usize;

    /// `[C, H, W]` of an image.
    fn shape(&self) -> [usize; 3];

    /// The image of `code` before it is cut to what can be shown, from black 0 to white 1.
    ///
    /// # Errors
    /// A decoder cannot be run.
    fn uncut(&self, code: &[f64]) -> Result<Vec<f32>, GeneratorError>;

    /// Slopes with respect to the values of `code`, from slopes with respect to the values
    /// of [`Generator::uncut`].
    ///
    /// # Errors
    /// A decoder cannot be run.
    fn pull(&self, code: &[f64], slopes: &[f32]) -> Result<Vec<f64>, GeneratorError>;

    /// The code of the image nearest to `image`, where that is known.
    fn encode(&self, image: &[f32]) -> Option<Vec<f64>>;

    /// The image of `code`, `[C, H, W]`, cut to levels from black 0 to white 1.
    ///
    /// # Errors
    /// A decoder cannot be run.
    fn decode(&self, code: &[f64]) -> Result<Vec<f32>, GeneratorError> {
        let mut image = self.uncut(code)?;
        for level in &mut image {
            *level = cut(*level);
        }
        Ok(image)
    }
}

/// A level cut to what can be shown. What is not a number is black, so that a decoder cannot
/// hand it on.
pub(crate) fn cut(level: f32) -> f32 {
    if level.is_nan() {
        0.0
    } else {
        level.clamp(0.0, 1.0)
    }
}

/// Why a generator cannot be used.
#[derive(Debug, Error)]
pub enum GeneratorError {
    /// The decoder cannot be used or run.
    #[error(transparent)]
    Model(#[from] FloatModelError),
    /// The decoder cannot be differentiated.
    #[error(transparent)]
    Explain(#[from] ExplainError),
    /// The decoder makes other images.
    #[error(
        "the decoder {name} gives {have} values, but the neuron sees {shape:?} [C, H, W]: give a \
         decoder of [1, K] to [1, {0}, {1}, {2}] with levels from black 0 to white 1",
        shape[0], shape[1], shape[2]
    )]
    Output {
        /// The decoder.
        name: String,
        /// Values that it gives.
        have: usize,
        /// What the neuron sees.
        shape: [usize; 3],
    },
    /// Principal components need images.
    #[error(
        "the generator pca needs at least {need} natural images, and there are {have}: give them with --images"
    )]
    FewImages {
        /// Images wanted.
        need: usize,
        /// Images given.
        have: usize,
    },
}

impl RequestError for GeneratorError {
    fn is_request(&self) -> bool {
        match self {
            Self::Model(error) => error.is_request(),
            Self::Explain(error) => error.is_request(),
            Self::Output { .. } | Self::FewImages { .. } => true,
        }
    }
}
