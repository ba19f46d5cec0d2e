//! Kernels from outside, in the place of this crate's.

use crate::ops::Output;

/// Computes layers in the place of this crate's kernels, and gives the same bytes.
///
/// A board reads weights in place and has no memory to spare; whoever runs the engine
/// elsewhere may keep weights in another order, and rows where they are read best.
///
/// Rows are asked for in order, from the first to the last, after [`Accelerator::take`].
pub trait Accelerator {
    /// Whether it computes layer `layer`, or, if `pooled`, this layer and the max-pool
    /// after it.
    fn computes(&self, layer: usize, pooled: bool) -> bool;

    /// Takes the whole input of a layer that it computes, `[H, W, C]`.
    fn take(&mut self, layer: usize, input: &[i8]);

    /// Row `y` of the layer that was taken, `[W, C]`.
    fn row(&mut self, y: usize, output: Output<'_>);

    /// Row `y` of the max-pool after it, `[W, C]`.
    fn pooled_row(&mut self, y: usize, output: &mut [i8]);
}

/// None: every layer is computed by this crate's kernels.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoAccelerator;

impl Accelerator for NoAccelerator {
    #[inline(always)]
    fn computes(&self, _layer: usize, _pooled: bool) -> bool {
        false
    }

    fn take(&mut self, _layer: usize, _input: &[i8]) {}

    fn row(&mut self, _y: usize, _output: Output<'_>) {}

    fn pooled_row(&mut self, _y: usize, _output: &mut [i8]) {}
}
