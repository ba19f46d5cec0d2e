//! Convolution, any stride, dilation, padding and groups.
//!
//! | kernel | for | how |
//! |---|---|---|
//! | `rows` | one input channel, neighbouring windows | straight from padded rows, four pixels at a time |
//! | `tiles` | two or more output channels a group | the windows of two pixels unfolded, against two channels at a time |
//! | `plain` | the rest: one output channel a group | one output at a time |

mod plain;
pub(super) mod rows;
pub(super) mod tiles;

use super::kernels;
use super::requantize::{clamp, to_int8};
use crate::image::{Conv2d, Quantiser, Shape, Window};
use core::ops::Range;
use rows::PaddedRows;
use tiles::Filters;

/// What is to be computed: output pixels `columns` of row `y`.
struct Part<'a, 'm> {
    conv: &'a Conv2d<'m>,
    input: &'a [i8],
    y: usize,
    columns: Range<usize>,
}

/// How a convolution is computed; its geometry alone decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kernel {
    Rows,
    Tiles,
    Plain,
}

fn kernel(input: Shape, output: Shape, window: &Window, groups: usize) -> Kernel {
    if input.channels == 1 && window.stride_w == 1 && window.dilation_w == 1 {
        Kernel::Rows
    } else if output.channels > groups {
        Kernel::Tiles
    } else {
        Kernel::Plain
    }
}

/// Bytes of scratch that this convolution needs, a multiple of 4; see
/// [`super::scratch_bytes`].
pub fn scratch_bytes(input: Shape, output: Shape, window: &Window, groups: usize) -> usize {
    match kernel(input, output, window, groups) {
        Kernel::Rows => window.kernel_h * rows::row_bytes(output.width, window),
        Kernel::Tiles => {
            let taps = window.kernel_h * window.kernel_w * (input.channels / groups.max(1));
            tiles::PIXELS * tiles::column_bytes(taps)
        }
        Kernel::Plain => 0,
    }
}

/// Output pixels `columns` of row `y`, as int8 `[columns, O]`.
///
/// `scratch` has [`scratch_bytes`]; what is in it before does not matter.
pub fn row(
    conv: &Conv2d<'_>,
    input: &[i8],
    y: usize,
    columns: Range<usize>,
    scratch: &mut [u32],
    output: &mut [i8],
) {
    let Quantiser {
        multipliers, zero, ..
    } = conv.quantiser;
    let multiplier = |channel: usize| multipliers.get(channel).copied().unwrap_or_default();
    let finish = |sum, channel| to_int8(sum, multiplier(channel), zero);
    let part = Part {
        conv,
        input,
        y,
        columns,
    };
    match kernel(conv.input, conv.output, &conv.window, conv.groups) {
        Kernel::Rows => {
            let whole_tiles =
                |rows: &PaddedRows<'_>, filter: &[i8], start, channel, output: &mut [i8]| {
                    let scale = (multiplier(channel), zero);
                    kernels::whole_tiles(rows, filter, start, scale, output, conv.output.channels)
                };
            rows::evaluate(&part, scratch, output, whole_tiles, finish);
        }
        Kernel::Tiles => {
            let step = conv.output.channels;
            let whole_pairs =
                |columns: &[u32], filters: &Filters<'_>, first: usize, output: &mut [i8]| {
                    let multipliers = multipliers.get(first..).unwrap_or_default();
                    kernels::whole_pairs(columns, filters, (multipliers, zero), output, step)
                };
            tiles::evaluate(&part, scratch, output, whole_pairs, finish);
        }
        Kernel::Plain => plain::evaluate(&part, output, finish),
    }
    clamp(&conv.quantiser, output);
}

/// Output pixels `columns` of row `y`, as accumulators `[columns, O]`.
///
/// `scratch` as for [`row`].
pub fn accumulate_row(
    conv: &Conv2d<'_>,
    input: &[i8],
    y: usize,
    columns: Range<usize>,
    scratch: &mut [u32],
    output: &mut [i32],
) {
    let finish = |sum, _| sum;
    let part = Part {
        conv,
        input,
        y,
        columns,
    };
    match kernel(conv.input, conv.output, &conv.window, conv.groups) {
        Kernel::Rows => {
            let none = |_: &PaddedRows<'_>, _: &[i8], _, _, _: &mut [i32]| 0;
            rows::evaluate(&part, scratch, output, none, finish);
        }
        Kernel::Tiles => {
            let none = |_: &[u32], _: &Filters<'_>, _, _: &mut [i32]| 0;
            tiles::evaluate(&part, scratch, output, none, finish);
        }
        Kernel::Plain => plain::evaluate(&part, output, finish),
    }
}

/// The input row under row `ky` of the windows of output row `y`; `None` where
/// that is padding.
#[inline]
fn input_row<'x>(conv: &Conv2d<'_>, input: &'x [i8], y: usize, ky: usize) -> Option<&'x [i8]> {
    let window = &conv.window;
    let at = (y * window.stride_h + ky * window.dilation_h).wrapping_sub(window.pad_top);
    if at >= conv.input.height {
        return None;
    }
    let elements = conv.input.row_elements();
    input.get(at * elements..(at + 1) * elements)
}
