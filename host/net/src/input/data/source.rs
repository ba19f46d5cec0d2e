//! Where the inputs of a set come from, and reading them in order.

use std::path::PathBuf;

use super::idx_images::{IdxImages, IdxReader};
use super::{DataError, DataSet, Pick};
use crate::file::has_extension;
use crate::input::array::{ArrayFile, ArrayInputs};
use crate::input::mnist::MnistSet;
use crate::input::open::FloatInput;
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

    /// The files that the first `count` inputs lie in; none for what is shipped.
    pub(super) fn files(&self, count: usize) -> &[PathBuf] {
        match self {
            Self::Digits(_) => &[],
            Self::Files(files) => &files[..count.min(files.len())],
            Self::Array(array) => std::slice::from_ref(array.path()),
            Self::Idx(images) => std::slice::from_ref(images.path()),
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

/// A place in the file of a set that can only be read forwards. Whoever reads inputs of a
/// set in order, or nearly so, keeps it from one to the next.
pub struct Stream {
    /// The place of the input that comes next.
    at: usize,
    reader: StreamReader,
}

enum StreamReader {
    Array(ArrayInputs),
    Idx(IdxReader),
}

impl Stream {
    /// The place of the input that comes next; those before it are behind.
    pub fn next_place(&self) -> usize {
        self.at
    }

    fn values(&mut self, place: usize, spec: &InputSpec) -> Result<Vec<f32>, DataError> {
        while self.at < place {
            match &mut self.reader {
                StreamReader::Array(inputs) => inputs.skip_one()?,
                StreamReader::Idx(images) => images.skip_one()?,
            }
            self.at += 1;
        }
        self.at += 1;
        Ok(match &mut self.reader {
            StreamReader::Array(inputs) => inputs.next_input()?.unwrap_or_default(),
            StreamReader::Idx(images) => images.next_input(spec)?,
        })
    }
}

impl DataSet {
    /// What input `place` is called in messages.
    pub fn name(&self, place: usize) -> String {
        match &self.source {
            Source::Digits(_) => format!("mnist:{place}"),
            Source::Files(files) => {
                let file = files.get(place);
                file.map_or_else(String::new, |path| path.display().to_string())
            }
            Source::Array(_) | Source::Idx(_) => format!("{} {place}", self.argument),
        }
    }

    /// Input `place`, from 0. A set that is one file is read from `stream`, and from its
    /// beginning where there is none or it is past the place; `stream` is left behind the
    /// input.
    ///
    /// # Errors
    /// The input cannot be read.
    ///
    /// # Panics
    /// There is no such input.
    pub fn input(&self, place: usize, stream: &mut Option<Stream>) -> Result<DataInput, DataError> {
        let mut emptiness = None;
        let values = match &self.source {
            Source::Digits(digits) => digits.input(place, &self.spec).unwrap_or_default(),
            Source::Files(files) => {
                let path = &files[place];
                if has_extension(path, &["npy"]) {
                    FloatInput::open(&path.display().to_string(), &self.spec, None)?.values
                } else {
                    let prepared = self.spec.prepare(&picture::open(path)?);
                    emptiness = prepared.emptiness;
                    prepared.values
                }
            }
            Source::Array(array) => {
                let begin = || Ok(StreamReader::Array(array.inputs(&self.spec)?));
                reached(stream, place, begin)?.values(place, &self.spec)?
            }
            Source::Idx(images) => {
                let begin = || Ok(StreamReader::Idx(images.reader()?));
                reached(stream, place, begin)?.values(place, &self.spec)?
            }
        };
        Ok(DataInput {
            index: place,
            name: self.name(place),
            values,
            label: self.labels.as_ref().map(|labels| labels[place]),
            emptiness,
        })
    }
}

/// The stream, from its beginning where it is past `place`.
fn reached(
    stream: &mut Option<Stream>,
    place: usize,
    begin: impl FnOnce() -> Result<StreamReader, DataError>,
) -> Result<&mut Stream, DataError> {
    let there = stream.take().filter(|stream| stream.at <= place);
    let there = match there {
        Some(there) => there,
        None => Stream {
            at: 0,
            reader: begin()?,
        },
    };
    Ok(stream.insert(there))
}

/// The inputs of a set, one after the other.
pub struct DataInputs<'a> {
    set: &'a DataSet,
    places: Box<dyn Iterator<Item = usize> + Send>,
    left: usize,
    stream: Option<Stream>,
}

impl<'a> DataInputs<'a> {
    pub(super) fn new(set: &'a DataSet, pick: Pick) -> Self {
        let count = set.len();
        Self {
            set,
            places: Box::new(pick.places(count)),
            left: pick.count(count),
            stream: None,
        }
    }
}

impl Iterator for DataInputs<'_> {
    type Item = Result<DataInput, DataError>;

    fn next(&mut self) -> Option<Self::Item> {
        let place = self.places.next()?;
        self.left -= 1;
        Some(self.set.input(place, &mut self.stream))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for DataInputs<'_> {}
