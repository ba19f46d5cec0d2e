//! Windows of three rows and three columns, one filter for each channel.

#[cfg(not(soft_float))]
pub use with_fpu::nine_taps;

/// Whether there is a loop for depthwise convolutions: one that requantises, too.
pub const NINE_TAPS: bool = cfg!(not(soft_float));

#[cfg(not(soft_float))]
mod with_fpu {
    use super::super::super::negated;
    use crate::ops::operands::{Column, QUAD, Run, SIDE};
    use crate::ops::requantize::Scale;
    use core::arch::asm;

    /// The products of a window, whose columns begin 8 bytes before `r4`, added to the bias
    /// in `r14`; then `r4` is the next window's. The weights are in `r6`, `r7` and `r9`, of
    /// two rows each, and of the third row in `r3` and the low half of `r8`.
    macro_rules! window {
        ($sum:literal) => {
            concat!(
                "ldrd r0, r1, [r4, #-8]\n",
                "smlad ",
                $sum,
                ", r0, r6, r14\n",
                "smlabb ",
                $sum,
                ", r1, r3, ",
                $sum,
                "\n",
                "ldrd r0, r1, [r4, #24]\n",
                "smlad ",
                $sum,
                ", r0, r7, ",
                $sum,
                "\n",
                "smlabt ",
                $sum,
                ", r1, r3, ",
                $sum,
                "\n",
                "ldrd r0, r1, [r4, #56]\n",
                "smlad ",
                $sum,
                ", r0, r9, ",
                $sum,
                "\n",
                "smlabb ",
                $sum,
                ", r1, r8, ",
                $sum,
                "\n",
                "add r4, r4, r8, lsr #16",
            )
        };
    }

    /// Channels of a run, and what they are made of, as the loops read it.
    #[repr(C)]
    struct Channels {
        /// The first channels in each row, after the last column.
        rows: [*const i8; SIDE],
        /// The columns that lie on the input.
        inside: *mut Column,
        /// What takes the zero point from two numbers.
        negated: u32,
        /// Bytes from there back to the first four channels that are left in the first column.
        back: usize,
        /// Of the first channel that is left.
        filter: *const i8,
        bias: *const i32,
        multipliers: *const f32,
        /// Its words in the first column.
        columns: *const Column,
        output: *mut i8,
        /// What stays of the weights' bytes: the first four, the second four, and the
        /// ninth as a number in the low half.
        masks: [u32; 3],
        /// Bytes from one window's columns to the next one's, in the high half.
        advance: u32,
        pixels: usize,
        step: usize,
        round: f32,
        left: usize,
        zero_bits: i32,
    }

