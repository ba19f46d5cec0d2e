//! Conv and ConvTranspose, of two sides or of one.

use std::sync::Arc;

use tract_onnx::pb::{NodeProto, TensorProto};

use super::{channels, pad};
use crate::onnx::Attributes;
use crate::onnx::builder::ints;
use crate::reader::layout::{Axis, Sides};
use crate::reader::place::{redimensioned, reordered};
use crate::reader::window::{Rounding, explicit, lifted, sliding};
use crate::reader::{Form, Reader, Refusal};

/// Reads a convolution.
pub fn read<'a>(reader: &mut Reader<'a>, node: &'a NodeProto) -> Result<(), Refusal> {
    let view = reader.activation(node, 0)?;
    if channels::read_convolution(reader, node, &view)? {
        return Ok(());
    }
    if view.dims.len() > 4 {
        return reader.pass_on(node);
    }
    let (view, sides) = reader.map(&view)?;
    let (view, lifted) = pad::joined(reader, node, view, sides)?;
    let attributes = Attributes(&lifted);
    let [channels, height, width] = reader.shape(view.tensor);
    let weights = weights(reader, node, sides)?;
    let groups = groups(attributes, channels)?;
    let depth = channels / groups;
    let wanted = || format!("[O, {depth}, KH, KW] with O a multiple of {groups} fits");
    let [outputs, own_depth, rows, columns] = sizes(&weights, wanted)?;
    if own_depth != depth || !outputs.is_multiple_of(groups) {
        return Err(misfit(&weights, wanted()));
    }
    let kernel = [rows, columns];
    if let Some(declared) = attributes.ints("kernel_shape")?
        && declared != kernel.map(|side| side as i64)
    {
        return Err(misfit(&weights, wanted()));
    }
    let found = sliding(attributes, kernel, [height, width], Rounding::Floor)?;
    let mut inputs = vec![
        reader.tensors[view.tensor].name.clone(),
        reader.keep(weights),
    ];
    if let Some(bias) = reader.constant(node, 2, "bias")? {
        inputs.push(reader.keep(bias));
    }
    let [height, width] = found.output;
    let form = Form::Map([outputs, height, width]);
    let attributes = explicit(&lifted, &found.window);
    let made = reader.emit(node, "Conv", inputs, attributes, form)?;
    reader.set_map(node, made, sides);
    Ok(())
}

/// Reads a transposed convolution.
pub fn read_transpose<'a>(reader: &mut Reader<'a>, node: &'a NodeProto) -> Result<(), Refusal> {
    let view = reader.activation(node, 0)?;
    let (view, sides) = reader.map(&view)?;
    let lifted = lifted(node, sides);
    let attributes = Attributes(&lifted);
    let [channels, height, width] = reader.shape(view.tensor);
    let weights = weights(reader, node, sides)?;
    let groups = groups(attributes, channels)?;
    let wanted = || format!("[{channels}, O, KH, KW] fits");
    let [own, outputs, rows, columns] = sizes(&weights, wanted)?;
    if own != channels {
        return Err(misfit(&weights, wanted()));
    }
    let numbers = |name, least: i64| pair(attributes, name, least);
    let (strides, dilations) = (numbers("strides", 1)?, numbers("dilations", 1)?);
    let more = numbers("output_padding", 0)?;
    let mut pads = match attributes.ints("pads")? {
        Some(&[top, left, bottom, right]) => [[top, bottom], [left, right]],
        None => [[0; 2]; 2],
        Some(other) => return Err(setting("pads", other)),
    };
    let declared = attributes.ints("output_shape")?;
    let mode = attributes.text("auto_pad")?.unwrap_or("NOTSET");
    let mut output = [0; 2];
    for (axis, (size, kernel)) in [(height, rows), (width, columns)].into_iter().enumerate() {
        let [step, gap, more] = [strides[axis], dilations[axis], more[axis]];
        let whole = step * (size as i64 - 1) + more + (kernel as i64 - 1) * gap + 1;
        let asked = match (declared, mode) {
            (Some(declared), _) => declared.get(axis).copied(),
            (None, "SAME_UPPER" | "SAME_LOWER") => Some(size as i64 * step),
            _ => None,
        };
        if let Some(asked) = asked {
            let total = (whole - asked).max(0);
            let (less, rest) = (total / 2, total - total / 2);
            pads[axis] = if mode == "SAME_UPPER" {
                [less, rest]
            } else {
                [rest, less]
            };
        }
        let [before, after] = pads[axis];
        output[axis] = usize::try_from(whole - before - after).unwrap_or(0);
    }
    let [[top, bottom], [left, right]] = pads;
    let pads: Vec<usize> = [top, left, bottom, right]
        .map(|pad| pad.max(0) as usize)
        .to_vec();
    let mut kept = lifted.attribute.clone();
    kept.retain(|attribute| {
        !matches!(
            attribute.name.as_str(),
            "pads" | "auto_pad" | "output_shape"
        )
    });
    kept.push(ints("pads", &pads));
    let mut inputs = vec![
        reader.tensors[view.tensor].name.clone(),
        reader.keep(weights),
    ];
    if let Some(bias) = reader.constant(node, 2, "bias")? {
        inputs.push(reader.keep(bias));
    }
    let form = Form::Map([outputs * groups, output[0], output[1]]);
    let made = reader.emit(node, "ConvTranspose", inputs, kept, form)?;
    reader.set_map(node, made, sides);
    Ok(())
}

