//! Nodes that read constants alone are evaluated by tract, one at a time.

use tract_onnx::pb::{GraphProto, ModelProto, NodeProto, OperatorSetIdProto};
use tract_onnx::prelude::*;

use super::{Importer, Value};
use crate::error::Refusal;
use cortexscope_net::onnx::constant::{Constant, Values, element_count};
use cortexscope_net::onnx::{Attributes, Engine};

/// Elements that folding may make.
const MAX_FOLDED: usize = 1 << 24;

/// Operators that may be folded, and whether their operands are spread over
/// each other's sizes.
const FOLDABLE: [(&str, bool); 17] = [
    ("Identity", false),
    ("Cast", false),
    ("Reshape", false),
    ("Flatten", false),
    ("Squeeze", false),
    ("Unsqueeze", false),
    ("Transpose", false),
    ("Concat", false),
    ("Slice", false),
    ("Sqrt", false),
    ("Neg", false),
    ("Gather", true),
    ("Add", true),
    ("Sub", true),
    ("Mul", true),
    ("Div", true),
    ("Pow", true),
];

impl Importer<'_> {
    /// The value of a node that reads no activation.
    pub(super) fn fold(&self, node: &NodeProto) -> Result<Constant, Refusal> {
        match node.op_type.as_str() {
            "Constant" => return literal(node),
            "Shape" => {
                let constant = self
                    .constants(node)?
                    .pop()
                    .ok_or(Refusal::Missing("input"))?
                    .1;
                let sizes: Vec<i64> = constant.dims.iter().map(|&size| size as i64).collect();
                return Ok(Constant {
                    dims: vec![sizes.len()],
                    values: Values::Int(sizes),
                });
            }
            "ConstantOfShape" => return self.constant_of_shape(node),
            _ => {}
        }
        let mut known = FOLDABLE.iter();
        let &(_, spreads) = known
            .find(|(name, _)| *name == node.op_type)
            .ok_or(Refusal::Operator)?;
        let constants = self.constants(node)?;
        let mut counts = constants.iter().map(|(_, constant)| constant.values.len());
        let bound = if spreads {
            spread_bound(&node.op_type, &constants)
        } else {
            counts.try_fold(0_usize, usize::checked_add)
        };
        if bound.is_none_or(|count| count > MAX_FOLDED) {
            let sizes = constants
                .iter()
                .flat_map(|(_, constant)| constant.dims.clone());
            return Err(Refusal::TooLarge(sizes.collect()));
        }
        let initializer = constants
            .iter()
            .map(|(name, constant)| constant.emit(name))
            .collect();
        evaluate(self.checked.opset, node, initializer)
    }

    fn constants(&self, node: &NodeProto) -> Result<Vec<(String, Constant)>, Refusal> {
        let mut constants: Vec<(String, Constant)> = Vec::new();
        for name in node.input.iter().filter(|name| !name.is_empty()) {
            if let Value::Constant(constant) = self.value(name)?
                && constants.iter().all(|(known, _)| known != name)
            {
                constants.push((name.clone(), Constant::clone(&constant)));
            }
        }
        Ok(constants)
    }

    fn constant_of_shape(&self, node: &NodeProto) -> Result<Constant, Refusal> {
        let shape = self
            .constant(node, 0, "shape")?
            .ok_or(Refusal::Missing("shape"))?;
        let sizes = shape.ints().unwrap_or_default();
        let dims: Option<Vec<usize>> = sizes.iter().map(|&s| usize::try_from(s).ok()).collect();
        let count = dims.as_deref().and_then(element_count);
        let (Some(dims), Some(count)) = (dims, count.filter(|&count| count <= MAX_FOLDED)) else {
            let sizes = sizes.iter().map(|&size| usize::try_from(size).unwrap_or(0));
            return Err(Refusal::TooLarge(sizes.collect()));
        };
        let value = match Attributes(node).tensor("value")? {
            Some(proto) => parsed(proto)?.values,
            None => Values::Float(vec![0.0]),
        };
        let repeated = match value {
            Values::Float(values) => {
                Values::Float(vec![values.first().copied().unwrap_or_default(); count])
            }
            Values::Int(values) => {
                Values::Int(vec![values.first().copied().unwrap_or_default(); count])
            }
        };
        Ok(Constant {
            dims,
            values: repeated,
        })
    }
}

/// A bound on the elements of an operator that spreads its operands.
fn spread_bound(op_type: &str, constants: &[(String, Constant)]) -> Option<usize> {
    if op_type == "Gather" {
        let counts = constants.iter().map(|(_, constant)| constant.values.len());
        return counts.into_iter().try_fold(1_usize, usize::checked_mul);
    }
    let rank = constants
        .iter()
        .map(|(_, constant)| constant.dims.len())
        .max()?;
    let greatest = (1..=rank).map(|from_last| {
        let sizes = constants.iter().filter_map(|(_, constant)| {
            let axis = constant.dims.len().checked_sub(from_last)?;
            constant.dims.get(axis).copied()
        });
        sizes.max().unwrap_or(1)
    });
    greatest.into_iter().try_fold(1_usize, usize::checked_mul)
}

fn evaluate(
    opset: i64,
    node: &NodeProto,
    initializer: Vec<tract_onnx::pb::TensorProto>,
) -> Result<Constant, Refusal> {
    let output = node.output.first().ok_or(Refusal::Missing("output"))?;
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
    let engine = Engine::new(&model, &[output]).map_err(|error| folding(&error))?;
    let outputs = engine.run(tvec![]).map_err(|error| folding(&error))?;
    let Some(tensor) = outputs.first() else {
        return Err(Refusal::Missing("output"));
    };
    let dims = tensor.shape().to_vec();
    let values = if tensor.datum_type().is_float() {
        let floats = tensor.cast_to::<f32>().map_err(|error| folding(&error))?;
        let view = floats
            .to_plain_array_view::<f32>()
            .map_err(|error| folding(&error))?;
        Values::Float(view.iter().copied().collect())
    } else {
        let ints = tensor.cast_to::<i64>().map_err(|error| folding(&error))?;
        let view = ints
            .to_plain_array_view::<i64>()
            .map_err(|error| folding(&error))?;
        Values::Int(view.iter().copied().collect())
    };
    Ok(Constant { dims, values })
}

/// The value of a Constant node.
fn literal(node: &NodeProto) -> Result<Constant, Refusal> {
    let attributes = Attributes(node);
    if let Some(proto) = attributes.tensor("value")? {
        return parsed(proto);
    }
    let scalar = |values| Constant {
        dims: Vec::new(),
        values,
    };
    if attributes.has("value_float") {
        return Ok(scalar(Values::Float(vec![
            attributes.float("value_float", 0.0)?,
        ])));
    }
    if attributes.has("value_int") {
        return Ok(scalar(Values::Int(vec![attributes.int("value_int", 0)?])));
    }
    if let Some(values) = attributes.ints("value_ints")? {
        return Ok(Constant {
            dims: vec![values.len()],
            values: Values::Int(values.to_vec()),
        });
    }
    Err(Refusal::Missing(
        "value that is a tensor, a float or an integer",
    ))
}

fn parsed(proto: &tract_onnx::pb::TensorProto) -> Result<Constant, Refusal> {
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
