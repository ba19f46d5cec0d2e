//! Operators on maps with their channels in front, which tract understands.

use tract_onnx::pb::NodeProto;

use crate::reader::infer::{Fact, infer};
use crate::reader::layout::Sides;
use crate::reader::{Form, Reader, Refusal};
use tract_onnx::pb::tensor_proto::DataType;

/// Reads an operator that only tract understands, on what the file has.
pub fn read_as_it_is<'a>(reader: &mut Reader<'a>, node: &'a NodeProto) -> Result<(), Refusal> {
    reader.pass_on(node)
}

/// Reads an operator on a map and constants.
pub fn read<'a>(reader: &mut Reader<'a>, node: &'a NodeProto) -> Result<(), Refusal> {
    let view = reader.activation(node, 0)?;
    let (view, sides) = reader.map(&view)?;
    if sides == Sides::Turned {
        return reader.pass_on(node);
    }
    let tensor = &reader.tensors[view.tensor];
    let mut inputs = vec![tensor.name.clone()];
    let mut facts = vec![Fact::Sizes(
        tensor.name.clone(),
        DataType::Float,
        tensor.form.sizes(),
    )];
    for index in 1..node.input.len() {
        match reader.constant(node, index, "parameter")? {
            Some(constant) => {
                facts.push(Fact::of_constant(&constant));
                inputs.push(reader.keep(constant));
            }
            None => inputs.push(String::new()),
        }
    }
    let lifted = NodeProto {
        input: inputs.clone(),
        ..node.clone()
    };
    let outputs = infer(reader.opset, &lifted, &facts)?;
    let sizes = outputs.into_iter().next().and_then(Fact::sizes);
    let shape = match sizes.as_ref().map(|(_, sizes)| sizes.as_slice()) {
        Some(&[1, channels, height, width]) => [channels, height, width],
        _ => return reader.pass_on(node),
    };
    let kept = node.attribute.clone();
    let made = reader.emit(node, &node.op_type, inputs, kept, Form::Map(shape))?;
    reader.set_map(node, made, sides);
    Ok(())
}
