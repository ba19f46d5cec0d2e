//! Where the inputs of a set come from, and reading them in order.

use std::path::PathBuf;

use super::idx_images::{IdxImages, IdxReader};
use super::{DataError, DataSet, Pick};
use crate::input::array::{ArrayFile, ArrayInputs};
use crate::input::mnist::MnistSet;
use crate::input::open::{FloatInput, has_extension};
use crate::input::picture;
use crate::input::spec::InputSpec;

/// Where inputs come from.
#[derive(Clone, Debug)]
pub(super) enum Source {
    Digits(&'static MnistSet),
    /// Pictures, and arrays of one input each.
    Files(Vec<PathBuf>),
    Array(ArrayFile),
    Idx(IdxImages),
}

impl Source {
    pub(super) fn count(&self, spec: &InputSpec) -> usize {
        match self {
            Self::Digits(digits) => digits.len(),
            Self::Files(files) => files.len(),
            // Its shape was looked at when it was opened.
            Self::Array(array) => array.count(spec).unwrap_or_default(),
            Self::Idx(images) => images.count(),
        }
    }
}

/// One input of a set.
#[derive(Clone, Debug, PartialEq)]
pub struct DataInput {
    /// Its place in the set, from 0.
    pub index: usize,
    /// What it is called in messages: `mnist:18`, a path, or the set and the place.
    pub name: String,
    /// `[C, H, W]` in the float model's units; [`InputSpec::levels`] has the levels, 0 to
    /// 255, that they stand for.
    pub values: Vec<f32>,
    /// Its class, where that is known.
    pub label: Option<usize>,
    /// Why nothing of a picture can be seen, where that is so.
    pub emptiness: Option<String>,
}

/// The inputs of a set, one after the other.
pub struct DataInputs<'a> {
    set: &'a DataSet,
    places: Box<dyn Iterator<Item = usize>>,
    left: usize,
    reader: Reader<'a>,
    /// The place of the input that the reader gives next.
    at: usize,
}

enum Reader<'a> {
    Digits(&'a MnistSet),
    Files(&'a [PathBuf]),
    Array(ArrayInputs),
    Idx(IdxReader),
}

impl<'a> DataInputs<'a> {
    pub(super) fn new(set: &'a DataSet, pick: Pick) -> Result<Self, DataError> {
        let count = set.len();
        let reader = match &set.source {
            Source::Digits(digits) => Reader::Digits(digits),
            Source::Files(files) => Reader::Files(files),
            Source::Array(array) => Reader::Array(array.inputs(&set.spec)?),
            Source::Idx(images) => Reader::Idx(images.reader()?),
        };
        Ok(Self {
            set,
            places: Box::new(pick.places(count)),
            left: pick.count(count),
            reader,
            at: 0,
        })
    }

    fn input(&mut self, place: usize) -> Result<DataInput, DataError> {
        let spec = &self.set.spec;
        let argument = &self.set.argument;
        let mut emptiness = None;
        let mut name = format!("{argument} {place}");
        let values = match &mut self.reader {
            Reader::Digits(digits) => {
                name = format!("mnist:{place}");
                digits.input(place, spec).unwrap_or_default()
            }
            Reader::Files(files) => {
                let path = &files[place];
                name = path.display().to_string();
                if has_extension(path, &["npy"]) {
                    FloatInput::open(&name, spec, None)?.values
                } else {
                    let prepared = spec.prepare(&picture::open(path)?);
                    emptiness = prepared.emptiness;
                    prepared.values
                }
            }
            Reader::Array(inputs) => {
                for _ in self.at..place {
                    inputs.skip_one()?;
                }
                inputs.next_input()?.unwrap_or_default()
            }
            Reader::Idx(images) => {
                for _ in self.at..place {
                    images.skip_one()?;
                }
                images.next_input(spec)?
            }
        };
        self.at = place + 1;
        Ok(DataInput {
            index: place,
            name,
            values,
            label: self.set.labels.as_ref().map(|labels| labels[place]),
            emptiness,
        })
    }
}

impl Iterator for DataInputs<'_> {
    type Item = Result<DataInput, DataError>;

    fn next(&mut self) -> Option<Self::Item> {
        let place = self.places.next()?;
        self.left -= 1;
        Some(self.input(place))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for DataInputs<'_> {}