    /// Requantised outputs of a run, clamped to int8 alone: 36 instructions for two outputs,
    /// 31 for each channel, and for four channels 19 for each column. Nothing where the run
    /// does not fit.
    #[inline(always)]
    pub fn nine_taps(run: &Run<'_, '_>, columns: &mut [Column], output: &mut [i8]) {
        let (conv, pixels) = (run.conv, run.pixels);
        let (weights, step) = (conv.padded_weights, conv.output.channels);
        let multipliers = conv.quantiser.multipliers;
        let inside = run.inside.min(columns.len().saturating_sub(run.before));
        let under = pixels.wrapping_sub(1) * conv.window.stride_w + SIDE;
        let bytes = inside * step;
        let [a, b, c] = run.rows;
        if pixels == 0
            || inside == 0
            || step < QUAD
            || columns.len() != under
            || output.len() < pixels * step
            || weights.len() < SIDE * SIDE * step
            || conv.bias.len() != step
            || multipliers.len() != step
            || a.len().min(b.len()).min(c.len()) < bytes
        {
            return;
        }
        let words = columns.as_flattened_mut();
        let column = 2 * QUAD;
        let left = words.get_mut(..run.before * column);
        left.unwrap_or_default().fill(0);
        let right = words.get_mut((run.before + inside) * column..);
        right.unwrap_or_default().fill(0);
        let [upper, middle, lower] = run.are_rows;
        let mask = |is_row: bool, bytes: u32| if is_row { bytes } else { 0 };
        let end_of = |row: &[i8]| row.as_ptr().wrapping_add(bytes);
        let scale = Scale::new(conv.quantiser.zero);
        let mut channels = Channels {
            rows: [end_of(a), end_of(b), end_of(c)],
            inside: columns.as_mut_ptr().wrapping_add(run.before),
            negated: negated(conv.input_zero),
            back: bytes.wrapping_neg(),
            filter: weights.as_ptr(),
            bias: conv.bias.as_ptr(),
            multipliers: multipliers.as_ptr(),
            columns: columns.as_ptr(),
            output: output.as_mut_ptr(),
            masks: [
                mask(upper, 0x00FF_FFFF) | mask(middle, 0xFF00_0000),
                mask(middle, 0x0000_FFFF) | mask(lower, 0xFFFF_0000),
                mask(lower, 0x0000_FFFF),
            ],
            advance: ((size_of::<Column>() * conv.window.stride_w) as u32) << 16,
            pixels,
            step,
            round: scale.round,
            left: step & !(QUAD - 1),
            zero_bits: scale.zero_bits,
        };
        by_fours(&mut channels);
        let rest = step % QUAD;
        if rest > 0 {
            // The pointers are behind the whole fours: the last four, some of them again.
            let back = QUAD - rest;
            channels.back = channels.back.wrapping_sub(back);
            channels.filter = channels.filter.wrapping_sub(SIDE * SIDE * back);
            channels.bias = channels.bias.wrapping_sub(back);
            channels.multipliers = channels.multipliers.wrapping_sub(back);
            channels.output = channels.output.wrapping_sub(back);
            channels.left = QUAD;
            by_fours(&mut channels);
        }
    }

