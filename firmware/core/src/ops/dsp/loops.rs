//! The inner loops, where every instruction counts.
//!
//! The compiler has fewer registers to give than these loops need, and spills.
//! By hand the loops fit: 14 registers, all named, two of which (r6 and r7) are put
//! aside on the stack because `asm!` does not hand them out. Elsewhere than on a core with the DSP
//! extension the same functions are plain Rust, for tests.

#[cfg(dsp)]
use super::Filters;
use super::{PaddedRows, Quad, TILE};
#[cfg(all(dsp, not(soft_float)))]
use crate::ops::requantize::Scale;

/// The loop over rows of five taps, from `r8` on, `r9` bytes from one to the next;
/// taps from `r10` on, `r11` rows of them; sums in `r4`, `r5`, `r12` and `r14`.
/// Leaves nothing in `r0` to `r3`, `r6`, `r7` and all that it counts with.
#[cfg(dsp)]
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

/// The loop over quads of two pixels, from `r8` on, and words of two filters, from
/// `r9` and `r10` on; `r11` counts. Sums in `r4` and `r5` for the first filter, in
/// `r12` and `r14` for the second. Leaves nothing in `r0` to `r3`, `r6` and `r7`.
#[cfg(dsp)]
macro_rules! two_by_two {
    () => {
        concat!(
            "2: ldr r0, [r9], #4\n",
            "ldr r1, [r10], #4\n",
            "ldrd r2, r3, [r8], #8\n", // x0 x2, x1 x3 of the first pixel
            "sxtb16 r6, r0\n",         // w0 w2 of the first filter
            "sxtb16 r0, r0, ror #8\n", // w1 w3
            "sxtb16 r7, r1\n",         // of the second filter
            "sxtb16 r1, r1, ror #8\n",
            "smlad r4, r2, r6, r4\n",
            "smlad r4, r3, r0, r4\n",
            "smlad r12, r2, r7, r12\n",
            "smlad r12, r3, r1, r12\n",
            "ldrd r2, r3, [r8], #8\n", // of the second pixel
            "subs r11, r11, #1\n",
            "smlad r5, r2, r6, r5\n",
            "smlad r5, r3, r0, r5\n",
            "smlad r14, r2, r7, r14\n",
            "smlad r14, r3, r1, r14\n",
            "bne 2b",
        )
    };
}

/// Adds the products of rows of five taps with four neighbouring pixels, the first
/// of them at `at` in each row: `Σ x·w`.
#[inline(always)]
pub fn five_taps(
    rows: &PaddedRows<'_>,
    at: usize,
    taps: &[[i8; 5]],
    sums: [i32; TILE],
) -> [i32; TILE] {
    let fits = at + 8 <= rows.row_bytes && taps.len() * rows.row_bytes <= rows.bytes.len();
    if !fits || taps.is_empty() {
        return sums;
    }
    chosen::five_taps(rows, at, taps, sums)
}

