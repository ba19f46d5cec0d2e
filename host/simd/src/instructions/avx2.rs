//! AVX2: `VPMADDWD` multiplies sixteen 16-bit numbers and adds up each pair of products.

use super::{Instructions, Range, SATURATED, Work, first, put};
use bytemuck::{Pod, Zeroable};
use std::arch::x86_64::{
    __m256i, _mm_cvtsi128_si64, _mm_max_epi8, _mm_min_epi8, _mm_packs_epi16, _mm_packs_epi32,
    _mm_set1_epi8, _mm256_add_epi32, _mm256_castsi256_si128, _mm256_cvtepi32_ps,
    _mm256_cvtps_epi32, _mm256_extracti128_si256, _mm256_loadu_ps, _mm256_loadu_si256,
    _mm256_madd_epi16, _mm256_max_epi32, _mm256_max_ps, _mm256_min_ps, _mm256_mul_ps,
    _mm256_set1_epi32, _mm256_set1_ps, _mm256_storeu_si256,
};

const LANES: usize = 8;

/// A processor that has AVX2.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Avx2(());

impl Avx2 {
    /// If this processor has it.
    pub fn detect() -> Option<Self> {
        is_x86_feature_detected!("avx2").then_some(Self(()))
    }
}

/// `[LANES, 2]`.
#[repr(C, align(32))]
#[derive(Clone, Copy, Pod, Zeroable)]
pub(crate) struct Weights([[i16; 2]; LANES]);

impl Instructions for Avx2 {
    type Number = i16;
    type Weight = i16;
    type Weights = Weights;
    type Sums = __m256i;

    const LANES: usize = LANES;
    const MAX_VECTORS: usize = 3;

    #[inline(always)]
    fn number(input: i8, zero: i8) -> i16 {
        i16::from(input) - i16::from(zero)
    }

    fn start(bias: i32, _zero: i8, _weight_sum: i32) -> i32 {
        bias
    }

    #[inline(always)]
    fn sums(self, start: &[i32]) -> __m256i {
        let start: [i32; LANES] = first(start);
        // SAFETY: reads 32 bytes of an array that has them; `self` proves AVX2.
        unsafe { _mm256_loadu_si256(start.as_ptr().cast()) }
    }

    #[inline(always)]
    fn add(self, sums: __m256i, numbers: [u8; 4], weights: &Weights) -> __m256i {
        // SAFETY: reads 32 bytes of an array that has them; `self` proves AVX2.
        unsafe {
            let weights = _mm256_loadu_si256(weights.0.as_ptr().cast());
            let numbers = _mm256_set1_epi32(i32::from_le_bytes(numbers));
            _mm256_add_epi32(sums, _mm256_madd_epi16(numbers, weights))
        }
    }

    #[inline(always)]
    fn larger(self, sums: __m256i, others: __m256i) -> __m256i {
        // SAFETY: `self` proves AVX2.
        unsafe { _mm256_max_epi32(sums, others) }
    }

    #[inline(always)]
    fn write(self, sums: __m256i, to: &mut [i32]) {
        let mut array = [0; LANES];
        // SAFETY: writes 32 bytes of an array that has them; `self` proves AVX2.
        unsafe { _mm256_storeu_si256(array.as_mut_ptr().cast(), sums) };
        put(array, to);
    }

    #[inline(always)]
    fn requantise(self, sums: __m256i, multipliers: &[f32], range: &Range, to: &mut [i8]) {
        let multipliers: [f32; LANES] = first(multipliers);
        // SAFETY: reads 32 bytes of an array that has them; `self` proves AVX2.
        let bytes = unsafe {
            let product = _mm256_mul_ps(
                _mm256_cvtepi32_ps(sums),
                _mm256_loadu_ps(multipliers.as_ptr()),
            );
            let product = _mm256_max_ps(product, _mm256_set1_ps(-SATURATED));
            let product = _mm256_min_ps(product, _mm256_set1_ps(SATURATED));
            // Rounds ties to even; packing saturates.
            let values = _mm256_cvtps_epi32(product);
            let values = _mm256_add_epi32(values, _mm256_set1_epi32(range.zero.into()));
            let (low, high) = (
                _mm256_castsi256_si128(values),
                _mm256_extracti128_si256::<1>(values),
            );
            let words = _mm_packs_epi32(low, high);
            let bytes = _mm_packs_epi16(words, words);
            let bytes = _mm_max_epi8(bytes, _mm_set1_epi8(range.min));
            _mm_cvtsi128_si64(_mm_min_epi8(bytes, _mm_set1_epi8(range.max)))
        };
        put::<i8, LANES>(bytemuck::must_cast(bytes), to);
    }

    fn switched_on(self, work: impl Work<Self>) {
        #[target_feature(enable = "avx2")]
        fn with(avx2: Avx2, work: impl Work<Avx2>) {
            work.done_by(avx2);
        }
        // SAFETY: `self` proves AVX2.
        unsafe { with(self, work) }
    }
}
