//! Four neighbouring pixels of two tiles from transformed windows; what the numbers mean
//! stands in `ops::conv2d::winograd`.

use super::super::negated;
#[cfg(not(soft_float))]
use super::two_by_two::{Kind, Unfolding, Work, multiply};
use crate::image::Conv2d;
use crate::image::format::kernel;
use crate::ops::packed::{POSITIONS, TILE, position_words};
#[cfg(not(soft_float))]
use crate::ops::requantize::Scale;
use core::arch::asm;
#[cfg(not(soft_float))]
use core::mem::MaybeUninit;

/// Whether there is such a loop here.
pub const WINOGRAD: bool = cfg!(not(soft_float));

/// Transforms six neighbouring pixels of so many channels, a multiple of four, whose first
/// is at the beginning of `pixels`, into two of each four words of each position. Nothing where
/// there is no room, or no byte after the pixels.
#[allow(unsafe_code, reason = "the compiler does not write this loop well")]
#[inline(never)]
pub fn transform(pixels: &[i8], channels: usize, zero: i8, numbers: &mut [u32]) {
    let position = position_words(channels);
    let words = (POSITIONS - 1) * position + channels;
    if channels < 4 || pixels.len() <= POSITIONS * channels || numbers.len() + 2 < words {
        return;
    }
    let mut out = numbers.as_mut_ptr();
    for sweep in 0..2 {
        // SAFETY: reads words that begin at every fourth byte from the second at most of
        // each of six pixels, and so at most one byte after these; writes a word of each
        // pair for `channels / 4` pairs of each position. There is room, as seen above.
        unsafe {
            asm!(
                "push {{r6, r7}}",
                "mov r6, r0",
                "mov r7, r1",
                "2: add r12, r8, r10",
                "ldr r3, [r12, r10, lsl #1]", // of pixel 3
                "ldr r5, [r12, r10, lsl #2]",
                "ldr r1, [r12]",
                "ldr r2, [r8, r10, lsl #1]",
                "ldr r4, [r8, r10, lsl #2]",
                "ldr r0, [r8], #4",
                "sxtab16 r0, r6, r0",
                "sxtab16 r1, r6, r1",
                "sxtab16 r2, r6, r2",
                "sxtab16 r3, r6, r3",
                "sxtab16 r4, r6, r4",
                "sxtab16 r5, r6, r5",
                "ssub16 r12, r4, r2",
                "ssub16 r0, r0, r2",
                "sadd16 r0, r0, r0",
                "sadd16 r0, r0, r0",
                "sadd16 r0, r0, r12",
                "str r0, [r9]", // 4·(d0 − d2) + d4 − d2
                "ssub16 r14, r3, r1",
                "ssub16 r5, r5, r3",
                "sadd16 r14, r14, r14",
                "sadd16 r0, r12, r14",
                "ssub16 r12, r12, r14",
                "str r12, [r9, r11, lsl #2]", // d4 − d2 − 2·(d3 − d1)
                "add r12, r9, r11",
                "str r0, [r12, r11, lsl #1]", // d4 − d2 + 2·(d3 − d1)
                "sadd16 r14, r14, r14",
                "ssub16 r5, r5, r14",
                "str r5, [r12, r11, lsl #2]", // d5 − d3 − 4·(d3 − d1)
                "sadd16 r0, r1, r2",
                "ssub16 r5, r1, r2",
                "sadd16 r1, r3, r4",
                "ssub16 r2, r4, r3",
                "sadd16 r0, r0, r0",
                "sadd16 r0, r0, r0",
                "ssub16 r1, r1, r0",
                "str r1, [r12]", // d3 + d4 − 4·(d1 + d2)
                "sadd16 r5, r5, r5",
                "sadd16 r5, r5, r5",
                "sadd16 r5, r5, r2",
                "str r5, [r9, r11, lsl #1]", // 4·(d1 − d2) + d4 − d3
                "add r9, r9, #16",
                "subs r7, r7, #1",
                "bne 2b",
                "pop {{r6, r7}}",
                inout("r0") negated(zero) => _,
                inout("r1") channels / 4 => _,
                inout("r8") pixels.as_ptr().wrapping_add(sweep) => _,
                inout("r9") out,
                in("r10") channels,
                in("r11") 4 * position,
                out("r2") _, out("r3") _, out("r4") _, out("r5") _, out("r12") _, out("r14") _,
            );
        }
        // From the last quad back to the second word of the first.
        out = out.wrapping_sub(channels).wrapping_add(1);
    }
}

/// None: here is no FPU.
#[cfg(soft_float)]
pub fn tile_pair(_columns: &[u32], _conv: &Conv2d<'_>, _starts: [usize; 2], _output: &mut [i8]) {}

/// Requantised outputs of two tiles, `[pixels, O]`, whose pixels begin at `starts`, clamped
/// to int8 alone: for each 16 products 11 instructions at most of which 8 multiply, and
/// about 340 around them for 16 outputs. Nothing where something does not fit.
#[cfg(not(soft_float))]
#[allow(unsafe_code, reason = "the compiler does not write this loop well")]
#[inline(always)]
pub fn tile_pair(columns: &[u32], conv: &Conv2d<'_>, starts: [usize; 2], output: &mut [i8]) {
    let words = conv.packed_for(kernel::WINOGRAD);
    let (position, channels) = (position_words(conv.input.channels), conv.output.channels);
    let (first, second) = (starts[0] * channels, starts[1] * channels);
    if conv.input.channels < 4
        || channels < 2
        || columns.len() < POSITIONS * position
        || words.len() != channels / 2 * POSITIONS * position
        || conv.bias.len() != channels
        || conv.quantiser.multipliers.len() != channels
        || output.len() < first.max(second) + TILE * channels
    {
        return;
    }
    let scale = Scale::new(conv.quantiser.zero);
    let start = output.as_mut_ptr();
    let words = words.as_ptr_range();
    let mut work = Work {
        zero_bits: scale.zero_bits,
        output: start,
        multipliers: conv.quantiser.multipliers.as_ptr(),
        step: channels,
        columns: columns.as_ptr().cast_mut().cast(),
        bias: conv.bias.as_ptr(),
        tiles: [start.wrapping_add(first), start.wrapping_add(second)],
        end: words.end.cast(),
        over: 0,
        round: scale.round,
        code: MaybeUninit::uninit(),
        quads: position / 4,
        taps: 0,
        unfolding: Unfolding::NONE,
    };
    // SAFETY: for each two of `channels` there are as many words as there are in `columns`, six times `position`, a multiple of four; and for each a bias, a multiplier
    // and four places in `output` of each tile, as seen above.
    unsafe { multiply(&mut work, words.start.cast(), Kind::Tiles) };
}
