//! The instructions of the DSP extension that the kernels use, one function each.
//!
//! Elsewhere than on such a core, where only tests come here, the same functions
//! say in plain Rust what the instructions do (Armv7-M Architecture Reference
//! Manual, A7.7).

#[cfg(dsp)]
#[allow(
    unsafe_code,
    reason = "the compiler has no other way to these instructions"
)]
mod chosen {
    use core::arch::asm;

    /// Two 16-bit numbers: bytes 0 and 2 of `bytes`, sign-extended, plus `add`.
    #[inline(always)]
    pub fn sxtab16(add: u32, bytes: u32) -> u32 {
        let sums;
        // SAFETY: computes on registers; no memory, no flags.
        unsafe {
            asm!("sxtab16 {}, {}, {}", out(reg) sums, in(reg) add, in(reg) bytes,
                options(pure, nomem, nostack, preserves_flags));
        }
        sums
    }

    /// As [`sxtab16`], with bytes 1 and 3.
    #[inline(always)]
    pub fn sxtab16_odd(add: u32, bytes: u32) -> u32 {
        let sums;
        // SAFETY: computes on registers; no memory, no flags.
        unsafe {
            asm!("sxtab16 {}, {}, {}, ror #8", out(reg) sums, in(reg) add, in(reg) bytes,
                options(pure, nomem, nostack, preserves_flags));
        }
        sums
    }

    /// Two 16-bit numbers: bytes 0 and 2 of `bytes`, sign-extended.
    #[inline(always)]
    pub fn sxtb16(bytes: u32) -> u32 {
        let numbers;
        // SAFETY: computes on registers; no memory, no flags.
        unsafe {
            asm!("sxtb16 {}, {}", out(reg) numbers, in(reg) bytes,
                options(pure, nomem, nostack, preserves_flags));
        }
        numbers
    }

    /// As [`sxtb16`], with bytes 1 and 3.
    #[inline(always)]
    pub fn sxtb16_odd(bytes: u32) -> u32 {
        let numbers;
        // SAFETY: computes on registers; no memory, no flags.
        unsafe {
            asm!("sxtb16 {}, {}, ror #8", out(reg) numbers, in(reg) bytes,
                options(pure, nomem, nostack, preserves_flags));
        }
        numbers
    }

    /// `sum + a.low · b.low + a.high · b.high`, of 16-bit numbers.
    #[inline(always)]
    pub fn smlad(a: u32, b: u32, sum: i32) -> i32 {
        let total;
        // SAFETY: computes on registers and may set the sticky flag Q, which
        // nothing reads; no memory.
        unsafe {
            asm!("smlad {}, {}, {}, {}", out(reg) total, in(reg) a, in(reg) b, in(reg) sum,
                options(pure, nomem, nostack, preserves_flags));
        }
        total
    }

    /// Two 16-bit differences.
    #[inline(always)]
    pub fn ssub16(a: u32, b: u32) -> u32 {
        let differences;
        // SAFETY: computes on registers and sets the flags GE, which no compiled
        // code reads; no memory.
        unsafe {
            asm!("ssub16 {}, {}, {}", out(reg) differences, in(reg) a, in(reg) b,
                options(pure, nomem, nostack));
        }
        differences
    }

    /// The larger of each of four pairs of signed bytes.
    #[inline(always)]
    pub fn max8(a: u32, b: u32) -> u32 {
        let largest;
        // SAFETY: computes on registers and sets the flags GE, which no compiled
        // code reads; no memory.
        unsafe {
            asm!("ssub8 {largest}, {a}, {b}", "sel {largest}, {a}, {b}",
                largest = out(reg) largest, a = in(reg) a, b = in(reg) b,
                options(pure, nomem, nostack));
        }
        largest
    }
}

#[cfg(not(dsp))]
mod chosen {
    fn halves(word: u32) -> [i32; 2] {
        [i32::from(word as i16), i32::from((word >> 16) as i16)]
    }

    fn word([low, high]: [i32; 2]) -> u32 {
        u32::from(low as u16) | u32::from(high as u16) << 16
    }

    pub fn sxtab16(add: u32, bytes: u32) -> u32 {
        let ([low, high], [b0, _, b2, _]) = (halves(add), bytes.to_le_bytes());
        word([low + i32::from(b0 as i8), high + i32::from(b2 as i8)])
    }

    pub fn sxtab16_odd(add: u32, bytes: u32) -> u32 {
        sxtab16(add, bytes.rotate_right(8))
    }

    pub fn sxtb16(bytes: u32) -> u32 {
        sxtab16(0, bytes)
    }

    pub fn sxtb16_odd(bytes: u32) -> u32 {
        sxtab16_odd(0, bytes)
    }

    pub fn smlad(a: u32, b: u32, sum: i32) -> i32 {
        let ([a0, a1], [b0, b1]) = (halves(a), halves(b));
        sum + a0 * b0 + a1 * b1
    }

    pub fn ssub16(a: u32, b: u32) -> u32 {
        let ([a0, a1], [b0, b1]) = (halves(a), halves(b));
        word([a0 - b0, a1 - b1])
    }

    pub fn max8(a: u32, b: u32) -> u32 {
        let (a, b) = (a.to_le_bytes(), b.to_le_bytes());
        u32::from_le_bytes(core::array::from_fn(|at| {
            (a[at] as i8).max(b[at] as i8) as u8
        }))
    }
}

pub(super) use chosen::{max8, smlad, ssub16, sxtab16, sxtab16_odd, sxtb16, sxtb16_odd};
