//! Products of transformed tiles and kernels, summed over the channels.
//!
//! The kernels lie in panels of [`PANEL`] output channels, in the order in which they are read.
//! A panel and up to three vectors of tiles make sums that stay in registers. Every sum is added
//! up channel by channel, however the tiles and panels are shared by threads.
//!
//! Innermost loops count by hand: with little optimisation, a `for` calls the iterators of crates
//! that have none.

use pulp::Simd;

use super::PRODUCTS;
use super::transform::LANES;

/// Output channels whose sums are made at once.
pub const PANEL: usize = 8;

/// Panels that `outputs` channels fill, the last of them with zeros.
pub fn panels(outputs: usize) -> usize {
    outputs.div_ceil(PANEL)
}

/// Channels of the values that lie together: what a block of tiles writes is in few pages.
pub const CHANNELS: usize = 8;

/// How far ahead weights are asked for.
const AHEAD: usize = 1 << 10;

/// Transformed tiles.
#[derive(Clone, Copy)]
pub struct Values<'a> {
    /// Channels, `I`.
    pub inputs: usize,
    /// Blocks of 16 tiles.
    pub blocks: usize,
    /// `[I / 8, blocks, 36, 8, 16]`.
    pub numbers: &'a [f32],
}

/// From the values of one of the 36 products and panels of its kernels `[panels, I, 8]`: the sums
/// `[panels · 8, tiles]`.
#[inline(always)]
pub fn multiply<S: Simd>(
    simd: S,
    values: Values<'_>,
    product: usize,
    kernels: &[f32],
    sums: &mut [f32],
) {
    let (kernels, _) = kernels.as_chunks::<PANEL>();
    let panels = kernels.chunks_exact(values.inputs);
    let sums = sums.chunks_exact_mut(PANEL * values.blocks * LANES);
    for (kernel, sums) in panels.zip(sums) {
        panel(simd, values, product, kernel, sums);
    }
}

/// The sums of one panel.
#[inline(always)]
fn panel<S: Simd>(
    simd: S,
    values: Values<'_>,
    product: usize,
    kernel: &[[f32; PANEL]],
    sums: &mut [f32],
) {
    // Three vectors of 16 lanes leave registers for the factors; of fewer lanes, one.
    let most = if S::F32_LANES == LANES { 3 } else { 1 };
    let mut block = 0;
    while block < values.blocks {
        // Four blocks are two pairs: one alone is slow.
        let count = match values.blocks - block {
            4 => most.min(2),
            left => most.min(left),
        };
        let at = [block, product];
        match count {
            3 => sums_of::<S, 3>(simd, values, at, kernel, sums),
            2 => sums_of::<S, 2>(simd, values, at, kernel, sums),
            _ => sums_of::<S, 1>(simd, values, at, kernel, sums),
        }
        block += count;
    }
}

/// The sums of one panel for `BLOCKS` blocks of tiles, from block `first` on.
#[inline(always)]
fn sums_of<S: Simd, const BLOCKS: usize>(
    simd: S,
    values: Values<'_>,
    [first, product]: [usize; 2],
    kernel: &[[f32; PANEL]],
    sums: &mut [f32],
) {
    let vectors = LANES / S::F32_LANES;
    let line = CHANNELS * vectors;
    let (numbers, _) = S::as_simd_f32s(values.numbers);
    let mut vector = 0;
    while vector < vectors {
        let mut totals = [[simd.splat_f32s(0.0); BLOCKS]; PANEL];
        let mut group = 0;
        while group * CHANNELS < values.inputs {
            let mut lines = [&numbers[..0]; BLOCKS];
            let mut block = 0;
            while block < BLOCKS {
                let place = (group * values.blocks + first + block) * PRODUCTS + product;
                lines[block] = &numbers[place * line..][..line];
                block += 1;
            }
            let left = values.inputs - group * CHANNELS;
            let kernel = &kernel[group * CHANNELS..];
            let kernel = &kernel[..if left < CHANNELS { left } else { CHANNELS }];
            let mut input = 0;
            while input < kernel.len() {
                if input % 2 == 0 {
                    ahead(&kernel[input]);
                }
                add(
                    simd,
                    &kernel[input],
                    lines,
                    input * vectors + vector,
                    &mut totals,
                );
                input += 1;
            }
            group += 1;
        }
        let tiles = values.blocks * LANES;
        let mut output = 0;
        while output < PANEL {
            let mut block = 0;
            while block < BLOCKS {
                let to = output * tiles + (first + block) * LANES + vector * S::F32_LANES;
                let (to, _) = S::as_mut_simd_f32s(&mut sums[to..to + S::F32_LANES]);
                to[0] = totals[output][block];
                block += 1;
            }
            output += 1;
        }
        vector += 1;
    }
}

/// Asks for the weights that are read some thousand multiplications later: a large net's are
/// further away than the processor looks ahead by itself.
#[inline(always)]
fn ahead(weights: &[f32; PANEL]) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        let address = weights.as_ptr().wrapping_add(AHEAD).cast();
        // SAFETY: this reads nothing that a program sees, whatever the address is.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(address) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = weights;
}

/// Adds the products of one channel.
#[inline(always)]
fn add<S: Simd, const BLOCKS: usize>(
    simd: S,
    weights: &[f32; PANEL],
    lines: [&[S::f32s]; BLOCKS],
    at: usize,
    totals: &mut [[S::f32s; BLOCKS]; PANEL],
) {
    let mut factors = [simd.splat_f32s(0.0); BLOCKS];
    let mut block = 0;
    while block < BLOCKS {
        factors[block] = lines[block][at];
        block += 1;
    }
    let mut output = 0;
    while output < PANEL {
        let weight = simd.splat_f32s(weights[output]);
        let mut block = 0;
        while block < BLOCKS {
            let total = totals[output][block];
            totals[output][block] = simd.mul_add_f32s(weight, factors[block], total);
            block += 1;
        }
        output += 1;
    }
}
