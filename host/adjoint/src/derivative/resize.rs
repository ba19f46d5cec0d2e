//! Resizing: along each axis a product with a matrix of interpolation weights.

use std::sync::Arc;

use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::*;
use tract_onnx::tract_core::ops::einsum::EinSum;
use tract_onnx::tract_core::ops::nn::resize::{NearestUpsample, Resize};

use super::Step;
use crate::AdjointError;
use crate::error::unsupported;
use crate::tape::Tape;

/// The weights of a resizing.
pub struct Interpolation {
    /// Each axis that changes, and its weights `[places after, places before]`.
    axes: Vec<(usize, Arc<Tensor>)>,
}

/// Letters of a value's axes, of the axis before and of the axis after.
const LETTERS: &str = "abcdefgh";
const AFTER: char = 'z';

impl Interpolation {
    /// The weights of `node`; none where it is no resizing.
    ///
    /// # Errors
    /// It crops, or has more axes than are supported.
    pub fn of(tape: &Tape<'_>, node: &TypedNode) -> Result<Option<Self>, AdjointError> {
        if is_resize(node) {
            Self::resized(tape, node).map(Some)
        } else if let Some(op) = node.op_as::<NearestUpsample>() {
            Self::repeated(tape, node, op).map(Some)
        } else {
            Ok(None)
        }
    }

    /// Each place as many times as `op` says.
    fn repeated(
        tape: &Tape<'_>,
        node: &TypedNode,
        op: &NearestUpsample,
    ) -> Result<Self, AdjointError> {
        let before = tape.shape(node.inputs[0])?;
        if before.len() > LETTERS.len() {
            return Err(unsupported(node, "only plain resizing is supported"));
        }
        let changed = op
            .scales
            .iter()
            .enumerate()
            .filter(|(_, times)| **times != 1);
        let axes = changed.map(|(axis, &times)| {
            let size = before[axis];
            let mut weights = vec![0.0_f32; times * size * size];
            for place in 0..times * size {
                weights[place * size + place / times] = 1.0;
            }
            let weights = Tensor::from_shape(&[times * size, size], &weights)?;
            Ok((axis, weights.into_arc_tensor()))
        });
        let axes = axes.collect::<Result<Vec<_>, AdjointError>>()?;
        Ok(Self { axes })
    }

    fn resized(tape: &Tape<'_>, node: &TypedNode) -> Result<Self, AdjointError> {
        let refused = || {
            unsupported(
                node,
                "only resizing by constant scales or sizes is supported",
            )
        };
        let before = tape.shape(node.inputs[0])?;
        let after = tape.shape(OutletId::new(node.id, 0))?;
        let &[_, by] = node.inputs.as_slice() else {
            return Err(refused());
        };
        let by = tape.constant(by)?.filter(|by| by.len() == before.len());
        let by = by
            .filter(|_| before.len() <= LETTERS.len())
            .ok_or_else(refused)?;
        let changed = (0..before.len()).filter(|&axis| before[axis] != after[axis]);
        let axes = changed.map(|axis| {
            let weights = weights(node, &by, axis, [before[axis], after[axis]])?;
            Ok((axis, weights))
        });
        let axes = axes.collect::<Result<Vec<_>, AdjointError>>()?;
        Ok(Self { axes })
    }

    /// The resizing of `wire`, by `of` each weight.
    pub fn wire(
        &self,
        tape: &mut Tape<'_>,
        mut wire: OutletId,
        of: impl Fn(f32) -> f32,
    ) -> Result<OutletId, AdjointError> {
        for (axis, weights) in &self.axes {
            wire = product(tape, wire, *axis, weights, &of, false)?;
        }
        Ok(wire)
    }

    /// What arrived at the result, sent back by `of` each weight.
    pub fn back(
        &self,
        tape: &mut Tape<'_>,
        mut wire: OutletId,
        of: impl Fn(f32) -> f32,
    ) -> Result<OutletId, AdjointError> {
        for (axis, weights) in self.axes.iter().rev() {
            wire = product(tape, wire, *axis, weights, &of, true)?;
        }
        Ok(wire)
    }
}