/// One channel of a row of int8 outputs, and what it is made of.
#[cfg(all(dsp, not(soft_float)))]
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
/// pixels at a time from pixel `at` on, `step` bytes apart in `output`. Gives how many pixels were
/// whole tiles; the rest is left.
///
/// Clamped to int8, not to what the quantiser says.
#[cfg(all(dsp, soft_float))]
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
#[cfg(all(dsp, not(soft_float)))]
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
        core::arch::asm!(
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
            "vmov s0, s1, r4, r5",
            "vmov s2, s3, r12, r14",
            "vcvt.f32.s32 s0, s0",
            "vcvt.f32.s32 s1, s1",
            "vcvt.f32.s32 s2, s2",
            "vcvt.f32.s32 s3, s3",
            "vmul.f32 s0, s0, s8",
            "vmul.f32 s1, s1, s8",
            "vmul.f32 s2, s2, s8",
            "vmul.f32 s3, s3, s8",
            "vadd.f32 s0, s0, s9",
            "vadd.f32 s1, s1, s9",
            "vadd.f32 s2, s2, s9",
            "vadd.f32 s3, s3, s9",
            "vmov r4, r5, s0, s1",
            "vmov r12, r14, s2, s3",
            "ldrd r2, r3, [r0, #16]", // output, step
            "ldrd r1, r7, [r0, #24]", // zero bits, tiles
            "qsub r4, r4, r1",
            "qsub r5, r5, r1",
            "qsub r12, r12, r1",
            "qsub r14, r14, r1",
            "ssat r4, #8, r4",
            "ssat r5, #8, r5",
            "ssat r12, #8, r12",
            "ssat r14, #8, r14",
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

/// Two pixels of a row of int8 outputs, and what they are made of.
#[cfg(all(dsp, not(soft_float)))]
#[repr(C)]
struct PixelPair {
    columns: *const [Quad; 2],
    filter: *const i8,
    taps: usize,
    quads: usize,
    bias: *const i32,
    multipliers: *const f32,
    output: *mut i8,
    step: usize,
    zero_bits: i32,
    pairs: usize,
    round: f32,
}

/// Requantised outputs of two pixels, two channels at a time; the second pixel lies `step` bytes after the first in `output`.
/// Gives how many channels were whole pairs; the rest is left.
///
/// A filter is read in whole words, so that the last pair may have to be left.
#[cfg(all(dsp, soft_float))]
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
#[cfg(all(dsp, not(soft_float)))]
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
    let scale = Scale::new(1.0, zero);
    let mut pair = PixelPair {
        columns: columns.as_ptr(),
        filter: filters.weights.as_ptr(),
        taps,
        quads,
        bias: filters.bias.as_ptr(),
        multipliers: multipliers.as_ptr(),
        output: output.as_mut_ptr(),
        step,
        zero_bits: scale.zero_bits,
        pairs,
        round: scale.round,
    };
    // SAFETY: reads `quads` elements of `columns`, and for each of `2 · pairs`
    // channels a bias, a multiplier and `quads` words of its filter: there are as
    // many, as seen above. Writes for each the bytes `channel` and
    // `step + channel` of `output`. `pair` is written to, and the stack below its
    // pointer.
    unsafe {
        core::arch::asm!(
            "push {{r6, r7}}",
            "push {{r0, r9}}",
            "vldr s9, [r0, #40]", // round
            "3:",
            "ldr r0, [sp]",
            "ldrd r8, r9, [r0]",
            "ldrd r2, r11, [r0, #8]", // taps, quads
            "ldr r3, [r0, #16]",      // bias
            "add r10, r9, r2",
            "add r1, r10, r2",
            "ldrd r4, r12, [r3], #8",
            "str r1, [r0, #4]",
            "str r3, [r0, #16]",
            "mov r5, r4",
            "mov r14, r12",
            two_by_two!(),
            "ldr r0, [sp]",
            "vmov s0, s1, r4, r5",
            "vmov s2, s3, r12, r14",
            "ldrd r3, r2, [r0, #20]", // multipliers, output
            "ldrd r6, r1, [r0, #28]", // step, zero bits
            "vldmia r3!, {{s6, s7}}",
            "vcvt.f32.s32 s0, s0",
            "vcvt.f32.s32 s1, s1",
            "vcvt.f32.s32 s2, s2",
            "vcvt.f32.s32 s3, s3",
            "vmul.f32 s0, s0, s6",
            "vmul.f32 s1, s1, s6",
            "vmul.f32 s2, s2, s7",
            "vmul.f32 s3, s3, s7",
            "vadd.f32 s0, s0, s9",
            "vadd.f32 s1, s1, s9",
            "vadd.f32 s2, s2, s9",
            "vadd.f32 s3, s3, s9",
            "vmov r4, r5, s0, s1",
            "vmov r12, r14, s2, s3",
            "qsub r4, r4, r1",
            "qsub r5, r5, r1",
            "qsub r12, r12, r1",
            "qsub r14, r14, r1",
            "ssat r4, #8, r4",
            "ssat r5, #8, r5",
            "ssat r12, #8, r12",
            "ssat r14, #8, r14",
            "add r6, r6, r2",
            "strb r4, [r2], #1",
            "strb r12, [r2], #1",
            "strb r5, [r6], #1",
            "strb r14, [r6]",
            "ldr r7, [r0, #36]", // pairs
            "strd r3, r2, [r0, #20]",
            "subs r7, r7, #1",
            "str r7, [r0, #36]",
            "bne 3b",
            "pop {{r0, r9}}",
            "pop {{r6, r7}}",
            inout("r0") &raw mut pair => _,
            out("r1") _, out("r2") _, out("r3") _, out("r4") _, out("r5") _, out("r8") _,
            out("r9") _, out("r10") _, out("r11") _, out("r12") _, out("r14") _,
            out("s0") _, out("s1") _, out("s2") _, out("s3") _, out("s6") _, out("s7") _,
            out("s9") _,
        );
    }
    2 * pairs
}

