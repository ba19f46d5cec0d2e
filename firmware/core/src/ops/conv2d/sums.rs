//! An average pool as what it is: all weights are the same, so what lies under a window is
//! added up, and multiplied once.
//!
//! `Σ (x − zero) · w` of `n` taps is `(Σ x − n · zero) · w`, in integers, so that the sum of a
//! convolution comes out whatever the weight and the bias are.

use crate::image::{Conv2d, Window};
use crate::ops::operands::QUAD;
use crate::ops::{Output, kernels};

/// Taps of which the sum of bytes fits 16 bits: `256 · −128` just does.
const MAX_TAPS: usize = 256;

/// Whether windows are computed so: of a filter for each of so many channels, and few enough
/// taps.
pub fn suits(window: &Window, [inputs, outputs, groups]: [usize; 3]) -> bool {
    [inputs, outputs] == [groups; 2]
        && groups >= QUAD
        && window.kernel_h * window.kernel_w <= MAX_TAPS
}

/// Whether all weights are the same.
pub fn are_equal(weights: &[i8]) -> bool {
    weights.iter().all(|weight| weights.first() == Some(weight))
}

/// Whether a convolution can be computed so, to the same sums.
pub(crate) fn are_sound(conv: &Conv2d<'_>) -> bool {
    let channels = [conv.input.channels, conv.output.channels, conv.groups];
    suits(&conv.window, channels) && are_equal(conv.weights()) && conv.packed.is_empty()
}

/// What of an input lies under a window.
pub(super) struct Under<'x> {
    /// From the first value on.
    pub values: &'x [i8],
    /// Rows and columns of taps on the input.
    pub taps: [usize; 2],
    /// Values from one of these rows to the next, and from one of these columns.
    pub steps: [usize; 2],
}

/// All channels of the pixel whose channels begin at `at` of the output, four at a time.
pub(super) fn pixel(conv: &Conv2d<'_>, under: &Under<'_>, at: usize, output: &mut Output<'_>) {
    let &Under {
        values,
        mut taps,
        steps,
    } = under;
    if steps[0] == taps[1] * steps[1] {
        // The rows are one.
        taps = [1, taps[0] * taps[1]];
    }
    let weight = i32::from(conv.padded_weights.first().copied().unwrap_or_default());
    let zeros = (taps[0] * taps[1]) as i32 * i32::from(conv.input_zero);
    let channels = conv.output.channels;
    let mut next = 0;
    while next < channels {
        // Of a number that is no multiple of four the last four, some of them again.
        let first = next.min(channels.saturating_sub(QUAD));
        let mut sums = kernels::add_up(values, first, taps, steps);
        for (sum, bias) in sums
            .iter_mut()
            .zip(conv.bias.get(first..).unwrap_or_default())
        {
            *sum = bias + (*sum - zeros) * weight;
        }
        output.put_all(at + first, &sums, &conv.quantiser, first);
        next = first + QUAD;
    }
}
