//! Constant tensors: initializers and the results of folding.

use thiserror::Error;
use tract_onnx::pb::{TensorProto, tensor_proto::DataLocation, tensor_proto::DataType};

/// Elements that a constant may have: 1 GiB of `f32`.
pub const MAX_ELEMENTS: usize = 1 << 28;

/// A constant tensor in row-major order.
#[derive(Clone, Debug, PartialEq)]
pub struct Constant {
    /// Sizes; empty for a scalar.
    pub dims: Vec<usize>,
    /// As many values as the product of `dims`.
    pub values: Values,
}

/// The values of a [`Constant`].
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Weights and other real numbers.
    Float(Vec<f32>),
    /// Shapes, axes, indices, truth values.
    Int(Vec<i64>),
}

/// Bytes of the values of `tensor`, by its sizes; none where they overflow or the type
/// has no fixed size.
pub fn byte_count(tensor: &TensorProto) -> Option<u64> {
    let kind = DataType::try_from(tensor.data_type).ok()?;
    let each: u64 = match kind {
        DataType::Bool | DataType::Int8 | DataType::Uint8 => 1,
        DataType::Int16 | DataType::Uint16 | DataType::Float16 | DataType::Bfloat16 => 2,
        DataType::Int32 | DataType::Uint32 | DataType::Float => 4,
        DataType::Int64 | DataType::Uint64 | DataType::Double => 8,
        _ => return None,
    };
    let mut sizes = tensor.dims.iter().map(|&size| u64::try_from(size).ok());
    sizes.try_fold(each, |product, size| product.checked_mul(size?))
}

/// Whether the values of `tensor` were not read: it has elements, and no data.
pub fn is_without_values(tensor: &TensorProto) -> bool {
    let has = [
        tensor.raw_data.len(),
        tensor.float_data.len(),
        tensor.int32_data.len(),
        tensor.int64_data.len(),
        tensor.double_data.len(),
        tensor.uint64_data.len(),
    ];
    has.iter().all(|&values| values == 0) && !tensor.dims.contains(&0)
}

/// Why a tensor in the file cannot be read.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ConstantError {
    /// Its data lies in another file.
    #[error("its data is in another file; save the model as one file")]
    External,
    /// A type that is neither a float nor an integer handled here.
    #[error("its element type is {0}; float, double, integers and bool are supported")]
    Type(&'static str),
    /// A negative size, or more than [`MAX_ELEMENTS`] elements.
    #[error("its sizes {0:?} are negative or too large")]
    Sizes(Vec<i64>),
    /// The sizes promise another number of elements.
    #[error("it has {have} elements, its sizes say {need}")]
    Length {
        /// Elements in the file.
        have: usize,
        /// Product of the sizes.
        need: usize,
    },
}

impl Constant {
    /// Reads a tensor of the file.
    ///
    /// # Errors
    /// External data, an element type that is not handled, or sizes that the
    /// data contradicts.
    pub fn parse(proto: &TensorProto) -> Result<Self, ConstantError> {
        if proto.data_location == Some(DataLocation::External as i32)
            || !proto.external_data.is_empty()
        {
            return Err(ConstantError::External);
        }
        let sizes_error = || ConstantError::Sizes(proto.dims.clone());
        let dims = proto
            .dims
            .iter()
            .map(|&size| usize::try_from(size).map_err(|_| sizes_error()))
            .collect::<Result<Vec<_>, _>>()?;
        let need = element_count(&dims)
            .filter(|&count| count <= MAX_ELEMENTS)
            .ok_or_else(sizes_error)?;
        let values = parse_values(proto, need)?;
        let have = values.len();
        if have == need {
            Ok(Self { dims, values })
        } else {
            Err(ConstantError::Length { have, need })
        }
    }

    /// The tensor as an initializer called `name`.
    pub fn emit(&self, name: &str) -> TensorProto {
        let (data_type, raw_data) = match &self.values {
            Values::Float(values) => (
                DataType::Float,
                values.iter().flat_map(|v| v.to_le_bytes()).collect(),
            ),
            Values::Int(values) => (
                DataType::Int64,
                values.iter().flat_map(|v| v.to_le_bytes()).collect(),
            ),
        };
        TensorProto {
            name: name.to_owned(),
            dims: self.dims.iter().map(|&size| size as i64).collect(),
            data_type: data_type as i32,
            raw_data,
            ..TensorProto::default()
        }
    }

    /// The values, where they are floats.
    pub fn floats(&self) -> Option<&[f32]> {
        match &self.values {
            Values::Float(values) => Some(values),
            Values::Int(_) => None,
        }
    }

    /// The values, where they are integers.
    pub fn ints(&self) -> Option<&[i64]> {
        match &self.values {
            Values::Int(values) => Some(values),
            Values::Float(_) => None,
        }
    }
}

