//! A data set whose inputs are read by their places, by several threads.

use std::sync::Mutex;

use thiserror::Error;

use cortexscope_explain::float_model::FloatModel;
use cortexscope_net::RequestError;
use cortexscope_net::input::DataSet;
use cortexscope_net::input::data::Stream;

pub use cortexscope_net::input::data::{DataError, DataInput};

/// A set does not have so many inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("--images {images}: give a number from 1 to {len}")]
pub struct CountError {
    /// Inputs that were asked for.
    pub images: usize,
    /// Inputs that there are.
    pub len: usize,
}

impl RequestError for CountError {
    fn is_request(&self) -> bool {
        true
    }
}

/// How many inputs of `set` are taken where `images` were asked for; `None` asks for all.
///
/// # Errors
/// [`CountError`].
pub fn count(set: &DataSet, images: Option<usize>) -> Result<usize, CountError> {
    let len = set.len();
    match images {
        Some(images) if images == 0 || images > len => Err(CountError { images, len }),
        images => Ok(images.unwrap_or(len)),
    }
}

/// A set of inputs. Only names and labels are in memory.
pub struct Data {
    /// What the user wrote.
    pub argument: String,
    set: DataSet,
    classes: usize,
    /// Places in the set's file where threads have stopped reading.
    streams: Mutex<Vec<Stream>>,
}

/// The set that `argument` names, for `model`: see [`DataSet::open`].
///
/// # Errors
/// [`DataError`].
pub fn open_data(argument: &str, model: &FloatModel) -> Result<Data, DataError> {
    Ok(Data {
        argument: argument.to_owned(),
        set: DataSet::open(argument, &model.spec.input, &model.spec.output.labels)?,
        classes: model
            .logits()
            .map_or(0, |logits| model.layer(logits).elements()),
        streams: Mutex::default(),
    })
}

impl Data {
    /// The set itself.
    pub fn set(&self) -> &DataSet {
        &self.set
    }

    /// What was found and decided, for the user to read.
    pub fn notes(&self) -> &[String] {
        &self.set.notes
    }

    /// How many inputs there are.
    pub fn len(&self) -> usize {
        self.set.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.set.is_empty()
    }

    /// What input `index` is called in messages.
    pub fn name(&self, index: usize) -> String {
        self.set.name(index)
    }

    /// Checks that every input has a class that the model has.
    ///
    /// # Errors
    /// [`DataError::NoLabels`] or [`DataError::Label`].
    pub fn check_labels(&self) -> Result<(), DataError> {
        self.set.check_labels(self.classes)
    }

    /// Input `index`, from 0, as the model wants it.
    ///
    /// # Errors
    /// The input cannot be read.
    ///
    /// # Panics
    /// There is no such input.
    pub fn input(&self, index: usize) -> Result<DataInput, DataError> {
        let mut stream = self.nearest(index);
        let input = self.set.input(index, &mut stream);
        if let (Some(stream), Ok(mut streams)) = (stream, self.streams.lock()) {
            streams.push(stream);
        }
        input
    }

    /// The stream that is nearest before `index`, where there is one.
    fn nearest(&self, index: usize) -> Option<Stream> {
        let mut streams = self.streams.lock().ok()?;
        let before = streams.iter().enumerate();
        let before = before.filter(|(_, stream)| stream.next_place() <= index);
        let (at, _) = before.max_by_key(|(_, stream)| stream.next_place())?;
        Some(streams.swap_remove(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cortexscope_explain::float_model::Overrides;

    /// An array that is read in any order has the inputs that reading it in order gives.
    #[test]
    fn places_are_read_in_any_order() {
        let model = FloatModel::open("lenet5", &Overrides::default()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("images.idx3-ubyte");
        let mut bytes = vec![0, 0, 8, 3, 0, 0, 0, 5, 0, 0, 0, 28, 0, 0, 0, 28];
        bytes.extend((0..5).flat_map(|image: u8| [40 * image; 28 * 28]));
        std::fs::write(&file, bytes).unwrap();
        let data = open_data(file.to_str().unwrap(), &model).unwrap();
        assert_eq!(data.len(), 5);
        for index in [3, 1, 4, 0, 2, 2] {
            let input = data.input(index).unwrap();
            let level = model.spec.input.level(0, input.values[5]).round();
            assert_eq!((input.index, level), (index, 40.0 * index as f32));
        }
        assert!(matches!(
            data.check_labels(),
            Err(DataError::NoLabels { .. })
        ));
    }
}
