//! Occlusion on the board: how the probability of a class falls while a patch
//! slides over the input (Zeiler and Fergus 2014, section 4.2).
//!
//! One base inference keeps every tensor and the accumulators of every dense
//! layer. For each position only what the patch can reach is computed again:
//! the outputs whose windows meet a changed pixel, shrunk after every layer to
//! what really changed, and in dense layers the change of the sums. A convolution
//! that only a max-pool reads is computed with it, and only the pooled outputs are kept. Integers
//! add up the same in any order, so the result has the bits of a full
//! inference. What was overwritten is put back before the next position.

mod inferences;
mod layout;
mod recompute;
mod region;
#[cfg(test)]
mod tests;

use crate::arena::{ArenaError, check};
use crate::image::{Model, Shape};
use crate::ops::conv2d::POOLS_SUMS;
use crate::softmax::{first_greatest, softmax_probability};
pub use inferences::occlude_by_inferences;
use layout::Layout;
use recompute::Recompute;
use region::Region;

/// The patch that slides over the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occluder {
    /// Rows of the patch.
    pub window_h: usize,
    /// Columns of the patch.
    pub window_w: usize,
    /// Rows from one position to the next.
    pub stride_h: usize,
    /// Columns from one position to the next.
    pub stride_w: usize,
    /// The int8 that every channel under the patch is set to.
    pub fill: i8,
    /// The class whose probability is reported; the predicted one if not given.
    pub class: Option<usize>,
}

impl Occluder {
    /// Rows and columns of positions over an input of `shape`, or `None` where
    /// the patch does not fit or does not move.
    pub fn positions(&self, shape: Shape) -> Option<(usize, usize)> {
        let along = |size: usize, window: usize, stride: usize| {
            let room = size
                .checked_sub(window)
                .filter(|_| window > 0 && stride > 0)?;
            Some(room / stride + 1)
        };
        Some((
            along(shape.height, self.window_h, self.stride_h)?,
            along(shape.width, self.window_w, self.stride_w)?,
        ))
    }
}

impl Occluder {
    /// Where the patch lies first.
    fn first_patch(&self) -> Region {
        Region {
            top: 0,
            left: 0,
            height: self.window_h,
            width: self.window_w,
        }
    }

    /// Moves the patch to its next position over an input of `shape`, row by row.
    fn move_patch(&self, patch: &mut Region, shape: Shape) {
        patch.left += self.stride_w;
        if patch.left + patch.width > shape.width {
            patch.left = 0;
            patch.top += self.stride_h;
        }
    }
}

/// What an occlusion found and what it cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OcclusionReport {
    /// The class that was watched.
    pub class: usize,
    /// Its probability on the input as it is.
    pub base_probability: f32,
    /// Positions of the patch.
    pub positions: usize,
    /// Multiplications that were done, those of the base inference included.
    pub macs_done: u64,
    /// Multiplications that as many full inferences would have cost.
    pub macs_full: u64,
}

/// Why an occlusion was not done, or stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OcclusionError<E> {
    /// It cannot begin; see [`occlusion_arena_bytes`].
    Arena(ArenaError),
    /// The patch is empty, larger than the input, or does not move.
    Window,
    /// The network has no class of this number.
    Class {
        /// The class asked for.
        class: usize,
        /// How many there are.
        classes: usize,
    },
    /// Too many logits, or buffers that do not fit each other: never with a
    /// checked image.
    Internal,
    /// Whoever receives the positions stopped it.
    Stopped(E),
}

/// Bytes of arena that [`occlude`] needs for patches of this size.
///
/// Every tensor, the accumulators of the dense layers, room for what the patch
/// can change in each, and the kernels' scratch.
pub fn occlusion_arena_bytes(model: &Model<'_>, window_h: usize, window_w: usize) -> usize {
    Layout::new(model, window_h, window_w).arena_bytes
}

/// Slides `occluder` over `input`, `[H, W, C]`, row by row from the top left,
/// and hands the class probability at each position to `found`.
///
/// `begun` is called once, after the base inference.
///
/// # Errors
/// [`OcclusionError`]; errors of `begun` and `found` stop the work and come
/// back as [`OcclusionError::Stopped`].
pub fn occlude<S, E>(
    model: &Model<'_>,
    arena: &mut [u8],
    input: &[i8],
    occluder: &Occluder,
    sink: &mut S,
    begun: impl FnOnce(&mut S, usize, f32) -> Result<(), E>,
    found: impl FnMut(&mut S, usize, f32) -> Result<(), E>,
) -> Result<OcclusionReport, OcclusionError<E>> {
    occlude_by::<POOLS_SUMS, _, _>(model, arena, input, occluder, sink, begun, found)
}

/// [`occlude`], with convolutions pooled as sums or row by row.
fn occlude_by<const POOLS: bool, S, E>(
    model: &Model<'_>,
    arena: &mut [u8],
    input: &[i8],
    occluder: &Occluder,
    sink: &mut S,
    begun: impl FnOnce(&mut S, usize, f32) -> Result<(), E>,
    mut found: impl FnMut(&mut S, usize, f32) -> Result<(), E>,
) -> Result<OcclusionReport, OcclusionError<E>> {
    let shape = model.input_shape();
    let (rows, columns) = occluder.positions(shape).ok_or(OcclusionError::Window)?;
    let layout = Layout::new(model, occluder.window_h, occluder.window_w);
    check(model, layout.arena_bytes, arena, input).map_err(OcclusionError::Arena)?;
    let mut work = Recompute::<POOLS>::new(&layout);
    work.base(arena, input).ok_or(OcclusionError::Internal)?;
    let macs = work.macs();
    let classes = model.classes();
    let class = occluder
        .class
        .unwrap_or_else(|| first_greatest(work.logits(arena).unwrap_or_default()));
    if class >= classes {
        return Err(OcclusionError::Class { class, classes });
    }
    let base_probability = probability(&work, arena, class).ok_or(OcclusionError::Internal)?;
    begun(sink, class, base_probability).map_err(OcclusionError::Stopped)?;

    let mut patch = occluder.first_patch();
    for position in 0..rows * columns {
        let changed = work
            .cover(arena, patch, occluder.fill)
            .ok_or(OcclusionError::Internal)?;
        let value = if changed {
            probability(&work, arena, class).ok_or(OcclusionError::Internal)?
        } else {
            base_probability
        };
        work.restore(arena).ok_or(OcclusionError::Internal)?;
        found(sink, position, value).map_err(OcclusionError::Stopped)?;
        occluder.move_patch(&mut patch, shape);
    }
    Ok(OcclusionReport {
        class,
        base_probability,
        positions: rows * columns,
        macs_done: work.macs(),
        macs_full: macs * (rows * columns) as u64,
    })
}

fn probability<const POOLS: bool>(
    work: &Recompute<'_, POOLS>,
    arena: &mut [u8],
    class: usize,
) -> Option<f32> {
    Some(softmax_probability(work.logits(arena)?, class))
}
