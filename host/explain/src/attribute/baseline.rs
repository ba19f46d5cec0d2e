//! What an input is compared with, or hidden by.

use super::error::ExplainError;
use crate::float_model::FloatModelError;
use cortexscope_net::input::InputSpec;

/// What an input is compared with, or what a patch is filled with.
#[derive(Clone, Debug, PartialEq)]
pub enum Baseline {
    /// Pixel 0 in every channel.
    Black,
    /// Pixel 255 in every channel.
    White,
    /// The same grey level, 0 to 255, in every channel.
    Level(f32),
    /// Zero in the model's own units: for a normalised model its mean image.
    Zero,
    /// The mean of each channel of this input.
    Mean,
    /// An input of its own, `[C, H, W]`.
    Input(Vec<f32>),
}

impl Baseline {
    /// The one that is written as `text`: a name, or a grey level from 0 to 255.
    pub fn named(text: &str) -> Option<Self> {
        Some(match text {
            "black" => Self::Black,
            "white" => Self::White,
            "zero" => Self::Zero,
            "mean" => Self::Mean,
            text => {
                let level = text.parse().ok();
                Self::Level(level.filter(|level| (0.0..=255.0).contains(level))?)
            }
        })
    }

    /// What it is, for pictures and receipts.
    pub fn description(&self) -> String {
        match self {
            Self::Black => "black".to_owned(),
            Self::White => "white".to_owned(),
            Self::Level(level) => format!("grey {level}"),
            Self::Zero => "zero in the model’s units".to_owned(),
            Self::Mean => "the input’s mean colour".to_owned(),
            Self::Input(_) => "an input of its own".to_owned(),
        }
    }

    /// The baseline as an input `[C, H, W]` of its own, for `input`.
    ///
    /// # Errors
    /// An input of another size.
    pub fn values(&self, spec: &InputSpec, input: &[f32]) -> Result<Vec<f32>, ExplainError> {
        let [channels, height, width] = spec.shape();
        let positions = height * width;
        let filled = |value: &dyn Fn(usize) -> f32| -> Vec<f32> {
            let planes = (0..channels).flat_map(|channel| vec![value(channel); positions]);
            planes.collect()
        };
        Ok(match self {
            Self::Black => filled(&|channel| spec.value(channel, 0)),
            Self::White => filled(&|channel| spec.value(channel, 255)),
            Self::Level(level) => filled(&|channel| spec.value_of_level(channel, *level)),
            Self::Zero => filled(&|_| 0.0),
            Self::Mean => filled(&|channel| {
                let plane = input.iter().skip(channel * positions).take(positions);
                let sum: f64 = plane.copied().map(f64::from).sum();
                (sum / positions as f64) as f32
            }),
            Self::Input(values) if values.len() == input.len() => values.clone(),
            Self::Input(values) => {
                let (have, need) = (values.len(), input.len());
                return Err(FloatModelError::InputSize { have, need }.into());
            }
        })
    }
}
