//! Bytes of a window made into quads.

use super::super::Column;
#[cfg(dsp)]
use core::arch::asm;

/// Appends `runs` runs of `run` bytes, `pitch` from one to the next, to a column. Nothing
/// where the values or the column have no room for them.
pub fn append(column: &mut Column<'_>, values: &[i8], [runs, run, pitch]: [usize; 3]) {
    let count = runs * run;
    let words = (column.waiting_bits as usize / 8 + count) / 4;
    let last = runs.saturating_sub(1) * pitch + run;
    let fits = last <= values.len() && 2 * words <= column.quads.len() + 1;
    if count == 0 || !fits {
        debug_assert!(count == 0, "a window has as many bytes as its column");
        return;
    }
    append_here(column, values, [runs, run, pitch.wrapping_sub(run)]);
    let quads = core::mem::take(&mut column.quads);
    column.quads = quads.get_mut(2 * words..).unwrap_or_default();
}

#[cfg(dsp)]
#[allow(unsafe_code, reason = "the compiler does not write this loop well")]
#[inline(always)]
fn append_here(column: &mut Column<'_>, values: &[i8], [runs, run, skip]: [usize; 3]) {
    // SAFETY: of each of `runs` runs reads `run` bytes, more than none, the last of which
    // lies in `values`, as the caller has seen. Writes every other quad, one for each four
    // bytes, and the caller has seen that there are as many; they are word-aligned, as
    // `STRD` needs.
    unsafe {
        asm!(
            "2: rsb r14, r3, #32", // bits that a word leaves for the next one
            "subs r12, r10, #4",
            "blo 4f",
            "3: ldr r0, [r8], #4",
            "lsl r1, r0, r3",
            "orr r2, r2, r1",
            "sxtab16 r1, r5, r2",         // x0 x2
            "sxtab16 r2, r5, r2, ror #8", // x1 x3
            "strd r1, r2, [r4], #16",
            "lsr r2, r0, r14",
            "subs r12, r12, #4",
            "bhs 3b",
            "4: adds r12, r12, #4",
            "beq 7f",
            "5: ldrb r0, [r8], #1",
            "lsl r0, r0, r3",
            "orr r2, r2, r0",
            "add r3, r3, #8",
            "ands r3, r3, #31",
            "bne 6f",
            "sxtab16 r1, r5, r2",
            "sxtab16 r2, r5, r2, ror #8",
            "strd r1, r2, [r4], #16",
            "mov r2, #0",
            "6: subs r12, r12, #1",
            "bne 5b",
            "7: add r8, r8, r9",
            "subs r11, r11, #1",
            "bne 2b",
            inout("r2") column.waiting,
            inout("r3") column.waiting_bits,
            inout("r4") column.quads.as_mut_ptr() => _,
            in("r5") column.negated,
            inout("r8") values.as_ptr() => _,
            in("r9") skip,
            in("r10") run,
            inout("r11") runs => _,
            out("r0") _, out("r1") _, out("r12") _, out("r14") _,
            options(nostack),
        );
    }
}

#[cfg(not(dsp))]
fn append_here(column: &mut Column<'_>, values: &[i8], [runs, run, skip]: [usize; 3]) {
    use super::super::{Quad, sxtab16, sxtab16_odd};
    let pitch = skip.wrapping_add(run);
    let bytes = (0..runs).flat_map(|at| &values[at * pitch..][..run]);
    let mut quads = column.quads.iter_mut().step_by(2);
    for &byte in bytes {
        column.waiting |= u32::from(byte as u8) << column.waiting_bits;
        column.waiting_bits = (column.waiting_bits + 8) % u32::BITS;
        if column.waiting_bits == 0 {
            let quad: &mut Quad = quads.next().expect("the caller has counted them");
            *quad = [
                sxtab16(column.negated, column.waiting),
                sxtab16_odd(column.negated, column.waiting),
            ];
            column.waiting = 0;
        }
    }
}
