//! Means, maxima and sums over axes; over all rows and columns it is a global pooling.

use std::sync::Arc;

use tract_onnx::pb::{NodeProto, TensorProto};

use crate::onnx::Attributes;
use crate::onnx::builder::int;
use crate::reader::fold::ints;
use crate::reader::layout::Axis;
use crate::reader::{Form, Reader, Refusal, node_name};

/// Reads a ReduceMean, ReduceMax or ReduceSum.
pub fn read<'a>(reader: &mut Reader<'a>, node: &'a NodeProto) -> Result<(), Refusal> {
    let view = reader.activation(node, 0)?;
    let attributes = Attributes(node);
    let rank = view.dims.len();
    let axes = reader
        .integers(node, 1, "axes")?
        .filter(|axes| !axes.is_empty());
    if axes.is_none() && attributes.int("noop_with_empty_axes", 0)? != 0 {
        reader.set_view(node, view.tensor, view.dims);
        return Ok(());
    }
    let places: Vec<usize> = match axes {
        Some(axes) => axes
            .iter()
            .map(|&axis| Reader::axis(axis, rank))
            .collect::<Result<_, _>>()?,
        None => (0..rank).collect(),
    };
    let taken: Vec<Axis> = places
        .iter()
        .flat_map(|&at| &view.dims[at])
        .copied()
        .collect();
    if taken.contains(&Axis::Batch) {
        return reader.pass_on(node);
    }
    let keeps = attributes.int("keepdims", 1)? != 0;
    let dims = view.dims.iter().enumerate();
    let dims: Vec<Vec<Axis>> = dims
        .filter_map(|(at, along)| match (places.contains(&at), keeps) {
            (false, _) => Some(along.clone()),
            (true, true) => Some(Vec::new()),
            (true, false) => None,
        })
        .collect();
    let shape = reader.shape(view.tensor);
    if taken.is_empty() {
        reader.set_view(node, view.tensor, dims);
        return Ok(());
    }
    let tensor = reader.in_form(view.tensor, Form::Map(shape))?;
    let mut left = shape;
    for axis in &taken {
        match axis {
            Axis::Channel => left[0] = 1,
            Axis::Row => left[1] = 1,
            Axis::Column => left[2] = 1,
            Axis::Batch => {}
        }
    }
    let mut inputs = vec![reader.tensors[tensor].name.clone()];
    let is_global = left == [shape[0], 1, 1] && !taken.contains(&Axis::Channel);
    let global = match node.op_type.as_str() {
        "ReduceMean" if is_global => Some("GlobalAveragePool"),
        "ReduceMax" if is_global => Some("GlobalMaxPool"),
        _ => None,
    };
    let form = Form::Map(left);
    if let Some(op_type) = global {
        let made = reader.emit(node, op_type, inputs, Vec::new(), form)?;
        reader.set_view(node, made, dims);
        return Ok(());
    }
    let own: Vec<i64> = (0..3)
        .filter(|&axis| left[axis] != shape[axis])
        .map(|axis| axis as i64 + 1)
        .collect();
    let mut kept = vec![int("keepdims", 1)];
    let takes_operand = reader.opset >= if node.op_type == "ReduceSum" { 13 } else { 18 };
    if takes_operand {
        let constant = TensorProto {
            name: format!("{}.axes", node_name(node)),
            ..Arc::unwrap_or_clone(ints(&own))
        };
        inputs.push(reader.keep(Arc::new(constant)));
    } else {
        let own: Vec<usize> = own.iter().map(|&axis| axis as usize).collect();
        kept.push(crate::onnx::builder::ints("axes", &own));
    }
    let made = reader.emit(node, &node.op_type, inputs, kept, form)?;
    reader.set_view(node, made, dims);
    Ok(())
}
