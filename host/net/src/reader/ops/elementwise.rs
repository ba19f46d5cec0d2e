//! Functions of one number: they take an activation as it lies.

use std::sync::Arc;

use tract_onnx::pb::{NodeProto, TensorProto};

use crate::onnx::Attributes;
use crate::onnx::constant::{Constant, Values};
use crate::reader::{Reader, Refusal};

/// Reads a function of one activation.
pub fn read<'a>(reader: &mut Reader<'a>, node: &'a NodeProto) -> Result<(), Refusal> {
    if node.op_type == "Celu" {
        let alpha = Attributes(node).float("alpha", 1.0)?;
        if alpha != 1.0 {
            return read_celu(reader, node, alpha);
        }
    }
    let view = reader.activation(node, 0)?;
    let tensor = &reader.tensors[view.tensor];
    let form = tensor.form.clone();
    let mut inputs = vec![tensor.name.clone()];
    let mut attributes = node.attribute.clone();
    match node.op_type.as_str() {
        "Clip" => {
            let bounds = bounds(reader, node)?;
            inputs.extend(bounds);
            attributes.clear();
        }
        "PRelu" => {
            let slope = reader.constant(node, 1, "slope")?;
            let slope = slope.ok_or(Refusal::Missing("slope"))?;
            let Some(slope) = reader.spread(&slope, &view)? else {
                return reader.pass_on(node);
            };
            inputs.push(reader.keep(slope));
        }
        _ => {}
    }
    let made = reader.emit(node, &node.op_type, inputs, attributes, form)?;
    reader.set_view(node, made, view.dims);
    Ok(())
}

/// Celu as α · Elu(x / α): tract leaves out the factor α of the exponential, so that only
/// α = 1 may stay as it is.
fn read_celu<'a>(reader: &mut Reader<'a>, node: &'a NodeProto, alpha: f32) -> Result<(), Refusal> {
    if !(alpha.is_finite() && alpha > 0.0) {
        return Err(Refusal::Setting {
            name: "alpha",
            value: alpha.to_string(),
            wanted: "a number greater than 0 is supported",
        });
    }
    let view = reader.activation(node, 0)?;
    let tensor = &reader.tensors[view.tensor];
    let (form, input) = (tensor.form.clone(), tensor.name.clone());
    let name = super::super::node_name(node);
    let constant = Constant {
        dims: Vec::new(),
        values: Values::Float(vec![alpha]),
    };
    let alpha = reader.keep(Arc::new(constant.emit(&format!("{name}.alpha"))));
    let share = format!("{name}.share");
    let share = reader.add(
        &share,
        "Div",
        vec![input, alpha.clone()],
        Vec::new(),
        form.clone(),
    )?;
    let share = reader.tensors[share].name.clone();
    let elu = format!("{name}.elu");
    let elu = reader.add(&elu, "Elu", vec![share], Vec::new(), form.clone())?;
    let elu = reader.tensors[elu].name.clone();
    let made = reader.emit(node, "Mul", vec![elu, alpha], Vec::new(), form)?;
    reader.set_view(node, made, view.dims);
    Ok(())
}

/// Clip's bounds as operands: attributes up to operator set 10, operands since.
fn bounds(reader: &mut Reader<'_>, node: &NodeProto) -> Result<Vec<String>, Refusal> {
    let mut names = Vec::new();
    for (index, name) in [(1, "min"), (2, "max")] {
        let constant = if reader.checked.opset < 11 {
            let attributes = Attributes(node);
            let bound = attributes.has(name).then(|| attributes.float(name, 0.0));
            bound.transpose()?.map(|bound| {
                let constant = Constant {
                    dims: Vec::new(),
                    values: Values::Float(vec![bound]),
                };
                let name = format!("{}.{name}", super::super::node_name(node));
                Arc::new(constant.emit(&name))
            })
        } else {
            reader.constant(node, index, name)?
        };
        names.push(match constant {
            Some(constant) => reader.keep(scalar(constant)),
            None => String::new(),
        });
    }
    while names.last().is_some_and(String::is_empty) {
        names.pop();
    }
    Ok(names)
}

/// One value as ONNX wants bounds: without sizes.
fn scalar(constant: Arc<TensorProto>) -> Arc<TensorProto> {
    if constant.dims.is_empty() {
        return constant;
    }
    Arc::new(TensorProto {
        dims: Vec::new(),
        ..TensorProto::clone(&constant)
    })
}
