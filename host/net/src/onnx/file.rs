//! ONNX files, with or without the values of their large tensors.
//!
//! Without them a file is walked field by field, and the bytes of tensors are stepped
//! over, so that a model of gigabytes takes as much memory as its graph. With them,
//! values that lie in other files of the same folder are read in.

mod messages;
mod walk;

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf};

use prost::Message;
use tract_onnx::pb::{GraphProto, ModelProto, TensorProto, tensor_proto::DataLocation};

use super::constant::byte_count;
use crate::file;
use crate::resources::ResourcePath;
use messages::{Message as Part, refuse_swarms};
use walk::skip_weights;

/// Whether the values of large tensors are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weights {
    /// All values.
    Read,
    /// Only small tensors: shapes, axes, scales.
    Skip,
}

/// Bytes that a model's file may have: what a protocol buffer can.
pub const MAX_FILE_BYTES: u64 = 1 << 31;
/// Tensors up to this many bytes are read as they are.
const SMALL_BYTES: u64 = 1 << 12;
/// How the stand-in begins that Git LFS leaves where it did not fetch a file.
const LFS_POINTER: &[u8] = b"version https://git-lfs.github.com/spec";

/// Why a file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// What the system says.
    #[error("could not read {path}")]
    Io {
        /// The file.
        path: String,
        /// What the system says.
        source: io::Error,
    },
    /// The system stops in the middle of the file.
    #[error("could not read the file")]
    Interrupted(#[from] io::Error),
    /// It has no bytes.
    #[error("the file is empty")]
    Empty,
    /// It is Git LFS's stand-in for the file.
    #[error("the file is a Git LFS pointer, not the model: run `git lfs pull`")]
    LfsPointer,
    /// A file that no protocol buffer can fill.
    #[error("the file has {0} bytes or more; an ONNX file has at most 2 GiB")]
    TooLarge(u64),
    /// It is not a protocol buffer of ONNX.
    #[error("not an ONNX model: {0}")]
    Format(&'static str),
    /// A part of it is not what ONNX says.
    #[error("not an ONNX model: {0}")]
    Decode(#[from] prost::DecodeError),
    /// Values in another file, of a model that lies in no folder.
    #[error(
        "the values of `{tensor}` are in another file, `{location}`; save the model as one file"
    )]
    NoFolder {
        /// The tensor.
        tensor: String,
        /// Where its values are.
        location: String,
    },
    /// Values in a file outside the model's folder.
    #[error("the values of `{tensor}` are in `{location}`, which is not in the model's folder")]
    Outside {
        /// The tensor.
        tensor: String,
        /// Where its values are.
        location: String,
    },
    /// The file of the values is not there.
    #[error(
        "the values of `{tensor}` are in `{location}`, which is not beside the model: put it there, \
         or save the model as one file"
    )]
    NoData {
        /// The tensor.
        tensor: String,
        /// Where its values should be.
        location: String,
    },
    /// Values in other files that take more than a model may.
    #[error(
        "the values in other files take more than 2 GiB in all, with those of `{tensor}`: leave weights out that the \
         output does not need, or make the model smaller"
    )]
    TooMuchData {
        /// The first tensor beyond the bound.
        tensor: String,
    },
    /// The file of the values is shorter than they are.
    #[error(
        "the values of `{tensor}` are in `{location}` from byte {offset}, {need} bytes; it has {have}"
    )]
    ShortData {
        /// The tensor.
        tensor: String,
        /// Where its values are.
        location: String,
        /// Where they begin.
        offset: u64,
        /// Bytes of the values.
        need: u64,
        /// Bytes of the file.
        have: u64,
    },
}

/// The model in the file at `path`.
///
/// # Errors
/// [`FileError`].
pub fn read(path: &ResourcePath, weights: Weights) -> Result<ModelProto, FileError> {
    match path {
        ResourcePath::Shipped(_) => {
            let bytes = path
                .read()
                .map_err(|source| io_error(&path.to_string(), source))?;
            decode(&bytes)
        }
        ResourcePath::Disk(file) if weights == Weights::Skip => skip_weights(file),
        ResourcePath::Disk(_) => decode_at(&bytes(path)?, path),
    }
}

