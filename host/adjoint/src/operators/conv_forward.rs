//! A large two-dimensional convolution on several threads: tract's own runs on one.

use std::ops::Range;

use rayon::prelude::*;
use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::*;

use super::pages::uninitialized;
use super::{ConvGeometry, Scratch};
use crate::matrix::{Matrix, product_at};

/// From the input `[N, I, H, W]`, the kernel `[O, I, KH, KW]` and the bias, one number or
/// `[O]`: the convolution `[N, O, H', W']`, some output rows for each thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConvForward {
    geometry: ConvGeometry,
    scratch: Scratch,
}

/// Numbers of a tile of the unfolded input: what stays in a core's own cache.
const TILE: usize = 1 << 18;

/// Multiplications from which a convolution is taken from tract.
const WORTH_TAKING: usize = 1 << 24;

/// Multiplications of a convolution that is small.
const SMALL: Range<usize> = 1 << 14..1 << 20;

/// Multiplications from which it is taken where threads have inputs of their own.
const WORTH_UNFOLDING: usize = 1 << 20;
/// The same of a convolution whose channels stay apart.
const WORTH_TAPS: usize = 1 << 15;

/// Where threads write, each its own rows.
struct Output(*mut f32);

// SAFETY: threads write disjoint parts, and the tensor outlives them.
unsafe impl Sync for Output {}

impl ConvForward {
    /// A convolution of these sizes, if it is large and there are threads for it, or so small
    /// that what tract sets up for it takes longer.
    pub fn if_worth(geometry: ConvGeometry, scratch: &Scratch) -> Option<Self> {
        let multiplications = geometry.multiplications();
        let is_large = multiplications >= WORTH_TAKING && scratch.threads(multiplications) > 1;
        let is_worth = is_large || SMALL.contains(&multiplications);
        is_worth.then(|| Self {
            geometry,
            scratch: scratch.clone(),
        })
    }

    /// A convolution of these sizes on one thread, if it is large.
    pub fn on_one_thread(geometry: ConvGeometry, scratch: &Scratch) -> Option<Self> {
        let is_depthwise = geometry.inputs == 1 && geometry.outputs == 1;
        let worth = if is_depthwise {
            WORTH_TAPS
        } else {
            WORTH_UNFOLDING
        };
        let is_worth = geometry.multiplications() >= worth;
        is_worth.then(|| Self {
            geometry,
            scratch: scratch.clone(),
        })
    }

    /// One group of one image.
    fn group(&self, input: &[f32], kernel: &[f32], output: &mut [f32]) {
        let geometry = &self.geometry;
        let [rows, row] = geometry.output;
        let taps = geometry.taps();
        assert!(kernel.len() == geometry.outputs * taps);
        assert!(output.len() == geometry.outputs * rows * row);
        if geometry.inputs == 1 && geometry.outputs == 1 {
            return depthwise(geometry, input, kernel, output);
        }
        let threads = self.scratch.threads(geometry.multiplications());
        let high = tile_rows(rows, taps * row, threads);
        let pointer = Output(output.as_mut_ptr());
        let work = |tile: usize| {
            let pointer = &pointer;
            let tile = (tile * high).min(rows)..((tile + 1) * high).min(rows);
            let width = tile.len() * row;
            self.scratch.with(taps * width, |columns| {
                unfold(geometry, tile.clone(), input, columns);
                let weights = Matrix {
                    numbers: kernel,
                    sizes: [geometry.outputs, taps],
                    strides: [taps, 1],
                };
                let columns = Matrix {
                    numbers: columns,
                    sizes: [taps, width],
                    strides: [width, 1],
                };
                // SAFETY: the tile's columns of the output, `rows · row` apart, are inside
                // it and no other tile's.
                unsafe {
                    let into = pointer.0.add(tile.start * row);
                    product_at(into, [rows * row, 1], true, weights, columns);
                }
            });
        };
        let tiles = 0..rows.div_ceil(high);
        if threads > 1 {
            tiles.into_par_iter().for_each(work);
        } else {
            tiles.for_each(work);
        }
    }
}

/// Rows of a tile, of this many numbers each: what stays in the cache, as much for each
/// thread.
fn tile_rows(rows: usize, numbers: usize, threads: usize) -> usize {
    let tiles = (rows * numbers).div_ceil(TILE).next_multiple_of(threads);
    rows.div_ceil(tiles).max(1)
}

