//! Moves the activations' scales a little, so that every engine rounds alike.
//!
//! Scales are widened in steps of 1 part in 4,096 until
//! - the ratio of each convolution's input and output scale has one value in
//!   every order of evaluation ([`associative_scales`](super::associative_scales));
//! - no entry of a table lies next to a tie, where the last digit of a sigmoid
//!   would decide, which processors and runtimes compute differently.

use super::associative_scales::ratio_is_associative;
use super::error::CompileError;
use super::float_net::{FloatNet, FloatOp};
use super::lookup;
use super::network::Elementwise;
use super::scale_groups::ScaleGroups;
use cortexscope_net::Affine;

/// Candidates for each scale.
const CANDIDATES: u16 = 1024;
/// The part of a scale that a candidate adds.
const STEP: f32 = 1.0 / 4096.0;
/// Distance from a tie that a table's entries keep, in steps of the int8.
const MARGIN: f64 = 1.0 / 2048.0;

/// The values of element-wise functions on every int8 of a quantised tensor.
type Evaluate<'a> = &'a mut dyn FnMut(&[Elementwise], Affine) -> Result<Vec<f32>, CompileError>;

/// Chooses the scales of all groups, in the order of their first tensors.
///
/// Where every candidate leaves table entries next to a tie, the candidate that
/// leaves the fewest is taken; the table in the file is tract's either way.
///
/// # Errors
/// tract cannot evaluate an element-wise function.
pub fn resolve_rounding_ties(net: &FloatNet, affines: &mut [Affine]) -> Result<(), CompileError> {
    resolve_with(net, affines, &mut lookup::reals)
}

fn resolve_with(
    net: &FloatNet,
    affines: &mut [Affine],
    evaluate: Evaluate<'_>,
) -> Result<(), CompileError> {
    let groups = ScaleGroups::of(net);
    let logits = net.layers.len();
    for group in (0..logits).filter(|&tensor| groups.first(tensor) == tensor) {
        let members: Vec<usize> = (group..logits)
            .filter(|&tensor| groups.first(tensor) == group)
            .collect();
        let is_decided = |tensor: usize| tensor < logits && groups.first(tensor) <= group;
        let mut edges: Vec<Edge<'_>> = Edge::of(net)
            .filter(|edge| is_decided(edge.from) && is_decided(edge.to))
            .filter(|edge| members.contains(&edge.from) || members.contains(&edge.to))
            .collect();
        let base = affines[group];
        let mut best: Option<(usize, Affine)> = None;
        for candidate in 0..CANDIDATES {
            let scale = base.scale * (1.0 + f32::from(candidate) * STEP);
            let moved = Affine { scale, ..base };
            members.iter().for_each(|&tensor| affines[tensor] = moved);
            let ratios_agree = edges.iter().all(|edge| edge.ratio_is_associative(affines));
            if !ratios_agree {
                continue;
            }
            let mut ties = 0;
            for edge in &mut edges {
                ties += edge.near_ties(affines, evaluate)?;
            }
            if best.is_none_or(|(fewest, _)| ties < fewest) {
                best = Some((ties, moved));
            }
            if ties == 0 {
                break;
            }
        }
        let chosen = best.map_or(base, |(_, affine)| affine);
        members.iter().for_each(|&tensor| affines[tensor] = chosen);
    }
    Ok(())
}

/// A layer that turns one scale into another.
struct Edge<'a> {
    from: usize,
    to: usize,
    /// Empty for a layer with weights.
    functions: &'a [Elementwise],
    /// What the functions gave last, and on which quantisation: most candidates
    /// change what the layer writes and not what it reads.
    evaluated: Option<(Affine, Vec<f32>)>,
}

impl<'a> Edge<'a> {
    fn of(net: &'a FloatNet) -> impl Iterator<Item = Self> {
        net.layers.iter().enumerate().filter_map(|(index, layer)| {
            let functions: &[Elementwise] = match &layer.op {
                FloatOp::Conv { .. } | FloatOp::Dense { .. } => &[],
                FloatOp::Elementwise(functions) => functions,
                // A sum or a product has one factor, which every engine multiplies by.
                FloatOp::MaxPool(_)
                | FloatOp::Concat
                | FloatOp::DepthToSpace
                | FloatOp::Add
                | FloatOp::Mul
                | FloatOp::ValueAffine { .. } => return None,
            };
            Some(Self {
                from: *layer.inputs.first()?,
                to: index + 1,
                functions,
                evaluated: None,
            })
        })
    }

    fn ratio_is_associative(&self, affines: &[Affine]) -> bool {
        let (x, y) = (affines[self.from].scale, affines[self.to].scale);
        !self.functions.is_empty() || ratio_is_associative(x, y)
    }

    /// Entries of the table next to a tie that is not saturated.
    fn near_ties(
        &mut self,
        affines: &[Affine],
        evaluate: Evaluate<'_>,
    ) -> Result<usize, CompileError> {
        if self.functions.is_empty() {
            return Ok(0);
        }
        let [from, to] = [self.from, self.to].map(|tensor| affines[tensor]);
        let reals = match self.evaluated.take().filter(|(of, _)| *of == from) {
            Some((_, reals)) => reals,
            None => evaluate(self.functions, from)?,
        };
        let is_near = |real: &f32| {
            let steps = f64::from(*real) / f64::from(to.scale);
            let place = steps + f64::from(to.zero);
            let from_tie = (steps - steps.floor() - 0.5).abs();
            (-128.0..=127.0).contains(&place) && from_tie < MARGIN
        };
        let near = reals.iter().filter(|real| is_near(real)).count();
        self.evaluated = Some((from, reals));
        Ok(near)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::float_net::FloatLayer;

    #[test]
    fn functions_are_evaluated_once_for_all_candidates() {
        let layer = |name: &str, input| FloatLayer {
            name: name.to_owned(),
            operator: "Sigmoid".to_owned(),
            inputs: vec![input],
            op: FloatOp::Elementwise(vec![Elementwise::of("Sigmoid")]),
            shape: [1, 2, 2],
            value: name.to_owned(),
            clamp: None,
            channel_scales: Vec::new(),
        };
        let net = FloatNet {
            input: "x".to_owned(),
            input_shape: [1, 2, 2],
            input_dims: vec![1, 1, 2, 2],
            layers: vec![layer("first", 0), layer("logits", 1)],
            reference: Default::default(),
            is_binary: false,
            notes: Vec::new(),
        };
        let mut affines =
            [(-4.0, 4.0), (0.0, 1.0), (0.0, 1.0)].map(|(low, high)| Affine::of_range(low, high));
        let mut evaluations = 0;
        // So many values that some lie next to a tie at every scale: all candidates
        // are tried.
        let mut dense = |_: &[Elementwise], _: Affine| -> Result<Vec<f32>, CompileError> {
            evaluations += 1;
            Ok((0_u16..1 << 14)
                .map(|value| f32::from(value) / 16_384.0)
                .collect())
        };
        resolve_with(&net, &mut affines, &mut dense).unwrap();
        // The logits are not quantised: the last layer has no table.
        assert_eq!(evaluations, 1);
    }
}