/// Weights with rows and columns, in this order.
fn weights(
    reader: &Reader<'_>,
    node: &NodeProto,
    sides: Sides,
) -> Result<Arc<TensorProto>, Refusal> {
    let weights = reader.constant(node, 1, "weights")?;
    let weights = weights.ok_or(Refusal::Missing("weights"))?;
    let own: Vec<usize> = weights.dims.iter().map(|&size| size as usize).collect();
    Ok(match (sides, own.as_slice()) {
        (Sides::One(Axis::Row), &[outer, inner, length]) => {
            redimensioned(&weights, &[outer, inner, length, 1])
        }
        (Sides::One(_), &[outer, inner, length]) => {
            redimensioned(&weights, &[outer, inner, 1, length])
        }
        (Sides::Turned, &[outer, inner, columns, rows]) => {
            let at =
                |filter: usize, row: usize, column: usize| (filter * columns + column) * rows + row;
            let places = (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
            let filters = 0..outer * inner;
            let taken: Vec<usize> = filters
                .flat_map(|filter| {
                    places
                        .clone()
                        .map(move |(row, column)| (filter, row, column))
                })
                .map(|(filter, row, column)| at(filter, row, column))
                .collect();
            reordered(&weights, &[outer, inner, rows, columns], &taken)
        }
        _ => weights,
    })
}

fn groups(attributes: Attributes<'_>, channels: usize) -> Result<usize, Refusal> {
    let groups = attributes.int("group", 1)?;
    usize::try_from(groups)
        .ok()
        .filter(|&groups| groups > 0 && channels.is_multiple_of(groups))
        .ok_or(Refusal::Setting {
            name: "group",
            value: groups.to_string(),
            wanted: "a divisor of the number of channels is supported",
        })
}

fn sizes(weights: &TensorProto, wanted: impl Fn() -> String) -> Result<[usize; 4], Refusal> {
    let sizes: Vec<usize> = weights.dims.iter().map(|&size| size as usize).collect();
    let count = crate::onnx::constant::element_count(&sizes);
    match *sizes {
        [a, b, c, d] if count.is_some_and(|count| count > 0) => Ok([a, b, c, d]),
        _ => Err(misfit(weights, wanted())),
    }
}

fn misfit(weights: &TensorProto, wanted: String) -> Refusal {
    Refusal::OperandShape {
        operand: "weights",
        sizes: weights.dims.iter().map(|&size| size as usize).collect(),
        wanted,
    }
}

fn setting(name: &'static str, values: &[i64]) -> Refusal {
    Refusal::Setting {
        name,
        value: format!("{values:?}"),
        wanted: "numbers from 0 to 65,535, one for each side, are supported",
    }
}

fn pair(attributes: Attributes<'_>, name: &'static str, least: i64) -> Result<[i64; 2], Refusal> {
    match attributes.ints(name)? {
        None => Ok([least; 2]),
        Some(&[rows, columns])
            if [rows, columns]
                .iter()
                .all(|value| (least..=65_535).contains(value)) =>
        {
            Ok([rows, columns])
        }
        Some(other) => Err(setting(name, other)),
    }
}
