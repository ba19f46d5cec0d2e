//! Nodes that read constants alone are evaluated by tract, one at a time.

use std::sync::Arc;

use tract_onnx::pb::{
    GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto, tensor_proto::DataType,
};
use tract_onnx::prelude::*;

use super::infer::{Fact, infer};
use super::{Reader, Refusal, Value};
use crate::onnx::constant::{Constant, Values, byte_count, element_count, is_without_values};
use crate::onnx::{Attributes, Engine};

/// Elements that one node may make.
const MAX_FOLDED: usize = 1 << 24;
/// Bytes that all nodes together may read and make: 1 GiB, which bounds memory and time.
#[cfg(not(test))]
const MAX_FOLDED_BYTES: u64 = 1 << 30;
/// A test needs no gigabyte to see the bound held.
#[cfg(test)]
const MAX_FOLDED_BYTES: u64 = 1 << 24;

/// Bytes of what all ConstantOfShape together may fill: a few bytes of a file ask for each.
const MAX_FILLED_BYTES: u64 = MAX_FOLDED_BYTES / 4;

/// Operators whose result may be larger than their operands together, and how large.
const SPREADING: [(&str, Bound); 21] = [
    ("Gather", Bound::Product),
    ("Add", Bound::Broadcast),
    ("Sub", Bound::Broadcast),
    ("Mul", Bound::Broadcast),
    ("Div", Bound::Broadcast),
    ("Pow", Bound::Broadcast),
    ("Max", Bound::Broadcast),
    ("Min", Bound::Broadcast),
    ("Mod", Bound::Broadcast),
    ("Equal", Bound::Broadcast),
    ("Less", Bound::Broadcast),
    ("Greater", Bound::Broadcast),
    ("GreaterOrEqual", Bound::Broadcast),
    ("LessOrEqual", Bound::Broadcast),
    ("And", Bound::Broadcast),
    ("Or", Bound::Broadcast),
    ("Xor", Bound::Broadcast),
    ("Where", Bound::Broadcast),
    ("Range", Bound::Steps),
    ("Expand", Bound::Ints),
    ("Tile", Bound::Ints),
];

/// Operators whose result is at most as large as their operands together.
const KEEPING: [&str; 35] = [
    "Identity",
    "Cast",
    "Reshape",
    "Flatten",
    "Squeeze",
    "Unsqueeze",
    "Transpose",
    "Concat",
    "Slice",
    "Split",
    "Sqrt",
    "Neg",
    "Exp",
    "Log",
    "Abs",
    "Reciprocal",
    "Floor",
    "Ceil",
    "Round",
    "Not",
    "Sign",
    "Relu",
    "Sigmoid",
    "Tanh",
    "ReduceSum",
    "ReduceMean",
    "ReduceProd",
    "ReduceMax",
    "ReduceMin",
    "ReduceL1",
    "ReduceL2",
    "ReduceSumSquare",
    "Sin",
    "Cos",
    "Clip",
];

/// How large a result may be.
#[derive(Clone, Copy, Debug)]
enum Bound {
    /// All operands' elements multiplied.
    Product,
    /// The operands spread over each other's sizes.
    Broadcast,
    /// The operands' elements times the integers among them.
    Ints,
    /// The steps from the first operand to the second, each as long as the third.
    Steps,
}

impl<'a> Reader<'a> {
    /// A node that reads no activation.
    pub(super) fn fold(&mut self, node: &'a NodeProto) -> Result<(), Refusal> {
        if node.op_type == "If" {
            return self.branch(node);
        }
        let folded = match node.op_type.as_str() {
            "Constant" => vec![literal(node)?],
            "Shape" | "Size" => {
                let input = self.constants_of(node)?.pop();
                let dims = input.ok_or(Refusal::Missing("input"))?.dims.clone();
                vec![if node.op_type == "Shape" {
                    ints(&sliced(&dims, Attributes(node))?)
                } else {
                    let count = dims
                        .iter()
                        .try_fold(1_i64, |product, &size| product.checked_mul(size));
                    Arc::new(scalar(count.ok_or_else(|| too_large([&dims]))?))
                }]
            }
            "ConstantOfShape" => vec![self.constant_of_shape(node)?],
            _ => self.evaluated(node)?,
        };
        // A Constant makes nothing, and what is filled was counted before.
        if !matches!(node.op_type.as_str(), "Constant" | "ConstantOfShape") {
            self.count_folded(&folded)?;
        }
        for (index, constant) in folded.into_iter().enumerate() {
            let name = node.output.get(index).cloned().unwrap_or_default();
            let named = TensorProto {
                name,
                ..Arc::unwrap_or_clone(constant)
            };
            self.set(node, index, Value::Constant(Arc::new(named)));
        }
        Ok(())
    }