/// Adds the products of two filters, four taps at a time, with the columns of two
/// pixels: `Σ x·w`, by filter and pixel. What is longer than the shortest is
/// left out.
#[inline(always)]
pub fn two_by_two(
    columns: &[[Quad; 2]],
    filters: [&[[i8; 4]]; 2],
    sums: [[i32; 2]; 2],
) -> [[i32; 2]; 2] {
    let count = columns.len().min(filters[0].len()).min(filters[1].len());
    if count == 0 {
        return sums;
    }
    chosen::two_by_two(columns, filters, count, sums)
}

/// Adds the products of four rows of weights, `row_bytes` from one to the next,
/// with an input, four numbers at a time: `Σ (x + negated)·w`, where `negated` is
/// twice the same 16-bit number.
///
/// `rows` holds three times `row_bytes` and as many bytes as the input.
#[inline(always)]
pub fn four_rows(
    input: &[[i8; 4]],
    negated: u32,
    rows: &[i8],
    row_bytes: usize,
    sums: [i32; 4],
) -> [i32; 4] {
    let fits = 3 * row_bytes + 4 * input.len() <= rows.len();
    if !fits || input.is_empty() {
        return sums;
    }
    chosen::four_rows(input, negated, rows, row_bytes, sums)
}

/// Adds the products of four rows of weights, `row_bytes` from one to the next,
/// with numbers, four at a time: `Σ x·w`.
///
/// `rows` holds three times `row_bytes` and as many bytes as there are numbers.
#[inline(always)]
pub fn four_rows_of_quads(
    numbers: &[Quad],
    rows: &[i8],
    row_bytes: usize,
    sums: [i32; 4],
) -> [i32; 4] {
    let fits = 3 * row_bytes + 4 * numbers.len() <= rows.len();
    if !fits || numbers.is_empty() {
        return sums;
    }
    chosen::four_rows_of_quads(numbers, rows, row_bytes, sums)
}

#[cfg(dsp)]
#[allow(unsafe_code, reason = "the compiler does not write these loops well")]
mod chosen {
    use super::{PaddedRows, Quad, TILE};
    use core::arch::asm;

    #[inline(always)]
    pub fn five_taps(
        rows: &PaddedRows<'_>,
        at: usize,
        taps: &[[i8; 5]],
        [mut a, mut b, mut c, mut d]: [i32; TILE],
    ) -> [i32; TILE] {
        // SAFETY: reads five bytes at each of `taps` and, in as many rows, the
        // eight bytes from `at` on, which the caller has seen to lie in `rows`.
        // Writes nothing but registers and the stack below the stack pointer.
        unsafe {
            asm!(
                "push {{r6, r7}}",
                five_taps!(),
                "pop {{r6, r7}}",
                inout("r8") rows.bytes.as_ptr().wrapping_add(at) => _,
                in("r9") rows.row_bytes,
                inout("r10") taps.as_ptr() => _,
                inout("r11") taps.len() => _,
                inout("r4") a,
                inout("r5") b,
                inout("r12") c,
                inout("r14") d,
                out("r0") _, out("r1") _, out("r2") _, out("r3") _,
                options(readonly),
            );
        }
        [a, b, c, d]
    }

