//! Resize and Upsample: maps of another size.

use std::sync::Arc;

use tract_onnx::pb::{NodeProto, TensorProto};

use crate::onnx::Attributes;
use crate::onnx::builder::text;
use crate::onnx::constant::{Constant, Values};
use crate::reader::fold::{ints, parsed};
use crate::reader::layout::{Axis, Sides};
use crate::reader::{Form, Reader, Refusal, node_name};

/// How many times as many rows and columns there are, or how many.
enum To {
    Scales([f32; 2]),
    Sizes([usize; 2]),
}

/// Reads a Resize.
pub fn read<'a>(reader: &mut Reader<'a>, node: &'a NodeProto) -> Result<(), Refusal> {
    // Operator set 10 has the scales in the second place.
    let (scales, sizes) = if reader.checked.opset < 11 {
        (1, 9)
    } else {
        (2, 3)
    };
    let axes = Attributes(node).ints("axes")?.map(<[i64]>::to_vec);
    let to = match reader
        .constant(node, sizes, "sizes")?
        .map(|sizes| parsed(&sizes))
    {
        Some(sizes) => To::Sizes(
            sides(
                reader,
                node,
                sizes?.ints().unwrap_or_default(),
                axes.as_deref(),
            )?
            .map(|size| size.max(0) as usize),
        ),
        None => {
            let scales = reader.constant(node, scales, "scales")?;
            let scales = parsed(&*scales.ok_or(Refusal::Missing("scales"))?)?;
            let scales = scales.floats().unwrap_or_default().to_vec();
            To::Scales(sides(reader, node, &scales, axes.as_deref())?)
        }
    };
    let mut attributes = node.attribute.clone();
    attributes.retain(|attribute| attribute.name != "axes");
    if reader.checked.opset < 11 {
        attributes.push(text("coordinate_transformation_mode", "asymmetric"));
        attributes.push(text("nearest_mode", "floor"));
    }
    resized(reader, node, &to, attributes)
}

/// Reads an Upsample, Resize's forerunner.
pub fn read_upsample<'a>(reader: &mut Reader<'a>, node: &'a NodeProto) -> Result<(), Refusal> {
    let attributes = Attributes(node);
    let scales = match reader.constant(node, 1, "scales")? {
        Some(scales) => parsed(&scales)?.floats().unwrap_or_default().to_vec(),
        None => attributes.floats("scales")?.unwrap_or_default().to_vec(),
    };
    let scales = sides(reader, node, &scales, None)?;
    let kept = vec![
        text("mode", attributes.text("mode")?.unwrap_or("nearest")),
        text("coordinate_transformation_mode", "asymmetric"),
        text("nearest_mode", "floor"),
    ];
    resized(reader, node, &To::Scales(scales), kept)
}

/// The values for rows and columns, of values for all axes of a map or for those named;
/// the others have to leave their axis as it is.
fn sides<T: Copy + std::fmt::Debug>(
    reader: &mut Reader<'_>,
    node: &NodeProto,
    values: &[T],
    axes: Option<&[i64]>,
) -> Result<[T; 2], Refusal> {
    let view = reader.activation(node, 0)?;
    let rank = view.dims.len();
    let refused = || Refusal::Setting {
        name: "scales",
        value: format!("{values:?}"),
        wanted: "rows and columns of a map are resized",
    };
    let of = |at: usize| -> Option<T> {
        match axes {
            None => values.get(at).copied(),
            Some(axes) => {
                let mut named = axes.iter();
                let index = named.position(|&axis| Reader::axis(axis, rank).ok() == Some(at))?;
                values.get(index).copied()
            }
        }
    };
    match rank {
        4 => Ok([of(2).ok_or_else(refused)?, of(3).ok_or_else(refused)?]),
        _ => Err(refused()),
    }
}

fn resized<'a>(
    reader: &mut Reader<'a>,
    node: &'a NodeProto,
    to: &To,
    attributes: Vec<tract_onnx::pb::AttributeProto>,
) -> Result<(), Refusal> {
    let view = reader.activation(node, 0)?;
    let (view, sides) = reader.map(&view)?;
    if sides != Sides::Both {
        return reader.pass_on(node);
    }
    let [channels, height, width] = reader.shape(view.tensor);
    let scaled = |size: usize, scale: f32| (size as f32 * scale).floor() as usize;
    let [rows, columns] = match *to {
        To::Scales([rows, columns]) => [scaled(height, rows), scaled(width, columns)],
        To::Sizes(sizes) => sizes,
    };
    let of = |what: &str, constant: TensorProto| {
        Arc::new(TensorProto {
            name: format!("{}.{what}", node_name(node)),
            ..constant
        })
    };
    let mut inputs = vec![reader.tensors[view.tensor].name.clone(), String::new()];
    match *to {
        To::Scales([rows, columns]) => {
            let scales = Constant {
                dims: vec![4],
                values: Values::Float(vec![1.0, 1.0, rows, columns]),
            };
            inputs.push(reader.keep(of("scales", scales.emit(""))));
        }
        To::Sizes([rows, columns]) => {
            let sizes = ints(&[1, channels as i64, rows as i64, columns as i64]);
            inputs.push(String::new());
            inputs.push(reader.keep(of("sizes", Arc::unwrap_or_clone(sizes))));
        }
    }
    let form = Form::Map([channels, rows, columns]);
    let made = reader.emit(node, "Resize", inputs, attributes, form)?;
    let dims = reader.axes(made).plain(&[
        &[Axis::Batch],
        &[Axis::Channel],
        &[Axis::Row],
        &[Axis::Column],
    ]);
    reader.set_view(node, made, dims);
    Ok(())
}
