//! What a kernel of a convolution is given: rows to read, and filters to apply.

use crate::image::Conv2d;
#[cfg(dsp)]
use crate::image::format::kernel;

/// Output pixels that are computed together.
pub const TILE: usize = 4;

/// The rows under the windows of one output row.
#[cfg(any(not(dsp), test))]
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
    /// The same in 16 bits, as `conv2d::wide` says; empty where the image has not these.
    #[cfg(dsp)]
    pub words: &'a [u32],
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
            #[cfg(dsp)]
            words: conv.packed_for(kernel::WIDE),
            bias: bias.unwrap_or_default(),
            taps,
        }
    }

    /// Filter `index`, to the end of the weights.
    pub fn from(&self, index: usize) -> &'a [i8] {
        self.weights.get(index * self.taps..).unwrap_or_default()
    }
}

/// Output pixels whose windows are unfolded together.
pub const PIXELS: usize = 2;

/// Taps of a window that are unfolded at once, whole words.
pub const PART: usize = 64;

/// Windows of neighbouring pixels in one row, of which rows below the input alone are padding,
/// after those that are counted.
#[cfg_attr(
    not(all(dsp, not(soft_float))),
    allow(dead_code, reason = "only there is a loop that reads them")
)]
pub struct Windows<'a> {
    /// From the first tap of the first window on.
    pub values: &'a [i8],
    /// Values from one window to the next.
    pub stride: usize,
    /// Values that are neighbours in a window's row, and such rows.
    pub run: usize,
    /// Rows of a window.
    pub runs: usize,
    /// Values from one row to the next.
    pub pitch: usize,
    /// The zero point.
    pub zero: i8,
    /// Half as many as the windows.
    pub pairs: usize,
}

/// Channels of a depthwise convolution that are computed together.
pub const QUAD: usize = 4;

/// Rows and columns of its window.
pub const SIDE: usize = 3;

/// A column of input under windows of three rows, the zero point taken away: of each of
/// four channels two words, the first row in the low and the second in the high half of
/// one, and the third in the low half of the other, whose high half means nothing.
pub type Column = [u32; 2 * QUAD];

/// Neighbouring pixels of a depthwise convolution, and what their windows lie on.
#[cfg(dsp)]
pub struct Run<'a, 'm> {
    /// The convolution.
    pub conv: &'a Conv2d<'m>,
    /// Three rows of input, from the first column on that lies under a window.
    pub rows: [&'a [i8]; SIDE],
    /// Which of them are rows under the windows; others stand for padding.
    pub are_rows: [bool; SIDE],
    /// Columns before that one that are padding.
    pub before: usize,
    /// Columns from it on that lie on the input, at least one.
    pub inside: usize,
    /// Output pixels.
    pub pixels: usize,
}
