//! Softmax, LogSoftmax, and ArgMax at the end.

use tract_onnx::pb::NodeProto;

use crate::onnx::Attributes;
use crate::onnx::builder::int;
use crate::reader::layout::Axis;
use crate::reader::{Form, Reader, Refusal, node_name};

/// Reads a Softmax or a LogSoftmax.
pub fn read<'a>(reader: &mut Reader<'a>, node: &'a NodeProto) -> Result<(), Refusal> {
    let view = reader.activation(node, 0)?;
    let rank = view.dims.len();
    // Up to operator set 12 it goes over this axis and all behind it.
    let is_old = reader.checked.opset < 13;
    let axis = Attributes(node).int("axis", if is_old { 1 } else { -1 })?;
    let place = Reader::axis(axis, rank)?;
    let end = if is_old { rank } else { place + 1 };
    let over: Vec<Axis> = view.dims[place..end].iter().flatten().copied().collect();
    if !over.iter().all(|&axis| axis == Axis::Channel) {
        return reader.pass_on(node);
    }
    let tensor = &reader.tensors[view.tensor];
    let (inputs, form) = (vec![tensor.name.clone()], tensor.form.clone());
    if over.is_empty() && form != Form::Flat(1) && form != Form::Map([1, 1, 1]) {
        return reader.pass_on(node);
    }
    let made = reader.emit(node, &node.op_type, inputs, vec![int("axis", 1)], form)?;
    reader.set_view(node, made, view.dims);
    Ok(())
}

/// Reads an ArgMax: at the end of a network it is left off, for the scores say more.
pub fn read_arg_max<'a>(reader: &mut Reader<'a>, node: &'a NodeProto) -> Result<(), Refusal> {
    let view = reader.activation(node, 0)?;
    let name = node.output.first().map(String::as_str).unwrap_or_default();
    if reader.readers.contains_key(name) {
        return reader.pass_on(node);
    }
    reader.notes.push(format!(
        "`{}` (ArgMax) at the end is left off: the scores say which is greatest",
        node_name(node)
    ));
    reader.set_view(node, view.tensor, view.dims);
    Ok(())
}