    /// Four channels after the other, `left` in all, which are as many as their pointers
    /// lead to; then these lead behind them.
    #[allow(unsafe_code, reason = "the compiler does not write this loop well")]
    #[inline(never)]
    fn by_fours(channels: &mut Channels) {
        let zero_bits = channels.zero_bits;
        let from_filter =
            (&raw mut *channels).wrapping_byte_add(core::mem::offset_of!(Channels, filter));
        // SAFETY: `nine_taps` alone makes `channels`. For four of them the first loop reads
        // four bytes of each pixel of each row, and writes as many columns. For each
        // channel the second loop reads nine weights, a bias, a multiplier, and three
        // columns of `pixels` windows, and writes its byte of as many pixels, `step` bytes
        // apart. All are there, as seen above, and columns are word-aligned, as `LDRD`
        // needs. `channels` is written to, and the stack below its pointer.
        unsafe {
            asm!(
                "push {{r6, r7}}",
                "push {{r0, r9}}",
                "vldr s9, [r0, #44]", // round
                "4:",
                "ldr r14, [sp]",
                "sub r14, r14, #24",
                "ldm r14, {{r0-r3, r5, r9}}",
                "ldr r8, [r14, #64]", // step
                "5:",
                "ldr r10, [r0, r9]",
                "ldr r11, [r1, r9]",
                "sxtab16 r4, r5, r10",          // a0 a2
                "sxtab16 r10, r5, r10, ror #8", // a1 a3
                "sxtab16 r6, r5, r11",          // b0 b2
                "sxtab16 r11, r5, r11, ror #8", // b1 b3
                "pkhbt r7, r4, r6, lsl #16",    // a0 b0
                "pkhtb r4, r6, r4, asr #16",    // a2 b2
                "ldr r6, [r2, r9]",
                "pkhbt r12, r10, r11, lsl #16", // a1 b1
                "pkhtb r10, r11, r10, asr #16", // a3 b3
                "sxtab16 r11, r5, r6",          // c0 c2
                "sxtab16 r14, r5, r6, ror #8",  // c1 c3
                "stm r3!, {{r7, r11, r12, r14}}",
                "asr r6, r11, #16",
                "asr r14, r14, #16",
                "stm r3!, {{r4, r6, r10, r14}}",
                "adds r9, r9, r8",
                "bmi 5b",
                "ldr r0, [sp]",
                "ldr r9, [r0, #-4]", // back
                "add r9, r9, #4",
                "str r9, [r0, #-4]",
                "3:",
                "ldm r0, {{r1-r11}}",
                "ldr r14, [r1, #4]", // w11 w12 w20 w21
                "and r7, r7, r14",
                "ldrsb r14, [r1, #8]", // w22
                "and r8, r8, r14",
                "orr r8, r8, r9",
                "ldr r14, [r1], #9", // w00 w01 w02 w10
                "and r6, r6, r14",
                "vldmia r3!, {{s6}}",
                "ldr r14, [r2], #4",
                "add r4, r4, #8",
                "add r5, r5, #1",
                "stm r0, {{r1-r5}}",
                "sub r5, r5, #1",
                "sxtb16 r0, r6",             // w00 w02
                "sxtb16 r1, r6, ror #8",     // w01 w10
                "sxtb16 r2, r7",             // w11 w20
                "sxtb16 r3, r7, ror #8",     // w12 w21
                "pkhbt r6, r0, r1",          // w00 w10
                "pkhbt r7, r1, r2, lsl #16", // w01 w11
                "lsl r1, r3, #16",
                "pkhtb r9, r1, r0, asr #16", // w02 w12
                "pkhtb r3, r3, r2, asr #16", // w20 w21
                "lsrs r10, r10, #1",
                "bcc 2f",
                // One pixel of an odd number.
                window!("r2"),
                "ldr r1, [sp, #4]",
                "vmov s0, r2",
                "vcvt.f32.s32 s0, s0",
                "vmul.f32 s0, s0, s6",
                "vadd.f32 s0, s0, s9",
                "vmov r2, s0",
                "qsub r2, r2, r1",
                "ssat r2, #8, r2",
                "strb r2, [r5]",
                "add r5, r5, r11",
                "cmp r10, #0",
                "beq 6f",
                "2:", // two pixels
                window!("r2"),
                window!("r12"),
                "vmov s0, s1, r2, r12",
                "vcvt.f32.s32 s0, s0",
                "vcvt.f32.s32 s1, s1",
                "vmul.f32 s0, s0, s6",
                "vmul.f32 s1, s1, s6",
                "vadd.f32 s0, s0, s9",
                "vadd.f32 s1, s1, s9",
                "ldr r1, [sp, #4]",
                "vmov r2, r12, s0, s1",
                "qsub r2, r2, r1",
                "qsub r12, r12, r1",
                "ssat r2, #8, r2",
                "ssat r12, #8, r12",
                "strb r2, [r5]",
                "strb r12, [r5, r11]",
                "add r5, r5, r11, lsl #1",
                "subs r10, r10, #1",
                "bne 2b",
                "6:",
                "ldr r0, [sp]",
                "ldr r1, [r0, #48]", // left
                "sub r1, r1, #1",
                "str r1, [r0, #48]",
                "lsls r2, r1, #30",
                "bne 3b",
                "ldr r2, [r0, #12]", // columns
                "sub r2, r2, #32",
                "str r2, [r0, #12]",
                "cmp r1, #0",
                "bne 4b",
                "pop {{r0, r9}}",
                "pop {{r6, r7}}",
                inout("r0") from_filter => _,
                inout("r9") zero_bits => _,
                out("r1") _, out("r2") _, out("r3") _, out("r4") _, out("r5") _,
                out("r8") _, out("r10") _, out("r11") _, out("r12") _,
                out("r14") _, out("s0") _, out("s1") _, out("s6") _, out("s9") _,
            );
        }
    }
}
