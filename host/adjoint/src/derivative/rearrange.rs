//! Operators that move, repeat, cut and pad.

use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::*;
use tract_onnx::tract_core::ops::array::{Gather, Pad, PadMode, Slice, Tile, TypedConcat};
use tract_onnx::tract_core::ops::downsample::Downsample;

use super::Step;
use crate::AdjointError;
use crate::tape::Tape;

/// A size that is a number.
fn known(size: &TDim) -> Result<usize, AdjointError> {
    let size = size.to_usize();
    size.map_err(|error| AdjointError::Tract(error.to_string()))
}

/// Each operand gets its own stretch.
pub fn differentiate_concat(
    tape: &mut Tape<'_>,
    step: &Step<'_>,
    op: &TypedConcat,
) -> Result<(), AdjointError> {
    let mut start = 0;
    for &operand in &step.node.inputs {
        let end = start + tape.shape(operand)?[op.axis];
        if tape.is_active(operand) {
            let own = tape.wire(Slice::new(op.axis, start, end), &[step.arrived])?;
            tape.give(operand, own)?;
        }
        start = end;
    }
    Ok(())
}

/// Zeros before and after along one axis.
fn pad(
    tape: &mut Tape<'_>,
    wire: OutletId,
    axis: usize,
    around: (usize, usize),
) -> Result<OutletId, AdjointError> {
    if around == (0, 0) {
        return Ok(wire);
    }
    let rank = tape.shape_here(wire)?.len();
    let mut pads = vec![(0, 0); rank];
    pads[axis] = around;
    let mode = PadMode::Constant(tensor0(0.0_f32).into_arc_tensor());
    tape.wire(Pad { pads, mode }, &[wire])
}

/// What was cut off gets zeros.
pub fn differentiate_slice(
    tape: &mut Tape<'_>,
    step: &Step<'_>,
    op: &Slice,
) -> Result<(), AdjointError> {
    let size = tape.shape(step.node.inputs[0])?[op.axis];
    let [start, end] = [known(&op.start)?, known(&op.end)?];
    let whole = pad(tape, step.arrived, op.axis, (start, size - end))?;
    tape.give(step.node.inputs[0], whole)
}

/// What was taken goes back to its place, and what was taken twice is summed.
pub fn differentiate_gather(
    tape: &mut Tape<'_>,
    step: &Step<'_>,
    op: &Gather,
) -> Result<(), AdjointError> {
    let indices = tape.constant(step.node.inputs[1])?;
    let indices = indices.ok_or_else(|| step.unsupported("only constant indices are supported"))?;
    let mut arrived = step.arrived;
    match indices.rank() {
        0 => arrived = tape.wire(AxisOp::Add(op.axis), &[arrived])?,
        1 => {}
        _ => return Err(step.unsupported("only a list of indices is supported")),
    }
    let size = tape.shape(step.node.inputs[0])?[op.axis];
    let indices = indices.cast_to::<i64>()?;
    let indices = indices.to_plain_array_view::<i64>()?;
    let mut sum: Option<OutletId> = None;
    for (at, &index) in indices.iter().enumerate() {
        let counted = if index < 0 {
            index + size as i64
        } else {
            index
        };
        let place = usize::try_from(counted).ok().filter(|&place| place < size);
        let place = place.ok_or_else(|| step.unsupported("an index lies outside"))?;
        let one = tape.wire(Slice::new(op.axis, at, at + 1), &[arrived])?;
        let one = pad(tape, one, op.axis, (place, size - 1 - place))?;
        sum = Some(match sum {
            Some(sum) => tape.add(sum, one)?,
            None => one,
        });
    }
    match sum {
        Some(sum) => tape.give(step.node.inputs[0], sum),
        None => Ok(()),
    }
}

