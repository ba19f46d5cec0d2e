//! The derivative of a two-dimensional convolution with respect to its input, as a
//! matrix product whose rows are then added where they belong.

use std::ops::Range;

use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::*;
use tract_onnx::tract_core::ops::cnn::Conv;

use super::{Scratch, zeros};
use crate::matrix::{Matrix, product};
use crate::window::Window;

/// Sizes of a two-dimensional convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConvGeometry {
    /// Rows and columns of the input.
    pub input: [usize; 2],
    /// Rows and columns of the output.
    pub output: [usize; 2],
    /// Rows and columns of the kernel.
    pub kernel: [usize; 2],
    /// Steps of the kernel.
    pub strides: [usize; 2],
    /// Steps within the kernel.
    pub dilations: [usize; 2],
    /// Rows above and columns left of the input.
    pub before: [usize; 2],
    /// Independent convolutions side by side.
    pub groups: usize,
    /// Input channels of one of them.
    pub inputs: usize,
    /// Output channels of one of them.
    pub outputs: usize,
    /// Whether there is an axis for the batch.
    pub has_batch: bool,
}

/// Numbers of a tile of the matrix product: what stays in a core's own cache while
/// its rows are added up.
const TILE: usize = 1 << 18;

impl ConvGeometry {
    /// The sizes of `op`, or nothing where it is not over two dimensions.
    pub fn of(window: &Window, op: &Conv) -> Option<Self> {
        let pair = |sizes: &[usize]| <[usize; 2]>::try_from(sizes).ok();
        Some(Self {
            input: pair(&window.input)?,
            output: pair(&window.output)?,
            kernel: pair(&window.kernel)?,
            strides: pair(&window.strides)?,
            dilations: pair(&window.dilations)?,
            before: pair(&window.before)?,
            groups: op.group,
            inputs: op.input_channels() / op.group,
            outputs: op.output_channels() / op.group,
            has_batch: window.has_batch,
        })
    }

    /// Weights that one output reads.
    pub fn taps(&self) -> usize {
        self.inputs * self.kernel[0] * self.kernel[1]
    }

    /// `[N, O, H', W']`, without `N` where there is no batch.
    pub fn output_shape(&self, batch: usize) -> TVec<usize> {
        let [height, width] = self.output;
        let image = [self.groups * self.outputs, height, width];
        self.has_batch
            .then_some(batch)
            .into_iter()
            .chain(image)
            .collect()
    }

    /// Numbers of one channel of the input.
    pub fn input_plane(&self) -> usize {
        self.input[0] * self.input[1]
    }

    /// Numbers of one channel of the output.
    pub fn output_plane(&self) -> usize {
        self.output[0] * self.output[1]
    }

    /// Multiplications for one image.
    pub fn multiplications(&self) -> usize {
        self.groups * self.outputs * self.taps() * self.output_plane()
    }

    /// Whether the matrix product is the convolution: one tap, everywhere.
    fn is_pointwise(&self) -> bool {
        self.kernel == [1, 1]
            && self.strides == [1, 1]
            && self.before == [0, 0]
            && self.input == self.output
    }

    /// Output positions of one axis whose tap at `offset` lies inside `size`
    /// values: the first position and how many.
    pub fn inside(&self, axis: usize, tap: usize) -> (usize, usize) {
        let stride = self.strides[axis];
        let offset = tap * self.dilations[axis];
        let before = self.before[axis];
        let first = before.saturating_sub(offset).div_ceil(stride);
        let limit = (self.input[axis] + before).saturating_sub(offset);
        let end = limit.div_ceil(stride).min(self.output[axis]);
        (first, end.saturating_sub(first))
    }
}

/// From what arrived, `[N, O, H', W']`, and the kernel, `[O, I, KH, KW]`: the
/// derivative with respect to the input, `[N, I, H, W]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConvInputGradient {
    geometry: ConvGeometry,
    scratch: Scratch,
}

impl ConvInputGradient {
    /// The way back through a convolution of these sizes.
    pub fn new(geometry: ConvGeometry, scratch: Scratch) -> Self {
        Self { geometry, scratch }
    }

    fn shape(&self, batch: usize) -> TVec<usize> {
        let ConvGeometry { groups, inputs, .. } = self.geometry;
        let [height, width] = self.geometry.input;
        let image = [groups * inputs, height, width];
        let batch = self.geometry.has_batch.then_some(batch);
        batch.into_iter().chain(image).collect()
    }

    /// One group of one image, some input channels for each thread.
    fn group(&self, arrived: &[f32], kernel: &[f32], output: &mut [f32]) {
        let geometry = &self.geometry;
        let threads = self.scratch.threads(geometry.multiplications());
        let channels = geometry.inputs.div_ceil(threads).max(1);
        let plane = geometry.input_plane().max(1);
        let work = |part: usize, output: &mut [f32]| {
            let first = part * channels;
            self.channels(arrived, kernel, first..first + output.len() / plane, output);
        };
        self.scratch.chunks(threads, output, channels * plane, work);
    }

