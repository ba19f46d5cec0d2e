//! What a layer wrote: maps of values, their colours and their pixels.

use image::{Rgba, RgbaImage};

use super::error::PictureError;
use super::number::{self, significant};
use super::range::Range;

/// What a layer wrote: `channels` maps of `height × width` values.
#[derive(Debug, Clone, PartialEq)]
pub struct ActivationMaps {
    /// The layer's name in the model.
    pub layer: String,
    /// Its operator and what matters of it, `convolution 5×5` for instance.
    pub op: String,
    /// Number of maps.
    pub channels: usize,
    /// Rows of each map.
    pub height: usize,
    /// Columns of each map.
    pub width: usize,
    /// The values in `[C, H, W]` order, in the unit of the layer.
    pub values: Vec<f32>,
    /// The int8 steps behind the values, where they were int8.
    pub quantisation: Option<Quantisation>,
    /// Whether this is what the network sees or what it makes of it.
    pub role: MapRole,
}

/// How int8 stands for a value: `value = scale × (q − zero)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quantisation {
    /// Value of one step.
    pub scale: f32,
    /// The int8 that stands for zero.
    pub zero: i8,
}

/// Which end of the network the maps are from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MapRole {
    /// The network's input, drawn in grey.
    Stimulus,
    /// A layer's output, drawn in the activation map.
    Activation,
}

impl ActivationMaps {
    /// Checks that the values fill the shape.
    ///
    /// # Errors
    /// [`PictureError::Empty`] and [`PictureError::ValueCount`].
    pub fn check(&self) -> Result<(), PictureError> {
        let need = self
            .channels
            .checked_mul(self.height)
            .and_then(|count| count.checked_mul(self.width))
            .unwrap_or(usize::MAX);
        if need == 0 {
            return Err(PictureError::Empty {
                what: self.layer.clone(),
                shape: self.shape(),
            });
        }
        if need != self.values.len() {
            return Err(PictureError::ValueCount {
                what: self.layer.clone(),
                need,
                have: self.values.len(),
            });
        }
        Ok(())
    }

    /// The shape as text: `20×24×24`, or `10` for a vector.
    pub fn shape(&self) -> String {
        number::shape([self.channels, self.height, self.width])
    }

    /// Whether every map is one value.
    pub fn is_vector(&self) -> bool {
        self.height == 1 && self.width == 1
    }

    /// The values of each map, `height × width` of them.
    pub fn maps(&self) -> std::slice::ChunksExact<'_, f32> {
        self.values.chunks_exact((self.height * self.width).max(1))
    }

    /// The range of colours for `values`.
    pub fn range(&self, values: &[f32]) -> Range {
        match self.role {
            MapRole::Stimulus => Range::grey(values),
            MapRole::Activation => Range::activation(values),
        }
    }

    /// The statement about int8, and about values that are not numbers.
    pub(super) fn footnote(&self) -> String {
        let int8 = self.quantisation.map(|Quantisation { scale, zero }| {
            let zero = zero.to_string().replace('-', "−");
            format!("int8 step {}, zero at {zero}", significant(scale))
        });
        let not_numbers = self.values.iter().filter(|value| value.is_nan()).count();
        let missing = (not_numbers > 0).then(|| format!("{not_numbers} values are not numbers"));
        [int8, missing]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" · ")
    }
}

/// One pixel for each value; transparent where a value is not a number.
pub(super) fn pixels(values: &[f32], width: usize, range: Range) -> RgbaImage {
    let mut image = RgbaImage::new(width as u32, (values.len() / width) as u32);
    for (pixel, &value) in image.pixels_mut().zip(values) {
        if !value.is_nan() {
            let [red, green, blue] = range.colour(value).0;
            *pixel = Rgba([red, green, blue, 255]);
        }
    }
    image
}
