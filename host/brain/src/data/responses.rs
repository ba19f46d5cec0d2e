//! Responses of neurons to images, with or without repeats.

use super::{DataError, NumberArray};

/// Rates or spike counts `[neurons, images, repeats]`; NaN where there is no repeat.
#[derive(Clone, Debug, PartialEq)]
pub struct Responses {
    /// What the user wrote.
    pub name: String,
    /// Neurons.
    pub neurons: usize,
    /// Images.
    pub images: usize,
    /// Repeats of each image at most.
    pub repeats: usize,
    /// What the reader has to know.
    pub notes: Vec<String>,
    values: Vec<f64>,
}

impl Responses {
    /// Reads an array `[neurons, images]` or `[neurons, images, repeats]`. NaN and
    /// `missing` stand where there is no repeat.
    ///
    /// # Errors
    /// Another shape, or an infinite value.
    pub fn open(name: &str, missing: Option<f64>) -> Result<Self, DataError> {
        Self::new(NumberArray::open(name)?, missing)
    }

    /// The same from an array in memory.
    ///
    /// # Errors
    /// As [`Responses::open`].
    pub fn new(array: NumberArray, missing: Option<f64>) -> Result<Self, DataError> {
        let [neurons, images, repeats] = match *array.shape {
            [neurons, images] => [neurons, images, 1],
            [neurons, images, repeats] => [neurons, images, repeats],
            _ => return Err(array.refuse("[neurons, images] or [neurons, images, repeats]")),
        };
        if neurons * images * repeats == 0 {
            return Err(array.refuse("at least one neuron, one image and one repeat"));
        }
        if let Some(index) = array.values.iter().position(|value| value.is_infinite()) {
            return Err(DataError::NotFinite {
                name: array.name.clone(),
                index,
                value: array.values[index],
            });
        }
        let least = array.values.iter().copied().fold(f64::INFINITY, f64::min);
        let mut notes = Vec::new();
        if missing.is_none() && !array.is_float && least < 0.0 {
            notes.push(format!(
                "{}: counts of {least} are taken as responses; if they stand for a repeat that \
                 was not made, give --missing {least}",
                array.name
            ));
        }
        let values = array.values.iter().map(|&value| {
            let is_missing = missing == Some(value);
            if is_missing { f64::NAN } else { value }
        });
        Ok(Self {
            neurons,
            images,
            repeats,
            notes,
            values: values.collect(),
            name: array.name,
        })
    }

    /// The repeats of an image that there are.
    pub fn trials(&self, neuron: usize, image: usize) -> Vec<f64> {
        let at = (neuron * self.images + image) * self.repeats;
        let all = &self.values[at..at + self.repeats];
        all.iter()
            .copied()
            .filter(|value| !value.is_nan())
            .collect()
    }

    /// The mean over the repeats that there are; `None` where there is none.
    pub fn mean(&self, neuron: usize, image: usize) -> Option<f64> {
        let trials = self.trials(neuron, image);
        let sum: f64 = trials.iter().sum();
        (!trials.is_empty()).then(|| sum / trials.len() as f64)
    }

    /// The mean responses of a neuron to `images`, all of which have a repeat.
    pub fn means(&self, neuron: usize, images: &[usize]) -> Vec<f64> {
        let means = images
            .iter()
            .map(|&image| self.mean(neuron, image).unwrap_or(f64::NAN));
        means.collect()
    }

    /// The images to which every neuron has a response.
    pub fn complete(&self) -> Vec<usize> {
        let has_all =
            |&image: &usize| (0..self.neurons).all(|neuron| self.mean(neuron, image).is_some());
        (0..self.images).filter(has_all).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn array(shape: &[usize], values: &[f64], is_float: bool) -> NumberArray {
        NumberArray {
            name: "r.npy".to_owned(),
            shape: shape.to_vec(),
            values: values.to_vec(),
            is_u8: false,
            is_float,
        }
    }

    #[test]
    fn what_is_missing_is_not_averaged_in() {
        let counts = array(&[1, 3, 2], &[4.0, -1.0, -1.0, -1.0, 2.0, 6.0], false);
        let responses = Responses::new(counts.clone(), Some(-1.0)).unwrap();
        assert_eq!(responses.mean(0, 0), Some(4.0));
        assert_eq!(responses.mean(0, 1), None);
        assert_eq!(responses.mean(0, 2), Some(4.0));
        assert_eq!(responses.complete(), [0, 2]);
        assert!(responses.notes.is_empty());
        let warned = Responses::new(counts, None).unwrap();
        assert!(
            warned.notes[0].contains("--missing -1"),
            "{:?}",
            warned.notes
        );
        let nan = array(&[1, 1, 2], &[f64::NAN, 3.0], true);
        assert_eq!(Responses::new(nan, None).unwrap().mean(0, 0), Some(3.0));
    }

    #[test]
    fn other_shapes_and_infinities_are_refused() {
        assert!(Responses::new(array(&[2], &[1.0, 2.0], true), None).is_err());
        assert!(Responses::new(array(&[0, 2], &[], true), None).is_err());
        assert!(Responses::new(array(&[1, 1], &[f64::INFINITY], true), None).is_err());
    }
}
