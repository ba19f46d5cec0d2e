//! MaxPool and AveragePool, of two sides or of one, and over the whole map.

use tract_onnx::pb::NodeProto;

use super::{channels, pad};
use crate::onnx::Attributes;
use crate::onnx::builder::ints;
use crate::reader::window::{Rounding, Sliding, explicit, kernel, sliding};
use crate::reader::{Form, Reader, Refusal};

/// Reads a MaxPool.
pub fn read_max<'a>(reader: &mut Reader<'a>, node: &'a NodeProto) -> Result<(), Refusal> {
    if let Some(indices) = reader.is_used(node, 1) {
        return Err(Refusal::ExtraOutput(indices));
    }
    let view = reader.activation(node, 0)?;
    if view.dims.len() > 4 {
        return if channels::read_pool(reader, node, &view)? {
            Ok(())
        } else {
            reader.pass_on(node)
        };
    }
    let (view, sides) = reader.map(&view)?;
    let (view, lifted) = pad::joined(reader, node, view, sides)?;
    let [channels, height, width] = reader.shape(view.tensor);
    let found = pooling(&lifted, [height, width])?;
    let mut attributes = explicit(&lifted, &found.window);
    if Attributes(&lifted).int("ceil_mode", 0)? != 0 {
        // A maximum takes padding at the end like windows that are cut short.
        let ([top, left], [bottom, right]) = (found.window.pad_before, found.window.pad_after);
        attributes.retain(|attribute| !matches!(attribute.name.as_str(), "ceil_mode" | "pads"));
        attributes.push(ints("pads", &[top, left, bottom, right]));
    }
    attributes.retain(|attribute| attribute.name != "storage_order");
    let inputs = vec![reader.tensors[view.tensor].name.clone()];
    let [height, width] = found.output;
    let form = Form::Map([channels, height, width]);
    let made = reader.emit(node, "MaxPool", inputs, attributes, form)?;
    reader.set_map(node, made, sides);
    Ok(())
}

/// Reads an AveragePool.
pub fn read_average<'a>(reader: &mut Reader<'a>, node: &'a NodeProto) -> Result<(), Refusal> {
    let view = reader.activation(node, 0)?;
    if view.dims.len() > 4 {
        return if channels::read_pool(reader, node, &view)? {
            Ok(())
        } else {
            reader.pass_on(node)
        };
    }
    let (view, sides) = reader.map(&view)?;
    let (view, lifted) = pad::joined(reader, node, view, sides)?;
    let [channels, height, width] = reader.shape(view.tensor);
    let found = pooling(&lifted, [height, width])?;
    let mut attributes = explicit(&lifted, &found.window);
    if !found.rounded_up {
        attributes.retain(|attribute| attribute.name != "ceil_mode");
    }
    let inputs = vec![reader.tensors[view.tensor].name.clone()];
    let [height, width] = found.output;
    let form = Form::Map([channels, height, width]);
    let made = reader.emit(node, "AveragePool", inputs, attributes, form)?;
    reader.set_map(node, made, sides);
    Ok(())
}

/// Reads a GlobalAveragePool or a GlobalMaxPool.
pub fn read_global<'a>(reader: &mut Reader<'a>, node: &'a NodeProto) -> Result<(), Refusal> {
    let view = reader.activation(node, 0)?;
    if view.dims.len() > 4 {
        return reader.pass_on(node);
    }
    let (view, sides) = reader.map(&view)?;
    let [channels, ..] = reader.shape(view.tensor);
    let inputs = vec![reader.tensors[view.tensor].name.clone()];
    let form = Form::Map([channels, 1, 1]);
    let made = reader.emit(node, &node.op_type, inputs, Vec::new(), form)?;
    reader.set_map(node, made, sides);
    Ok(())
}

fn pooling(node: &NodeProto, size: [usize; 2]) -> Result<Sliding, Refusal> {
    let attributes = Attributes(node);
    let rounding = if attributes.int("ceil_mode", 0)? == 0 {
        Rounding::Floor
    } else {
        Rounding::Ceil
    };
    sliding(attributes, kernel(attributes)?, size, rounding)
}
