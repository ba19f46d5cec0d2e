//! Padding with the other end of the map, as on a ring: parts of it, joined.

use std::sync::Arc;

use tract_onnx::pb::{NodeProto, TensorProto};

use crate::onnx::builder::int;
use crate::reader::fold::ints;
use crate::reader::{Form, Reader, Refusal, node_name};

/// The map `tensor` with as many channels, rows and columns of its other ends around it as
/// `around` says, before and after.
pub fn around(
    reader: &mut Reader<'_>,
    node: &NodeProto,
    tensor: usize,
    around: [[i64; 2]; 3],
) -> Result<usize, Refusal> {
    let mut made = tensor;
    let padded: Vec<usize> = (0..3).filter(|&axis| around[axis] != [0, 0]).collect();
    for (step, &axis) in padded.iter().enumerate() {
        let size = reader.shape(made)[axis] as i64;
        let [before, after] = around[axis];
        if ![before, after].iter().all(|pad| (0..=size).contains(pad)) {
            return Err(Refusal::Setting {
                name: "pads",
                value: format!("{before} and {after} of {size}, mode wrap"),
                wanted: "at most once around is supported",
            });
        }
        let mut inputs = Vec::new();
        let ends = [
            (before > 0).then_some((size - before, size)),
            Some((0, size)),
            (after > 0).then_some((0, after)),
        ];
        for (part, (start, end)) in ends.into_iter().flatten().enumerate() {
            inputs.push(if (start, end) == (0, size) {
                reader.tensors[made].name.clone()
            } else {
                let what = format!("{}.{step}.{part}", node_name(node));
                cut(reader, &what, made, axis, [start, end])?
            });
        }
        let mut shape = reader.shape(made);
        shape[axis] = (before + size + after) as usize;
        let axis = vec![int("axis", axis as i64 + 1)];
        made = if step + 1 == padded.len() {
            reader.emit(node, "Concat", inputs, axis, Form::Map(shape))?
        } else {
            let name = format!("{}.{step}", node_name(node));
            reader.add(&name, "Concat", inputs, axis, Form::Map(shape))?
        };
    }
    Ok(made)
}

/// The part of a map from `start` to `end` of an axis.
fn cut(
    reader: &mut Reader<'_>,
    name: &str,
    tensor: usize,
    axis: usize,
    [start, end]: [i64; 2],
) -> Result<String, Refusal> {
    let mut inputs = vec![reader.tensors[tensor].name.clone()];
    let values = [start, end, axis as i64 + 1, 1];
    for (what, value) in ["starts", "ends", "axes", "steps"].into_iter().zip(values) {
        let constant = TensorProto {
            name: format!("{name}.{what}"),
            ..Arc::unwrap_or_clone(ints(&[value]))
        };
        inputs.push(reader.keep(Arc::new(constant)));
    }
    let mut shape = reader.shape(tensor);
    shape[axis] = (end - start) as usize;
    let made = reader.add(name, "Slice", inputs, Vec::new(), Form::Map(shape))?;
    Ok(reader.tensors[made].name.clone())
}
