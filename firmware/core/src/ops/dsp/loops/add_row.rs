//! Bytes of four neighbouring channels, added up along a row.

#[cfg(dsp)]
use core::arch::asm;

/// Adds the first four bytes of each of `pixels` pixels, `step` bytes from one to the next, to
/// two words of two sums: those of bytes 0 and 2, and those of bytes 1 and 3. Nothing where the
/// values end before.
#[inline(always)]
pub fn add_row(values: &[i8], pixels: usize, step: usize, sums: &mut [u32; 2]) {
    // In 64 bits nothing overflows.
    let last = pixels.saturating_sub(1) as u64 * step as u64;
    if pixels > 0 && last + 4 <= values.len() as u64 {
        add_row_here(values, pixels, step, sums);
    }
}

#[cfg(dsp)]
#[allow(unsafe_code, reason = "the compiler does not write this loop well")]
#[inline(always)]
fn add_row_here(values: &[i8], pixels: usize, step: usize, [even, odd]: &mut [u32; 2]) {
    // SAFETY: reads four bytes of each of `pixels` pixels, more than none, the last of which
    // lie in `values`, as the caller has seen. Writes nothing but registers.
    unsafe {
        asm!(
            "2: ldr {bytes}, [{at}]",
            "add {at}, {at}, {step}",
            "subs {left}, {left}, #1",
            "sxtab16 {even}, {even}, {bytes}",
            "sxtab16 {odd}, {odd}, {bytes}, ror #8",
            "bne 2b",
            bytes = out(reg) _,
            at = inout(reg) values.as_ptr() => _,
            step = in(reg) step,
            left = inout(reg) pixels => _,
            even = inout(reg) *even,
            odd = inout(reg) *odd,
            options(readonly, nostack),
        );
    }
}

#[cfg(not(dsp))]
fn add_row_here(values: &[i8], pixels: usize, step: usize, [even, odd]: &mut [u32; 2]) {
    use super::super::{sxtab16, sxtab16_odd, word_at};
    for pixel in 0..pixels {
        let bytes = word_at(values, pixel * step);
        (*even, *odd) = (sxtab16(*even, bytes), sxtab16_odd(*odd, bytes));
    }
}
