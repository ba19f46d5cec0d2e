//! Two pixels made into quads at once.

use core::arch::asm;

/// Writes `channels` bytes of each pixel into the columns of two, which take turns, and adds
/// `negated` to each number. Gives whether it did: channels have to be whole words, and
/// pixels to have as many, and columns room for them.
#[allow(unsafe_code, reason = "the compiler does not write this loop well")]
#[inline(always)]
pub fn two_pixels(
    [one, other]: [&[i8]; 2],
    channels: usize,
    negated: u32,
    columns: &mut [u32],
) -> bool {
    let most = one.len().min(other.len()).min(columns.len());
    if !channels.is_multiple_of(4) || channels.wrapping_sub(1) >= most {
        return false;
    }
    // SAFETY: of each pixel reads `channels` bytes, whole words and at least one, and writes
    // four words for each four bytes of a pixel; there are as many, as seen above.
    unsafe {
        asm!(
            "3: ldr r0, [r8], #4",
            "ldr r2, [r9], #4",
            "sxtab16 r1, r5, r0, ror #8",
            "sxtab16 r0, r5, r0",
            "sxtab16 r3, r5, r2, ror #8",
            "sxtab16 r2, r5, r2",
            "stm r4!, {{r0, r1, r2, r3}}",
            "subs r10, r10, #4",
            "bne 3b",
            inout("r4") columns.as_mut_ptr() => _,
            in("r5") negated,
            inout("r8") one.as_ptr() => _,
            inout("r9") other.as_ptr() => _,
            inout("r10") channels => _,
            out("r0") _, out("r1") _, out("r2") _, out("r3") _,
            options(nostack),
        );
    }
    true
}
