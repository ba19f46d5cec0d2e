//! Pad: by nothing it is nothing, and its zeros belong to the window after it.

use tract_onnx::pb::NodeProto;

use super::wrap;
use crate::onnx::Attributes;
use crate::onnx::builder::ints;
use crate::onnx::constant::{Constant, Values};
use crate::reader::fold::parsed;
use crate::reader::layout::{Axis, Sides, View};
use crate::reader::sign::{self, Sign};
use crate::reader::window::lifted;
use crate::reader::{Form, Padded, Reader, Refusal, node_name};
use std::sync::Arc;

/// A number below everything that a network computes: maxima never choose it.
const NEVER: f32 = -1e30;

/// Reads a Pad.
pub fn read<'a>(reader: &mut Reader<'a>, node: &'a NodeProto) -> Result<(), Refusal> {
    let view = reader.activation(node, 0)?;
    let attributes = Attributes(node);
    let pads = match reader.integers(node, 1, "pads")? {
        Some(pads) => pads,
        None => attributes.ints("paddings")?.unwrap_or_default().to_vec(),
    };
    let rank = view.dims.len();
    let axes = reader.integers(node, 3, "axes")?;
    let pads = over_all(&pads, axes.as_deref(), rank)?;
    if pads.iter().all(|&pad| pad == 0) {
        reader.set_view(node, view.tensor, view.dims);
        return Ok(());
    }
    let constant = reader.constant(node, 2, "value")?;
    let value = match constant {
        Some(constant) => parsed(&constant)?
            .floats()
            .and_then(|values| values.first().copied()),
        None => Some(attributes.float("value", 0.0)?),
    };
    let mode = attributes.text("mode")?.unwrap_or("constant");
    let axes = reader.axes(view.tensor);
    // Before and after of channels, rows and columns.
    let mut own = [[0_i64; 2]; 3];
    for (at, along) in view.dims.iter().enumerate() {
        let around = [pads[at], pads[rank + at]];
        if around == [0, 0] {
            continue;
        }
        let axis = match along.as_slice() {
            [axis] => Some(*axis),
            // A side of one place: the one of its place in a map.
            [] if rank == 4 => Some([Axis::Batch, Axis::Channel, Axis::Row, Axis::Column][at]),
            _ => None,
        };
        let place = match axis {
            Some(Axis::Channel) => 0,
            Some(Axis::Row) => 1,
            Some(Axis::Column) => 2,
            _ => return reader.pass_on(node),
        };
        let is_free = along.len() == 1 || axes.shape[place] == 1;
        if !is_free || own[place] != [0, 0] {
            return reader.pass_on(node);
        }
        own[place] = around;
    }
    let mut shape = axes.shape;
    for (size, around) in shape.iter_mut().zip(own) {
        let padded = *size as i64 + around[0] + around[1];
        *size = usize::try_from(padded).unwrap_or(0);
    }
    let tensor = reader.in_form(view.tensor, Form::Map(axes.shape))?;
    if mode == "wrap" {
        let made = wrap::around(reader, node, tensor, own)?;
        reader.set_view(node, made, grown(view.dims, own));
        return Ok(());
    }
    let [channels, rows, columns] = own;
    let all = [
        0,
        channels[0],
        rows[0],
        columns[0],
        0,
        channels[1],
        rows[1],
        columns[1],
    ];
    let of = |what: &str, dims: Vec<usize>, values| {
        let name = format!("{}.{what}", node_name(node));
        Arc::new(Constant { dims, values }.emit(&name))
    };
    let numbers = reader.keep(of("pads", vec![8], Values::Int(all.to_vec())));
    let filling = value.unwrap_or(0.0);
    let mut kept = node.attribute.clone();
    kept.retain(|attribute| attribute.name == "mode");
    let mut inputs = vec![reader.tensors[tensor].name.clone(), numbers];
    if mode == "constant" {
        inputs.push(reader.keep(of("value", Vec::new(), Values::Float(vec![filling]))));
    }
    let made = reader.emit(node, "Pad", inputs, kept, Form::Map(shape))?;
    let around = [rows[0], columns[0], rows[1], columns[1]];
    if mode == "constant" && channels == [0, 0] && around.iter().all(|&pad| pad >= 0) {
        reader.padded.insert(
            made,
            Padded {
                of: tensor,
                pads: around.map(|pad| pad as usize),
                value: filling,
            },
        );
    }
    reader.set_view(node, made, grown(view.dims, own));
    Ok(())
}

