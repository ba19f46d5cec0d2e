//! A depthwise convolution by 3×3 windows: one filter for each channel.
//!
//! Four channels at a time, the columns under the windows of a run of output pixels are
//! turned, so that the numbers of a channel in one column are neighbours. Then each
//! channel goes along its columns, the nine taps of a window in six words.
//!
//! A row of the windows that is padding is left out by its weights, which are 0 then,
//! over any other row. A column that is padding is 0.

use super::{Part, channelwise};
use crate::image::Window;
use crate::image::format::kernel;
use crate::ops::operands::{Column, QUAD, SIDE};
use crate::ops::{Output, kernels};
#[cfg(dsp)]
use {super::input_row, crate::ops::operands::Run};

/// Output pixels that are computed together, times the stride.
const RUN: usize = 24;

/// Whether a filter for each of so many channels is applied so.
pub(super) fn suits(channels: usize, window: &Window) -> bool {
    channels >= QUAD
        && [window.kernel_h, window.kernel_w] == [SIDE; 2]
        && window.dilation_w == 1
        && window.stride_w <= RUN
}

/// The most output pixels of a run.
fn run_pixels(window: &Window) -> usize {
    RUN / window.stride_w.max(1)
}

/// Columns under the windows of `pixels` neighbouring output pixels.
pub fn columns_under(pixels: usize, window: &Window) -> usize {
    pixels.saturating_sub(1) * window.stride_w + SIDE
}

/// Bytes of the columns of a run in a row of `width` outputs.
pub(super) fn scratch_bytes(width: usize, window: &Window) -> usize {
    columns_under(width.min(run_pixels(window)), window) * size_of::<Column>()
}

/// All channels of the part's pixels.
pub(super) fn evaluate(part: &Part<'_, '_>, scratch: &mut [u32], output: &mut Output<'_>) {
    let turns = kernels::NINE_TAPS && part.conv.kernel != kernel::SUMS;
    match output {
        #[cfg(dsp)]
        Output::Int8(values) if turns => by_runs(part, scratch, values),
        _ => {
            debug_assert!(!turns || matches!(output, Output::Sums(_)));
            // A plan's bytes are used, all of them: the tests hold it to what is written.
            scratch.fill(0);
            channelwise::evaluate(part, output);
        }
    }
}

/// The pixels, a run after the other. Columns that a row has not are those of the rows
/// below it.
#[cfg(dsp)]
#[inline(never)]
fn by_runs(part: &Part<'_, '_>, scratch: &mut [u32], mut output: &mut [i8]) {
    let (conv, window) = (part.conv, &part.conv.window);
    let (width, channels) = (conv.output.width.max(1), conv.output.channels);
    let mut at = part.columns.start;
    while at < part.columns.end {
        let (y, x) = (part.y + at / width, at % width);
        let pixels = run_pixels(window).min(width - x);
        let pixels = pixels.min(part.columns.end - at);
        let columns = scratch.as_chunks_mut().0;
        let columns = columns.get_mut(..columns_under(pixels, window));
        let left = x * window.stride_w;
        let first = left.saturating_sub(window.pad_left);
        let mut run = Run {
            conv,
            rows: [&[]; SIDE],
            are_rows: [false; SIDE],
            before: window.pad_left.saturating_sub(left),
            inside: conv.input.width.saturating_sub(first),
            pixels,
        };
        // Of a window at least one row lies on the input.
        let mut any: &[i8] = &[];
        for (ky, (row, is_row)) in run.rows.iter_mut().zip(&mut run.are_rows).enumerate() {
            if let Some(under) = input_row(conv, part.input, y, ky) {
                any = under.get(first * channels..).unwrap_or_default();
                (*row, *is_row) = (any, true);
            }
        }
        for row in &mut run.rows {
            if row.is_empty() {
                *row = any;
            }
        }
        kernels::nine_taps(&run, columns.unwrap_or_default(), output);
        output = output.get_mut(pixels * channels..).unwrap_or_default();
        at += pixels;
    }
}
