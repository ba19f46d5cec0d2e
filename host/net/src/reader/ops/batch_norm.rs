//! BatchNormalization, by its running statistics.

use std::sync::Arc;

use tract_onnx::pb::NodeProto;

use crate::onnx::Attributes;
use crate::onnx::builder::float;
use crate::onnx::constant::{Constant, Values};
use crate::reader::fold::parsed;
use crate::reader::layout::{Axis, as_map};
use crate::reader::{Form, Reader, Refusal, node_name};

const PARAMETERS: [&str; 4] = ["scale", "bias", "mean", "variance"];

/// Reads a batch normalisation.
pub fn read<'a>(reader: &mut Reader<'a>, node: &'a NodeProto) -> Result<(), Refusal> {
    let attributes = Attributes(node);
    if attributes.int("spatial", 1)? != 1 {
        return Err(Refusal::Setting {
            name: "spatial",
            value: "0".to_owned(),
            wanted: "one statistic per channel is supported",
        });
    }
    let others = 1..node.output.len();
    let statistics = others
        .filter_map(|index| reader.is_used(node, index))
        .next();
    if let Some(name) = statistics {
        return Err(Refusal::ExtraOutput(name));
    }
    if attributes.int("training_mode", 0)? != 0 || node.output.len() > 1 {
        reader.notes.push(format!(
            "batch normalisation `{}` is in training form; its running statistics are used",
            node_name(node)
        ));
    }
    let view = reader.activation(node, 0)?;
    let axes = reader.axes(view.tensor);
    let is_vector = view.dims.len() == 2 && view.dims[1] == [Axis::Channel];
    let is_flat = matches!(reader.tensors[view.tensor].form, Form::Flat(_)) && is_vector;
    if as_map(&view.dims, axes).is_none() && !is_vector && view.dims.len() == 2 {
        return on_features(reader, node);
    }
    let (tensor, dims) = if is_flat {
        (view.tensor, view.dims)
    } else if is_vector {
        (
            reader.in_form(view.tensor, Form::Map(axes.shape))?,
            view.dims,
        )
    } else {
        let (view, _) = reader.map(&view)?;
        (view.tensor, view.dims)
    };
    let mut inputs = vec![reader.tensors[tensor].name.clone()];
    for (index, operand) in PARAMETERS.into_iter().enumerate() {
        let constant = reader.constant(node, 1 + index, operand)?;
        let constant = constant.ok_or(Refusal::Missing(operand))?;
        let [channels, ..] = reader.shape(tensor);
        if constant.dims != [channels as i64] {
            return Err(Refusal::OperandShape {
                operand,
                sizes: constant.dims.iter().map(|&size| size as usize).collect(),
                wanted: format!("[{channels}] fits"),
            });
        }
        inputs.push(reader.keep(constant));
    }
    let epsilon = vec![float("epsilon", attributes.float("epsilon", 1e-5)?)];
    let form = reader.tensors[tensor].form.clone();
    let made = reader.emit(node, "BatchNormalization", inputs, epsilon, form)?;
    reader.set_view(node, made, dims);
    Ok(())
}

/// Statistics for each value of a flattened map: a factor and a summand.
fn on_features<'a>(reader: &mut Reader<'a>, node: &'a NodeProto) -> Result<(), Refusal> {
    let view = reader.activation(node, 0)?;
    let epsilon = f64::from(Attributes(node).float("epsilon", 1e-5)?);
    let mut parameters = Vec::new();
    for (index, operand) in PARAMETERS.into_iter().enumerate() {
        let constant = reader.constant(node, 1 + index, operand)?;
        let constant = parsed(&*constant.ok_or(Refusal::Missing(operand))?)?;
        parameters.push(constant.floats().unwrap_or_default().to_vec());
    }
    let count = parameters[0].len();
    if parameters.iter().any(|values| values.len() != count) {
        return reader.pass_on(node);
    }
    let affine = |at: usize| {
        let [scale, shift, mean, variance] =
            [0, 1, 2, 3].map(|which: usize| f64::from(parameters[which][at]));
        let factor = scale / (variance + epsilon).sqrt();
        (factor as f32, (shift - mean * factor) as f32)
    };
    let (factors, summands): (Vec<f32>, Vec<f32>) = (0..count).map(affine).unzip();
    let mut spread = Vec::new();
    for (what, values) in [("factor", factors), ("summand", summands)] {
        let constant = Constant {
            dims: vec![count],
            values: Values::Float(values),
        };
        let constant = Arc::new(constant.emit(&format!("{}.{what}", node_name(node))));
        match reader.spread(&constant, &view)? {
            Some(constant) => spread.push(reader.keep(constant)),
            None => return reader.pass_on(node),
        }
    }
    let tensor = &reader.tensors[view.tensor];
    let (name, form) = (tensor.name.clone(), tensor.form.clone());
    let scaled_name = format!("{}.scaled", node_name(node));
    let factors = vec![name, spread[0].clone()];
    let scaled = reader.add(&scaled_name, "Mul", factors, Vec::new(), form.clone())?;
    let scaled = reader.tensors[scaled].name.clone();
    let summands = vec![scaled, spread[1].clone()];
    let made = reader.emit(node, "Add", summands, Vec::new(), form)?;
    reader.set_view(node, made, view.dims);
    Ok(())
}