/// The model in the bytes of the file at `path`, in whose folder values of its tensors may
/// lie too.
///
/// # Errors
/// [`FileError`].
pub fn decode_at(bytes: &[u8], path: &ResourcePath) -> Result<ModelProto, FileError> {
    match path {
        ResourcePath::Shipped(_) => decode(bytes),
        ResourcePath::Disk(file) => decode_in(bytes, file.parent()),
    }
}

/// The bytes of the file at `path`.
///
/// # Errors
/// It cannot be read, or has more than [`MAX_FILE_BYTES`].
pub fn bytes(path: &ResourcePath) -> Result<Cow<'static, [u8]>, FileError> {
    match path {
        ResourcePath::Shipped(_) => {
            let bytes = path.read();
            bytes.map_err(|source| io_error(&path.to_string(), source))
        }
        ResourcePath::Disk(file) => contents(file, MAX_FILE_BYTES).map(Cow::Owned),
    }
}

/// The bytes of the file at `path`, at most `max_bytes`.
fn contents(path: &Path, max_bytes: u64) -> Result<Vec<u8>, FileError> {
    let of = |source| io_error(&path.display().to_string(), source);
    let mut file = file::open(path).map_err(of)?;
    let length = file.metadata().map_err(of)?.len();
    if length > max_bytes {
        return Err(FileError::TooLarge(length));
    }
    // A pipe has no length, and a file may grow while it is read.
    let mut bytes = Vec::new();
    let ends = max_bytes.saturating_add(1);
    (&mut file).take(ends).read_to_end(&mut bytes).map_err(of)?;
    let length = bytes.len() as u64;
    if length > max_bytes {
        return Err(FileError::TooLarge(length));
    }
    Ok(bytes)
}

/// The model in the bytes of a file of its own, large tensors without their values: what
/// [`Weights::Skip`] reads of a file.
///
/// # Errors
/// [`FileError`].
pub fn decode_light(bytes: &[u8]) -> Result<ModelProto, FileError> {
    walk::light(io::Cursor::new(bytes), bytes.len() as u64, None)
}

/// The model in the bytes of a file of its own.
///
/// # Errors
/// [`FileError`].
pub fn decode(bytes: &[u8]) -> Result<ModelProto, FileError> {
    decode_in(bytes, None)
}

/// The model in the bytes of a file that lies in `folder`, where values of its tensors
/// may lie too.
///
/// # Errors
/// [`FileError`].
fn decode_in(bytes: &[u8], folder: Option<&Path>) -> Result<ModelProto, FileError> {
    refuse_stand_ins(bytes)?;
    refuse_swarms(Part::Model, bytes)?;
    let mut model = ModelProto::decode(bytes)?;
    let graph = model.graph.as_mut();
    let mut bytes = 0_u64;
    for tensor in graph.into_iter().flat_map(tensors_of) {
        if is_external(tensor) {
            bytes = bytes.saturating_add(byte_count(tensor).unwrap_or(0));
            if bytes > MAX_FILE_BYTES {
                let tensor = tensor.name.clone();
                return Err(FileError::TooMuchData { tensor });
            }
            read_external(tensor, folder)?;
        }
    }
    Ok(model)
}

/// `model` without the values of its large tensors.
pub fn without_weights(model: &ModelProto) -> ModelProto {
    let Some(graph) = &model.graph else {
        return model.clone();
    };
    let light = |tensor: &TensorProto| {
        if byte_count(tensor).is_some_and(|bytes| bytes <= SMALL_BYTES) {
            return tensor.clone();
        }
        TensorProto {
            name: tensor.name.clone(),
            dims: tensor.dims.clone(),
            data_type: tensor.data_type,
            ..TensorProto::default()
        }
    };
    ModelProto {
        opset_import: model.opset_import.clone(),
        graph: Some(GraphProto {
            name: graph.name.clone(),
            node: graph.node.clone(),
            initializer: graph.initializer.iter().map(light).collect(),
            input: graph.input.clone(),
            output: graph.output.clone(),
            ..GraphProto::default()
        }),
        ..ModelProto::default()
    }
}

