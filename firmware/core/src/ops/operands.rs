//! What a kernel of a convolution is given: rows to read, and filters to apply.

use crate::image::Conv2d;

/// Output pixels that are computed together.
pub const TILE: usize = 4;

/// The rows under the windows of one output row.
#[derive(Clone, Copy)]
pub struct PaddedRows<'a> {
    /// One after the other.
    pub bytes: &'a [i8],
    /// Bytes of each.
    pub row_bytes: usize,
    /// Taps of the filter in each.
    pub kernel_w: usize,
}

/// The filters of one group.
#[derive(Clone, Copy)]
pub struct Filters<'a> {
    /// From the group's first filter on, to the end of [`Conv2d::padded_weights`].
    pub weights: &'a [i8],
    /// One per filter.
    pub bias: &'a [i32],
    /// Weights of one filter.
    pub taps: usize,
}

impl<'a> Filters<'a> {
    /// The filters of output channels `first..first + count`.
    pub fn of_group(conv: &Conv2d<'a>, first: usize, count: usize) -> Self {
        let taps = conv.weights_per_output();
        let bias = conv.bias.get(first..first + count);
        Self {
            weights: conv.padded_weights.get(first * taps..).unwrap_or_default(),
            bias: bias.unwrap_or_default(),
            taps,
        }
    }

    /// Two filters, each to the end of the weights.
    pub fn pair(&self, indices: [usize; 2]) -> [&'a [i8]; 2] {
        indices.map(|index| self.weights.get(index * self.taps..).unwrap_or_default())
    }
}