    fn evaluated(&mut self, node: &NodeProto) -> Result<Vec<Arc<TensorProto>>, Refusal> {
        let spreading = SPREADING.iter().find(|(name, _)| *name == node.op_type);
        if spreading.is_none() && !KEEPING.contains(&node.op_type.as_str()) {
            return Err(Refusal::Operator);
        }
        let constants = self.constants_of(node)?;
        let count = |constant: &TensorProto| {
            let mut sizes = constant.dims.iter();
            sizes.try_fold(1_usize, |product, &size| {
                product.checked_mul(usize::try_from(size).ok()?)
            })
        };
        let bound = match spreading {
            Some((_, Bound::Broadcast)) => broadcast_bound(&constants),
            Some((_, Bound::Product)) => constants.iter().try_fold(1_usize, |product, constant| {
                product.checked_mul(count(constant)?)
            }),
            Some((_, Bound::Ints)) => ints_bound(&constants),
            Some((_, Bound::Steps)) => steps_bound(&constants),
            None => constants
                .iter()
                .try_fold(0_usize, |sum, constant| sum.checked_add(count(constant)?)),
        };
        let has_no_values = constants.iter().any(|constant| is_without_values(constant));
        if !has_no_values && bound.is_none_or(|count| count > MAX_FOLDED) {
            return Err(too_large(constants.iter().map(|constant| &constant.dims)));
        }
        if has_no_values {
            let facts = constants.iter().map(|constant| Fact::of_constant(constant));
            let facts: Vec<Fact> = facts.collect();
            let outputs = infer(self.checked.opset, node, &facts)?;
            return Ok(outputs
                .into_iter()
                .map(|fact| Arc::new(fact.without_values()))
                .collect());
        }
        self.count_folded(&constants)?;
        let mut initializer: Vec<TensorProto> = Vec::new();
        for constant in constants {
            if initializer.iter().all(|known| known.name != constant.name) {
                initializer.push(Arc::unwrap_or_clone(constant));
            }
        }
        evaluate(self.checked.opset, node, initializer)
    }

    /// Counts constants that a node reads or makes.
    fn count_folded(&mut self, constants: &[Arc<TensorProto>]) -> Result<(), Refusal> {
        let mut with_values = constants.iter().filter(|tensor| !is_without_values(tensor));
        with_values.try_for_each(|tensor| self.count_bytes(byte_count(tensor)))
    }

    /// Counts the bytes of one constant, where they are known.
    fn count_bytes(&mut self, bytes: Option<u64>) -> Result<(), Refusal> {
        let bytes = bytes.unwrap_or(MAX_FOLDED_BYTES);
        self.folded_bytes = self.folded_bytes.saturating_add(bytes);
        if self.folded_bytes > MAX_FOLDED_BYTES {
            return Err(Refusal::TooMuchFolded(MAX_FOLDED_BYTES));
        }
        Ok(())
    }

    /// The constants that a node reads, by the names by which it reads them.
    fn constants_of(&self, node: &NodeProto) -> Result<Vec<Arc<TensorProto>>, Refusal> {
        let names = node.input.iter().filter(|name| !name.is_empty());
        let read = names.map(|name| match self.value(name)? {
            Value::Constant(constant) => Ok(constant),
            Value::Activation(_) => Err(Refusal::NotConstant("input")),
        });
        read.collect()
    }