/// The view's sizes, with axes that had one place and have more now.
fn grown(mut dims: Vec<Vec<Axis>>, own: [[i64; 2]; 3]) -> Vec<Vec<Axis>> {
    let places = [Axis::Channel, Axis::Row, Axis::Column];
    for (at, (axis, around)) in places.into_iter().zip(own).enumerate() {
        let is_there = dims.iter().flatten().any(|&known| known == axis);
        if around != [0, 0]
            && !is_there
            && let Some(along) = dims.get_mut(1 + at)
        {
            along.push(axis);
        }
    }
    dims
}

/// Before all axes and after all axes.
fn over_all(pads: &[i64], axes: Option<&[i64]>, rank: usize) -> Result<Vec<i64>, Refusal> {
    let mut all = vec![0; 2 * rank];
    let count = axes.map_or(rank, <[i64]>::len);
    if pads.len() != 2 * count {
        return Err(Refusal::Setting {
            name: "pads",
            value: format!("{pads:?}"),
            wanted: "two numbers for each axis are supported",
        });
    }
    for index in 0..count {
        let axis = match axes {
            Some(axes) => Reader::axis(axes[index], rank)?,
            None => index,
        };
        all[axis] = pads[index];
        all[rank + axis] = pads[count + index];
    }
    Ok(all)
}

/// What a window of `node` slides over, and the node with two sides: where `view` is
/// another tensor with numbers around it that the window's own padding stands for, it
/// is that tensor, and the node pads it.
pub fn joined(
    reader: &Reader<'_>,
    node: &NodeProto,
    view: View,
    sides: Sides,
) -> Result<(View, NodeProto), Refusal> {
    let mut lifted = lifted(node, sides);
    let Some(&padded) = reader.padded.get(&view.tensor) else {
        return Ok((view, lifted));
    };
    let attributes = Attributes(&lifted);
    let is_explicit = matches!(
        attributes.text("auto_pad")?,
        None | Some("" | "NOTSET" | "VALID")
    );
    let own = attributes.ints("pads")?.unwrap_or(&[0; 4]);
    let own: Option<[usize; 4]> = own
        .iter()
        .map(|&pad| usize::try_from(pad).ok())
        .collect::<Option<Vec<_>>>()
        .and_then(|own| own.try_into().ok());
    let Some(own) = own.filter(|_| is_explicit) else {
        return Ok((view, lifted));
    };
    let is_average = node.op_type == "AveragePool";
    let counts = attributes.int("count_include_pad", 0)? != 0;
    let stands_for = match node.op_type.as_str() {
        "Conv" => padded.value == 0.0,
        "AveragePool" => padded.value == 0.0 && (counts || own == [0; 4]),
        _ => {
            padded.value <= NEVER
                || (padded.value == 0.0 && is_never_negative(reader, padded.of, 0))
        }
    };
    let rounds_up = attributes.int("ceil_mode", 0)? != 0;
    if !stands_for || (is_average && rounds_up) {
        return Ok((view, lifted));
    }
    let mut pads = own;
    pads.iter_mut()
        .zip(padded.pads)
        .for_each(|(pad, more)| *pad += more);
    if node.op_type == "MaxPool" {
        // A window on padding alone has no greatest value.
        let kernel = attributes.ints("kernel_shape")?.unwrap_or_default();
        let is_wide =
            |(at, &pad): (usize, &usize)| kernel.get(at % 2).is_none_or(|&side| pad as i64 >= side);
        if pads.iter().enumerate().any(is_wide) {
            return Ok((view, lifted));
        }
    }
    lifted.attribute.retain(|attribute| {
        let counts_padding = is_average && attribute.name == "count_include_pad";
        let pads = matches!(attribute.name.as_str(), "pads" | "auto_pad");
        !counts_padding && !pads
    });
    lifted.attribute.push(ints("pads", &pads));
    if is_average {
        lifted
            .attribute
            .push(crate::onnx::builder::int("count_include_pad", 1));
    }
    let view = View {
        tensor: padded.of,
        ..view
    };
    Ok((view, lifted))
}

/// Operators behind each other that are looked through.
const MOST_STEPS: usize = 8;

/// Whether no value of a tensor is below zero, whatever the input.
fn is_never_negative(reader: &Reader<'_>, tensor: usize, steps: usize) -> bool {
    let name = &reader.tensors[tensor].name;
    let mut nodes = reader.nodes.iter().rev();
    let Some(node) = nodes.find(|node| node.output.contains(name)) else {
        return false;
    };
    let least = |name: &str| sign::least(reader.constants.get(name)?);
    Sign::of(node, least).is_never_negative(node, |input| {
        let mut tensors = reader.tensors.iter();
        let before = tensors.position(|tensor| tensor.name == *input);
        least(input) >= Some(0.0)
            || (steps < MOST_STEPS
                && before.is_some_and(|before| is_never_negative(reader, before, steps + 1)))
    })
}
