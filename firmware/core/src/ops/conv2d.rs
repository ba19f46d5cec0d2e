//! Convolution, any stride, dilation, padding and groups.
//!
//! | kernel | for | how |
//! |---|---|---|
//! | `rows` | one input channel, neighbouring windows | straight from padded rows, four pixels at a time; on cores with the DSP extension by `tiles` |
//! | `polynomials` | 3×3 and 5×5 windows before a 2×2 max-pool, where the image has words for it | two taps and two pixels a word, four products an instruction |
//! | `bytes` | the same layers, on cores of ARMv6-M | four pixels against one filter, byte by byte |
//! | `depthwise` | 3×3 windows, a filter for each channel | four channels at a time, from columns that are turned once |
//! | `sums` | equal weights, a filter for each channel, where the image says so | what lies under a window is added up, and multiplied once |
//! | `channelwise` | other windows, a filter for each channel | product by product |
//! | `winograd` | 3×3 windows at stride 1, where the image has words for it | six products for four pixels' twelve, two tiles of these against two channels at a time |
//! | `tiles` | the rest | the windows of two pixels unfolded, against two channels at a time, by one loop for all whole windows of a row where there is one; the weights in 16 bits (`wide`) where the image has them so |

#[cfg(any(thumb1, test))]
pub(crate) mod bytes;
mod channelwise;
mod depthwise;
#[cfg_attr(
    thumb1,
    allow(dead_code, reason = "`bytes` computes these layers there")
)]
pub mod polynomials;
pub(super) mod rows;
pub mod sums;
pub(super) mod tiles;
pub mod wide;
pub mod winograd;

#[cfg(thumb1)]
pub(crate) use bytes as pooled;
#[cfg(not(thumb1))]
pub(crate) use polynomials as pooled;

use super::operands::PIXELS;
use super::{InputRows, Output};
use crate::image::{Conv2d, MaxPool, Shape, Window};
use core::ops::Range;

/// Whether this build pools sums before it requantises them, where a layer has words for it.
pub(crate) const POOLS_SUMS: bool = cfg!(thumb1) || super::kernels::POOLS_SUMS;

/// Whether rows of `conv`, pooled by `pool`, are computed so.
pub(crate) fn pools_sums(conv: &Conv2d<'_>, pool: &MaxPool) -> bool {
    POOLS_SUMS && pooled::is_possible(conv, pool)
}

/// A part of the max-pool after a convolution: columns `columns` of row `y`.
#[derive(Clone, Debug)]
pub(crate) struct PooledPart {
    pub y: usize,
    /// Whether the row before was not computed, in the same columns and scratch.
    pub is_first: bool,
    pub columns: Range<usize>,
}

/// What is to be computed: output pixels `columns` of row `y`.
struct Part<'a, 'm> {
    conv: &'a Conv2d<'m>,
    input: InputRows<'a>,
    y: usize,
    columns: Range<usize>,
}

/// How a convolution that is not pooled as sums is computed: one of the modules above.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// From padded rows of one input channel.
    Rows,
    /// One 3×3 filter for each channel.
    Depthwise,
    /// One other filter for each channel.
    Channelwise,
    /// From transformed windows of four neighbours.
    Winograd,
    /// From unfolded windows.
    Tiles,
}

impl Way {
    /// The way of a convolution: its geometry decides, and whether there are words.
    pub fn of(conv: &Conv2d<'_>) -> Self {
        if winograd::is_chosen(conv) {
            return Self::Winograd;
        }
        Self::of_geometry(conv.input, conv.output, &conv.window, conv.groups)
    }

    #[inline(never)]
    fn of_geometry(input: Shape, output: Shape, window: &Window, groups: usize) -> Self {
        if input.channels == 1 && window.stride_w == 1 && window.dilation_w == 1 {
            Self::Rows
        } else if [input.channels, output.channels] != [groups; 2] {
            Self::Tiles
        } else if depthwise::suits(groups, window) {
            Self::Depthwise
        } else {
            Self::Channelwise
        }
    }
}