    #[inline(always)]
    pub fn two_by_two(
        columns: &[[Quad; 2]],
        filters: [&[[i8; 4]]; 2],
        count: usize,
        [[mut a, mut b], [mut c, mut d]]: [[i32; 2]; 2],
    ) -> [[i32; 2]; 2] {
        // SAFETY: reads `count` elements of each slice; the caller has seen that
        // none is shorter. Quads are word-aligned, as `LDRD` needs. Writes nothing
        // but registers and the stack below the stack pointer.
        unsafe {
            asm!(
                "push {{r6, r7}}",
                two_by_two!(),
                "pop {{r6, r7}}",
                inout("r8") columns.as_ptr() => _,
                inout("r9") filters[0].as_ptr() => _,
                inout("r10") filters[1].as_ptr() => _,
                inout("r11") count => _,
                inout("r4") a,
                inout("r5") b,
                inout("r12") c,
                inout("r14") d,
                out("r0") _, out("r1") _, out("r2") _, out("r3") _,
                options(readonly),
            );
        }
        [[a, b], [c, d]]
    }

    #[inline(always)]
    pub fn four_rows(
        input: &[[i8; 4]],
        negated: u32,
        rows: &[i8],
        row_bytes: usize,
        [mut a, mut b, mut c, mut d]: [i32; 4],
    ) -> [i32; 4] {
        // SAFETY: reads the input and, from the beginning of each of the four rows,
        // as many bytes, which the caller has seen to lie in `rows`. Writes nothing
        // but registers and the stack below the stack pointer.
        unsafe {
            asm!(
                "push {{r6, r7}}",
                "add r7, r10, r11",
                "add r7, r7, r11, lsl #1", // the fourth row
                "2:",
                "ldr r0, [r8], #4",
                "ldr r2, [r10, r11]",
                "sxtab16 r1, r9, r0, ror #8", // x1 x3
                "sxtab16 r0, r9, r0",         // x0 x2
                "sxtb16 r6, r2",
                "sxtb16 r2, r2, ror #8",
                "smlad r5, r0, r6, r5",
                "smlad r5, r1, r2, r5",
                "ldr r2, [r10, r11, lsl #1]",
                "sxtb16 r6, r2",
                "sxtb16 r2, r2, ror #8",
                "smlad r12, r0, r6, r12",
                "smlad r12, r1, r2, r12",
                "ldr r2, [r10], #4",
                "sxtb16 r6, r2",
                "sxtb16 r2, r2, ror #8",
                "smlad r4, r0, r6, r4",
                "smlad r4, r1, r2, r4",
                "ldr r2, [r7], #4",
                "sxtb16 r6, r2",
                "sxtb16 r2, r2, ror #8",
                "subs r3, r3, #1",
                "smlad r14, r0, r6, r14",
                "smlad r14, r1, r2, r14",
                "bne 2b",
                "pop {{r6, r7}}",
                inout("r8") input.as_ptr() => _,
                in("r9") negated,
                inout("r10") rows.as_ptr() => _,
                in("r11") row_bytes,
                inout("r3") input.len() => _,
                inout("r4") a,
                inout("r5") b,
                inout("r12") c,
                inout("r14") d,
                out("r0") _, out("r1") _, out("r2") _,
                options(readonly),
            );
        }
        [a, b, c, d]
    }

