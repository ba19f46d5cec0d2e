//! Two filters against the columns of two pixels, four taps at a time.

use super::super::{Filters, Quad};
#[cfg(not(soft_float))]
use crate::ops::requantize::Scale;
#[cfg(not(soft_float))]
use core::arch::asm;

/// Products of a quad of two pixels, from `r8` on, and a word of two filters, from `r9`
/// and `r10` on. Sums in `r4` and `r5` for the first filter, in `r12` and `r14` for the
/// second. Leaves nothing in `r0` to `r3`, `r6` and `r7`.
#[cfg(not(soft_float))]
macro_rules! two_by_two {
    () => {
        concat!(
            "ldr r0, [r9], #4\n",
            "ldm r8!, {{r1, r2, r3, r7}}\n", // x0 x2, x1 x3 of each pixel
            "sxtb16 r6, r0\n",               // w0 w2 of the first filter
            "sxtb16 r0, r0, ror #8\n",       // w1 w3
            "smlad r4, r1, r6, r4\n",
            "smlad r4, r2, r0, r4\n",
            "smlad r5, r3, r6, r5\n",
            "smlad r5, r7, r0, r5\n",
            "ldr r0, [r10], #4\n",
            "sxtb16 r6, r0\n", // of the second filter
            "sxtb16 r0, r0, ror #8\n",
            "smlad r12, r1, r6, r12\n",
            "smlad r12, r2, r0, r12\n",
            "smlad r14, r3, r6, r14\n",
            "smlad r14, r7, r0, r14",
        )
    };
}

/// Two pixels of a row of int8 outputs, and what they are made of.
#[cfg(not(soft_float))]
#[repr(C)]
struct PixelPair {
    columns: *const [Quad; 2],
    /// Quads and one, of which the loop takes two at a time.
    quads: usize,
    taps: usize,
    bias: *const i32,
    multipliers: *const f32,
    output: *mut i8,
    step: usize,
    zero_bits: i32,
    /// Behind the last output of the first pixel.
    end: *const i8,
    /// Bytes after a filter's taps in its last word.
    over: usize,
    round: f32,
}

/// Requantised outputs of two pixels, two channels at a time; the second pixel lies
/// `step` bytes after the first in `output`. Gives how many channels were whole pairs;
/// the rest is left.
///
/// A filter is read in whole words, so that the last pair may have to be left.
#[cfg(soft_float)]
pub fn filter_pairs(
    _columns: &[[Quad; 2]],
    _filters: &Filters<'_>,
    _scales: (&[f32], i8),
    _output: &mut [i8],
    _step: usize,
) -> usize {
    0
}

/// As above, on a core with an FPU.
#[cfg(not(soft_float))]
#[allow(unsafe_code, reason = "the compiler does not write this loop well")]
#[inline(never)]
pub fn filter_pairs(
    columns: &[[Quad; 2]],
    filters: &Filters<'_>,
    (multipliers, zero): (&[f32], i8),
    output: &mut [i8],
    step: usize,
) -> usize {
    let taps = filters.taps;
    let channels = filters.bias.len().min(multipliers.len());
    let channels = channels.min(output.len().saturating_sub(step));
    // Filters whose last word lies within the weights.
    let over = taps.next_multiple_of(4) - taps;
    let readable = filters.weights.len().saturating_sub(over) / taps.max(1);
    let pairs = channels.min(readable) / 2;
    let quads = taps.div_ceil(4);
    if pairs == 0 || quads == 0 || quads > columns.len() {
        return 0;
    }
    let scale = Scale::new(zero);
    let mut pair = PixelPair {
        columns: columns.as_ptr(),
        quads: quads + 1,
        taps,
        bias: filters.bias.as_ptr(),
        multipliers: multipliers.as_ptr(),
        output: output.as_mut_ptr(),
        step,
        zero_bits: scale.zero_bits,
        end: output.as_ptr().wrapping_add(2 * pairs),
        over,
        round: scale.round,
    };
    // SAFETY: reads `quads` elements of `columns`, and for each of `2 · pairs`
    // channels a bias, a multiplier and `quads` words of its filter: there are as
    // many, as seen above. Writes for each the bytes `channel` and
    // `step + channel` of `output`. `pair` is written to, and the stack below its
    // pointer.
    unsafe {
        asm!(
            "push {{r6, r7}}",
            "push {{r0, r9}}",
            "vldr s9, [r0, #40]", // round
            "3:",
            "ldr r0, [sp]",
            "ldrd r8, r11, [r0]",    // columns, quads
            "ldrd r2, r3, [r0, #8]", // taps, bias
            "add r10, r9, r2",
            "ldrd r4, r12, [r3], #8",
            "str r3, [r0, #12]",
            "mov r5, r4",
            "mov r14, r12",
            "lsrs r11, r11, #1",
            "bcc 4f", // an odd number of quads
            "2:",
            two_by_two!(),
            "4:",
            two_by_two!(),
            "subs r11, r11, #1",
            "bne 2b",
            "ldr r0, [sp]",
            "ldrd r3, r2, [r0, #16]", // multipliers, output
            "ldrd r6, r1, [r0, #24]", // step, zero bits
            "vldmia r3!, {{s6, s7}}",
            requantise!("s6", "s7"),
            "add r6, r6, r2",
            "strb r4, [r2], #1",
            "strb r12, [r2], #1",
            "strb r5, [r6], #1",
            "strb r14, [r6]",
            "strd r3, r2, [r0, #16]",
            "ldrd r7, r6, [r0, #32]", // end, over
            "sub r9, r10, r6",
            "cmp r2, r7",
            "bne 3b",
            "pop {{r0, r9}}",
            "pop {{r6, r7}}",
            inout("r0") &raw mut pair => _,
            inout("r9") filters.weights.as_ptr() => _,
            out("r1") _, out("r2") _, out("r3") _, out("r4") _, out("r5") _, out("r8") _,
            out("r10") _, out("r11") _, out("r12") _, out("r14") _,
            out("s0") _, out("s1") _, out("s2") _, out("s3") _, out("s6") _, out("s7") _,
            out("s9") _,
        );
    }
    2 * pairs
}