fn refuse_stand_ins(start: &[u8]) -> Result<(), FileError> {
    if start.is_empty() {
        Err(FileError::Empty)
    } else if start.starts_with(LFS_POINTER) {
        Err(FileError::LfsPointer)
    } else {
        Ok(())
    }
}

/// The initialisers, and the values of Constant nodes.
fn tensors_of(graph: &mut GraphProto) -> impl Iterator<Item = &mut TensorProto> {
    let attributes = graph.node.iter_mut().flat_map(|node| &mut node.attribute);
    let values = attributes.filter_map(|attribute| attribute.t.as_mut());
    graph.initializer.iter_mut().chain(values)
}

/// Whether a tensor's values lie in another file.
fn is_external(tensor: &TensorProto) -> bool {
    tensor.data_location == Some(DataLocation::External as i32) || !tensor.external_data.is_empty()
}

/// Reads the values of `tensor` from the file that it names.
fn read_external(tensor: &mut TensorProto, folder: Option<&Path>) -> Result<(), FileError> {
    let entry = |key: &str| {
        let mut entries = tensor.external_data.iter();
        entries
            .find(|entry| entry.key == key)
            .map(|entry| entry.value.clone())
    };
    let name = tensor.name.clone();
    let location =
        entry("location").ok_or(FileError::Format("external data without a location"))?;
    let number = |key: &str| entry(key).map(|text| text.parse::<u64>()).transpose();
    let wrong = |_| FileError::Format("external data whose offset or length is not a number");
    let offset = number("offset").map_err(wrong)?.unwrap_or(0);
    let stated = number("length").map_err(wrong)?;
    let Some(folder) = folder else {
        return Err(FileError::NoFolder {
            tensor: name,
            location,
        });
    };
    let path = PathBuf::from(&location);
    let is_inside = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
    if !path.components().all(is_inside) {
        return Err(FileError::Outside {
            tensor: name,
            location,
        });
    }
    let path = folder.join(path);
    let of = |source: io::Error| io_error(&path.display().to_string(), source);
    let mut file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(FileError::NoData {
                tensor: name,
                location,
            });
        }
        Err(error) => return Err(of(error)),
    };
    // A link could lead out of the folder.
    let is_in_folder = || {
        let [real, folder] = [path.as_path(), folder].map(|path| {
            let path = if path.as_os_str().is_empty() {
                Path::new(".")
            } else {
                path
            };
            path.canonicalize().ok()
        });
        Some(real?.starts_with(folder?))
    };
    if is_in_folder() != Some(true) {
        return Err(FileError::Outside {
            tensor: name,
            location,
        });
    }
    let have = file.metadata().map_err(of)?.len();
    let need = byte_count(tensor);
    let need = need.ok_or(FileError::Format("external data of an unknown type"))?;
    let end = offset.checked_add(need);
    if stated.is_some_and(|stated| stated != need) || end.is_none_or(|end| end > have) {
        return Err(FileError::ShortData {
            tensor: name,
            location,
            offset,
            need,
            have,
        });
    }
    let mut values = Vec::new();
    file.seek(SeekFrom::Start(offset)).map_err(of)?;
    file.take(need).read_to_end(&mut values).map_err(of)?;
    tensor.raw_data = values;
    tensor.external_data.clear();
    tensor.data_location = None;
    Ok(())
}

