//! Rows of five taps of one input channel, four neighbouring pixels at a time.

use super::super::PaddedRows;
#[cfg(not(soft_float))]
use super::super::TILE;
#[cfg(not(soft_float))]
use crate::ops::requantize::Scale;
#[cfg(not(soft_float))]
use core::arch::asm;

/// The loop over rows of five taps, from `r8` on, `r9` bytes from one to the next;
/// taps from `r10` on, `r11` rows of them; sums in `r4`, `r5`, `r12` and `r14`.
/// Leaves nothing in `r0` to `r3`, `r6`, `r7` and all that it counts with.
#[cfg(not(soft_float))]
macro_rules! five_taps {
    () => {
        concat!(
            "2: ldr r0, [r8, #4]\n",
            "ldr r1, [r8]\n",
            "add r8, r8, r9\n",
            "ldr r7, [r10], #4\n",
            "sxtb16 r2, r0, ror #8\n", // x5 x7
            "sxtb16 r0, r0\n",         // x4 x6
            "sxtb16 r3, r1, ror #8\n", // x1 x3
            "sxtb16 r1, r1\n",         // x0 x2
            "sxtb16 r6, r7\n",         // w0 w2
            "sxtb16 r7, r7, ror #8\n", // w1 w3
            "smlad r4, r1, r6, r4\n",
            "smlad r4, r3, r7, r4\n",
            "pkhbt r1, r0, r1\n", // x4 x2: the halves change places, hence SMLADX
            "smlad r5, r3, r6, r5\n",
            "smladx r5, r1, r7, r5\n",
            "pkhbt r3, r2, r3\n", // x5 x3
            "smladx r12, r1, r6, r12\n",
            "smladx r12, r3, r7, r12\n",
            "smladx r14, r3, r6, r14\n",
            "smlad r14, r0, r7, r14\n",
            "ldrsb r7, [r10], #1\n", // w4
            "smlabb r4, r0, r7, r4\n",
            "smlabb r5, r2, r7, r5\n",
            "smlatb r12, r0, r7, r12\n",
            "smlatb r14, r2, r7, r14\n",
            "subs r11, r11, #1\n",
            "bne 2b",
        )
    };
}

/// One channel of a row of int8 outputs, and what it is made of.
#[cfg(not(soft_float))]
#[repr(C)]
struct ChannelRow {
    row: *const i8,
    taps: *const [i8; 5],
    tap_rows: usize,
    /// What every sum begins with.
    start: i32,
    output: *mut i8,
    step: usize,
    /// What is taken from the bits of a float sum; see `requantize::float`.
    zero_bits: i32,
    tiles: usize,
    multiplier: f32,
    round: f32,
}

/// Requantised outputs of one channel from rows of five taps, four neighbouring
/// pixels at a time from pixel `at` on, `step` bytes apart in `output`. Gives how many
/// pixels were whole tiles; the rest is left.
///
/// Clamped to int8, not to what the quantiser says.
#[cfg(soft_float)]
pub fn five_taps_row(
    _rows: &PaddedRows<'_>,
    _at: usize,
    _taps: &[[i8; 5]],
    _start: i32,
    _scale: (f32, i8),
    _output: &mut [i8],
    _step: usize,
) -> usize {
    0
}

/// As above, on a core with an FPU.
#[cfg(not(soft_float))]
#[allow(unsafe_code, reason = "the compiler does not write this loop well")]
#[inline(never)]
pub fn five_taps_row(
    rows: &PaddedRows<'_>,
    at: usize,
    taps: &[[i8; 5]],
    start: i32,
    (multiplier, zero): (f32, i8),
    output: &mut [i8],
    step: usize,
) -> usize {
    let PaddedRows {
        bytes, row_bytes, ..
    } = *rows;
    let scale = Scale::new(multiplier, zero);
    let pixels = output.len().div_ceil(step.max(1));
    // A tile reads eight bytes of each row, four bytes on from the tile before.
    let readable = row_bytes.saturating_sub(at + 4) / TILE;
    let tiles = (pixels / TILE).min(readable);
    if tiles == 0 || taps.is_empty() || taps.len() * row_bytes > bytes.len() {
        return 0;
    }
    let mut row = ChannelRow {
        row: bytes.as_ptr().wrapping_add(at),
        taps: taps.as_ptr(),
        tap_rows: taps.len(),
        start,
        output: output.as_mut_ptr(),
        step,
        zero_bits: scale.zero_bits,
        tiles,
        multiplier: scale.multiplier,
        round: scale.round,
    };
    // SAFETY: every tile reads eight bytes of as many rows as there are rows of
    // taps, the last one at `at + 4 · (tiles − 1)`: within `rows`, as seen above. It
    // writes the bytes `step · pixel` of `output` for `4 · tiles` pixels, of which
    // there are that many. `row` is written to, and the stack below its pointer.
    unsafe {
        asm!(
            "push {{r6, r7}}",
            "push {{r0, r9}}",
            "vldr s8, [r0, #32]", // multiplier
            "vldr s9, [r0, #36]", // round
            "3:",
            "ldr r0, [sp]",
            "ldrd r8, r10, [r0]",
            "ldrd r11, r4, [r0, #8]",
            "adds r1, r8, #4",
            "str r1, [r0]",
            "mov r5, r4",
            "mov r12, r4",
            "mov r14, r4",
            five_taps!(),
            "ldr r0, [sp]",
            "ldrd r2, r3, [r0, #16]", // output, step
            "ldrd r1, r7, [r0, #24]", // zero bits, tiles
            requantise!("s8", "s8"),
            "add r6, r2, r3, lsl #1",
            "strb r4, [r2]",
            "strb r5, [r2, r3]",
            "strb r12, [r6]",
            "strb r14, [r6, r3]",
            "add r6, r6, r3, lsl #1",
            "subs r7, r7, #1",
            "str r6, [r0, #16]",
            "str r7, [r0, #28]",
            "bne 3b",
            "pop {{r0, r9}}",
            "pop {{r6, r7}}",
            inout("r0") &raw mut row => _,
            in("r9") row_bytes,
            out("r1") _, out("r2") _, out("r3") _, out("r4") _, out("r5") _, out("r8") _,
            out("r10") _, out("r11") _, out("r12") _, out("r14") _,
            out("s0") _, out("s1") _, out("s2") _, out("s3") _, out("s8") _, out("s9") _,
        );
    }
    tiles * TILE
}