/// Constant padding is cut off; mirrored or repeated values go back to where they
/// came from, one axis after the other.
pub fn differentiate_pad(
    tape: &mut Tape<'_>,
    step: &Step<'_>,
    op: &Pad,
) -> Result<(), AdjointError> {
    let shape = tape.shape(step.node.inputs[0])?;
    let mut wire = step.arrived;
    for (axis, &(before, after)) in op.pads.iter().enumerate().rev() {
        if (before, after) == (0, 0) {
            continue;
        }
        let size = shape[axis];
        let padded = wire;
        wire = tape.wire(Slice::new(axis, before, before + size), &[padded])?;
        let source = |outside: usize| match op.mode {
            PadMode::Constant(_) => None,
            PadMode::Edge if outside < before => Some(0),
            PadMode::Edge => Some(size - 1),
            PadMode::Reflect if outside < before => Some(before - outside),
            PadMode::Reflect => Some(size - 2 - (outside - before - size)),
        };
        let outside = (0..before).chain(before + size..before + size + after);
        for outside in outside {
            let Some(at) = source(outside) else { continue };
            let one = tape.wire(Slice::new(axis, outside, outside + 1), &[padded])?;
            let one = pad(tape, one, axis, (at, size - 1 - at))?;
            wire = tape.add(wire, one)?;
        }
    }
    tape.give(step.node.inputs[0], wire)
}

/// Repetitions are summed.
pub fn differentiate_broadcast(tape: &mut Tape<'_>, step: &Step<'_>) -> Result<(), AdjointError> {
    let shape = tape.shape(step.node.inputs[0])?;
    let lead = tape.shape_here(step.arrived)?.len() - shape.len();
    let axes: Vec<usize> = (0..lead).collect();
    let mut wire = tape.sum(step.arrived, &axes)?;
    for _ in 0..lead {
        wire = tape.wire(AxisOp::Rm(0), &[wire])?;
    }
    let wire = tape.sum_to(wire, &shape)?;
    tape.give(step.node.inputs[0], wire)
}

/// Repetitions of the whole are summed.
pub fn differentiate_tile(
    tape: &mut Tape<'_>,
    step: &Step<'_>,
    op: &Tile,
) -> Result<(), AdjointError> {
    let shape = tape.shape(step.node.inputs[0])?;
    let mut wire = step.arrived;
    for (axis, times) in op.multipliers.iter().enumerate() {
        let times = known(times)?;
        if times == 1 {
            continue;
        }
        let whole = tvec!((times * shape[axis]).to_dim());
        let parts = tvec!(times.to_dim(), shape[axis].to_dim());
        wire = tape.wire(AxisOp::Reshape(axis, whole, parts), &[wire])?;
        wire = tape.sum(wire, &[axis])?;
        wire = tape.wire(AxisOp::Rm(axis), &[wire])?;
    }
    tape.give(step.node.inputs[0], wire)
}

/// What was skipped gets zeros.
pub fn differentiate_downsample(
    tape: &mut Tape<'_>,
    step: &Step<'_>,
    op: &Downsample,
) -> Result<(), AdjointError> {
    let stride = usize::try_from(op.stride)
        .map_err(|_| step.unsupported("only strides from 1 up are supported"))?;
    let size = tape.shape(step.node.inputs[0])?[op.axis];
    let taken = tape.shape_here(step.arrived)?[op.axis];
    let wire = tape.wire(AxisOp::Add(op.axis + 1), &[step.arrived])?;
    let wire = pad(tape, wire, op.axis + 1, (0, stride - 1))?;
    let parts = tvec!(taken.to_dim(), stride.to_dim());
    let whole = tvec!((taken * stride).to_dim());
    let wire = tape.wire(AxisOp::Reshape(op.axis, parts, whole), &[wire])?;
    let wire = pad(tape, wire, op.axis, (op.modulo, stride))?;
    let wire = tape.wire(Slice::new(op.axis, 0, size), &[wire])?;
    tape.give(step.node.inputs[0], wire)
}