    fn constant_of_shape(&mut self, node: &NodeProto) -> Result<Arc<TensorProto>, Refusal> {
        let shape = self.constants_of(node)?.pop();
        let shape = parsed(&*shape.ok_or(Refusal::Missing("shape"))?)?;
        let sizes = shape.ints().unwrap_or_default().to_vec();
        let dims: Option<Vec<usize>> = sizes.iter().map(|&s| usize::try_from(s).ok()).collect();
        let Some(count) = dims.as_deref().and_then(element_count) else {
            let sizes = sizes.iter().map(|&size| usize::try_from(size).unwrap_or(0));
            return Err(Refusal::TooLarge(sizes.collect()));
        };
        let value = match Attributes(node).tensor("value")? {
            Some(proto) => one_value(&parsed(proto)?),
            None => scalar_float(0.0),
        };
        let mut filled = TensorProto {
            dims: sizes,
            data_type: value.data_type,
            ..TensorProto::default()
        };
        // What is too large to be anything but weights counts by its sizes.
        if count <= MAX_FOLDED {
            // Counted before they are filled: many of them are refused before they take time.
            let bytes = byte_count(&filled);
            self.count_bytes(bytes)?;
            self.filled_bytes = self.filled_bytes.saturating_add(bytes.unwrap_or_default());
            if self.filled_bytes > MAX_FILLED_BYTES {
                return Err(Refusal::TooMuchFolded(MAX_FILLED_BYTES));
            }
            filled.raw_data = value.raw_data.repeat(count);
        }
        Ok(Arc::new(filled))
    }
}

/// The first value of a constant, 0 where there is none, as float32 or int64.
fn one_value(constant: &Constant) -> TensorProto {
    match &constant.values {
        Values::Float(values) => scalar_float(values.first().copied().unwrap_or_default()),
        Values::Int(values) => scalar(values.first().copied().unwrap_or_default()),
    }
}

/// A float as a constant.
fn scalar_float(value: f32) -> TensorProto {
    let constant = Constant {
        dims: Vec::new(),
        values: Values::Float(vec![value]),
    };
    constant.emit("")
}

/// The sizes that a Shape gives, between its `start` and its `end`.
pub(super) fn sliced(dims: &[i64], attributes: Attributes<'_>) -> Result<Vec<i64>, Refusal> {
    let rank = dims.len() as i64;
    let position = |axis: i64| (if axis < 0 { axis + rank } else { axis }).clamp(0, rank);
    let start = position(attributes.int("start", 0)?) as usize;
    let end = position(attributes.int("end", rank)?) as usize;
    Ok(dims.get(start..end).unwrap_or_default().to_vec())
}

/// A list of integers as a constant.
pub(super) fn ints(values: &[i64]) -> Arc<TensorProto> {
    let constant = Constant {
        dims: vec![values.len()],
        values: Values::Int(values.to_vec()),
    };
    Arc::new(constant.emit(""))
}

/// An integer as a constant.
pub(super) fn scalar(value: i64) -> TensorProto {
    let constant = Constant {
        dims: Vec::new(),
        values: Values::Int(vec![value]),
    };
    constant.emit("")
}

/// A constant's values.
pub(super) fn parsed(proto: &TensorProto) -> Result<Constant, Refusal> {
    Constant::parse(proto).map_err(|source| Refusal::Constant {
        name: if proto.name.is_empty() {
            "value"
        } else {
            &proto.name
        }
        .to_owned(),
        source,
    })
}

/// A bound on the elements of an operator that spreads its operands.
fn broadcast_bound(constants: &[Arc<TensorProto>]) -> Option<usize> {
    let rank = constants.iter().map(|constant| constant.dims.len()).max()?;
    let greatest = (1..=rank).map(|from_last| {
        let sizes = constants.iter().filter_map(|constant| {
            let axis = constant.dims.len().checked_sub(from_last)?;
            constant.dims.get(axis).copied()
        });
        sizes.max().unwrap_or(1)
    });
    let mut greatest = greatest.map(|size| usize::try_from(size).ok());
    greatest.try_fold(1_usize, |product, size| product.checked_mul(size?))
}

/// A bound on the elements of an operator whose operands say how large its result is.
fn ints_bound(constants: &[Arc<TensorProto>]) -> Option<usize> {
    let mut bound = 1_usize;
    for constant in constants {
        let constant = Constant::parse(constant).ok()?;
        bound = bound.checked_mul(constant.values.len().max(1))?;
        for value in constant.ints().unwrap_or_default() {
            let size = usize::try_from(value.unsigned_abs()).ok()?;
            bound = bound.checked_mul(size.max(1))?;
        }
    }
    Some(bound)
}

