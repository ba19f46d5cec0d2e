//! The inner loops, where every instruction counts.
//!
//! The compiler has fewer registers to give than these loops need, and spills.
//! By hand the loops fit: 14 registers, all named, two of which (r6 and r7) are put
//! aside on the stack because `asm!` does not hand them out. Elsewhere than on a core
//! with the DSP extension two of them are plain Rust, for tests; those that requantise
//! too have their twin in the kernels that call them, and are held to it on the emulated
//! board (`tests/tests/e2e/emulated_kernels.rs`).

/// Of the sums in `r4`, `r5`, `r12` and `r14` makes int8 in the same registers, as
/// `requantize::float` does: the multipliers of the first two and of the others are in
/// these registers, what rounds is in `s9`, the zero bits are in `r1`. Leaves nothing
/// in `s0` to `s3`.
#[cfg(all(dsp, not(soft_float)))]
macro_rules! requantise {
    ($first:literal, $second:literal) => {
        concat!(
            "vmov s0, s1, r4, r5\n",
            "vmov s2, s3, r12, r14\n",
            "vcvt.f32.s32 s0, s0\n",
            "vcvt.f32.s32 s1, s1\n",
            "vcvt.f32.s32 s2, s2\n",
            "vcvt.f32.s32 s3, s3\n",
            "vmul.f32 s0, s0, ",
            $first,
            "\n",
            "vmul.f32 s1, s1, ",
            $first,
            "\n",
            "vmul.f32 s2, s2, ",
            $second,
            "\n",
            "vmul.f32 s3, s3, ",
            $second,
            "\n",
            "vadd.f32 s0, s0, s9\n",
            "vadd.f32 s1, s1, s9\n",
            "vadd.f32 s2, s2, s9\n",
            "vadd.f32 s3, s3, s9\n",
            "vmov r4, r5, s0, s1\n",
            "vmov r12, r14, s2, s3\n",
            "qsub r4, r4, r1\n",
            "qsub r5, r5, r1\n",
            "qsub r12, r12, r1\n",
            "qsub r14, r14, r1\n",
            "ssat r4, #8, r4\n",
            "ssat r5, #8, r5\n",
            "ssat r12, #8, r12\n",
            "ssat r14, #8, r14",
        )
    };
}

mod add_row;
mod four_rows;
#[cfg(dsp)]
mod nine_taps;
#[cfg(dsp)]
mod polynomials;
#[cfg(dsp)]
mod two_by_two;
#[cfg(dsp)]
mod winograd;

pub use add_row::add_row;
pub use four_rows::four_rows;
#[cfg(dsp)]
pub use nine_taps::{NINE_TAPS, nine_taps};
#[cfg(dsp)]
pub use polynomials::{POOLS_SUMS, pool_row, whole_columns};
#[cfg(dsp)]
pub use two_by_two::filter_pairs;
#[cfg(dsp)]
pub use winograd::{WINOGRAD, tile_pair, transform};
