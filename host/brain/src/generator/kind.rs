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

#[cfg(test)]
mod tests {
    use super::*;
    use cortexscope_net::random::Random;

    /// Codes far outside of what a search draws first: every space cuts, and what is cut lies
    /// within black and white.
    #[test]
    fn images_of_all_spaces_can_be_shown() {
        let mut random = Random::new(9);
        let shape = [1, 28, 28];
        let mut image = || (0..784).map(|_| random.uniform() as f32).collect();
        let stimuli = Stimuli {
            shape,
            images: (0..=COMPONENTS).map(|_| image()).collect(),
            ..Stimuli::default()
        };
        for name in ["pixels", "dct", "pca", "decoder"] {
            let space = GeneratorKind::from(name)
                .open(shape, Some(&stimuli))
                .unwrap();
            for size in [1.0, 20.0] {
                let code = (0..space.dim()).map(|_| size * random.normal());
                let made = space.decode(&code.collect::<Vec<f64>>()).unwrap();
                let is_shown = |level: &f32| (0.0..=1.0).contains(level);
                assert!(made.iter().all(is_shown), "{name}, codes of {size}");
            }
        }
    }
}