/// A bound on the elements of a Range, whose operands may be floats.
fn steps_bound(constants: &[Arc<TensorProto>]) -> Option<usize> {
    let number = |at: usize| {
        let constant = Constant::parse(constants.get(at)?).ok()?;
        match constant.values {
            Values::Float(values) => values.first().map(|&value| f64::from(value)),
            Values::Int(values) => values.first().map(|&value| value as f64),
        }
    };
    let steps = (number(1)? - number(0)?) / number(2)?;
    // One more for what rounding takes away.
    let is_bounded = steps.is_finite() && steps < MAX_FOLDED as f64;
    is_bounded.then(|| steps.max(0.0) as usize + 1)
}

/// The refusal of a node whose operands have these sizes.
fn too_large<'t>(operands: impl IntoIterator<Item = &'t Vec<i64>>) -> Refusal {
    let sizes = operands.into_iter().flatten();
    Refusal::TooLarge(
        sizes
            .map(|&size| usize::try_from(size).unwrap_or(0))
            .collect(),
    )
}

fn evaluate(
    opset: i64,
    node: &NodeProto,
    initializer: Vec<TensorProto>,
) -> Result<Vec<Arc<TensorProto>>, Refusal> {
    let model = ModelProto {
        opset_import: vec![OperatorSetIdProto {
            domain: String::new(),
            version: opset,
        }],
        graph: Some(GraphProto {
            node: vec![node.clone()],
            initializer,
            ..GraphProto::default()
        }),
        ..ModelProto::default()
    };
    let folding = |error: &dyn std::fmt::Display| Refusal::Folding(error.to_string());
    let outputs: Vec<&String> = node.output.iter().filter(|name| !name.is_empty()).collect();
    let engine = Engine::new(&model, &outputs).map_err(|error| folding(&error))?;
    let values = engine.run(tvec![]).map_err(|error| folding(&error))?;
    let emitted = values.iter().map(|value| {
        let emitted = emitted(value).map_err(|error| folding(&error))?;
        Ok(Arc::new(emitted))
    });
    emitted.collect()
}

/// tract's tensor as one of ONNX, of its own type where that is one of ONNX's.
fn emitted(tensor: &Tensor) -> TractResult<TensorProto> {
    let dims = tensor.shape().to_vec();
    if tensor.datum_type() == bool::datum_type() {
        let view = tensor.to_plain_array_view::<bool>()?;
        let mut bytes = Vec::with_capacity(view.len());
        bytes.extend(view.iter().map(|&truth| u8::from(truth)));
        return Ok(TensorProto {
            dims: dims.iter().map(|&size| size as i64).collect(),
            data_type: DataType::Bool as i32,
            raw_data: bytes,
            ..TensorProto::default()
        });
    }
    let values = if tensor.datum_type().is_float() {
        let floats = tensor.cast_to::<f32>()?;
        Values::Float(
            floats
                .to_plain_array_view::<f32>()?
                .iter()
                .copied()
                .collect(),
        )
    } else {
        let ints = tensor.cast_to::<i64>()?;
        Values::Int(ints.to_plain_array_view::<i64>()?.iter().copied().collect())
    };
    let constant = Constant { dims, values }.emit("");
    if tensor.datum_type() == i32::datum_type() {
        let view = tensor.to_plain_array_view::<i32>()?;
        return Ok(TensorProto {
            data_type: DataType::Int32 as i32,
            raw_data: view.iter().flat_map(|value| value.to_le_bytes()).collect(),
            ..constant
        });
    }
    Ok(constant)
}

/// The value of a Constant node.
fn literal(node: &NodeProto) -> Result<Arc<TensorProto>, Refusal> {
    let attributes = Attributes(node);
    if let Some(proto) = attributes.tensor("value")? {
        return Ok(Arc::new(proto.clone()));
    }
    let constant = |dims, values| Ok(Arc::new(Constant { dims, values }.emit("")));
    if attributes.has("value_float") {
        let value = attributes.float("value_float", 0.0)?;
        return constant(Vec::new(), Values::Float(vec![value]));
    }
    if let Some(values) = attributes.floats("value_floats")? {
        return constant(vec![values.len()], Values::Float(values.to_vec()));
    }
    if attributes.has("value_int") {
        return constant(
            Vec::new(),
            Values::Int(vec![attributes.int("value_int", 0)?]),
        );
    }
    if let Some(values) = attributes.ints("value_ints")? {
        return constant(vec![values.len()], Values::Int(values.to_vec()));
    }
    Err(Refusal::Missing(
        "value that is a tensor, floats or integers",
    ))
}
