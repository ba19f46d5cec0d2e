//! Classes in a file of their own.

use std::io::Read;
use std::path::{Path, PathBuf};

use super::{DataError, idx_images};
use crate::file::has_extension;
use crate::input::array::{ArrayError, ArrayFile, array_name};
use crate::input::idx::IdxError;
use crate::input::spec::InputSpec;
use crate::labels;

/// Labels that an IDX file may have: a few megabytes of gzip may announce, and hold, billions.
const MAX_LABELS: usize = 1 << 26;

/// The classes that `file` holds: an IDX file, a `.npy` or `.npz` array, or text with one
/// class a line, by number or by one of `class_names`. Beside `data`, an archive, the name
/// of an array in it is enough.
pub(super) fn read(
    file: &str,
    data: &str,
    class_names: &[String],
) -> Result<Vec<usize>, DataError> {
    let (path, _) = array_name(file);
    if !path.exists() {
        let (archive, inputs) = array_name(data);
        return match inputs {
            Some(_) => Ok(ArrayFile::open(&archive, Some(file))?.classes()?),
            None => Err(DataError::Missing {
                argument: file.to_owned(),
            }),
        };
    }
    if ArrayFile::is_named(file) {
        return Ok(ArrayFile::named(file)?.classes()?);
    }
    if has_extension(&path, &["txt", "csv"]) {
        let names = labels::read(&path).map_err(|error| DataError::Row {
            path: path.clone(),
            line: 1,
            what: error.to_string(),
        })?;
        let class = |name: &String| {
            labels::find(class_names, name).ok_or_else(|| DataError::UnknownClass {
                path: path.clone(),
                label: name.clone(),
                labels: class_names.to_vec(),
            })
        };
        return names.iter().map(class).collect();
    }
    idx(&path)
}

/// The labels in an IDX file.
pub(super) fn idx(path: &Path) -> Result<Vec<usize>, DataError> {
    let unknown = |source| DataError::Unknown {
        path: path.to_owned(),
        source,
    };
    let mut bytes = idx_images::stream(path)?;
    let [count] = idx_images::sizes::<1>(&mut bytes).map_err(unknown)?;
    if count > MAX_LABELS {
        return Err(unknown(IdxError::TooLarge { sizes: vec![count] }));
    }
    let mut values = Vec::new();
    let read = bytes.take(count as u64).read_to_end(&mut values);
    read.map_err(|source| unknown(IdxError::Read(source)))?;
    if values.len() != count {
        return Err(unknown(IdxError::Length {
            have_bytes: values.len(),
            need_bytes: count,
        }));
    }
    Ok(values.into_iter().map(usize::from).collect())
}

/// The labels beside an IDX file of images: of the same name with `labels` and `idx1`.
pub(super) fn beside(images: &Path) -> Option<PathBuf> {
    let name = images.file_name()?.to_str()?;
    let labels = name.replace("images", "labels").replace("idx3", "idx1");
    let path = images.with_file_name(&labels);
    (labels != name && path.is_file()).then_some(path)
}

/// The arrays of an archive that are inputs and classes.
pub(super) struct Members {
    pub(super) inputs: String,
    pub(super) labels: Option<Vec<usize>>,
}

/// Finds the one array of an archive that fits the model, and the one of a class for each.
pub(super) fn members(path: &Path, spec: &InputSpec) -> Result<Members, DataError> {
    let names = ArrayFile::names(path)?;
    let mut fitting = Vec::new();
    let mut vectors = Vec::new();
    for name in &names {
        // What is not an array of numbers is not meant.
        let Ok(array) = ArrayFile::open(path, Some(name)) else {
            continue;
        };
        if array.count(spec).is_ok() {
            fitting.push((name, array));
        } else if let [_] = array.shape[..] {
            vectors.push(array);
        }
    }
    let (name, count) = match (fitting.as_slice(), names.as_slice()) {
        ([(name, array)], _) => ((*name).clone(), array.count(spec)?),
        // The error of the only array says what is wrong with it.
        ([], [only]) => (only.clone(), 0),
        _ => {
            return Err(DataError::Array(ArrayError::Member {
                path: path.to_owned(),
                wanted: None,
                names,
            }));
        }
    };
    let mut labels = vectors.into_iter().filter(|array| array.shape == [count]);
    let labels = match (labels.next(), labels.next()) {
        (Some(only), None) => Some(only.classes()?),
        _ => None,
    };
    Ok(Members {
        inputs: name,
        labels,
    })
}
