//! Slice and Split: parts of an axis.

use std::sync::Arc;

use tract_onnx::pb::{NodeProto, TensorProto};

use crate::onnx::Attributes;
use crate::reader::fold::ints;
use crate::reader::layout::{Axis, View};
use crate::reader::{Form, Reader, Refusal, Value, node_name};

/// A part of one axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Part {
    start: i64,
    end: i64,
    step: i64,
}

impl Part {
    /// What ONNX means by it on an axis of `size`; none where it goes backward.
    fn on(self, size: usize) -> Option<Self> {
        let size = size as i64;
        let place = |at: i64| (if at < 0 { at.saturating_add(size) } else { at }).clamp(0, size);
        (self.step > 0).then(|| Self {
            start: place(self.start),
            end: place(self.end),
            step: self.step,
        })
    }

    fn count(self) -> usize {
        let span = (self.end - self.start).max(0) as usize;
        span.div_ceil(self.step as usize)
    }
}

/// Reads a Slice.
pub fn read<'a>(reader: &mut Reader<'a>, node: &'a NodeProto) -> Result<(), Refusal> {
    let view = reader.activation(node, 0)?;
    let rank = view.dims.len();
    let starts = reader
        .integers(node, 1, "starts")?
        .ok_or(Refusal::Missing("starts"))?;
    let ends = reader
        .integers(node, 2, "ends")?
        .ok_or(Refusal::Missing("ends"))?;
    let axes = reader.integers(node, 3, "axes")?;
    let steps = reader.integers(node, 4, "steps")?;
    let sizes = reader.sizes(&view);
    let mut parts = vec![None; rank];
    for (index, (&start, &end)) in starts.iter().zip(&ends).enumerate() {
        let axis = axes.as_ref().and_then(|axes| axes.get(index).copied());
        let at = Reader::axis(axis.unwrap_or(index as i64), rank)?;
        let step = steps.as_ref().and_then(|steps| steps.get(index).copied());
        let part = Part {
            start,
            end,
            step: step.unwrap_or(1),
        };
        let Some(part) = part.on(sizes[at]) else {
            return reader.pass_on(node);
        };
        if part.count() != sizes[at] || part.step != 1 {
            parts[at] = Some(part);
        }
    }
    let made = cut_out(reader, node, &view, &parts, 0)?;
    match made {
        Some(view) => reader.set(node, 0, Value::Activation(view)),
        None => reader.pass_on(node)?,
    }
    Ok(())
}

/// Reads a Gather of one place of an axis, or of places one after the other: a Slice.
pub fn read_gather<'a>(reader: &mut Reader<'a>, node: &'a NodeProto) -> Result<(), Refusal> {
    let constant = match (reader.operand(node, 0)?, reader.operand(node, 1)?) {
        (Some(Value::Activation(_)), Some(Value::Constant(constant))) => constant,
        _ => return reader.pass_on(node),
    };
    let view = reader.activation(node, 0)?;
    let sizes = reader.sizes(&view);
    let at = Reader::axis(Attributes(node).int("axis", 0)?, sizes.len())?;
    let indices = reader.integers(node, 1, "indices")?.unwrap_or_default();
    let size = sizes[at] as i64;
    let places = indices.iter();
    let places: Vec<i64> = places
        .map(|&place| {
            if place < 0 {
                place.saturating_add(size)
            } else {
                place
            }
        })
        .collect();
    let Some((&start, rest)) = places.split_first() else {
        return reader.pass_on(node);
    };
    let step = rest.first().map_or(1, |next| next.saturating_sub(start));
    let follow = places
        .windows(2)
        .all(|pair| pair[1].checked_sub(pair[0]) == Some(step));
    let end = places.last().copied().unwrap_or(start).saturating_add(1);
    if constant.dims.len() > 1 || !follow || step < 1 || start < 0 || end > size {
        return reader.pass_on(node);
    }
    let mut parts = vec![None; sizes.len()];
    if places.len() != sizes[at] {
        parts[at] = Some(Part { start, end, step });
    }
    match cut_out(reader, node, &view, &parts, 0)? {
        Some(mut view) => {
            if constant.dims.is_empty() {
                view.dims.remove(at);
            }
            reader.set(node, 0, Value::Activation(view));
            Ok(())
        }
        None => reader.pass_on(node),
    }
}

/// Reads a Split.
pub fn read_split<'a>(reader: &mut Reader<'a>, node: &'a NodeProto) -> Result<(), Refusal> {
    let view = reader.activation(node, 0)?;
    let rank = view.dims.len();
    let at = Reader::axis(Attributes(node).int("axis", 0)?, rank)?;
    let size = reader.sizes(&view)[at] as i64;
    let count = node.output.len() as i64;
    let sizes = match reader
        .integers(node, 1, "split")?
        .filter(|sizes| !sizes.is_empty())
    {
        Some(sizes) => sizes,
        None => {
            // The last part is smaller where the parts do not come out even.
            let each = (size + count - 1) / count.max(1);
            (0..count)
                .map(|part| each.min(size - part * each))
                .collect()
        }
    };
    let mut start = 0;
    for (index, &part) in sizes.iter().enumerate().take(node.output.len()) {
        let mut parts = vec![None; rank];
        if part != size {
            parts[at] = Some(Part {
                start,
                end: start + part,
                step: 1,
            });
        }
        start += part;
        match cut_out(reader, node, &view, &parts, index)? {
            Some(view) => reader.set(node, index, Value::Activation(view)),
            None => return reader.pass_on(node),
        }
    }
    Ok(())
}

/// Output `index` of `node`, the named parts of `view`; none where a part lies across
/// several axes.
fn cut_out(
    reader: &mut Reader<'_>,
    node: &NodeProto,
    view: &View,
    parts: &[Option<Part>],
    index: usize,
) -> Result<Option<View>, Refusal> {
    let output = node.output.get(index).cloned().unwrap_or_default();
    let mut shape = reader.shape(view.tensor);
    let mut dims = view.dims.clone();
    let mut own: [Vec<i64>; 4] = Default::default();
    for (at, part) in parts.iter().enumerate() {
        let Some(part) = part else { continue };
        let number = match view.dims[at].as_slice() {
            [Axis::Channel] => 0,
            [Axis::Row] => 1,
            [Axis::Column] => 2,
            _ => return Ok(None),
        };
        shape[number] = part.count();
        if part.count() == 1 {
            dims[at].clear();
        }
        let values = [part.start, part.end, number as i64 + 1, part.step];
        own.iter_mut()
            .zip(values)
            .for_each(|(list, value)| list.push(value));
    }
    if own[0].is_empty() {
        return Ok(Some(View {
            tensor: view.tensor,
            dims,
            name: output,
        }));
    }
    let whole = reader.shape(view.tensor);
    let tensor = reader.in_form(view.tensor, Form::Map(whole))?;
    let mut inputs = vec![reader.tensors[tensor].name.clone()];
    for (what, values) in ["starts", "ends", "axes", "steps"].into_iter().zip(&own) {
        let constant = TensorProto {
            name: format!("{output}.{what}"),
            ..Arc::unwrap_or_clone(ints(values))
        };
        inputs.push(reader.keep(Arc::new(constant)));
    }
    let name = if index == 0 {
        node_name(node).to_owned()
    } else {
        reader.fresh(format!("{}.{index}", node_name(node)))
    };
    let form = Form::Map(shape);
    let tensor = reader.write(&name, "Slice", inputs, Vec::new(), &output, form)?;
    Ok(Some(View {
        tensor,
        dims,
        name: output,
    }))
}
