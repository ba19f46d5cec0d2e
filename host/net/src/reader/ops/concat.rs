//! Concat: along channels on the board, along any axis elsewhere.

use tract_onnx::pb::NodeProto;

use crate::onnx::Attributes;
use crate::onnx::builder::int;
use crate::reader::layout::{Axis, View};
use crate::reader::{Form, Reader, Refusal, Value};

/// Reads a Concat.
pub fn read<'a>(reader: &mut Reader<'a>, node: &'a NodeProto) -> Result<(), Refusal> {
    let mut views = Vec::new();
    for index in 0..node.input.len() {
        match reader.operand(node, index)? {
            Some(Value::Activation(view)) => views.push(view),
            Some(Value::Constant(_)) => return reader.pass_on(node),
            None => {}
        }
    }
    let Some(first) = views.first().cloned() else {
        return Err(Refusal::Missing("input"));
    };
    let rank = first.dims.len();
    let place = Reader::axis(Attributes(node).int("axis", 1)?, rank)?;
    let Some(axis) = along(reader, &views, place) else {
        return reader.pass_on(node);
    };
    let (number, at) = match axis {
        Axis::Channel => (0, 1),
        Axis::Row => (1, 2),
        Axis::Column => (2, 3),
        Axis::Batch => return reader.pass_on(node),
    };
    let all_flat = views
        .iter()
        .all(|view| matches!(reader.tensors[view.tensor].form, Form::Flat(_)));
    let mut shape = reader.shape(first.tensor);
    shape[number] = 0;
    let mut inputs = Vec::new();
    for view in &views {
        let own = reader.shape(view.tensor);
        let same = (0..3).all(|side| side == number || own[side] == shape[side]);
        if !same {
            return reader.pass_on(node);
        }
        shape[number] += own[number];
        let tensor = if all_flat {
            view.tensor
        } else {
            reader.in_form(view.tensor, Form::Map(own))?
        };
        inputs.push(reader.tensors[tensor].name.clone());
    }
    let form = if all_flat {
        Form::Flat(shape[0])
    } else {
        Form::Map(shape)
    };
    let made = reader.emit(node, "Concat", inputs, vec![int("axis", at)], form)?;
    let mut dims = first.dims;
    dims[place] = vec![axis];
    reader.set_view(node, made, dims);
    Ok(())
}

/// The axis that size `place` of all `views` is, where it is one and the others are the
/// same; a size of one is an axis of one place.
fn along(reader: &Reader<'_>, views: &[View], place: usize) -> Option<Axis> {
    let first = views.first()?;
    let others = |view: &View| {
        let mut dims = view.dims.clone();
        (place < dims.len()).then(|| dims.remove(place))?;
        Some(dims)
    };
    let rest = others(first)?;
    if views
        .iter()
        .any(|view| others(view).as_ref() != Some(&rest))
    {
        return None;
    }
    let wide = views.iter().find(|view| !view.dims[place].is_empty());
    let is_free = |axis: &Axis| {
        views.iter().all(|view| {
            let axes = reader.axes(view.tensor);
            view.dims[place] == [*axis] || (view.dims[place].is_empty() && axes.size(*axis) == 1)
        })
    };
    match wide {
        Some(view) => match view.dims[place].as_slice() {
            [axis] => Some(*axis).filter(is_free),
            _ => None,
        },
        None => {
            let used: Vec<Axis> = rest.into_iter().flatten().collect();
            let all = [Axis::Channel, Axis::Row, Axis::Column];
            // Where the file has channels in front they are the second size.
            let by_place = (first.dims.len() == 4 && place > 0).then(|| all[place - 1]);
            let candidates = by_place.into_iter().chain(all);
            let mut free = candidates
                .filter(|axis| !used.contains(axis))
                .filter(is_free);
            free.next()
        }
    }
}