/// What the taps read at some output rows: `[I · KH · KW, rows · W']`.
fn unfold(geometry: &ConvGeometry, rows: Range<usize>, input: &[f32], columns: &mut [f32]) {
    let [kernel_rows, kernel_columns] = geometry.kernel;
    let [stride_y, stride_x] = geometry.strides;
    let [height, width] = geometry.input;
    let row = geometry.output[1];
    let mut taps = columns.chunks_exact_mut(rows.len() * row);
    for plane in input.chunks_exact(height * width) {
        for ky in 0..kernel_rows {
            let (first_y, count_y) = geometry.inside(0, ky);
            for kx in 0..kernel_columns {
                let (first_x, count_x) = geometry.inside(1, kx);
                let Some(tap) = taps.next() else { return };
                for (y, to) in rows.clone().zip(tap.chunks_exact_mut(row)) {
                    if count_x == 0 || !(first_y..first_y + count_y).contains(&y) {
                        to.fill(0.0);
                        continue;
                    }
                    let top = y * stride_y + ky * geometry.dilations[0] - geometry.before[0];
                    let left = first_x * stride_x + kx * geometry.dilations[1] - geometry.before[1];
                    let from = &plane[top * width + left..(top + 1) * width];
                    to[..first_x].fill(0.0);
                    to[first_x + count_x..].fill(0.0);
                    let to = &mut to[first_x..first_x + count_x];
                    if stride_x == 1 {
                        to.copy_from_slice(&from[..count_x]);
                    } else {
                        // With little optimisation an iterator is a call.
                        let mut at = 0;
                        while at < to.len() {
                            to[at] = from[at * stride_x];
                            at += 1;
                        }
                    }
                }
            }
        }
    }
}

/// Adds a channel's convolution with a kernel of its own, tap by tap: there is nothing to gain by
/// a matrix product of one row.
fn depthwise(geometry: &ConvGeometry, plane: &[f32], kernel: &[f32], output: &mut [f32]) {
    let [_, width] = geometry.input;
    let row = geometry.output[1];
    let stride = geometry.strides[1];
    for (tap, weight) in kernel.iter().enumerate() {
        let (ky, kx) = (tap / geometry.kernel[1], tap % geometry.kernel[1]);
        let (first_y, count_y) = geometry.inside(0, ky);
        let (first_x, count_x) = geometry.inside(1, kx);
        if count_x == 0 {
            continue;
        }
        for y in first_y..first_y + count_y {
            let top = y * geometry.strides[0] + ky * geometry.dilations[0] - geometry.before[0];
            let left = first_x * stride + kx * geometry.dilations[1] - geometry.before[1];
            let from = &plane[top * width + left..(top + 1) * width];
            let to = &mut output[y * row + first_x..][..count_x];
            let mut at = 0;
            while at < count_x {
                to[at] += weight * from[at * stride];
                at += 1;
            }
        }
    }
}

/// The output of a convolution, every number of which `work` writes, from input, kernel and bias.
pub(super) fn convolve(
    geometry: &ConvGeometry,
    inputs: TVec<TValue>,
    work: impl FnOnce(&[f32], &[f32], &[f32], &mut [f32]),
) -> TractResult<TVec<TValue>> {
    let (input, kernel, bias) = args_3!(inputs);
    let batch = if geometry.has_batch {
        input.shape()[0]
    } else {
        1
    };
    let channels = geometry.groups * geometry.inputs;
    ensure!(input.len() == batch * channels * geometry.input_plane());
    ensure!(kernel.len() > 0 && bias.len() > 0);
    // SAFETY: `work` writes every number, and reads none before.
    let mut output = unsafe { uninitialized::<f32>(&geometry.output_shape(batch))? };
    {
        let (input, kernel) = (input.try_as_plain_ram()?, kernel.try_as_plain_ram()?);
        let (input, kernel) = (input.as_slice::<f32>()?, kernel.as_slice::<f32>()?);
        let bias = bias.try_as_plain_ram()?;
        let mut output = output.try_as_plain_ram_mut()?;
        work(
            input,
            kernel,
            bias.as_slice::<f32>()?,
            output.as_slice_mut::<f32>()?,
        );
    }
    Ok(tvec!(output.into_tvalue()))
}

impl Op for ConvForward {
    fn name(&self) -> StaticName {
        "ConvForward".into()
    }

    op_as_typed_op!();
}

impl EvalOp for ConvForward {
    op_out_of_plan!();

    fn eval(&self, _: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let geometry = &self.geometry;
        convolve(geometry, inputs, |input, kernel, bias, output| {
            let planes = output.chunks_exact_mut(geometry.output_plane());
            for (plane, &bias) in planes.zip(bias.iter().cycle()) {
                plane.fill(bias);
            }
            let inputs = input.chunks_exact(geometry.inputs * geometry.input_plane());
            let outputs = output.chunks_exact_mut(geometry.outputs * geometry.output_plane());
            let kernels = kernel.chunks_exact(geometry.outputs * geometry.taps());
            for ((input, output), kernel) in inputs.zip(outputs).zip(kernels.cycle()) {
                self.group(input, kernel, output);
            }
        })
    }
}

impl TypedOp for ConvForward {
    as_op!();

    fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        let batch = inputs[0].shape.as_concrete().map_or(1, |shape| shape[0]);
        Ok(tvec!(f32::fact(&*self.geometry.output_shape(batch))))
    }
}
