//! Sums, products and the like, of an activation and a constant or of two activations.

use tract_onnx::pb::{NodeProto, TensorProto};

use crate::onnx::Attributes;
use crate::onnx::constant::{Constant, Values};
use crate::reader::layout::{Axis, View};
use crate::reader::{Form, Reader, Refusal, Value, node_name};
use std::sync::Arc;

/// Reads an operator on two operands that are spread over each other.
pub fn read<'a>(reader: &mut Reader<'a>, node: &'a NodeProto) -> Result<(), Refusal> {
    let operands = (reader.operand(node, 0)?, reader.operand(node, 1)?);
    if node.input.len() > 2 {
        return reader.pass_on(node);
    }
    match operands {
        (Some(Value::Activation(view)), None) => {
            // Sum, Max and Min of one operand.
            reader.set_view(node, view.tensor, view.dims);
            Ok(())
        }
        (Some(Value::Activation(view)), Some(Value::Constant(constant))) => {
            with_constant(reader, node, &view, &constant, false)
        }
        (Some(Value::Constant(constant)), Some(Value::Activation(view))) => {
            with_constant(reader, node, &view, &constant, true)
        }
        (Some(Value::Activation(first)), Some(Value::Activation(second))) => {
            of_two(reader, node, &first, &second)
        }
        _ => Err(Refusal::Missing("second operand")),
    }
}

/// Reads a Scaler of `ai.onnx.ml`: a difference and a product for each feature.
pub fn read_scaler<'a>(reader: &mut Reader<'a>, node: &'a NodeProto) -> Result<(), Refusal> {
    let view = reader.activation(node, 0)?;
    let attributes = Attributes(node);
    let mut spread = Vec::new();
    for name in ["offset", "scale"] {
        let values = attributes.floats(name)?.ok_or(Refusal::Missing(name))?;
        let constant = Constant {
            dims: vec![values.len()],
            values: Values::Float(values.to_vec()),
        };
        let constant = Arc::new(constant.emit(&format!("{}.{name}", node_name(node))));
        let constant = reader.spread(&constant, &view)?;
        spread.push(reader.keep(constant.ok_or(Refusal::InputShape {
            have: reader.sizes(&view),
            wanted: "[N, F], a value for each feature,",
        })?));
    }
    let tensor = &reader.tensors[view.tensor];
    let (name, form) = (tensor.name.clone(), tensor.form.clone());
    let moved = format!("{}.moved", node_name(node));
    let inputs = vec![name, spread[0].clone()];
    let moved = reader.add(&moved, "Sub", inputs, Vec::new(), form.clone())?;
    let inputs = vec![reader.tensors[moved].name.clone(), spread[1].clone()];
    let made = reader.emit(node, "Mul", inputs, Vec::new(), form)?;
    reader.set_view(node, made, view.dims);
    Ok(())
}

fn with_constant<'a>(
    reader: &mut Reader<'a>,
    node: &'a NodeProto,
    view: &View,
    constant: &Arc<TensorProto>,
    is_first: bool,
) -> Result<(), Refusal> {
    let constant = aligned(reader, node, view, constant)?;
    let Some(spread) = reader.spread(&constant, view)? else {
        return reader.pass_on(node);
    };
    let tensor = &reader.tensors[view.tensor];
    let (name, form) = (tensor.name.clone(), tensor.form.clone());
    let other = reader.keep(spread);
    let inputs = if is_first {
        vec![other, name]
    } else {
        vec![name, other]
    };
    let made = reader.emit(node, &node.op_type, inputs, Vec::new(), form)?;
    reader.set_view(node, made, view.dims.clone());
    Ok(())
}

/// The constant with the sizes of its own that operator set 6 gave it by `axis`.
fn aligned(
    reader: &Reader<'_>,
    node: &NodeProto,
    view: &View,
    constant: &Arc<TensorProto>,
) -> Result<Arc<TensorProto>, Refusal> {
    let attributes = Attributes(node);
    if reader.checked.opset > 6 || !attributes.has("axis") {
        return Ok(Arc::clone(constant));
    }
    let axis = Reader::axis(attributes.int("axis", 0)?, view.dims.len())?;
    let behind = (view.dims.len() - axis).saturating_sub(constant.dims.len());
    let mut dims = constant.dims.clone();
    dims.extend(std::iter::repeat_n(1, behind));
    Ok(Arc::new(TensorProto {
        dims,
        ..TensorProto::clone(constant)
    }))
}

fn of_two<'a>(
    reader: &mut Reader<'a>,
    node: &'a NodeProto,
    first: &View,
    second: &View,
) -> Result<(), Refusal> {
    let Some(dims) = together(&first.dims, &second.dims) else {
        return reader.pass_on(node);
    };
    let forms = [first, second].map(|view| reader.tensors[view.tensor].form.clone());
    let (inputs, form) = match &forms {
        [Form::Flat(first), Form::Flat(second)] => (None, Form::Flat(*first.max(second))),
        _ => {
            let shapes = [first, second].map(|view| reader.shape(view.tensor));
            let greatest = [0, 1, 2].map(|axis| shapes[0][axis].max(shapes[1][axis]));
            (Some(shapes), Form::Map(greatest))
        }
    };
    let mut names = Vec::new();
    for (index, view) in [first, second].into_iter().enumerate() {
        let tensor = match inputs {
            Some(shapes) => reader.in_form(view.tensor, Form::Map(shapes[index]))?,
            None => view.tensor,
        };
        names.push(reader.tensors[tensor].name.clone());
    }
    let made = reader.emit(node, &node.op_type, names, Vec::new(), form)?;
    reader.set_view(node, made, dims);
    Ok(())
}

/// How two activations lie that are spread over each other, the same axes on both;
/// none where they differ.
fn together(first: &[Vec<Axis>], second: &[Vec<Axis>]) -> Option<Vec<Vec<Axis>>> {
    if first.len() != second.len() {
        return None;
    }
    let both = first.iter().zip(second);
    let dims = both.map(
        |(first, second)| match (first.as_slice(), second.as_slice()) {
            ([], _) => Some(second.clone()),
            (_, []) => Some(first.clone()),
            (first, second) => (first == second).then(|| first.to_vec()),
        },
    );
    let dims: Vec<Vec<Axis>> = dims.collect::<Option<_>>()?;
    // An axis of one that lies elsewhere in the other would be there twice.
    let mut seen = Vec::new();
    for axis in dims.iter().flatten() {
        if seen.contains(axis) {
            return None;
        }
        seen.push(*axis);
    }
    Some(dims)
}
