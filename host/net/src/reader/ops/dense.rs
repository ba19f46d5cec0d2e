//! Gemm and MatMul: a vector times constant weights, or each place of a map.

use std::sync::Arc;

use tract_onnx::pb::{NodeProto, TensorProto};

use crate::onnx::Attributes;
use crate::onnx::constant::{Constant, Values, is_without_values};
use crate::reader::fold::parsed;
use crate::reader::layout::{Axis, View};
use crate::reader::place::reordered;
use crate::reader::{Form, Reader, Refusal, Value};

/// Reads a Gemm.
pub fn read_gemm<'a>(reader: &mut Reader<'a>, node: &'a NodeProto) -> Result<(), Refusal> {
    let Some(Value::Activation(view)) = reader.operand(node, 0)? else {
        return reader.pass_on(node);
    };
    let attributes = Attributes(node);
    let Some(Value::Constant(weights)) = reader.operand(node, 1)? else {
        return reader.pass_on(node);
    };
    if attributes.int("transA", 0)? != 0 {
        return Err(Refusal::Setting {
            name: "transA",
            value: "not 0".to_owned(),
            wanted: "an activation that is not transposed is supported",
        });
    }
    let is_transposed = attributes.int("transB", 0)? != 0;
    let (tensor, weights, outputs) = product(reader, &view, &weights, is_transposed)?;
    let mut inputs = vec![reader.tensors[tensor].name.clone(), reader.keep(weights)];
    match reader.operand(node, 2)? {
        Some(Value::Constant(bias)) => inputs.push(reader.keep(bias)),
        Some(Value::Activation(_)) => return Err(Refusal::NotConstant("bias")),
        None => {}
    }
    let mut kept = node.attribute.clone();
    kept.retain(|attribute| attribute.name != "broadcast");
    let made = reader.emit(node, "Gemm", inputs, kept, Form::Flat(outputs))?;
    reader.set_view(node, made, vector(reader, made, view));
    Ok(())
}

/// Reads a MatMul.
pub fn read_matmul<'a>(reader: &mut Reader<'a>, node: &'a NodeProto) -> Result<(), Refusal> {
    let Some(Value::Activation(view)) = reader.operand(node, 0)? else {
        return reader.pass_on(node);
    };
    let Some(Value::Constant(weights)) = reader.operand(node, 1)? else {
        return reader.pass_on(node);
    };
    let is_vector = view
        .dims
        .split_last()
        .is_some_and(|(_, lead)| lead.iter().flatten().all(|&axis| axis == Axis::Batch));
    if weights.dims.len() != 2 {
        return reader.pass_on(node);
    }
    if !is_vector {
        let is_per_place = view
            .dims
            .last()
            .is_some_and(|last| *last == [Axis::Channel]);
        return if is_per_place {
            each_place(reader, node, &view, &weights)
        } else {
            reader.pass_on(node)
        };
    }
    let (tensor, weights, outputs) = product(reader, &view, &weights, false)?;
    let inputs = vec![reader.tensors[tensor].name.clone(), reader.keep(weights)];
    let made = reader.emit(node, "MatMul", inputs, Vec::new(), Form::Flat(outputs))?;
    reader.set_view(node, made, vector(reader, made, view));
    Ok(())
}

/// The sizes of `view`, the last one now the channels of `tensor`.
fn vector(reader: &Reader<'_>, tensor: usize, view: View) -> Vec<Vec<Axis>> {
    let mut dims = view.dims;
    if let Some(last) = dims.last_mut() {
        *last = reader.axes(tensor).plain(&[&[Axis::Channel]]).remove(0);
    }
    dims
}

/// The vector that is multiplied, the weights for it in the order of its values, and
/// the number of outputs.
fn product(
    reader: &mut Reader<'_>,
    view: &View,
    weights: &Arc<TensorProto>,
    is_transposed: bool,
) -> Result<(usize, Arc<TensorProto>, usize), Refusal> {
    let sizes = reader.sizes(view);
    let features = sizes.last().copied().unwrap_or(0);
    let lead = view.dims.split_last().map_or(&[][..], |(_, lead)| lead);
    if lead.iter().flatten().any(|&axis| axis != Axis::Batch) {
        return Err(Refusal::InputShape {
            have: sizes,
            wanted: "[N, F], as Flatten makes it,",
        });
    }
    let own: Vec<usize> = weights.dims.iter().map(|&size| size as usize).collect();
    let (rows, outputs) = match (own.as_slice(), is_transposed) {
        (&[outputs, rows], true) | (&[rows, outputs], false) => (rows, outputs),
        _ => (0, 0),
    };
    if rows != features || outputs == 0 {
        return Err(Refusal::OperandShape {
            operand: "weights",
            sizes: own,
            wanted: if is_transposed {
                format!("[O, {features}] fits")
            } else {
                format!("[{features}, O] fits")
            },
        });
    }
    let (tensor, order) = reader.flat(view)?;
    let Some(order) = order else {
        return Ok((tensor, Arc::clone(weights), outputs));
    };
    let taken: Vec<usize> = if is_transposed {
        let row = |output: usize| order.iter().map(move |&at| output * rows + at);
        (0..outputs).flat_map(row).collect()
    } else {
        let column = |&at: &usize| (0..outputs).map(move |output| at * outputs + output);
        order.iter().flat_map(column).collect()
    };
    Ok((tensor, reordered(weights, &own, &taken), outputs))
}

/// The same product at each place of a map: a convolution of one place.
fn each_place<'a>(
    reader: &mut Reader<'a>,
    node: &'a NodeProto,
    view: &View,
    weights: &Arc<TensorProto>,
) -> Result<(), Refusal> {
    let [channels, height, width] = reader.shape(view.tensor);
    let own: Vec<usize> = weights.dims.iter().map(|&size| size as usize).collect();
    let &[rows, outputs] = own.as_slice() else {
        return reader.pass_on(node);
    };
    if rows != channels || outputs == 0 {
        return Err(Refusal::OperandShape {
            operand: "weights",
            sizes: own,
            wanted: format!("[{channels}, O] fits"),
        });
    }
    let dims = vec![outputs, channels, 1, 1];
    let turned = if is_without_values(weights) {
        crate::reader::place::redimensioned(weights, &dims)
    } else {
        let parsed = parsed(weights)?;
        let values = parsed.floats().unwrap_or_default();
        let column = |output: usize| values.iter().skip(output).step_by(outputs).copied();
        let values = Values::Float((0..outputs).flat_map(column).collect());
        Arc::new(Constant { dims, values }.emit(&weights.name))
    };
    let tensor = reader.in_form(view.tensor, Form::Map([channels, height, width]))?;
    let inputs = vec![reader.tensors[tensor].name.clone(), reader.keep(turned)];
    let form = Form::Map([outputs, height, width]);
    let made = reader.emit(node, "Conv", inputs, Vec::new(), form)?;
    reader.set_view(node, made, vector(reader, made, view.clone()));
    Ok(())
}