impl Values {
    /// Number of values.
    pub fn len(&self) -> usize {
        match self {
            Self::Float(values) => values.len(),
            Self::Int(values) => values.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Product of the sizes, unless it overflows.
pub fn element_count(dims: &[usize]) -> Option<usize> {
    dims.iter().try_fold(1_usize, |a, &b| a.checked_mul(b))
}

fn parse_values(proto: &TensorProto, need: usize) -> Result<Values, ConstantError> {
    let raw = proto.raw_data.as_slice();
    let is_raw = !raw.is_empty();
    let kind = DataType::try_from(proto.data_type).unwrap_or(DataType::Undefined);
    Ok(match kind {
        DataType::Float if is_raw => Values::Float(from_raw(raw, need, f32::from_le_bytes)?),
        DataType::Float => Values::Float(proto.float_data.clone()),
        DataType::Double if is_raw => {
            let narrow = |bytes| f64::from_le_bytes(bytes) as f32;
            Values::Float(from_raw(raw, need, narrow)?)
        }
        DataType::Double => Values::Float(proto.double_data.iter().map(|&v| v as f32).collect()),
        DataType::Int64 if is_raw => Values::Int(from_raw(raw, need, i64::from_le_bytes)?),
        DataType::Int64 => Values::Int(proto.int64_data.clone()),
        DataType::Int32 if is_raw => {
            let widen = |bytes| i64::from(i32::from_le_bytes(bytes));
            Values::Int(from_raw(raw, need, widen)?)
        }
        DataType::Int8 if is_raw => small_ints(from_raw(raw, need, i8::from_le_bytes)?),
        DataType::Uint8 | DataType::Bool if is_raw => {
            small_ints(from_raw(raw, need, u8::from_le_bytes)?)
        }
        DataType::Int32 | DataType::Int8 | DataType::Uint8 | DataType::Bool => {
            small_ints(proto.int32_data.iter().copied())
        }
        other => return Err(ConstantError::Type(type_name(other))),
    })
}

/// What ONNX calls an element type.
pub fn type_name(kind: DataType) -> &'static str {
    match kind {
        DataType::Undefined => "undefined",
        DataType::Float => "float32",
        DataType::Uint8 => "uint8",
        DataType::Int8 => "int8",
        DataType::Uint16 => "uint16",
        DataType::Int16 => "int16",
        DataType::Int32 => "int32",
        DataType::Int64 => "int64",
        DataType::String => "string",
        DataType::Bool => "bool",
        DataType::Float16 => "float16",
        DataType::Double => "float64",
        DataType::Uint32 => "uint32",
        DataType::Uint64 => "uint64",
        DataType::Bfloat16 => "bfloat16",
        other => other.as_str_name(),
    }
}

fn small_ints<T: Into<i64>>(values: impl IntoIterator<Item = T>) -> Values {
    Values::Int(values.into_iter().map(Into::into).collect())
}

fn from_raw<const N: usize, T>(
    raw: &[u8],
    need: usize,
    read: impl Fn([u8; N]) -> T,
) -> Result<Vec<T>, ConstantError> {
    let (chunks, rest) = raw.as_chunks::<N>();
    if !rest.is_empty() {
        let have = chunks.len();
        return Err(ConstantError::Length { have, need });
    }
    Ok(chunks.iter().map(|&chunk| read(chunk)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn floats(dims: Vec<i64>, bytes: usize) -> TensorProto {
        TensorProto {
            dims,
            data_type: DataType::Float as i32,
            raw_data: vec![0; bytes],
            ..TensorProto::default()
        }
    }

    #[test]
    fn what_is_emitted_is_parsed_back() {
        for values in [Values::Float(vec![1.5, -2.0]), Values::Int(vec![-1, 7])] {
            let constant = Constant {
                dims: vec![2, 1],
                values,
            };
            assert_eq!(Constant::parse(&constant.emit("w")).as_ref(), Ok(&constant));
        }
    }

    #[test]
    fn sizes_are_bounded_before_anything_is_allocated() {
        for dims in [vec![-1], vec![1 << 40], vec![i64::MAX, i64::MAX]] {
            let error = Constant::parse(&floats(dims.clone(), 0)).unwrap_err();
            assert_eq!(error, ConstantError::Sizes(dims));
        }
    }

    #[test]
    fn a_missing_element_is_counted() {
        assert_eq!(
            Constant::parse(&floats(vec![3], 8)).unwrap_err(),
            ConstantError::Length { have: 2, need: 3 }
        );
        assert_eq!(
            Constant::parse(&floats(vec![2], 7)).unwrap_err(),
            ConstantError::Length { have: 1, need: 2 }
        );
    }

    #[test]
    fn other_files_are_not_opened() {
        let proto = TensorProto {
            data_location: Some(DataLocation::External as i32),
            ..floats(vec![1], 4)
        };
        assert_eq!(Constant::parse(&proto), Err(ConstantError::External));
    }
}
