//! Two filters against the columns of two pixels or tiles, four taps at a time: from the
//! weights as they are, in bytes, or from words that hold numbers of 16 bits.

#[cfg(not(soft_float))]
use super::super::negated;
use super::super::{Filters, Quad};
use crate::ops::operands::Windows;
#[cfg(not(soft_float))]
use crate::ops::packed::pair_words;
#[cfg(not(soft_float))]
use crate::ops::requantize::Scale;
#[cfg(not(soft_float))]
use core::arch::asm;
#[cfg(not(soft_float))]
use core::mem::MaybeUninit;

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

/// The same products of a quad and four words, from `r9` on, that hold the numbers of both
/// filters in 16 bits: 10 instructions of [`WIDE_BYTES`]. Leaves nothing in `r10` and `r11`
/// too.
#[cfg(not(soft_float))]
macro_rules! two_by_two_wide {
    () => {
        concat!(
            "ldm r8!, {{r0, r1, r2, r3}}\n",
            "ldm r9!, {{r6, r7, r10, r11}}\n",
            "smlad r4, r0, r6, r4\n",
            "smlad r5, r2, r6, r5\n",
            "smlad r12, r0, r7, r12\n",
            "smlad r14, r2, r7, r14\n",
            "smlad r4, r1, r10, r4\n",
            "smlad r5, r3, r10, r5\n",
            "smlad r12, r1, r11, r12\n",
            "smlad r14, r3, r11, r14",
        )
    };
}

/// Bytes of code of a quad from words: all instructions have four.
#[cfg(not(soft_float))]
const WIDE_BYTES: usize = 10 * 4;

/// What the loops read, and what they keep there.
#[cfg(not(soft_float))]
#[repr(C)]
pub(super) struct Work {
    pub zero_bits: i32,
    /// Of the first pixel.
    pub output: *mut i8,
    pub multipliers: *const f32,
    /// From an output to that of the next pixel.
    pub step: usize,
    pub columns: *mut Quad,
    pub bias: *const i32,
    /// Of the tile that comes next and of the other.
    pub tiles: [*mut i8; 2],
    /// Behind the last weight.
    pub end: *const u8,
    /// Bytes after a filter's taps in its last word.
    pub over: usize,
    pub round: f32,
    /// Code: where in a loop two filters begin, where the loop over words ends, and what
    /// stores outputs. The loops put it there.
    pub code: MaybeUninit<[usize; 3]>,
    /// Of a pixel, or of a position of Winograd's products.
    pub quads: usize,
    /// From one filter's bytes to the next one's.
    pub taps: usize,
    pub unfolding: Unfolding,
}

/// What makes the columns of pixels, two after the other.
#[cfg(not(soft_float))]
#[repr(C)]
pub(super) struct Unfolding {
    pub weights: *const u8,
    /// Pairs of pixels that are left; 0 where the columns of one are there.
    pub pairs: usize,
    /// Bytes from one window to the next one's.
    pub stride: usize,
    /// Takes the zero point from two numbers.
    pub negated: u32,
    /// Of the next window.
    pub values: *const i8,
    /// Bytes from the end of a row of a window to the next row, and four.
    pub skip: usize,
    /// Bits of such a row without a word.
    pub run_bits: usize,
    /// Bytes from the first row to behind the last, without those after whole words of taps.
    pub rows: usize,
}

#[cfg(not(soft_float))]
impl Unfolding {
    /// None.
    pub const NONE: Self = Self {
        weights: core::ptr::null(),
        pairs: 0,
        stride: 0,
        negated: 0,
        values: core::ptr::null(),
        skip: 0,
        run_bits: 0,
        rows: 0,
    };
}

/// A word of the first pixel's window in `r6` and one of the second's in `r7` made into their
/// next quads, at `r4`. Leaves nothing in `r0` to `r3`.
#[cfg(not(soft_float))]
macro_rules! store_quads {
    () => {
        concat!(
            "sxtab16 r0, r5, r6\n",
            "sxtab16 r1, r5, r6, ror #8\n",
            "sxtab16 r2, r5, r7\n",
            "sxtab16 r3, r5, r7, ror #8\n",
            "stm r4!, {{r0, r1, r2, r3}}",
        )
    };
}

/// Which weights there are.
#[cfg(not(soft_float))]
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Bytes = 0,
    Words = 1,
    /// Words of Winograd's products, for four outputs of two tiles each.
    Tiles = 2,
}