/// Sends `step.arrived` to the input, where the node resizes; whether it does.
pub fn differentiate(tape: &mut Tape<'_>, step: &Step<'_>) -> Result<bool, AdjointError> {
    let Some(interpolation) = Interpolation::of(tape, step.node)? else {
        return Ok(false);
    };
    let back = interpolation.back(tape, step.arrived, |weight| weight)?;
    tape.give(step.node.inputs[0], back)?;
    Ok(true)
}

/// Whether a node resizes by an operator of tract's, before or after it was simplified.
pub fn is_resize(node: &TypedNode) -> bool {
    node.op_is::<Resize>() || node.op_is::<tract_onnx_opl::resize::Resize>()
}

/// What `node` does along `axis` to unit vectors: column `i` is what becomes of place
/// `i`. `by` are its scales or sizes.
fn weights(
    node: &TypedNode,
    by: &Tensor,
    axis: usize,
    [before, after]: [usize; 2],
) -> Result<Arc<Tensor>, AdjointError> {
    // The unit vectors stand along another axis, which stays as it is.
    let rank = by.len();
    let other = usize::from(axis == 0);
    let mut shape = vec![1; rank];
    shape[axis] = before;
    shape[other] = before;
    let mut units = vec![0.0_f32; before * before];
    (0..before).for_each(|at| units[at * before + at] = 1.0);
    let own = if by.datum_type().is_float() {
        let given = by.cast_to::<f32>()?;
        let mut scales = vec![1.0_f32; rank];
        scales[axis] = given.to_plain_array_view::<f32>()?[axis];
        tensor1(&scales)
    } else {
        let mut sizes: Vec<i64> = shape.iter().map(|&size| size as i64).collect();
        sizes[axis] = after as i64;
        tensor1(&sizes).cast_to_dt(by.datum_type())?.into_owned()
    };
    let mut model = TypedModel::default();
    let units = model.add_const("units", Tensor::from_shape(&shape, &units)?)?;
    let inputs = tvec!(units, model.add_const("by", own)?);
    let resized = model.wire_node("resized", node.op.clone(), &inputs)?;
    model.select_output_outlets(&resized)?;
    let plan = model.into_runnable()?;
    let result = plan.run(tvec!())?;
    let view = result[0].to_plain_array_view::<f32>()?;
    let values: Vec<f32> = view.iter().copied().collect();
    // One row for each unit vector where these came first, one column else.
    let mut weights = vec![0.0_f32; after * before];
    for unit in 0..before {
        for place in 0..after {
            let at = if other < axis {
                unit * after + place
            } else {
                place * before + unit
            };
            weights[place * before + unit] = values[at];
        }
    }
    Ok(Tensor::from_shape(&[after, before], &weights)?.into_arc_tensor())
}

fn product(
    tape: &mut Tape<'_>,
    wire: OutletId,
    axis: usize,
    weights: &Tensor,
    of: &impl Fn(f32) -> f32,
    is_back: bool,
) -> Result<OutletId, AdjointError> {
    let rank = tape.shape_here(wire)?.len();
    let view = weights.to_plain_array_view::<f32>()?;
    let values: Vec<f32> = view.iter().map(|&weight| of(weight)).collect();
    let weights = tape.tensor(Tensor::from_shape(weights.shape(), &values)?)?;
    let own: Vec<char> = LETTERS.chars().take(rank).collect();
    let mut other = own.clone();
    other[axis] = AFTER;
    let matrix: String = [AFTER, own[axis]].iter().collect();
    let [own, other] = [own, other].map(|letters| letters.into_iter().collect::<String>());
    let (from, to) = if is_back { (other, own) } else { (own, other) };
    let axes = AxesMapping::from_strs(&[from.as_str(), matrix.as_str()], &[to.as_str()])?;
    tape.wire(EinSum::new(axes, f32::datum_type()), &[wire, weights])
}
