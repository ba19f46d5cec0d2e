//! A model's file, field by field: the values of large tensors are stepped over.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use prost::Message;
use tract_onnx::pb::{GraphProto, ModelProto, TensorProto};

use super::messages::MAX_MESSAGES;
use super::{
    FileError, LFS_POINTER, Part, SMALL_BYTES, byte_count, io_error, is_external, read_external,
    refuse_stand_ins, refuse_swarms, tensors_of,
};

/// Depth of messages that are looked into.
const MODEL_GRAPH: u32 = 7;
const GRAPH_INITIALIZER: u32 = 5;
/// Fields of a tensor that hold its values.
const TENSOR_VALUES: [u32; 7] = [4, 5, 6, 7, 9, 10, 11];
/// Bytes of a graph apart from its initialisers.
const MAX_GRAPH_BYTES: u64 = 1 << 28;

/// The model at `path`, large tensors without their values.
pub(super) fn skip_weights(path: &Path) -> Result<ModelProto, FileError> {
    let of = |source| io_error(&path.display().to_string(), source);
    let file = File::open(path).map_err(of)?;
    let end = file.metadata().map_err(of)?.len();
    light(BufReader::new(file), end, path.parent()).map_err(|error| match error {
        FileError::Interrupted(source) => of(source),
        other => other,
    })
}

/// The model in the first `end` bytes of a file that lies in `folder`, large tensors without
/// their values.
pub(super) fn light(
    mut from: impl Read + Seek,
    end: u64,
    folder: Option<&Path>,
) -> Result<ModelProto, FileError> {
    let mut start = Vec::new();
    let part = LFS_POINTER.len() as u64;
    (&mut from).take(part).read_to_end(&mut start)?;
    refuse_stand_ins(&start)?;
    from.seek(SeekFrom::Start(0))?;
    let mut walk = Walk { from, at: 0 };
    let mut model = ModelProto::default();
    let mut rest = Vec::new();
    let mut graph: Option<GraphProto> = None;
    while walk.at < end {
        let field = walk.field(end)?;
        if field.number == MODEL_GRAPH && field.wire == LENGTH {
            graph = Some(walk.graph(field.value_end)?);
        } else {
            walk.copy(&field, &mut rest)?;
        }
    }
    refuse_swarms(Part::Model, &rest)?;
    model.merge(rest.as_slice())?;
    for tensor in graph.iter_mut().flat_map(tensors_of) {
        // Shapes and axes count by their values, weights by their sizes.
        if is_external(tensor) && byte_count(tensor).is_some_and(|bytes| bytes <= SMALL_BYTES) {
            read_external(tensor, folder)?;
        }
    }
    model.graph = graph;
    Ok(model)
}

const VARINT: u32 = 0;
const LENGTH: u32 = 2;

struct Walk<R> {
    from: R,
    at: u64,
}

/// A field of a message: its key, and where its value ends.
struct Field {
    number: u32,
    wire: u32,
    start: u64,
    value_end: u64,
}

impl<R: Read + Seek> Walk<R> {
    fn graph(&mut self, end: u64) -> Result<GraphProto, FileError> {
        let mut rest = Vec::new();
        let mut initializer = Vec::new();
        while self.at < end {
            let field = self.field(end)?;
            if field.number == GRAPH_INITIALIZER && field.wire == LENGTH {
                if initializer.len() == MAX_MESSAGES {
                    return Err(FileError::Format("it has over a million weights"));
                }
                initializer.push(self.tensor(field.value_end)?);
            } else {
                self.copy(&field, &mut rest)?;
            }
        }
        refuse_swarms(Part::Graph, &rest)?;
        let mut graph = GraphProto::decode(rest.as_slice())?;
        graph.initializer = initializer;
        Ok(graph)
    }

    fn tensor(&mut self, end: u64) -> Result<TensorProto, FileError> {
        let is_small = end - self.at <= SMALL_BYTES;
        let mut rest = Vec::new();
        while self.at < end {
            let field = self.field(end)?;
            if TENSOR_VALUES.contains(&field.number) && !is_small {
                self.seek(field.value_end)?;
            } else {
                self.copy(&field, &mut rest)?;
            }
        }
        Ok(TensorProto::decode(rest.as_slice())?)
    }

    /// The next field; a value of length is not read.
    fn field(&mut self, end: u64) -> Result<Field, FileError> {
        let start = self.at;
        let key = self.varint()?;
        let (number, wire) = ((key >> 3) as u32, (key & 7) as u32);
        let length = match wire {
            VARINT => {
                self.varint()?;
                0
            }
            1 => 8,
            LENGTH => self.varint()?,
            5 => 4,
            _ => return Err(FileError::Format("a field of unknown type")),
        };
        let value_end = self
            .at
            .checked_add(length)
            .filter(|&value_end| value_end <= end);
        let value_end = value_end.ok_or(FileError::Format("it is cut short"))?;
        Ok(Field {
            number,
            wire,
            start,
            value_end,
        })
    }

    /// Appends the whole field, key included.
    fn copy(&mut self, field: &Field, to: &mut Vec<u8>) -> Result<(), FileError> {
        let bytes = field.value_end - field.start;
        if bytes > MAX_GRAPH_BYTES - (to.len() as u64).min(MAX_GRAPH_BYTES) {
            return Err(FileError::Format("its graph is larger than 256 MiB"));
        }
        self.seek(field.start)?;
        let read = (&mut self.from).take(bytes).read_to_end(to)? as u64;
        self.at += read;
        if read == bytes {
            Ok(())
        } else {
            Err(FileError::Format("it is cut short"))
        }
    }

    fn seek(&mut self, at: u64) -> Result<(), FileError> {
        self.from.seek(SeekFrom::Start(at))?;
        self.at = at;
        Ok(())
    }

    fn varint(&mut self) -> Result<u64, FileError> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let mut byte = [0];
            self.from.read_exact(&mut byte)?;
            self.at += 1;
            value |= u64::from(byte[0] & 0x7F) << shift;
            if byte[0] & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(FileError::Format("a number of more than 64 bits"))
    }
}
