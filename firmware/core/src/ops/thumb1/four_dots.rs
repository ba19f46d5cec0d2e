//! Four sums of products at once, whose products share a factor: the weights of four
//! pixels, or the inputs of four rows of weights.
//!
//! A tap takes 14 instructions, 15 where a zero point is taken away, and every fifth one
//! more. The compiler keeps sums in the low registers, and spills the addresses; here the
//! sums lie in `r8` to `r11`, which an addition reaches.

#[cfg(thumb1)]
use core::arch::asm;

/// How the factors lie: `rows` times `run` shared ones without a gap, against runs that
/// begin `pitch` bytes after one another.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct FourDots {
    run: usize,
    pitch: usize,
    /// Taps of the loop's five that are left out at first.
    skipped: usize,
    shared: usize,
    span: usize,
}

impl FourDots {
    /// Of `rows` rows.
    pub fn new(rows: usize, run: usize, pitch: usize) -> Self {
        let span = rows.saturating_sub(1) * pitch + run;
        let skipped = (5 - run % 5) % 5;
        Self {
            run,
            pitch,
            skipped,
            shared: rows * run,
            span,
        }
    }

    /// `start + Σ w·x` of four windows: where `rows` begins, `right` bytes on, a pitch on,
    /// and both. Only `start` where factors are missing.
    #[inline(always)]
    pub fn tile(&self, weights: &[i8], rows: &[i8], right: usize, start: i32) -> [i32; 4] {
        let mut sums = [start, start, start, start];
        let last = self.pitch + right;
        let fits = weights.len() >= self.shared && rows.len() >= last + self.span;
        debug_assert!(fits, "all factors are there");
        if fits && self.shared > 0 {
            self.add_tile(weights, rows, [0, right, self.pitch, last], &mut sums);
        }
        sums
    }

    /// Adds `Σ (x − zero)·w` to each sum; nothing where factors are missing.
    pub fn add_dense(&self, input: &[i8], zero: i8, rows: [&[i8]; 4], sums: &mut [i32; 4]) {
        if self.fits(input, rows) {
            self.add_rows(input, zero, rows, sums);
        }
    }

    fn fits(&self, shared: &[i8], others: [&[i8]; 4]) -> bool {
        let fits = shared.len() >= self.shared && others.iter().all(|x| x.len() >= self.span);
        debug_assert!(fits, "all factors are there");
        fits && self.shared > 0
    }
}

/// The loop. `$zero` is what takes the zero point from the shared factor in `r7`.
#[cfg(thumb1)]
macro_rules! four_dots {
    ($parameters:ident, $sums:ident, $zero:literal) => {
        asm!(
            "push {{r6, r7}}",
            "push {{r1}}",
            "mov r6, r0",
            "ldmia r1!, {{r2-r5}}",
            "mov r8, r2",
            "mov r9, r3",
            "mov r10, r4",
            "mov r11, r5",
            "ldmia r6!, {{r0-r3}}", // run, pitch or −zero, taps skipped, end
            "mov lr, r0",
            "mov r12, r1",
            "movs r5, #{skip}",
            "muls r2, r5, r2",
            "adr r0, 3f",
            "adds r2, r2, r0",
            "push {{r2, r3}}",
            "ldmia r6!, {{r0-r4}}", // the four, and the shared one
            "mov r5, lr",
            "subs r5, r5, #1",
            "2:", // a row, from its last tap to its first
            "ldr r6, [sp]",
            "mov pc, r6",
            ".balign 4",
            "3:",
            ".rept 5",
            "ldrsb r7, [r4, r5]",
            $zero,
            "ldrsb r6, [r0, r5]",
            "muls r6, r7, r6",
            "add r8, r6",
            "ldrsb r6, [r1, r5]",
            "muls r6, r7, r6",
            "add r9, r6",
            "ldrsb r6, [r2, r5]",
            "muls r6, r7, r6",
            "add r10, r6",
            "ldrsb r6, [r3, r5]",
            "muls r6, r7, r6",
            "subs r5, r5, #1",
            "add r11, r6",
            ".endr",
            "bpl 3b",
            "add r4, lr",
            "add r5, lr",
            "add r0, r12",
            "add r1, r12",
            "add r2, r12",
            "add r3, r12",
            "ldr r6, [sp, #4]",
            "cmp r4, r6",
            "bne 2b",
            "add sp, #8",
            "pop {{r1}}",
            "mov r2, r8",
            "mov r3, r9",
            "mov r4, r10",
            "mov r5, r11",
            "stmia r1!, {{r2-r5}}",
            "pop {{r6, r7}}",
            skip = const 28 + 2 * (!$zero.is_empty()) as usize,
            inout("r0") $parameters => _,
            inout("r1") $sums => _,
            out("r2") _, out("r3") _, out("r4") _, out("r5") _,
            out("r8") _, out("r9") _, out("r10") _, out("r11") _, out("r12") _, out("lr") _,
        )
    };
}

#[cfg(thumb1)]
impl FourDots {
    #[allow(unsafe_code, reason = "the compiler does not write this loop well")]
    #[inline(always)]
    fn add_tile(&self, weights: &[i8], rows: &[i8], [a, b, c, d]: [usize; 4], sums: &mut [i32; 4]) {
        let (start, rows) = (weights.as_ptr() as usize, rows.as_ptr() as usize);
        let end = start + self.shared;
        let [a, b, c, d] = [rows + a, rows + b, rows + c, rows + d];
        let parameters = [self.run, self.pitch, self.skipped, end, a, b, c, d, start];
        let (parameters, sums) = (parameters.as_ptr(), sums.as_mut_ptr());
        // SAFETY: reads nine words of parameters, four sums and the factors, which `tile`
        // has seen to be there; writes the four sums, registers, and the stack below the
        // stack pointer.
        unsafe { four_dots!(parameters, sums, "") };
    }

    #[allow(unsafe_code, reason = "the compiler does not write this loop well")]
    #[inline(always)]
    fn add_rows(&self, input: &[i8], zero: i8, rows: [&[i8]; 4], sums: &mut [i32; 4]) {
        let start = input.as_ptr() as usize;
        let [a, b, c, d] = rows.map(|x| x.as_ptr() as usize);
        let (step, end) = ((-i32::from(zero)) as usize, start + self.shared);
        let parameters = [self.run, step, self.skipped, end, a, b, c, d, start];
        let (parameters, sums) = (parameters.as_ptr(), sums.as_mut_ptr());
        // SAFETY: reads nine words of parameters, four sums and the factors, which `fits`
        // has seen to be there; writes the four sums, registers, and the stack below the
        // stack pointer. There is one row, so that no address after it is read.
        unsafe { four_dots!(parameters, sums, "add r7, r12") };
    }
}

#[cfg(not(thumb1))]
impl FourDots {
    fn add_tile(&self, weights: &[i8], rows: &[i8], at: [usize; 4], sums: &mut [i32; 4]) {
        self.add_rows(weights, 0, at.map(|at| &rows[at..]), sums);
    }

    fn add_rows(&self, shared: &[i8], zero: i8, others: [&[i8]; 4], sums: &mut [i32; 4]) {
        assert!(self.skipped < 5 && (self.run + self.skipped).is_multiple_of(5));
        let zero = i32::from(zero);
        for (sum, other) in sums.iter_mut().zip(others) {
            let rows = shared[..self.shared].chunks_exact(self.run);
            for (at, row) in rows.enumerate() {
                for (&x, &w) in row.iter().zip(&other[at * self.pitch..]) {
                    *sum = sum.wrapping_add((i32::from(x) - zero) * i32::from(w));
                }
            }
        }
    }
}