/// Requantised outputs of all filters, two at a time, of two pixels after the other.
///
/// # Safety
/// There are `quads` elements of two quads in the columns, for tiles six times as many. From
/// `weights` up to `end` there are weights of whole pairs of filters, of `taps` bytes each or of
/// four words for each element of the columns; and for each filter a bias, a multiplier, and a
/// place for its output of each pixel. Of bytes, those after `end` that fill the last word may be
/// read.
///
/// Where pairs of pixels are counted, each pixel's window begins `stride` bytes after the one
/// before, in rows of four bytes at least, at least one; `rows` is how far these are apart, times
/// their number, without what their taps leave of whole words. Together they are one filter's
/// taps, or the first of these, and the others are padding. Of more than one pair the outputs of a
/// pixel begin `step` after those of the one before, and `step` is the number of filters.
#[cfg(not(soft_float))]
#[allow(unsafe_code, reason = "the compiler does not write this loop well")]
#[inline(never)]
pub(super) unsafe fn multiply(work: &mut Work, weights: *const u8, kind: Kind) {
    // SAFETY: as the caller has seen. Jumps into its own loops: into that over words where one
    // to four quads are left of it. Of each row of a window it reads words that lie in it, the first
    // word but for bytes after it that are in the row, too; and writes as many quads as taps fill.
    // `work` is written to, and the stack below its pointer.
    unsafe {
        asm!(
            ".p2align 2", // ADR counts from whole words
            "push {{r6, r7}}",
            "vldr s9, [r0, #40]", // round
            "vmov s11, r0",
            "ldr r8, [r0, #16]",  // columns
            "ldr r10, [r0, #56]", // quads
            "lsl r10, r10, #4",
            "vmov s10, r10", // bytes of a position
            "add r11, r8, r10",
            "vmov s8, r11", // the end of it
            "add r10, r10, r10, lsl #1",
            "add r10, r8, r10, lsl #1",
            "vmov s12, r10", // the end of six
            "cmp r3, #1",
            "adr.w r4, 16f + 1", // code has odd addresses
            "blo 1f",
            "adr.w r4, 9f + 1",
            "sub.w r4, r4, r1",
            "1: adr.w r2, 8f + 1",
            "adr.w r3, 11f + 1",
            "bls 1f",
            "adr.w r2, 7f + 1",
            "adr.w r3, 12f + 1",
            "1: strd r4, r2, [r0, #44]",
            "str r3, [r0, #52]",
            "bhi 13f",
            "ldr r1, [r0, #68]", // pairs
            "cmp r1, #0",
            "beq 3f",
            "17:", // two pixels
            "ldr r4, [r0, #16]",
            "add r1, r0, #72",
            "ldm r1, {{r3, r5, r8, r9, r10, r12}}",
            "add r14, r8, r3",
            "add r3, r14, r3",
            "str r3, [r0, #80]",
            "add r12, r8, r12", // where the first one's rows end
            "lsls r1, r10, #27",
            "beq 21f",
            "vmov s13, r12",
            "mov r11, #0", // bits that do not fill a word yet, in r6 and r7
            "mov r1, #0",  // how many bytes
            "mov r6, #0",
            "mov r7, #0",
            "18:", // a row of both, r1 bytes after r8 and r14
            "ldr r0, [r8, r1]",
            "ldr r2, [r14, r1]",
            "lsl r0, r0, r11",
            "lsl r2, r2, r11",
            "orr r6, r6, r0",
            "orr r7, r7, r2",
            "add r12, r10, r11", // bits after this word
            "b 20f",
            "19: ldr r6, [r8, #4]!",
            "ldr r7, [r14, #4]!",
            "20:",
            store_quads!(),
            "subs r12, r12, #32",
            "bhs 19b",
            "add r11, r12, #32",
            "lsr r1, r11, #3",
            "ldr r6, [r8, r1]", // words that end with what is left of a row
            "ldr r7, [r14, r1]",
            "rsb r12, r12, #0",
            "lsr r6, r6, r12",
            "lsr r7, r7, r12",
            "add r8, r8, r9",
            "add r14, r14, r9",
            "vmov r12, s13",
            "cmp r8, r12",
            "bne 18b",
            "cmp r11, #0",
            "beq 29f",
            "rsb r0, r5, #0", // the zero point
            "uxtb r0, r0",
            "orr r0, r0, r0, lsl #8",
            "orr r0, r0, r0, lsl #16",
            "lsl r0, r0, r11",
            "orr r6, r6, r0",
            "orr r7, r7, r0",
            store_quads!(),
            "b 29f",
            "21:", // the same of rows of whole words
            "sub r9, r9, #4",
            "22: add r11, r10, #32",
            "23: ldr r6, [r8], #4",
            "ldr r7, [r14], #4",
            store_quads!(),
            "subs r11, r11, #32",
            "bne 23b",
            "add r8, r8, r9",
            "add r14, r14, r9",
            "cmp r8, r12",
            "bne 22b",
            "29: vmov r1, s8",
            "cmp r4, r1",
            "beq 25f",
            "mov r2, #0", // rows that are padding
            "strd r2, r2, [r4], #8",
            "b 29b",
            "25: vmov r0, s11",
            "ldr r9, [r0, #64]", // weights
            "3:", // two filters
            "ldrd r8, r3, [r0, #16]", // columns, bias
            "ldrd r4, r12, [r3], #8",
            "str r3, [r0, #20]",
            "mov r5, r4",
            "mov r14, r12",
            "ldr pc, [r0, #44]",
            "16:",
            "ldrd r11, r10, [r0, #56]", // quads, taps
            "add r10, r9, r10",
            "2:",
            two_by_two!(),
            "subs r11, r11, #1",
            "bne 2b",
            "vmov r0, s11",
            "ldr r6, [r0, #36]", // over
            "sub r9, r10, r6",
            "b 8f",
            "13:", // two filters of two tiles
            "ldr r8, [r0, #16]",
            "14:", // a position
            "vmov r1, s10",
            "add r1, r8, r1",
            "vmov s8, r1",
            "mov r4, #0",
            "mov r5, #0",
            "mov r12, #0",
            "mov r14, #0",
            "ldr pc, [r0, #44]",
            "5:",
            two_by_two_wide!(),
            two_by_two_wide!(),
            two_by_two_wide!(),
            two_by_two_wide!(),
            "9: vmov r0, s8",
            "cmp r8, r0",
            "bne 5b",
            "vmov r0, s11",
            "ldr pc, [r0, #48]",
            "7:",
            "push {{r4, r5, r12, r14}}",
            "vmov r1, s12",
            "cmp r8, r1",
            "bne 14b",
            "movw r8, #0xAAAB", // the inverse of 3
            "movt r8, #0xAAAA",
            "mov r10, sp",
            "4:", // a filter
            "ldr r1, [r0, #20]", // bias
            "ldr r3, [r0, #8]",  // multipliers
            "ldr r11, [r1], #4",
            "vldmia r3!, {{s6}}",
            "vmov.f32 s7, s6",
            "str r1, [r0, #20]",
            "str r3, [r0, #8]",
            "6:", // a tile
            "ldr r2, [r10, #64]", // m1
            "ldr r3, [r10, #48]",
            "ldr r6, [r10, #32]",
            "ldr r7, [r10, #16]",
            "ldr r4, [r10, #80]", // m0
            "ldr r14, [r10], #4", // m5
            "add r5, r2, r3",
            "sub r2, r2, r3",
            "add r3, r6, r7",
            "sub r6, r6, r7",
            "add r4, r4, r5",
            "add r4, r4, r3",
            "add r12, r5, r3, lsl #2",
            "add r5, r2, r6, lsl #1",
            "add r14, r14, r2",
            "add r14, r14, r6, lsl #3",
            "asr r4, r4, #3",
            "asr r5, r5, #3",
            "asr r12, r12, #3",
            "asr r14, r14, #3",
            "mla r4, r4, r8, r11",
            "mla r5, r5, r8, r11",
            "mla r12, r12, r8, r11",
            "mla r14, r14, r8, r11",
            "ldr r1, [r0]", // zero bits
            "b 10f",
            "8:",
            "ldm r0, {{r1, r2, r3, r6}}", // zero bits, output, multipliers, step
            "vldmia r3!, {{s6, s7}}",
            "10:",
            requantise!("s6", "s7"),
            "ldr pc, [r0, #52]",
            "12:",
            "ldrd r2, r3, [r0, #24]", // tiles
            "ldr r6, [r0, #12]",      // step
            "add r7, r2, r6, lsl #1",
            "strb r5, [r2, r6]",
            "strb r4, [r2], #1",
            "strb r12, [r7]",
            "strb r14, [r7, r6]",
            "strd r3, r2, [r0, #24]",
            // How many sums are done: of an odd number the other tile is left, of two the
            // other filter.
            "sub r7, sp, r10",
            "tst r7, #4",
            "bne 6b",
            "tst r7, #8",
            "bne 4b",
            "add sp, sp, #96",
            "ldr r7, [r0, #32]", // end
            "cmp r9, r7",
            "bne 13b",
            "b 15f",
            "11:",
            "strb r5, [r2, r6]",
            "strb r4, [r2], #1",
            "strb r14, [r2, r6]",
            "strb r12, [r2], #1",
            "strd r2, r3, [r0, #4]",
            "ldr r7, [r0, #32]", // end
            "cmp r9, r7",
            "bne 3b",
            "ldr r1, [r0, #68]", // pairs
            "subs r1, r1, #1",
            "bls 15f",
            "str r1, [r0, #68]",
            "add r2, r2, r6",
            "sub r3, r3, r6, lsl #2",
            "strd r2, r3, [r0, #4]",
            "ldr r1, [r0, #20]",
            "sub r1, r1, r6, lsl #2",
            "str r1, [r0, #20]",
            "b 17b",
            "15: pop {{r6, r7}}",
            inout("r0") &raw mut *work => _,
            inout("r1") WIDE_BYTES * (1 + work.quads.wrapping_sub(1) % 4) => _,
            inout("r3") kind as usize => _,
            inout("r9") weights => _,
            out("r2") _, out("r4") _, out("r5") _, out("r8") _, out("r10") _, out("r11") _,
            out("r12") _, out("r14") _,
            out("s0") _, out("s1") _, out("s2") _, out("s3") _, out("s6") _, out("s7") _,
            out("s8") _, out("s9") _, out("s10") _, out("s11") _, out("s12") _, out("s13") _,
        );
    }
}

