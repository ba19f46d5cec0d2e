//! AVX-512 VNNI: `VPDPBUSD` multiplies 64 unsigned bytes with signed ones and adds up four
//! products at a time.
//!
//! A byte with its highest bit turned is the int8 plus 128, so that inputs need no more
//! than that; the sums begin with what is too much.

use super::{Instructions, Range, SATURATED, Work, first, put};
use bytemuck::{Pod, Zeroable};
use std::arch::x86_64::{
    __m128i, __m512i, _mm_max_epi8, _mm_min_epi8, _mm_set1_epi8, _mm_storeu_si128,
    _mm512_add_epi32, _mm512_cvtepi32_ps, _mm512_cvtps_epi32, _mm512_cvtsepi32_epi8,
    _mm512_dpbusd_epi32, _mm512_loadu_ps, _mm512_loadu_si512, _mm512_max_epi32, _mm512_max_ps,
    _mm512_min_ps, _mm512_mul_ps, _mm512_set1_epi32, _mm512_set1_ps, _mm512_storeu_si512,
};

const LANES: usize = 16;

/// A processor that has AVX-512 VNNI.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Vnni(());

impl Vnni {
    /// If this processor has it.
    pub fn detect() -> Option<Self> {
        let has = is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vnni");
        has.then_some(Self(()))
    }
}

/// `[LANES, 4]`.
#[repr(C, align(64))]
#[derive(Clone, Copy, Pod, Zeroable)]
pub(crate) struct Weights([[i8; 4]; LANES]);

impl Instructions for Vnni {
    type Number = u8;
    type Weight = i8;
    type Weights = Weights;
    type Sums = __m512i;

    const LANES: usize = LANES;
    const MAX_VECTORS: usize = 4;

    #[inline(always)]
    fn number(input: i8, _zero: i8) -> u8 {
        input as u8 ^ 0x80
    }

    fn start(bias: i32, zero: i8, weight_sum: i32) -> i32 {
        bias.wrapping_sub((i32::from(zero) + 128).wrapping_mul(weight_sum))
    }

    #[inline(always)]
    fn sums(self, start: &[i32]) -> __m512i {
        let start: [i32; LANES] = first(start);
        // SAFETY: reads 64 bytes of an array that has them; `self` proves AVX-512.
        unsafe { _mm512_loadu_si512(start.as_ptr().cast()) }
    }

    #[inline(always)]
    fn add(self, sums: __m512i, numbers: [u8; 4], weights: &Weights) -> __m512i {
        // SAFETY: reads 64 bytes of an array that has them; `self` proves AVX-512 VNNI.
        unsafe {
            let weights = _mm512_loadu_si512(weights.0.as_ptr().cast());
            let numbers = _mm512_set1_epi32(i32::from_le_bytes(numbers));
            _mm512_dpbusd_epi32(sums, numbers, weights)
        }
    }

    #[inline(always)]
    fn larger(self, sums: __m512i, others: __m512i) -> __m512i {
        // SAFETY: `self` proves AVX-512.
        unsafe { _mm512_max_epi32(sums, others) }
    }

    #[inline(always)]
    fn write(self, sums: __m512i, to: &mut [i32]) {
        let mut array = [0; LANES];
        // SAFETY: writes 64 bytes of an array that has them; `self` proves AVX-512.
        unsafe { _mm512_storeu_si512(array.as_mut_ptr().cast(), sums) };
        put(array, to);
    }

    #[inline(always)]
    fn requantise(self, sums: __m512i, multipliers: &[f32], range: &Range, to: &mut [i8]) {
        let multipliers: [f32; LANES] = first(multipliers);
        let mut bytes = [0_i8; LANES];
        // SAFETY: reads 64 bytes and writes 16 of arrays that have them; `self` proves
        // AVX-512.
        unsafe {
            let product = _mm512_mul_ps(
                _mm512_cvtepi32_ps(sums),
                _mm512_loadu_ps(multipliers.as_ptr()),
            );
            let product = _mm512_max_ps(product, _mm512_set1_ps(-SATURATED));
            let product = _mm512_min_ps(product, _mm512_set1_ps(SATURATED));
            // Rounds ties to even; the conversion to bytes saturates.
            let values = _mm512_cvtps_epi32(product);
            let values = _mm512_add_epi32(values, _mm512_set1_epi32(range.zero.into()));
            let narrow: __m128i = _mm512_cvtsepi32_epi8(values);
            let narrow = _mm_max_epi8(narrow, _mm_set1_epi8(range.min));
            let narrow = _mm_min_epi8(narrow, _mm_set1_epi8(range.max));
            _mm_storeu_si128(bytes.as_mut_ptr().cast(), narrow);
        }
        put(bytes, to);
    }

    fn switched_on(self, work: impl Work<Self>) {
        #[target_feature(enable = "avx512f,avx512vnni")]
        fn with(vnni: Vnni, work: impl Work<Vnni>) {
            work.done_by(vnni);
        }
        // SAFETY: `self` proves AVX-512 VNNI.
        unsafe { with(self, work) }
    }
}