    /// Some input channels, whose planes are `output`.
    fn channels(
        &self,
        arrived: &[f32],
        kernel: &[f32],
        channels: Range<usize>,
        output: &mut [f32],
    ) {
        let geometry = &self.geometry;
        let per_channel = geometry.kernel[0] * geometry.kernel[1];
        let taps = channels.start * per_channel..channels.end * per_channel;
        if geometry.is_pointwise() {
            let all = 0..geometry.output_plane();
            columns_of(geometry, kernel, taps, arrived, all, output);
            return;
        }
        let [rows, row] = geometry.output;
        let high = tile_rows(rows, taps.len() * row);
        self.scratch.with(taps.len() * high * row, |columns| {
            for top in (0..rows).step_by(high) {
                let tile = top..(top + high).min(rows);
                let columns = &mut columns[..taps.len() * tile.len() * row];
                let positions = tile.start * row..tile.end * row;
                columns_of(geometry, kernel, taps.clone(), arrived, positions, columns);
                let planes = output.chunks_exact_mut(geometry.input_plane());
                let columns = columns.chunks_exact(per_channel * tile.len() * row);
                for (plane, columns) in planes.zip(columns) {
                    add_columns(geometry, tile.clone(), columns, plane);
                }
            }
        });
    }
}

/// Rows of a tile, of this many numbers each: as equally many as stay in the cache.
fn tile_rows(rows: usize, numbers: usize) -> usize {
    let fitting = (TILE / numbers.max(1)).clamp(1, rows.max(1));
    rows.div_ceil(rows.div_ceil(fitting).max(1)).max(1)
}

/// `Wᵀ · arrived` for some taps and some output positions: `[taps, positions]`.
fn columns_of(
    geometry: &ConvGeometry,
    kernel: &[f32],
    taps: Range<usize>,
    arrived: &[f32],
    positions: Range<usize>,
    into: &mut [f32],
) {
    let [all_taps, all_positions] = [geometry.taps(), geometry.output_plane()];
    let weights = Matrix {
        numbers: &kernel[taps.start..],
        sizes: [taps.len(), geometry.outputs],
        strides: [1, all_taps],
    };
    let arrived = Matrix {
        numbers: &arrived[positions.start..],
        sizes: [geometry.outputs, positions.len()],
        strides: [all_positions, 1],
    };
    product(into, [positions.len(), 1], false, weights, arrived);
}

/// Adds the columns of some output rows to one channel of the input.
fn add_columns(geometry: &ConvGeometry, rows: Range<usize>, columns: &[f32], plane: &mut [f32]) {
    let [kernel_rows, kernel_columns] = geometry.kernel;
    let [stride_y, stride_x] = geometry.strides;
    let (width, row) = (geometry.input[1], geometry.output[1]);
    let per_tap = rows.len() * row;
    for ky in 0..kernel_rows {
        let (first_y, count_y) = geometry.inside(0, ky);
        let inside = first_y.max(rows.start)..(first_y + count_y).min(rows.end);
        for kx in 0..kernel_columns {
            let (first_x, count_x) = geometry.inside(1, kx);
            if count_x == 0 {
                continue;
            }
            let taps = &columns[(ky * kernel_columns + kx) * per_tap..][..per_tap];
            let left = first_x * stride_x + kx * geometry.dilations[1] - geometry.before[1];
            for y in inside.clone() {
                let top = y * stride_y + ky * geometry.dilations[0] - geometry.before[0];
                let from = &taps[(y - rows.start) * row + first_x..][..count_x];
                let to = &mut plane[top * width + left..(top + 1) * width];
                if stride_x == 1 {
                    to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
                } else {
                    let to = to.iter_mut().step_by(stride_x);
                    to.zip(from).for_each(|(to, from)| *to += from);
                }
            }
        }
    }
}

impl Op for ConvInputGradient {
    fn name(&self) -> StaticName {
        "ConvInputGradient".into()
    }

    op_as_typed_op!();
}

impl EvalOp for ConvInputGradient {
    op_out_of_plan!();

    fn eval(&self, _: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let (arrived, kernel) = args_2!(inputs);
        let geometry = &self.geometry;
        let batch = if geometry.has_batch {
            arrived.shape()[0]
        } else {
            1
        };
        let mut output = zeros(&self.shape(batch))?;
        {
            let (arrived, kernel) = (arrived.try_as_plain_ram()?, kernel.try_as_plain_ram()?);
            let (arrived, kernel) = (arrived.as_slice::<f32>()?, kernel.as_slice::<f32>()?);
            let mut output = output.try_as_plain_ram_mut()?;
            let output = output.as_slice_mut::<f32>()?;
            let arrived = arrived.chunks_exact((geometry.outputs * geometry.output_plane()).max(1));
            let output = output.chunks_exact_mut((geometry.inputs * geometry.input_plane()).max(1));
            let kernels = kernel.chunks_exact((geometry.outputs * geometry.taps()).max(1));
            for ((arrived, output), kernel) in arrived.zip(output).zip(kernels.cycle()) {
                self.group(arrived, kernel, output);
            }
        }
        Ok(tvec!(output.into_tvalue()))
    }
}

impl TypedOp for ConvInputGradient {
    as_op!();

    fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        let batch = inputs[0].shape.as_concrete().map_or(1, |shape| shape[0]);
        Ok(tvec!(f32::fact(&*self.shape(batch))))
    }
}
