//! Products of polynomials in 64-bit accumulators, for a row of pooled outputs; what the numbers mean stands in `ops::conv2d::polynomials`.
//!
//! A tile is two accumulators, of two output rows one below the other: four sums, which
//! are one pooled output. Tiles go from right to left, because the lower field of each is
//! a part of the pixel to its left. Right of the last there is one of which only that
//! field is needed, and so not the last taps either.

use crate::ops::polynomial::{Polynomials, columns_per_window};
use core::arch::asm;

/// Whether there is such a loop here.
pub const POOLS_SUMS: bool = cfg!(not(soft_float));

/// Pooled outputs of a row, `[W, O]`, from its columns. Clamped to int8 alone.
#[inline(always)]
pub fn pool_row(scratch: &[u32], filters: &Polynomials<'_>, output: &mut [i8]) {
    let Polynomials {
        kernel,
        channels,
        words,
        bias,
        multipliers,
        ..
    } = *filters;
    let step = bias.len();
    let outputs = output.len() / step.max(1);
    let columns = columns_per_window(kernel);
    let column = channels * (kernel + 1);
    let filter_words = 1 + columns * channels * kernel;
    let is_there = (outputs + columns).saturating_sub(1) * column <= scratch.len();
    let are_whole = step * filter_words <= words.len() && step == multipliers.len();
    if is_there && are_whole && outputs > 0 && channels > 0 && step > 0 {
        pool_row_here(scratch, filters, output, outputs);
    }
}

/// A channel of three rows of taps: `Σ x·w` of four rows of words from `r12` on, for two
/// output rows, with three words from `r14` on.
#[cfg(not(soft_float))]
macro_rules! three_rows {
    () => {
        concat!(
            "ldmia r12!, {{r0, r1, r2, r3}}\n",
            "ldmia r14!, {{r8, r9, r10}}\n",
            "smlal r4, r5, r0, r8\n",
            "smlal r6, r7, r1, r8\n",
            "smlal r4, r5, r1, r9\n",
            "smlal r6, r7, r2, r9\n",
            "smlal r4, r5, r2, r10\n",
            "smlal r6, r7, r3, r10\n",
        )
    };
}

/// The same of five rows of taps.
#[cfg(not(soft_float))]
macro_rules! five_rows {
    () => {
        concat!(
            "ldmia r12!, {{r0, r1, r2, r3, r8, r9}}\n",
            "ldmia r14!, {{r10, r11}}\n",
            "smlal r4, r5, r0, r10\n",
            "smlal r6, r7, r1, r10\n",
            "smlal r4, r5, r1, r11\n",
            "smlal r6, r7, r2, r11\n",
            "ldmia r14!, {{r0, r10, r11}}\n",
            "smlal r4, r5, r2, r0\n",
            "smlal r6, r7, r3, r0\n",
            "smlal r4, r5, r3, r10\n",
            "smlal r6, r7, r8, r10\n",
            "smlal r4, r5, r8, r11\n",
            "smlal r6, r7, r9, r11\n",
        )
    };
}

/// What the loops over channels and tiles read and write; all but the last two words
/// go to the stack.
#[cfg(not(soft_float))]
#[repr(C)]
struct Channels {
    /// `start − bias`: what is taken from a field to make a sum of it.
    counted_from: i32,
    zero: i32,
    step: usize,
    /// What two accumulators begin with: `start` in the two lower fields.
    low: u32,
    high: u32,
    low_again: u32,
    /// Bytes from the end of a tile's columns to the next tile's beginning.
    back: usize,
    output: *mut i8,
    at: usize,
    filter: *const u32,
    /// And where the next channel's filter begins.
    filter_end: *const u32,
    last_at: usize,
    bias: *const i32,
    multipliers: *const f32,
    /// Where the columns begin of the tile that is right of the last.
    outside: *const u32,
    left: usize,
    /// Bytes of the taps that count in it, and of all taps.
    outside_bytes: usize,
    filter_bytes: usize,
    /// Where the columns of the last tile begin.
    last: *const u32,
    tile: Tile,
}

/// How the taps of a tile are taken: five rows of three columns, an input channel after
/// the other, or three rows of two, two input channels after two. Of an odd number of
/// these a tile begins in the middle.
#[cfg(not(soft_float))]
#[repr(u32)]
enum Tile {
    ThreeRows = 0,
    ThreeRowsOdd = 1,
    FiveRows = 2,
}