fn io_error(path: &str, source: io::Error) -> FileError {
    FileError::Io {
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::onnx::GraphBuilder;
    use tract_onnx::pb::{StringStringEntryProto, tensor_proto::DataType};

    /// A model whose one tensor, of two floats, lies in `location`.
    fn external(location: &str, offset: &str) -> Vec<u8> {
        let mut graph = GraphBuilder::new("external");
        graph.f32s("w", &[2], &[]);
        let mut model = graph.model(13);
        let tensors = model.graph.iter_mut().flat_map(tensors_of);
        for tensor in tensors {
            tensor.data_location = Some(DataLocation::External as i32);
            let entry = |key: &str, value: &str| StringStringEntryProto {
                key: key.to_owned(),
                value: value.to_owned(),
            };
            tensor.external_data = vec![entry("location", location), entry("offset", offset)];
        }
        model.encode_to_vec()
    }

    fn values(model: &ModelProto) -> Vec<u8> {
        let graph = model.graph.as_ref().expect("a graph");
        graph.initializer[0].raw_data.clone()
    }

    #[test]
    fn weights_beside_the_model_are_read() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(
            folder.path().join("w.data"),
            [0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8],
        )
        .expect("writable");
        let bytes = external("w.data", "4");
        let model = decode_in(&bytes, Some(folder.path())).expect("a model");
        assert_eq!(values(&model), [1, 2, 3, 4, 5, 6, 7, 8]);
        let path = folder.path().join("m.onnx");
        std::fs::write(&path, &bytes).expect("writable");
        for weights in [Weights::Read, Weights::Skip] {
            let model = read(&path.clone().into(), weights).expect("a model");
            assert_eq!(values(&model), [1, 2, 3, 4, 5, 6, 7, 8]);
        }
        let error = |location, offset| {
            let bytes = external(location, offset);
            decode_in(&bytes, Some(folder.path())).expect_err("no model")
        };
        assert!(matches!(
            error("w.data", "8"),
            FileError::ShortData { have: 12, .. }
        ));
        assert!(matches!(error("v.data", "0"), FileError::NoData { .. }));
        assert!(matches!(error("../w.data", "0"), FileError::Outside { .. }));
        assert!(matches!(
            error("/etc/passwd", "0"),
            FileError::Outside { .. }
        ));
        assert!(matches!(decode(&bytes), Err(FileError::NoFolder { .. })));
    }

    /// A small model may name one large file, empty on the disk, again and again.
    #[test]
    fn weights_beside_the_model_are_read_up_to_a_bound_in_all() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = File::create(folder.path().join("w.data")).expect("writable");
        file.set_len(1 << 30).expect("a file without blocks");
        let bytes = external("w.data", "0");
        let mut model = ModelProto::decode(bytes.as_slice()).expect("a model");
        let graph = model.graph.as_mut().expect("a graph");
        graph.initializer[0].dims = vec![1 << 28];
        graph.initializer = vec![graph.initializer[0].clone(); 3];
        let error = decode_in(&model.encode_to_vec(), Some(folder.path())).expect_err("too much");
        assert!(matches!(error, FileError::TooMuchData { .. }), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn a_file_without_end_is_read_up_to_the_bound() {
        let error = contents(Path::new("/dev/zero"), 4096).expect_err("no end");
        assert!(matches!(error, FileError::TooLarge(4097)), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_does_not_lead_out_of_the_folder() {
        let elsewhere = tempfile::tempdir().expect("a folder");
        std::fs::write(elsewhere.path().join("w.data"), [0; 8]).expect("writable");
        let folder = tempfile::tempdir().expect("a folder");
        let link = folder.path().join("w.data");
        std::os::unix::fs::symlink(elsewhere.path().join("w.data"), link).expect("a link");
        let bytes = external("w.data", "0");
        let error = decode_in(&bytes, Some(folder.path())).expect_err("no model");
        assert!(matches!(error, FileError::Outside { .. }), "{error}");
    }

    #[test]
    fn large_tensors_are_stepped_over() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("m.onnx");
        let mut graph = GraphBuilder::new("large");
        graph.f32s("w", &[5000], &[0.5; 5000]);
        graph.i64s("shape", &[2], &[1, -1]);
        graph.output("y", DataType::Float, &[]);
        std::fs::write(&path, graph.emit(13)).expect("writable");
        let model = read(&path.into(), Weights::Skip).expect("a model");
        let graph = model.graph.expect("a graph");
        assert_eq!(
            (
                graph.initializer[0].dims.as_slice(),
                graph.initializer[0].raw_data.len()
            ),
            (&[5000][..], 0)
        );
        assert_eq!(graph.initializer[1].raw_data.len(), 16);
        assert_eq!(graph.output.len(), 1);
    }
}
