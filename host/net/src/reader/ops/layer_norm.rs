//! LayerNormalization over the channels of each place, as networks have it whose channels are
//! last: means, a difference and a quotient.

use std::sync::Arc;

use tract_onnx::pb::{NodeProto, TensorProto};

use super::reduce::mean_over_channels;
use crate::onnx::Attributes;
use crate::onnx::constant::{Constant, Values};
use crate::reader::layout::Axis;
use crate::reader::place::redimensioned;
use crate::reader::{Form, Reader, Refusal, node_name};

/// ONNX, LayerNormalization: what is added to the variance.
const EPSILON: f32 = 1e-5;

/// Reads a LayerNormalization; where it goes over other axes, tract is to understand it.
pub fn read<'a>(reader: &mut Reader<'a>, node: &'a NodeProto) -> Result<(), Refusal> {
    let view = reader.activation(node, 0)?;
    let rank = view.dims.len();
    let axis = Reader::axis(Attributes(node).int("axis", -1)?, rank)?;
    let shape = reader.shape(view.tensor);
    let [channels, height, width] = shape;
    let is_of_places = height * width > 1
        && axis + 1 == rank
        && view
            .dims
            .last()
            .is_some_and(|last| *last == [Axis::Channel]);
    let parameters = (
        reader.constant(node, 1, "scale")?,
        reader.constant(node, 2, "bias")?,
    );
    let fits = |parameter: &TensorProto| parameter.dims == [channels as i64];
    let others = (1..3).any(|output| reader.is_used(node, output).is_some());
    let (Some(scale), shift, true, false) = (parameters.0, parameters.1, is_of_places, others)
    else {
        return reader.pass_on(node);
    };
    if !fits(&scale) || shift.as_deref().is_some_and(|shift| !fits(shift)) {
        return reader.pass_on(node);
    }
    let epsilon = Attributes(node).float("epsilon", EPSILON)?;
    let tensor = reader.in_form(view.tensor, Form::Map(shape))?;
    let x = reader.tensors[tensor].name.clone();
    let mean = mean_over_channels(reader, node, "mean", tensor)?;
    let whole = Form::Map(shape);
    let point = Form::Map([1, height, width]);
    let part = |reader: &mut Reader<'_>, op_type: &str, what: &str, inputs, form: &Form| {
        let name = format!("{}.{what}", node_name(node));
        let made = reader.add(&name, op_type, inputs, Vec::new(), form.clone())?;
        Ok::<_, Refusal>((made, reader.tensors[made].name.clone()))
    };
    let mean = reader.tensors[mean].name.clone();
    let (_, difference) = part(reader, "Sub", "centred", vec![x, mean], &whole)?;
    let both = vec![difference.clone(), difference.clone()];
    let (squares, _) = part(reader, "Mul", "squares", both, &whole)?;
    let variance = mean_over_channels(reader, node, "variance", squares)?;
    let constant = Constant {
        dims: Vec::new(),
        values: Values::Float(vec![epsilon]),
    };
    let epsilon = reader.keep(Arc::new(
        constant.emit(&format!("{}.epsilon", node_name(node))),
    ));
    let variance = reader.tensors[variance].name.clone();
    let (_, moved) = part(reader, "Add", "moved", vec![variance, epsilon], &point)?;
    let (_, root) = part(reader, "Sqrt", "root", vec![moved], &point)?;
    let (_, normal) = part(reader, "Div", "normal", vec![difference, root], &whole)?;
    let each = [channels, 1, 1];
    let scale = reader.keep(redimensioned(&scale, &each));
    let made = match shift {
        None => reader.emit(node, "Mul", vec![normal, scale], Vec::new(), whole)?,
        Some(shift) => {
            let (_, scaled) = part(reader, "Mul", "scaled", vec![normal, scale], &whole)?;
            let shift = reader.keep(redimensioned(&shift, &each));
            reader.emit(node, "Add", vec![scaled, shift], Vec::new(), whole)?
        }
    };
    reader.set_view(node, made, view.dims);
    Ok(())
}
