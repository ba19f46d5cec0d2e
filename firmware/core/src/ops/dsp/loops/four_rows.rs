//! Four rows of weights against the same numbers, four at a time.

use super::super::Quad;
#[cfg(dsp)]
use core::arch::asm;

/// Adds the products of four rows of weights, `row_bytes` from one to the next,
/// with numbers, four at a time: `Σ x·w`.
///
/// `rows` holds three times `row_bytes` and as many bytes as there are numbers.
#[inline(never)]
pub fn four_rows(numbers: &[Quad], rows: &[i8], row_bytes: usize, sums: &mut [i32; 4]) {
    let fits = 3 * row_bytes + 4 * numbers.len() <= rows.len();
    debug_assert!(fits, "the weights go on for three bytes after the last");
    if fits && !numbers.is_empty() {
        *sums = four_rows_here(numbers, rows, row_bytes, *sums);
    }
}

#[cfg(dsp)]
#[allow(unsafe_code, reason = "the compiler does not write this loop well")]
#[inline(always)]
fn four_rows_here(
    numbers: &[Quad],
    rows: &[i8],
    row_bytes: usize,
    [mut a, mut b, mut c, mut d]: [i32; 4],
) -> [i32; 4] {
    // SAFETY: reads the numbers, which are word-aligned, as `LDRD` needs, and, from the
    // beginning of each of the four rows, as many bytes, which the caller has seen to
    // lie in `rows`. Writes nothing but registers and the stack below the stack pointer.
    unsafe {
        asm!(
            "push {{r6, r7}}",
            "add r7, r10, r11",
            "add r7, r7, r11, lsl #1", // the fourth row
            "2:",
            "ldrd r0, r1, [r8], #8", // x0 x2, x1 x3
            "ldr r2, [r10, r11]",
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
            inout("r8") numbers.as_ptr() => _,
            inout("r10") rows.as_ptr() => _,
            in("r11") row_bytes,
            inout("r3") numbers.len() => _,
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

#[cfg(not(dsp))]
fn four_rows_here(numbers: &[Quad], rows: &[i8], row_bytes: usize, mut sums: [i32; 4]) -> [i32; 4] {
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
