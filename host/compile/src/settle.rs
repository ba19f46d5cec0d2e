//! Moves the activations' scales a little, so that no engine can round
//! otherwise than another.
//!
//! Scales are widened in steps of 1 part in 4,096 until
//! - the ratio of each convolution's input and output scale has one value in
//!   every order of evaluation ([`order_free`](super::order_free));
//! - no entry of a table lies next to a tie, where the last digit of a sigmoid
//!   would decide, which processors and runtimes compute differently.

use super::error::CompileError;
use super::float_net::{FloatNet, FloatOp};
use super::lookup;
use super::network::Elementwise;
use super::order_free::ratio_is_order_free;
use super::scale_groups::ScaleGroups;
use cortexscope_net::Affine;

/// Candidates for each scale.
const CANDIDATES: u16 = 1024;
/// The part of a scale that a candidate adds.
const STEP: f32 = 1.0 / 4096.0;
/// Distance from a tie that a table's entries keep, in steps of the int8.
const MARGIN: f64 = 1.0 / 2048.0;

/// Settles the scales of all groups, in the order of their first tensors.
///
/// Where no candidate keeps all tables from ties, the one that keeps the most
/// of them is taken; the table in the file is tract's either way.
///
/// # Errors
/// tract cannot evaluate an element-wise function.
pub fn settle(net: &FloatNet, affines: &mut [Affine]) -> Result<(), CompileError> {
    let groups = ScaleGroups::of(net);
    let logits = net.layers.len();
    for group in (0..logits).filter(|&tensor| groups.first(tensor) == tensor) {
        let members: Vec<usize> = (group..logits)
            .filter(|&tensor| groups.first(tensor) == group)
            .collect();
        let settled = |tensor: usize| tensor < logits && groups.first(tensor) <= group;
        let edges: Vec<Edge<'_>> = Edge::of(net)
            .filter(|edge| settled(edge.from) && settled(edge.to))
            .filter(|edge| members.contains(&edge.from) || members.contains(&edge.to))
            .collect();
        let base = affines[group];
        let mut best: Option<(usize, Affine)> = None;
        for candidate in 0..CANDIDATES {
            let scale = base.scale * (1.0 + f32::from(candidate) * STEP);
            let moved = Affine { scale, ..base };
            members.iter().for_each(|&tensor| affines[tensor] = moved);
            let ratios_agree = edges.iter().all(|edge| edge.ratio_is_order_free(affines));
            if !ratios_agree {
                continue;
            }
            let mut ties = 0;
            for edge in &edges {
                ties += edge.near_ties(affines)?;
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
}

impl<'a> Edge<'a> {
    fn of(net: &'a FloatNet) -> impl Iterator<Item = Self> {
        net.layers.iter().enumerate().filter_map(|(index, layer)| {
            let functions: &[Elementwise] = match &layer.op {
                FloatOp::Conv { .. } | FloatOp::Dense { .. } => &[],
                FloatOp::Elementwise(functions) => functions,
                FloatOp::MaxPool(_) | FloatOp::Concat => return None,
            };
            Some(Self {
                from: *layer.inputs.first()?,
                to: index + 1,
                functions,
            })
        })
    }

    fn ratio_is_order_free(&self, affines: &[Affine]) -> bool {
        let (x, y) = (affines[self.from].scale, affines[self.to].scale);
        !self.functions.is_empty() || ratio_is_order_free(x, y)
    }

    /// Entries of the table next to a tie that is not saturated.
    fn near_ties(&self, affines: &[Affine]) -> Result<usize, CompileError> {
        if self.functions.is_empty() {
            return Ok(0);
        }
        let to = affines[self.to];
        let reals = lookup::reals(self.functions, affines[self.from])?;
        let is_near = |real: &f32| {
            let steps = f64::from(*real) / f64::from(to.scale);
            let place = steps + f64::from(to.zero);
            let from_tie = (steps - steps.floor() - 0.5).abs();
            (-128.0..=127.0).contains(&place) && from_tie < MARGIN
        };
        Ok(reals.iter().filter(|real| is_near(real)).count())
    }
}