    #[inline(always)]
    pub fn four_rows_of_quads(
        numbers: &[Quad],
        rows: &[i8],
        row_bytes: usize,
        [mut a, mut b, mut c, mut d]: [i32; 4],
    ) -> [i32; 4] {
        // SAFETY: reads the numbers, which are word-aligned, as `LDRD` needs, and
        // from the beginning of each of the four rows as many bytes, which the
        // caller has seen to lie in `rows`. Writes nothing but registers and the
        // stack below the stack pointer.
        unsafe {
            asm!(
                "push {{r6, r7}}",
                "add r7, r10, r11",
                "add r7, r7, r11, lsl #1", // the fourth row
                "2:",
                "ldrd r0, r1, [r8], #8", // x0 x2, x1 x3
                "ldr r2, [r10, r11]",
                "ldr r9, [r10, r11, lsl #1]",
                "sxtb16 r6, r2",
                "sxtb16 r2, r2, ror #8",
                "smlad r5, r0, r6, r5",
                "smlad r5, r1, r2, r5",
                "ldr r2, [r10], #4",
                "sxtb16 r6, r9",
                "sxtb16 r9, r9, ror #8",
                "smlad r12, r0, r6, r12",
                "smlad r12, r1, r9, r12",
                "ldr r9, [r7], #4",
                "sxtb16 r6, r2",
                "sxtb16 r2, r2, ror #8",
                "smlad r4, r0, r6, r4",
                "smlad r4, r1, r2, r4",
                "subs r3, r3, #1",
                "sxtb16 r6, r9",
                "sxtb16 r9, r9, ror #8",
                "smlad r14, r0, r6, r14",
                "smlad r14, r1, r9, r14",
                "bne 2b",
                "pop {{r6, r7}}",
                inout("r8") numbers.as_ptr() => _,
                inout("r10") rows.as_ptr() => _,
                in("r11") row_bytes,
                inout("r3") numbers.len() => _,
                inout("r4") a,
                inout("r5") b,
                inout("r12") c,
                inout("r14") d,
                out("r0") _, out("r1") _, out("r2") _, out("r9") _,
                options(readonly),
            );
        }
        [a, b, c, d]
    }
}

#[cfg(not(dsp))]
mod chosen {
    use super::{PaddedRows, Quad, TILE};

    pub fn five_taps(
        rows: &PaddedRows<'_>,
        at: usize,
        taps: &[[i8; 5]],
        mut sums: [i32; TILE],
    ) -> [i32; TILE] {
        for (row, taps) in rows.bytes.chunks_exact(rows.row_bytes).zip(taps) {
            for (pixel, sum) in sums.iter_mut().enumerate() {
                for (tap, &w) in taps.iter().enumerate() {
                    *sum += i32::from(row[at + pixel + tap]) * i32::from(w);
                }
            }
        }
        sums
    }

    pub fn two_by_two(
        columns: &[[Quad; 2]],
        filters: [&[[i8; 4]]; 2],
        count: usize,
        mut sums: [[i32; 2]; 2],
    ) -> [[i32; 2]; 2] {
        for at in 0..count {
            for (sums, filter) in sums.iter_mut().zip(filters) {
                for (sum, [even, odd]) in sums.iter_mut().zip(columns[at]) {
                    let numbers = [even, odd, even >> 16, odd >> 16];
                    for (number, &w) in numbers.into_iter().zip(&filter[at]) {
                        *sum += i32::from(number as i16) * i32::from(w);
                    }
                }
            }
        }
        sums
    }

    pub fn four_rows(
        input: &[[i8; 4]],
        negated: u32,
        rows: &[i8],
        row_bytes: usize,
        mut sums: [i32; 4],
    ) -> [i32; 4] {
        for (index, sum) in sums.iter_mut().enumerate() {
            let row = &rows[index * row_bytes..];
            for (&x, &w) in input.as_flattened().iter().zip(row) {
                *sum += (i32::from(x) + i32::from(negated as i16)) * i32::from(w);
            }
        }
        sums
    }

    pub fn four_rows_of_quads(
        numbers: &[Quad],
        rows: &[i8],
        row_bytes: usize,
        mut sums: [i32; 4],
    ) -> [i32; 4] {
        for (index, sum) in sums.iter_mut().enumerate() {
            let weights = rows[index * row_bytes..].as_chunks::<4>().0;
            for (&[even, odd], weights) in numbers.iter().zip(weights) {
                let numbers = [even, odd, even >> 16, odd >> 16];
                for (number, &w) in numbers.into_iter().zip(weights) {
                    *sum += i32::from(number as i16) * i32::from(w);
                }
            }
        }
        sums
    }
}