/// Whether rows may be computed as one, whose columns go on with those of the row below.
///
/// Where pixels are computed in pairs, a row of an odd width leaves one alone.
pub(crate) fn joins_rows(conv: &Conv2d<'_>) -> bool {
    matches!(Way::of(conv), Way::Tiles | Way::Depthwise)
}

/// Bytes of scratch that this convolution needs, a multiple of 4; see
/// [`super::scratch_bytes`].
pub(super) fn needed_scratch_bytes(conv: &Conv2d<'_>) -> usize {
    if winograd::is_chosen(conv) {
        return winograd::scratch_bytes(conv.input.channels);
    }
    scratch_bytes(conv.input, conv.output, &conv.window, conv.groups)
}

/// The same of one without words for another way.
#[inline(never)]
pub fn scratch_bytes(input: Shape, output: Shape, window: &Window, groups: usize) -> usize {
    match Way::of_geometry(input, output, window, groups) {
        Way::Winograd => 0,
        Way::Rows => window.kernel_h * rows::row_bytes(output.width, window),
        Way::Depthwise => depthwise::scratch_bytes(output.width, window),
        Way::Channelwise => 0,
        Way::Tiles => {
            let depth = input.channels / groups.max(1);
            PIXELS * tiles::column_bytes(window.kernel_h * window.kernel_w * depth)
        }
    }
}

/// Output pixels `columns` of row `y`, `[columns, O]`; columns may go on below it where
/// `joins_rows`.
///
/// `scratch` has [`scratch_bytes`]; what is in it before does not matter.
pub fn row(
    conv: &Conv2d<'_>,
    input: InputRows<'_>,
    y: usize,
    columns: Range<usize>,
    scratch: &mut [u32],
    mut output: Output<'_>,
) {
    let part = Part {
        conv,
        input,
        y,
        columns,
    };
    match Way::of(conv) {
        #[cfg(dsp)]
        Way::Rows => rows::unfolded(&part, scratch, &mut output),
        #[cfg(not(dsp))]
        Way::Rows => rows::evaluate(&part, scratch, &mut output),
        Way::Depthwise => depthwise::evaluate(&part, scratch, &mut output),
        Way::Channelwise => channelwise::evaluate(&part, &mut output),
        #[cfg(dsp)]
        Way::Winograd => winograd::evaluate(&part, scratch, &mut output),
        #[cfg(not(dsp))]
        Way::Winograd => {
            // A plan's bytes are used, all of them: the tests hold it to what is written.
            scratch.fill(0);
            tiles::evaluate(&part, scratch, &mut output);
        }
        Way::Tiles => tiles::evaluate(&part, scratch, &mut output),
    }
    output.clamp(&conv.quantiser);
}

/// [`row`] by Winograd's products, in plain Rust.
#[cfg(test)]
pub(super) fn winograd_row(
    conv: &Conv2d<'_>,
    input: InputRows<'_>,
    y: usize,
    columns: Range<usize>,
    scratch: &mut [u32],
    output: &mut [i8],
) {
    let part = Part {
        conv,
        input,
        y,
        columns,
    };
    winograd::by_tiles(&part, scratch, output);
    super::requantize::clamp(&conv.quantiser, output);
}

/// [`row`] of one input channel, as a core with the DSP extension computes it.
#[cfg(test)]
pub(super) fn unfolded_row(
    conv: &Conv2d<'_>,
    input: InputRows<'_>,
    y: usize,
    columns: Range<usize>,
    scratch: &mut [u32],
    mut output: Output<'_>,
) {
    let part = Part {
        conv,
        input,
        y,
        columns,
    };
    rows::unfolded(&part, scratch, &mut output);
    output.clamp(&conv.quantiser);
}

/// The input row under row `ky` of the windows of output row `y`; `None` where
/// that is padding.
#[cfg_attr(dsp, inline(never))]
fn input_row<'x>(conv: &Conv2d<'_>, input: InputRows<'x>, y: usize, ky: usize) -> Option<&'x [i8]> {
    let window = &conv.window;
    let at = (y * window.stride_h + ky * window.dilation_h).wrapping_sub(window.pad_top);
    input.row(conv.input, at)
}
