//! A file with an array: what its header says, and its values.

use std::path::{Path, PathBuf};

use super::inputs::{ArrayInputs, Meaning};
use super::layout::{Layout, accepted};
use super::values::{Values, bytes, header};
use super::{ArrayError, Element, MAX_BYTES, Number, npz};
use crate::file;
use crate::input::spec::{ArrayRange, InputSpec};
use crate::npy::Storage;

/// A `.npy` file, or one array of a `.npz` archive.
#[derive(Clone, Debug)]
pub struct ArrayFile {
    path: PathBuf,
    /// The name in an archive.
    member: Option<String>,
    /// Sizes, slowest first.
    pub shape: Vec<usize>,
    /// The type of the elements.
    pub element: Element,
    storage: Storage,
}

impl ArrayFile {
    /// The file, or the archive that it lies in.
    pub fn path(&self) -> &PathBuf {
        &self.path
    }

    /// The arrays that a `.npz` archive has, by name.
    ///
    /// # Errors
    /// [`ArrayError::Archive`] or [`ArrayError::Read`].
    pub fn names(path: &Path) -> Result<Vec<String>, ArrayError> {
        npz::names(path)
    }

    /// Whether `argument` names an array: `FILE.npy`, `FILE.npz` or `FILE.npz:NAME`.
    pub fn is_named(argument: &str) -> bool {
        let (path, member) = array_name(argument);
        member.is_some() || file::has_extension(&path, &["npy", "npz"])
    }

    /// Opens the array that `argument` names: `FILE.npy`, `FILE.npz:NAME`, or `FILE.npz`
    /// where there is one array only.
    ///
    /// # Errors
    /// [`ArrayError::NoFile`], [`ArrayError::Member`], or those of [`ArrayFile::open`].
    pub fn named(argument: &str) -> Result<Self, ArrayError> {
        let (path, member) = array_name(argument);
        if !path.exists() {
            return Err(ArrayError::NoFile { path });
        }
        let only = match member {
            None if file::has_extension(&path, &["npz"]) => {
                let mut names = Self::names(&path)?;
                if names.len() != 1 {
                    let wanted = None;
                    return Err(ArrayError::Member {
                        path,
                        wanted,
                        names,
                    });
                }
                names.pop()
            }
            member => member,
        };
        Self::open(&path, only.as_deref())
    }

    /// Reads the header of a `.npy` file, or of the array `member` of a `.npz` archive.
    ///
    /// # Errors
    /// No such file, elements that are not numbers, or fewer bytes than the header
    /// announces.
    pub fn open(path: &Path, member: Option<&str>) -> Result<Self, ArrayError> {
        let (mut reader, have_bytes) = bytes(path, member)?;
        let header = header(path, &mut reader)?;
        let element = Element::of(header.element.as_ref()).map_err(|(found, advice)| {
            let path = path.to_owned();
            ArrayError::Elements {
                path,
                found,
                advice,
            }
        })?;
        let shape = header.shape;
        let count = shape.iter().map(|&size| u128::from(size));
        let need_bytes = count.fold(element.bytes as u128, |bytes, size| {
            bytes.saturating_mul(size)
        });
        // A pipe does not know how much will come.
        if let Some(have_bytes) = have_bytes.map(|bytes| bytes.saturating_sub(header.bytes))
            && need_bytes > u128::from(have_bytes)
        {
            let path = path.to_owned();
            return Err(ArrayError::CutOff {
                path,
                shape,
                need_bytes,
                have_bytes,
            });
        }
        Ok(Self {
            path: path.to_owned(),
            member: member.map(str::to_owned),
            shape: shape.iter().map(|&size| size as usize).collect(),
            element,
            storage: header.storage,
        })
    }

    /// What the values stand for where the user says no more than `range`.
    ///
    /// # Errors
    /// Whole numbers that may be pixels of any depth.
    pub fn meaning(&self, range: Option<ArrayRange>) -> Result<Meaning, ArrayError> {
        match (range, self.element.number, self.element.bytes) {
            (Some(ArrayRange::Model), ..) | (None, Number::Float, _) => Ok(Meaning::Model),
            (Some(ArrayRange::Pixels(range)), ..) => Ok(Meaning::Pixels(range)),
            (None, Number::Bool, _) => Ok(Meaning::Pixels([0.0, 1.0])),
            (None, Number::Unsigned, 1) => Ok(Meaning::Pixels([0.0, 255.0])),
            (None, Number::Signed, 1) => Ok(Meaning::Steps),
            (None, ..) => Err(ArrayError::RangeUnknown {
                path: self.path.clone(),
                element: self.element,
            }),
        }
    }

    /// How many inputs of a model described by `spec` it holds.
    ///
    /// # Errors
    /// [`ArrayError::Shape`].
    pub fn count(&self, spec: &InputSpec) -> Result<usize, ArrayError> {
        Ok(self.layout(spec)?.count)
    }