/// Requantised outputs of two pixels, two channels at a time; the second pixel lies
/// `step` bytes after the first in `output`. Gives how many channels were whole pairs;
/// the rest is left.
///
/// Where there are windows, the same of their pixels, `step` being the number of channels: then all
/// channels are done, or none where something does not fit.
#[cfg(soft_float)]
pub fn filter_pairs(
    _columns: &mut [[Quad; 2]],
    _windows: &Windows<'_>,
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
#[inline(always)]
pub fn filter_pairs(
    columns: &mut [[Quad; 2]],
    windows: &Windows<'_>,
    filters: &Filters<'_>,
    (multipliers, zero): (&[f32], i8),
    output: &mut [i8],
    step: usize,
) -> usize {
    let taps = filters.taps;
    let pairs = filters.bias.len().min(multipliers.len()) / 2;
    let quads = taps.div_ceil(4);
    // A filter is read in whole words: the last one's may go on behind it.
    let over = 4 * quads - taps;
    let mut bytes = 2 * pairs * taps;
    if pairs == 0
        || quads == 0
        || quads > columns.len()
        || output.len() < step + 2 * pairs
        || filters.weights.len() < bytes + over
    {
        return 0;
    }
    let mut weights: *const u8 = filters.weights.as_ptr().cast();
    let mut kind = Kind::Bytes;
    let words = pairs * pair_words(taps);
    if filters.words.len() >= words {
        (weights, bytes, kind) = (filters.words.as_ptr().cast(), 4 * words, Kind::Words);
    }
    if windows.pairs > 0 {
        let last = (2 * windows.pairs - 1) * windows.stride;
        let rows = windows.runs.wrapping_sub(1) * windows.pitch;
        if windows.run < 4
            || windows.runs == 0
            || windows.run * windows.runs > taps
            || windows.values.len() < last + rows + windows.run
            || windows.pairs > 1 && (output.len() < 2 * windows.pairs * step || 2 * pairs != step)
        {
            return 0;
        }
    }
    let scale = Scale::new(zero);
    let mut work = Work {
        zero_bits: scale.zero_bits,
        output: output.as_mut_ptr(),
        multipliers: multipliers.as_ptr(),
        step,
        columns: columns.as_mut_ptr().cast(),
        bias: filters.bias.as_ptr(),
        tiles: [core::ptr::null_mut(); 2],
        end: weights.wrapping_add(bytes),
        over,
        round: scale.round,
        code: MaybeUninit::uninit(),
        quads,
        taps,
        unfolding: Unfolding {
            weights,
            pairs: windows.pairs,
            stride: windows.stride,
            negated: negated(windows.zero),
            values: windows.values.as_ptr(),
            skip: windows.pitch.wrapping_sub(windows.run).wrapping_add(4),
            run_bits: 8 * windows.run.wrapping_sub(4),
            rows: (windows.pitch * windows.runs).wrapping_sub(windows.run * windows.runs % 4),
        },
    };
    // SAFETY: there are `quads` elements of `columns`, and of `2 · pairs` channels words or
    // bytes with what fills the last of these, biases, multipliers and two places each in
    // `output`, `step` apart, as seen above. So are the windows, of as many taps, and places for
    // the outputs of each.
    unsafe { multiply(&mut work, weights, kind) };
    2 * pairs
}