#[cfg(soft_float)]
fn pool_row_here(_: &[u32], _: &Polynomials<'_>, _: &mut [i8], _outputs: usize) {}

#[cfg(not(soft_float))]
#[allow(unsafe_code, reason = "the compiler does not write these loops well")]
#[inline(never)]
fn pool_row_here(scratch: &[u32], filters: &Polynomials<'_>, output: &mut [i8], outputs: usize) {
    let Polynomials {
        kernel,
        channels,
        words,
        bias,
        multipliers,
        zero,
    } = *filters;
    let columns = columns_per_window(kernel);
    let (column, taps) = (channels * (kernel + 1), channels * kernel);
    let (step, last) = (bias.len(), outputs - 1);
    let channels = Channels {
        counted_from: 0,
        zero: zero.into(),
        step,
        low: 0,
        high: 0,
        low_again: 0,
        back: 4 * (columns + 1) * column,
        output: output.as_mut_ptr(),
        at: 0,
        filter: words.as_ptr(),
        filter_end: words.as_ptr(),
        last_at: last * step,
        bias: bias.as_ptr(),
        multipliers: multipliers.as_ptr(),
        outside: scratch.as_ptr().wrapping_add(outputs * column),
        left: step,
        outside_bytes: 4 * (columns - 1) * taps,
        filter_bytes: 4 * columns * taps,
        last: scratch.as_ptr().wrapping_add(last * column),
        tile: match (kernel, channels % 2) {
            (5, _) => Tile::FiveRows,
            (_, 0) => Tile::ThreeRows,
            _ => Tile::ThreeRowsOdd,
        },
    };
    // SAFETY: for each of `step` channels, a bias, a multiplier and the words of its
    // filter are read, of which there are as many, as the caller has seen. A tile
    // reads the columns under its window: those of the first one begin at `outputs`,
    // of which all but the last are read, and so none lies behind the scratch. The
    // taps are read from the beginning to one of two ends, both a whole number of
    // input channels on. To the second one that is a multiple of three of five rows;
    // of three rows, whose columns are two, of two, and of four that stand together a tile
    // of an odd number of input channels begins with the last two. Each tile writes
    // the byte `step · tile + channel` of `output`, which has as many. Beside them,
    // the stack below its pointer is written to. What goes to the program counter is an
    // address in these loops.
    unsafe {
        asm!(
            "push {{r6, r7}}",
            "ldrd r1, r2, [r0, #72]",
            "vmov s10, r1",
            "vmov s9, r2",
            // Where a tile begins: a jump through the stack is the only one that needs no
            // register. `ADR` counts from a word boundary, so that the assembler has to know
            // where these are.
            ".p2align 2",
            "adr.w r3, 3f",
            "cmp r2, #1",
            "it eq",
            "adreq.w r3, 8f",
            "it lo",
            "adrlo.w r3, 9f",
            "orr r3, r3, #1",
            "push {{r3}}",
            "add r0, r0, #36",
            "ldmia r0!, {{r1, r2, r3, r4, r5, r8, r9, r10, r11}}",
            "push {{r1, r2, r3, r4, r5, r8, r9, r10, r11}}",
            "sub r0, r0, #72",
            "ldmia r0, {{r1, r2, r3, r4, r5, r8, r9, r10, r11}}",
            "push {{r1, r2, r3, r4, r5, r8, r9, r10, r11}}",
            "5:",
            "ldr r14, [sp, #40]",
            "ldrd r1, r2, [sp, #48]",
            "ldr r0, [r14], #4", // start
            "ldr r3, [r1], #4",
            "vldmia r2!, {{s8}}",
            "strd r1, r2, [sp, #48]",
            "sub r3, r0, r3",
            "str r3, [sp]",
            "orr r4, r0, r0, lsl #21",
            "lsr r5, r0, #11",
            "strd r4, r5, [sp, #12]",
            "str r4, [sp, #20]",
            "ldrd r8, r9, [sp, #64]",
            "add r8, r8, r14",
            "add r9, r9, r14",
            "strd r14, r9, [sp, #36]",
            "ldr r10, [sp, #44]",
            "str r10, [sp, #32]",
            "ldr r12, [sp, #56]",
            "vmov s11, r8",
            "mov r11, r8",
            "mov r6, r4",
            "mov r7, r5",
            "vmov r0, s9",
            "cmp r0, #2",
            "bne 6f",
            "4:",
            five_rows!(),
            "vmov r0, s11",
            "cmp r14, r0",
            "bne 4b",
            "b 2f",
            "6:",
            three_rows!(),
            "cmp r14, r11",
            "bne 6b",
            "2:",
            "ubfx r8, r4, #0, #21",
            "ubfx r9, r6, #0, #21",
            "ldrd r4, r5, [sp, #12]",
            "ldr r14, [sp, #36]",
            "vmov r12, s10",
            "mov r6, r4",
            "add r7, r5, r9, lsl #10",
            "add r5, r5, r8, lsl #10",
            "ldr pc, [sp, #72]",
            "8:",
            "ldr r11, [sp, #40]",
            "b 6f",
            "9:",
            "ldr r11, [sp, #40]",
            "4:",
            three_rows!(),
            three_rows!(),
            "6:",
            three_rows!(),
            three_rows!(),
            "cmp r14, r11",
            "bne 4b",
            "b 7f",
            "3:",
            five_rows!(),
            five_rows!(),
            five_rows!(),
            "ldr r0, [sp, #40]",
            "cmp r14, r0",
            "bne 3b",
            "7:",
            // The fields: a part of the pixel to the left, the even pixel, the odd one.
            "ubfx r8, r4, #0, #21",
            "ubfx r9, r6, #0, #21",
            "lsr r0, r4, #21",
            "bfi r0, r5, #11, #10",
            "lsr r1, r6, #21",
            "bfi r1, r7, #11, #10",
            "ubfx r2, r5, #10, #21",
            "ubfx r3, r7, #10, #21",
            "cmp r0, r1",
            "it lo",
            "movlo r0, r1",
            "cmp r2, r3",
            "it lo",
            "movlo r2, r3",
            "cmp r0, r2",
            "it lo",
            "movlo r0, r2",
            "ldmia sp, {{r1, r2, r3, r4, r5, r6, r7, r10, r11, r14}}",
            "sub r0, r0, r1",
            // As `requantize::float` does, with the rounding that the FPU begins with.
            "vmov s0, r0",
            "vcvt.f32.s32 s0, s0",
            "vmul.f32 s0, s0, s8",
            "vcvtr.s32.f32 s0, s0",
            "vmov r0, s0",
            "qadd r0, r0, r2",
            "ssat r0, #8, r0",
            "strb r0, [r10, r11]",
            "sub r12, r12, r7",
            "add r7, r5, r9, lsl #10",
            "add r5, r5, r8, lsl #10",
            "subs r11, r11, r3",
            "str r11, [sp, #32]",
            "it pl",
            "ldrpl pc, [sp, #72]",
            "add r10, r10, #1",
            "str r10, [sp, #28]",
            "ldr r0, [sp, #60]",
            "subs r0, r0, #1",
            "str r0, [sp, #60]",
            "bne 5b",
            "add sp, sp, #76",
            "pop {{r6, r7}}",
            inout("r0") &raw const channels => _,
            out("r1") _, out("r2") _, out("r3") _, out("r4") _, out("r5") _, out("r8") _,
            out("r9") _, out("r10") _, out("r11") _, out("r12") _, out("r14") _,
            out("s0") _, out("s8") _, out("s9") _, out("s10") _, out("s11") _,
        );
    }
}

/// Moves the cells of `KERNEL + 1` words two rows up, and puts the words of two rows of
/// pixels below, for as many columns as there are pixels and cells; gives how many. From
/// each word `zeros` are taken, for the zero point of its two numbers.
#[allow(unsafe_code, reason = "the compiler does not write this loop well")]
#[inline(never)]
pub fn whole_columns(
    kernel: usize,
    [upper, lower]: [&[i8]; 2],
    channels: usize,
    zeros: i32,
    cells: &mut [u32],
) -> usize {
    let pixels = upper.len().min(lower.len());
    let columns = pixels.checked_div(2 * channels).unwrap_or_default();
    let cells_of = channels * (kernel + 1);
    let room = cells.len().checked_div(cells_of).unwrap_or_default();
    let columns = columns.min(room);
    if columns == 0 {
        return 0;
    }
    macro_rules! columns {
        ($up:literal) => {
            asm!(
                "push {{r6}}",
                "2: mov r14, r3",
                "3: ldrsb r8, [r1, r3]",
                "ldrsb r9, [r2, r3]",
                "ldrsb r10, [r1], #1",
                "ldrsb r11, [r2], #1",
                "subs r14, r14, #1",
                "add r10, r10, r8, lsl #21",
                "add r11, r11, r9, lsl #21",
                "sub r10, r10, r4",
                "sub r11, r11, r4",
                $up,
                "bne 3b",
                "add r1, r1, r3",
                "add r2, r2, r3",
                "subs r0, r0, #1",
                "bne 2b",
                "pop {{r6}}",
                inout("r0") columns => _,
                inout("r1") upper.as_ptr() => _,
                inout("r2") lower.as_ptr() => _,
                in("r3") channels,
                in("r4") zeros,
                inout("r12") cells.as_mut_ptr() => _,
                out("r5") _, out("r8") _, out("r9") _, out("r10") _, out("r11") _,
                out("r14") _,
            )
        };
    }
    if kernel == 5 {
        // SAFETY: for each of `columns` columns reads two pixels of both rows, and reads
        // and writes the words of its cells: there are as many, as seen above. Beside
        // them, the stack below its pointer is written to.
        unsafe {
            columns!(
                "ldrd r5, r6, [r12, #8]
                ldrd r8, r9, [r12, #16]
                stmia r12!, {{r5, r6, r8, r9, r10, r11}}"
            );
        }
    } else if kernel == 3 {
        // SAFETY: as above.
        unsafe {
            columns!(
                "ldrd r8, r9, [r12, #8]
                stmia r12!, {{r8, r9, r10, r11}}"
            );
        }
    } else {
        return 0;
    }
    columns
}