    fn layout(&self, spec: &InputSpec) -> Result<Layout, ArrayError> {
        Layout::of(&self.shape, spec.shape()).ok_or_else(|| ArrayError::Shape {
            path: self.path.clone(),
            found: self.shape.clone(),
            expected: spec.shape(),
        })
    }

    /// The inputs `[C, H, W]` in the float model's units, one after the other; those of
    /// [`Meaning::Steps`] are the steps. One of them at a time is in memory.
    ///
    /// # Errors
    /// The array has another shape, the file cannot be opened, or its values need a range.
    pub fn inputs(&self, spec: &InputSpec) -> Result<ArrayInputs, ArrayError> {
        let layout = self.layout(spec)?;
        let meaning = self.meaning(spec.array_range)?;
        let size: usize = spec.shape().iter().product();
        self.within(MAX_BYTES, size, self.element.bytes)?;
        Ok(ArrayInputs {
            path: self.path.clone(),
            values: self.values()?,
            spec: spec.clone(),
            meaning,
            order: layout.order,
            size,
            next: 0,
            count: layout.count,
        })
    }

    /// All values in C order as whole numbers, for classes.
    ///
    /// # Errors
    /// The file cannot be read, is too large, or holds a value that is not a class.
    pub fn classes(&self) -> Result<Vec<usize>, ArrayError> {
        self.within(MAX_BYTES, self.elements(), self.element.bytes)?;
        let mut values = self.values()?;
        (0..self.elements())
            .map(|index| {
                let value = values.next(&self.path)?;
                let is_class = value >= 0.0 && value.fract() == 0.0 && value < 1e9;
                is_class
                    .then_some(value as usize)
                    .ok_or_else(|| ArrayError::Elements {
                        path: self.path.clone(),
                        found: format!("labels, and number {index} is {value}"),
                        advice: "labels are whole numbers from 0",
                    })
            })
            .collect()
    }

    /// All values in C order as `f32`, whatever they stand for.
    ///
    /// # Errors
    /// The file cannot be read, or takes more than `max_bytes`.
    pub fn floats(&self, max_bytes: u64) -> Result<Vec<f32>, ArrayError> {
        let bytes_each = self.element.bytes.max(size_of::<f32>());
        self.within(max_bytes, self.elements(), bytes_each)?;
        self.values()?.floats(self.elements(), &self.path)
    }

    /// All values in C order, whatever they stand for.
    ///
    /// # Errors
    /// The file cannot be read, or its values take more than [`MAX_BYTES`] as `f64`.
    pub fn numbers(&self) -> Result<Vec<f64>, ArrayError> {
        self.within(MAX_BYTES, self.elements(), size_of::<f64>())?;
        let mut values = self.values()?;
        (0..self.elements())
            .map(|_| values.next(&self.path))
            .collect()
    }

    fn elements(&self) -> usize {
        // A pipe may announce more than there is memory.
        self.shape
            .iter()
            .fold(1, |count, &size| count.saturating_mul(size))
    }

    /// Holds `elements` of `bytes_each` to what is read at once.
    fn within(&self, max_bytes: u64, elements: usize, bytes_each: usize) -> Result<(), ArrayError> {
        let bytes = elements as u128 * bytes_each as u128;
        if bytes <= u128::from(max_bytes) {
            return Ok(());
        }
        Err(ArrayError::TooLarge {
            path: self.path.clone(),
            shape: self.shape.iter().map(|&size| size as u64).collect(),
            bytes,
            max_bytes,
        })
    }

    /// The elements in C order.
    fn values(&self) -> Result<Values, ArrayError> {
        if self.storage == Storage::C || self.shape.len() < 2 {
            let (mut reader, _) = bytes(&self.path, self.member.as_deref())?;
            header(&self.path, &mut reader)?;
            return Ok(Values::stream(reader, self.element));
        }
        // The first axis is the fastest: the whole array is put in order.
        self.within(MAX_BYTES, self.elements(), size_of::<f64>())?;
        let (mut reader, _) = bytes(&self.path, self.member.as_deref())?;
        header(&self.path, &mut reader)?;
        Values::ordered(reader, self.element, &self.shape, &self.path)
    }

    /// The shapes that one input of a model may have, for people.
    pub fn accepted(spec: &InputSpec) -> String {
        accepted(spec.shape())
    }
}

/// A path, and the name of an array in the archive there: `FILE.npz:NAME`.
pub(in crate::input) fn array_name(argument: &str) -> (PathBuf, Option<String>) {
    match argument.rsplit_once(".npz:") {
        Some((archive, name)) if !Path::new(argument).exists() => {
            (format!("{archive}.npz").into(), Some(name.to_owned()))
        }
        _ => (argument.into(), None),
    }
}

#[cfg(test)]
mod tests;
