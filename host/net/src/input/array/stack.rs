//! A file of one or many inputs, read one after the other.

use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use npyz::{NpyHeader, Order as Storage};

use super::layout::{Layout, Order, accepted, channels_first};
use super::{ArrayError, Element, MAX_BYTES, Number, npz};
use crate::file::{self, FileFault};
use crate::input::spec::{ArrayRange, InputSpec};

/// Bytes that a header may have.
const MAX_HEADER_BYTES: u64 = 1 << 16;

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
    /// The arrays that a `.npz` archive has, by name.
    ///
    /// # Errors
    /// [`ArrayError::Archive`] or [`ArrayError::Read`].
    pub fn names(path: &Path) -> Result<Vec<String>, ArrayError> {
        npz::names(path)
    }

    /// Reads the header of a `.npy` file, or of the array `member` of a `.npz` archive.
    ///
    /// # Errors
    /// No such file, elements that are not numbers, or fewer bytes than the header
    /// announces.
    pub fn open(path: &Path, member: Option<&str>) -> Result<Self, ArrayError> {
        let (mut reader, have_bytes) = bytes(path, member)?;
        let (header, header_bytes) = header(path, &mut reader)?;
        let element = Element::of(&header.dtype()).map_err(|(found, advice)| {
            let path = path.to_owned();
            ArrayError::Elements {
                path,
                found,
                advice,
            }
        })?;
        let shape = header.shape().to_vec();
        let count = shape.iter().map(|&size| u128::from(size));
        let need_bytes = count.fold(element.bytes as u128, |bytes, size| {
            bytes.saturating_mul(size)
        });
        // A pipe does not know how much will come.
        if let Some(have_bytes) = have_bytes.map(|bytes| bytes.saturating_sub(header_bytes))
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
            storage: header.order(),
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
        self.within_bounds(size)?;
        let values = self.values()?;
        Ok(ArrayInputs {
            path: self.path.clone(),
            values,
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
        let count: usize = self.shape.iter().product();
        self.within_bounds(count)?;
        let mut values = self.values()?;
        (0..count)
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

    /// All values in C order.
    ///
    /// # Errors
    /// The file cannot be read or is too large.
    pub(super) fn all(&self) -> Result<Vec<f32>, ArrayError> {
        let count: usize = self.shape.iter().product();
        self.within_bounds(count)?;
        let mut values = self.values()?;
        (0..count)
            .map(|_| Ok(values.next(&self.path)? as f32))
            .collect()
    }

    fn within_bounds(&self, elements: usize) -> Result<(), ArrayError> {
        let bytes = elements as u128 * self.element.bytes as u128;
        if bytes <= u128::from(MAX_BYTES) {
            return Ok(());
        }
        Err(ArrayError::TooLarge {
            path: self.path.clone(),
            shape: self.shape.iter().map(|&size| size as u64).collect(),
            bytes,
        })
    }

    /// The elements in C order.
    fn values(&self) -> Result<Values, ArrayError> {
        let (mut reader, _) = bytes(&self.path, self.member.as_deref())?;
        header(&self.path, &mut reader)?;
        if self.storage == Storage::C || self.shape.len() < 2 {
            let element = self.element;
            return Ok(Values::Stream { reader, element });
        }
        // The first axis is the fastest: the whole array is put in order.
        let count: usize = self.shape.iter().product();
        self.within_bounds(count)?;
        let mut stored = Values::Stream {
            reader,
            element: self.element,
        };
        let mut values = vec![0.0; count];
        for at in 0..count {
            let mut rest = at;
            let mut place = 0;
            for (axis, &size) in self.shape.iter().enumerate() {
                let stride: usize = self.shape[axis + 1..].iter().product();
                place += rest % size * stride;
                rest /= size;
            }
            values[place] = stored.next(&self.path)?;
        }
        Ok(Values::Ordered(values.into_iter()))
    }

    /// The shapes that one input of a model may have, for people.
    pub fn accepted(spec: &InputSpec) -> String {
        accepted(spec.shape())
    }
}

/// The inputs of an [`ArrayFile`].
pub struct ArrayInputs {
    path: PathBuf,
    values: Values,
    spec: InputSpec,
    meaning: Meaning,
    order: Order,
    size: usize,
    next: usize,
    count: usize,
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
        let mut values = Vec::with_capacity(self.size);
        for index in 0..self.size {
            let value = self.values.next(&self.path)?;
            if !value.is_finite() || (value as f32).is_infinite() {
                return Err(ArrayError::NotFinite {
                    path: self.path.clone(),
                    input: self.next,
                    index,
                    value: value as f32,
                });
            }
            values.push(value as f32);
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

enum Values {
    Stream {
        reader: Box<dyn Read + Send>,
        element: Element,
    },
    Ordered(std::vec::IntoIter<f64>),
}

impl Values {
    fn next(&mut self, path: &Path) -> Result<f64, ArrayError> {
        match self {
            Self::Ordered(values) => values.next().ok_or_else(|| ended(path)),
            Self::Stream { reader, element } => {
                let mut bytes = [0; 8];
                let bytes = &mut bytes[..element.bytes];
                reader
                    .read_exact(bytes)
                    .map_err(|source| ArrayError::Read {
                        path: path.to_owned(),
                        source,
                    })?;
                Ok(element.value(bytes))
            }
        }
    }

    fn skip(&mut self, count: usize, path: &Path) -> Result<(), ArrayError> {
        match self {
            Self::Ordered(values) => {
                values.by_ref().take(count).for_each(drop);
                Ok(())
            }
            Self::Stream { reader, element } => {
                let bytes = (count * element.bytes) as u64;
                let skipped = std::io::copy(&mut reader.take(bytes), &mut std::io::sink());
                match skipped {
                    Ok(skipped) if skipped == bytes => Ok(()),
                    Ok(_) => Err(ended(path)),
                    Err(source) => Err(ArrayError::Read {
                        path: path.to_owned(),
                        source,
                    }),
                }
            }
        }
    }
}

fn ended(path: &Path) -> ArrayError {
    ArrayError::Read {
        path: path.to_owned(),
        source: std::io::ErrorKind::UnexpectedEof.into(),
    }
}

/// The bytes of a `.npy` file or of an array in an archive, and how many there are at most,
/// where that is known.
fn bytes(
    path: &Path,
    member: Option<&str>,
) -> Result<(Box<dyn Read + Send>, Option<u64>), ArrayError> {
    if let Some(member) = member {
        let (reader, bytes) = npz::open(path, member)?;
        return Ok((Box::new(BufReader::new(reader)), Some(bytes)));
    }
    let read_error = |source| ArrayError::Read {
        path: path.to_owned(),
        source,
    };
    let file = file::open(path).map_err(read_error)?;
    let about = file.metadata().map_err(read_error)?;
    let is_plain = about.is_file();
    if is_plain && about.len() == 0 {
        return Err(read_error(FileFault::Empty.into()));
    }
    Ok((
        Box::new(BufReader::new(file)),
        is_plain.then_some(about.len()),
    ))
}

/// The header, and its bytes.
fn header(path: &Path, reader: &mut dyn Read) -> Result<(NpyHeader, u64), ArrayError> {
    let mut head = Vec::new();
    let read_error = |source| ArrayError::Read {
        path: path.to_owned(),
        source,
    };
    // The first bytes tell what only stands for an array.
    reader.take(6).read_to_end(&mut head).map_err(read_error)?;
    if head != b"\x93NUMPY" {
        reader
            .take(256)
            .read_to_end(&mut head)
            .map_err(read_error)?;
        return Err(match FileFault::of(&head) {
            Some(fault) => read_error(fault.into()),
            None => ArrayError::Header {
                path: path.to_owned(),
                what: "it does not begin like one".to_owned(),
            },
        });
    }
    let begin = head.len() as u64;
    let mut rest = reader.take(MAX_HEADER_BYTES);
    let header = NpyHeader::from_reader(&mut head.as_slice().chain(&mut rest));
    let header = header.map_err(|error| ArrayError::Header {
        path: path.to_owned(),
        what: format!("its header is damaged ({error})"),
    })?;
    Ok((header, begin + MAX_HEADER_BYTES - rest.limit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::ModelSpec;
    use npyz::WriterBuilder;
    use rawzip::CompressionMethod;

    fn spec(shape: [usize; 3]) -> InputSpec {
        ModelSpec::assumed(shape).input
    }

    fn written<T: npyz::AutoSerialize + Copy>(
        shape: &[u64],
        values: &[T],
        order: Storage,
    ) -> Vec<u8> {
        let mut bytes = Vec::new();
        let options = npyz::WriteOptions::new()
            .default_dtype()
            .shape(shape)
            .order(order);
        let mut writer = options.writer(&mut bytes).begin_nd().unwrap();
        writer.extend(values.iter().copied()).unwrap();
        writer.finish().unwrap();
        bytes
    }

    fn file(bytes: &[u8], name: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        (folder, path)
    }

    fn inputs(bytes: &[u8], spec: &InputSpec) -> Result<Vec<Vec<f32>>, ArrayError> {
        let (_folder, path) = file(bytes, "array.npy");
        let mut inputs = ArrayFile::open(&path, None)?.inputs(spec)?;
        std::iter::from_fn(|| inputs.next_input().transpose()).collect()
    }

    #[test]
    fn bytes_are_pixels_and_floats_are_the_models_units() {
        let mut spec = spec([1, 1, 2]);
        spec.range = [-1.0, 1.0];
        let c = Storage::C;
        let pixels = written(&[2, 1, 2], &[0_u8, 255, 51, 102], c);
        assert_eq!(
            inputs(&pixels, &spec).unwrap(),
            [[-1.0, 1.0], [spec.value(0, 51), spec.value(0, 102)]]
        );
        let floats = [3.5, 255.0];
        for bytes in [
            written(&[1, 2], &floats.map(|value| value as f32), c),
            written(&[1, 2], &floats, c),
        ] {
            assert_eq!(inputs(&bytes, &spec).unwrap(), [[3.5, 255.0]]);
        }
        let bools = written(&[1, 2], &[true, false], c);
        assert_eq!(inputs(&bools, &spec).unwrap(), [[1.0, -1.0]]);
    }

    #[test]
    fn whole_numbers_of_other_depths_need_a_range() {
        let mut spec = spec([1, 1, 2]);
        let deep = written(&[1, 2], &[0_u16, 4095], Storage::C);
        let error = inputs(&deep, &spec).unwrap_err();
        assert!(matches!(error, ArrayError::RangeUnknown { .. }));
        assert!(error.to_string().contains("uint16"), "{error}");
        spec.array_range = Some(ArrayRange::Pixels([0.0, 4095.0]));
        assert_eq!(inputs(&deep, &spec).unwrap(), [[0.0, 1.0]]);
        let long = written(&[1, 2], &[-3_i64, 7], Storage::C);
        spec.array_range = Some(ArrayRange::Model);
        assert_eq!(inputs(&long, &spec).unwrap(), [[-3.0, 7.0]]);
    }

    #[test]
    fn steps_of_a_compiled_model_are_told_from_pixels() {
        let (_folder, path) = file(&written(&[2], &[-128_i8, 127], Storage::C), "a.npy");
        let array = ArrayFile::open(&path, None).unwrap();
        assert_eq!(array.meaning(None).unwrap(), Meaning::Steps);
        let mut steps = array.inputs(&spec([1, 1, 2])).unwrap();
        assert_eq!(steps.next_input().unwrap().unwrap(), [-128.0, 127.0]);
    }

    #[test]
    fn fortran_order_and_channels_last_are_put_in_order() {
        // [2, 1, 2, 3], the first axis fastest: input n, column x, colour c is 100n + 10x + c.
        let mut values = Vec::new();
        for c in 0..3 {
            for x in 0..2 {
                for n in 0..2 {
                    values.push((100 * n + 10 * x + c) as f32);
                }
            }
        }
        let bytes = written(&[2, 1, 2, 3], &values, Storage::Fortran);
        let read = inputs(&bytes, &spec([3, 1, 2])).unwrap();
        assert_eq!(read[0], [0.0, 10.0, 1.0, 11.0, 2.0, 12.0]);
        assert_eq!(read[1], [100.0, 110.0, 101.0, 111.0, 102.0, 112.0]);
    }

    #[test]
    fn every_cut_and_what_is_no_array_is_an_error() {
        let spec = spec([1, 1, 2]);
        let whole = written(&[2, 1, 2], &[1.0_f32, 2.0, 3.0, 4.0], Storage::C);
        for length in 0..whole.len() {
            assert!(inputs(&whole[..length], &spec).is_err(), "{length} bytes");
        }
        assert!(matches!(
            inputs(&whole[..whole.len() - 1], &spec).unwrap_err(),
            ArrayError::CutOff { have_bytes: 15, .. }
        ));
        let mut endless = whole.clone();
        let at = endless.windows(3).position(|w| w == b"(2,").unwrap();
        endless[at + 1] = b'9';
        assert!(matches!(
            inputs(&endless, &spec),
            Err(ArrayError::CutOff { .. })
        ));
        let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n";
        let error = inputs(pointer, &spec).unwrap_err();
        let source = std::error::Error::source(&error).unwrap();
        assert!(source.to_string().contains("git lfs pull"), "{source}");
        let nan = written(&[1, 2], &[1.0_f32, f32::NAN], Storage::C);
        assert!(matches!(
            inputs(&nan, &spec),
            Err(ArrayError::NotFinite { index: 1, .. })
        ));
    }

    #[test]
    fn an_array_of_another_model_is_a_wrong_request() {
        use crate::request::RequestError;
        let spec = spec([1, 1, 2]);
        let other = written(&[3, 5], &[0.0_f32; 15], Storage::C);
        let error = inputs(&other, &spec).unwrap_err();
        assert!(matches!(error, ArrayError::Shape { .. }), "{error}");
        assert!(error.is_request());
    }

    #[test]
    fn archives_hold_arrays_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("set.npz");
        let images = written(&[2, 1, 2], &[0_u8, 255, 51, 102], Storage::C);
        let labels = written(&[2], &[7_i64, 2], Storage::C);
        for method in [CompressionMethod::STORE, CompressionMethod::DEFLATE] {
            let files: [(&str, &[u8]); 2] = [("x.npy", &images), ("y.npy", &labels)];
            std::fs::write(&path, npz::archive_of(&files, method)).unwrap();
            assert_eq!(ArrayFile::names(&path).unwrap(), ["x", "y"]);
            let images = ArrayFile::open(&path, Some("x")).unwrap();
            let mut read = images.inputs(&spec([1, 1, 2])).unwrap();
            read.skip_one().unwrap();
            assert_eq!(read.next_input().unwrap().unwrap(), [0.2, 0.4]);
            assert_eq!(read.next_input().unwrap(), None);
            let labels = ArrayFile::open(&path, Some("y")).unwrap();
            assert_eq!(labels.classes().unwrap(), [7, 2]);
        }
        assert!(ArrayFile::open(&path, Some("z")).is_err());
    }
}
