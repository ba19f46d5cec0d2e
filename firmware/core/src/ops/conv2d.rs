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

use super::{InputRows, Output};
use crate::image::{Conv2d, Shape, Window};
use core::ops::Range;

/// What is to be computed: output pixels `columns` of row `y`.
struct Part<'a, 'm> {
    conv: &'a Conv2d<'m>,
    input: InputRows<'a>,
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

/// Output pixels `columns` of row `y`, `[columns, O]`.
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
    match kernel(conv.input, conv.output, &conv.window, conv.groups) {
        Kernel::Rows => rows::evaluate(&part, scratch, &mut output),
        Kernel::Tiles => tiles::evaluate(&part, scratch, &mut output),
        Kernel::Plain => plain::evaluate(&part, &mut output),
    }
    output.clamp(&conv.quantiser);
}

/// The input row under row `ky` of the windows of output row `y`; `None` where
/// that is padding.
#[inline]
fn input_row<'x>(conv: &Conv2d<'_>, input: InputRows<'x>, y: usize, ky: usize) -> Option<&'x [i8]> {
    let window = &conv.window;
    let at = (y * window.stride_h + ky * window.dilation_h).wrapping_sub(window.pad_top);
    input.row(conv.input, at)
}
