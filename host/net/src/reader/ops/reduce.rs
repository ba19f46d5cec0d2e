//! Means, maxima and sums over axes; over rows and columns they are poolings.

use std::sync::Arc;

use tract_onnx::pb::{AttributeProto, NodeProto, TensorProto};

use crate::onnx::Attributes;
use crate::onnx::builder::int;
use crate::onnx::constant::{Constant, Values};
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
    let form = Form::Map(left);
    if left[0] == shape[0] {
        let made = pooled(reader, node, inputs, [shape, left])?;
        reader.set_view(node, made, dims);
        return Ok(());
    }
    let own: Vec<usize> = (0..3)
        .filter(|&axis| left[axis] != shape[axis])
        .map(|axis| axis + 1)
        .collect();
    let kept = settings(reader, node, &node.op_type, &mut inputs, &own);
    let made = reader.emit(node, &node.op_type, inputs, kept, form)?;
    reader.set_view(node, made, dims);
    Ok(())
}

/// The mean over the channels of a map, as the part `what` of `node`.
pub fn mean_over_channels(
    reader: &mut Reader<'_>,
    node: &NodeProto,
    what: &str,
    tensor: usize,
) -> Result<usize, Refusal> {
    let [_, height, width] = reader.shape(tensor);
    let mut inputs = vec![reader.tensors[tensor].name.clone()];
    let attributes = settings(reader, node, "ReduceMean", &mut inputs, &[1]);
    let name = format!("{}.{what}", node_name(node));
    let form = Form::Map([1, height, width]);
    reader.add(&name, "ReduceMean", inputs, attributes, form)
}

/// The attributes of a reduction over `axes` that keeps them, which are an operand of newer
/// operator sets.
fn settings(
    reader: &mut Reader<'_>,
    node: &NodeProto,
    op_type: &str,
    inputs: &mut Vec<String>,
    axes: &[usize],
) -> Vec<AttributeProto> {
    let mut kept = vec![int("keepdims", 1)];
    let takes_operand = reader.opset >= if op_type == "ReduceSum" { 13 } else { 18 };
    if takes_operand {
        let axes: Vec<i64> = axes.iter().map(|&axis| axis as i64).collect();
        let constant = TensorProto {
            name: format!("{}.axes", node_name(node)),
            ..Arc::unwrap_or_clone(ints(&axes))
        };
        inputs.push(reader.keep(Arc::new(constant)));
    } else {
        kept.push(crate::onnx::builder::ints("axes", axes));
    }
    kept
}

/// A mean, maximum or sum over rows, columns or both: a pooling.
fn pooled(
    reader: &mut Reader<'_>,
    node: &NodeProto,
    inputs: Vec<String>,
    [from, to]: [[usize; 3]; 2],
) -> Result<usize, Refusal> {
    let is_maximum = node.op_type == "ReduceMax";
    let is_global = to[1..] == [1, 1];
    let op_type = match (is_maximum, is_global) {
        (true, true) => "GlobalMaxPool",
        (true, false) => "MaxPool",
        (false, true) => "GlobalAveragePool",
        (false, false) => "AveragePool",
    };
    let side = |axis: usize| if to[axis] == 1 { from[axis] } else { 1 };
    let kernel = [side(1), side(2)];
    let attributes = if is_global {
        Vec::new()
    } else {
        vec![crate::onnx::builder::ints("kernel_shape", &kernel)]
    };
    if node.op_type != "ReduceSum" {
        return reader.emit(node, op_type, inputs, attributes, Form::Map(to));
    }
    // A sum is as many times the mean.
    let name = node_name(node).to_owned();
    let mean = reader.add(
        &format!("{name}.mean"),
        op_type,
        inputs,
        attributes,
        Form::Map(to),
    )?;
    let count = Constant {
        dims: Vec::new(),
        values: Values::Float(vec![(kernel[0] * kernel[1]) as f32]),
    };
    let count = reader.keep(Arc::new(count.emit(&format!("{name}.count"))));
    let factors = vec![reader.tensors[mean].name.clone(), count];
    reader.emit(node, "Mul", factors, Vec::new(), Form::Map(to))
}
