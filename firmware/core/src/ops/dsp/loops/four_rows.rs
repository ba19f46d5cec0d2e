//! Four rows of weights against the same numbers, four at a time.

use super::super::Quad;
#[cfg(dsp)]
use core::arch::asm;

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
    four_rows_here(input, negated, rows, row_bytes, sums)
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
    four_rows_of_quads_here(numbers, rows, row_bytes, sums)
}

/// The loop over numbers from `r8` on, which `$load` makes two pairs of in `r0` and
/// `r1`, and words of four rows: from `r10` on, `r11` bytes from one to the next. `r3`
/// counts. Sums in `r4`, `r5`, `r12` and `r14`. Leaves nothing in `r2`, `r6` and `r7`.
#[cfg(dsp)]
macro_rules! four_rows {
    ($load:literal) => {
        concat!(
            "add r7, r10, r11\n",
            "add r7, r7, r11, lsl #1\n", // the fourth row
            "2:\n",
            $load,
            "ldr r2, [r10, r11]\n",
            "sxtb16 r6, r2\n",
            "sxtb16 r2, r2, ror #8\n",
            "smlad r5, r0, r6, r5\n",
            "smlad r5, r1, r2, r5\n",
            "ldr r2, [r10, r11, lsl #1]\n",
            "sxtb16 r6, r2\n",
            "sxtb16 r2, r2, ror #8\n",
            "smlad r12, r0, r6, r12\n",
            "smlad r12, r1, r2, r12\n",
            "ldr r2, [r10], #4\n",
            "sxtb16 r6, r2\n",
            "sxtb16 r2, r2, ror #8\n",
            "smlad r4, r0, r6, r4\n",
            "smlad r4, r1, r2, r4\n",
            "ldr r2, [r7], #4\n",
            "sxtb16 r6, r2\n",
            "sxtb16 r2, r2, ror #8\n",
            "subs r3, r3, #1\n",
            "smlad r14, r0, r6, r14\n",
            "smlad r14, r1, r2, r14\n",
            "bne 2b",
        )
    };
}

#[cfg(dsp)]
#[allow(unsafe_code, reason = "the compiler does not write this loop well")]
#[inline(always)]
fn four_rows_here(
    input: &[[i8; 4]],
    negated: u32,
    rows: &[i8],
    row_bytes: usize,
    [mut a, mut b, mut c, mut d]: [i32; 4],
) -> [i32; 4] {
    // SAFETY: reads the input and, from the beginning of each of the four rows, as many
    // bytes, which the caller has seen to lie in `rows`. Writes nothing but registers
    // and the stack below the stack pointer.
    unsafe {
        asm!(
            "push {{r6, r7}}",
            four_rows!("ldr r0, [r8], #4\nsxtab16 r1, r9, r0, ror #8\nsxtab16 r0, r9, r0\n"),
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

#[cfg(dsp)]
#[allow(unsafe_code, reason = "the compiler does not write this loop well")]
#[inline(always)]
fn four_rows_of_quads_here(
    numbers: &[Quad],
    rows: &[i8],
    row_bytes: usize,
    [mut a, mut b, mut c, mut d]: [i32; 4],
) -> [i32; 4] {
    // SAFETY: as above, of numbers, which are word-aligned, as `LDRD` needs.
    unsafe {
        asm!(
            "push {{r6, r7}}",
            four_rows!("ldrd r0, r1, [r8], #8\n"),
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
fn four_rows_here(
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

#[cfg(not(dsp))]
fn four_rows_of_quads_here(
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
