//! The inputs in an array, read one after the other.

use std::path::PathBuf;

use super::ArrayError;
use super::layout::{Order, channels_first};
use super::values::Values;
use crate::input::spec::InputSpec;

/// What the values of an array stand for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Meaning {
    /// The model's own units.
    Model,
    /// The steps of a compiled model's input.
    Steps,
    /// Pixels, black and white at these values.
    Pixels([f32; 2]),
}

/// The inputs of an [`ArrayFile`](super::ArrayFile).
pub struct ArrayInputs {
    pub(super) path: PathBuf,
    pub(super) values: Values,
    pub(super) spec: InputSpec,
    pub(super) meaning: Meaning,
    pub(super) order: Order,
    /// Values of one input.
    pub(super) size: usize,
    pub(super) next: usize,
    pub(super) count: usize,
}

impl ArrayInputs {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// What the values stood for.
    pub fn meaning(&self) -> Meaning {
        self.meaning
    }

    /// Leaves an input out.
    ///
    /// # Errors
    /// The file ends.
    pub fn skip_one(&mut self) -> Result<(), ArrayError> {
        self.next += 1;
        self.values.skip(self.size, &self.path)
    }

    /// The next input, or nothing after the last.
    ///
    /// # Errors
    /// The file ends, or a value is not finite.
    pub fn next_input(&mut self) -> Result<Option<Vec<f32>>, ArrayError> {
        if self.next == self.count {
            return Ok(None);
        }
        let values = self.values.floats(self.size, &self.path)?;
        if let Some(index) = values.iter().position(|value| !value.is_finite()) {
            return Err(ArrayError::NotFinite {
                path: self.path.clone(),
                input: self.next,
                index,
                value: values[index],
            });
        }
        self.next += 1;
        let mut values = channels_first(values, self.order, self.spec.shape());
        if let Meaning::Pixels(range) = self.meaning {
            self.to_model(&mut values, range);
        }
        Ok(Some(values))
    }

    fn to_model(&self, values: &mut [f32], [low, high]: [f32; 2]) {
        let [channels, ..] = self.spec.shape();
        let plane = (values.len() / channels.max(1)).max(1);
        for (at, value) in values.iter_mut().enumerate() {
            let channel = at / plane;
            let level = (*value - low) / (high - low) * 255.0;
            // Whole levels become exactly what pixels of pictures become.
            *value = if level.fract() == 0.0 && (0.0..=255.0).contains(&level) {
                self.spec.value(channel, level as u8)
            } else {
                self.spec.value_of_level(channel, level)
            };
        }
    }
}
