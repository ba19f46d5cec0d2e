//! Which bytes of the padded input a window reads: four at a time, one list of offsets
//! for all pixels.
//!
//! Neighbouring taps of a row of the filter are neighbours in the input, all channels of
//! one after the other, so that they make runs. A run that does not fill four bytes goes
//! on into what lies after it, with weights of 0.

use crate::instructions::Instructions;
use cortexscope_core::image::{Shape, Window};
use std::array;

/// The input with its padding, `[rows, row_numbers]`, in numbers of `number_bytes` each.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Padded {
    pub rows: usize,
    pub row_numbers: usize,
    number_bytes: usize,
}

impl Padded {
    /// Room for `input` and for all that `window` reads for `output`.
    pub fn new(input: Shape, window: &Window, output: Shape, number_bytes: usize) -> Self {
        let reach = |outputs: usize, stride, kernel: usize, dilation| {
            outputs.saturating_sub(1) * stride + kernel.saturating_sub(1) * dilation + 1
        };
        let (high, wide) = (
            reach(
                output.height,
                window.stride_h,
                window.kernel_h,
                window.dilation_h,
            ),
            reach(
                output.width,
                window.stride_w,
                window.kernel_w,
                window.dilation_w,
            ),
        );
        Self {
            rows: high.max(window.pad_top + input.height),
            row_numbers: wide.max(window.pad_left + input.width) * input.channels,
            number_bytes,
        }
    }

    /// Numbers that a buffer needs: the last run may go on for three bytes.
    pub fn numbers(&self) -> usize {
        self.rows * self.row_numbers + 3_usize.div_ceil(self.number_bytes)
    }

    /// Bytes from one row to the next.
    pub fn row_bytes(&self) -> usize {
        self.row_numbers * self.number_bytes
    }
}

/// The offsets of a window, in bytes from its first one.
#[derive(Clone, Debug)]
pub(crate) struct Taps {
    offsets: Vec<u32>,
    /// Bytes from the first that is read to the last one.
    reach: usize,
}

impl Taps {
    /// The taps of a filter, `[KH, KW, I]`; with each offset goes where in the filter its
    /// weights begin, and how many they are.
    pub fn new(window: &Window, channels: usize, padded: &Padded) -> (Self, Vec<[usize; 2]>) {
        let taps = 4 / padded.number_bytes;
        let (run_taps, runs) = if window.dilation_w == 1 {
            (window.kernel_w * channels, 1)
        } else {
            (channels, window.kernel_w)
        };
        let (mut offsets, mut weights) = (Vec::new(), Vec::new());
        for ky in 0..window.kernel_h {
            for run in 0..runs {
                let number = ky * window.dilation_h * padded.row_numbers
                    + run * window.dilation_w * channels;
                let weight = (ky * runs + run) * run_taps;
                for first in (0..run_taps).step_by(taps) {
                    offsets.push(((number + first) * padded.number_bytes) as u32);
                    weights.push([weight + first, taps.min(run_taps - first)]);
                }
            }
        }
        let reach = offsets.iter().max().map_or(0, |&last| last as usize + 4);
        (Self { offsets, reach }, weights)
    }

    /// `start + Σ number · weight` of the windows that begin at `pixels` of `numbers`, for
    /// the filters of `VECTORS` registers. Of windows that do not lie in `numbers`, nothing
    /// is added.
    #[inline(always)]
    pub fn sums<I: Instructions, const PIXELS: usize, const VECTORS: usize>(
        &self,
        instructions: I,
        numbers: &[u8],
        pixels: [usize; PIXELS],
        weights: &[[I::Weights; VECTORS]],
        start: &[i32],
    ) -> [[I::Sums; VECTORS]; PIXELS] {
        let start = array::from_fn(|vector| {
            let start = start.get(vector * I::LANES..);
            instructions.sums(start.unwrap_or_default())
        });
        let mut sums = [start; PIXELS];
        let windows = pixels.map(|at| numbers.get(at..at.checked_add(self.reach)?));
        if windows.iter().any(Option::is_none) {
            return sums;
        }
        let windows = windows.map(Option::unwrap_or_default);
        for (&offset, weights) in self.offsets.iter().zip(weights) {
            for (window, sums) in windows.iter().zip(&mut sums) {
                debug_assert!(offset as usize + 4 <= window.len());
                // SAFETY: a window has `reach` bytes, four more than the largest offset.
                let four = unsafe {
                    window
                        .as_ptr()
                        .add(offset as usize)
                        .cast::<[u8; 4]>()
                        .read()
                };
                for (sum, weights) in sums.iter_mut().zip(weights) {
                    *sum = instructions.add(*sum, four, weights);
                }
            }
        }
        sums
    }
}
