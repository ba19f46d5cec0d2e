//! The filters of a layer, repacked once: as many at a time as registers have room for,
//! four bytes of input after the other.

use crate::instructions::Instructions;
use std::mem::size_of;

/// What a filter has beside its weights.
pub(crate) struct Parameters<'a> {
    pub input_zero: i8,
    pub bias: &'a [i32],
    pub multipliers: &'a [f32],
}

/// Filters that are applied together.
pub(crate) struct Block<I: Instructions> {
    /// Their channels.
    pub first: usize,
    pub count: usize,
    /// Registers that they fill, the last one perhaps not whole.
    pub vectors: usize,
    /// `[taps, vectors]`.
    pub weights: Vec<I::Weights>,
    /// One for each lane; 0 where there is no filter.
    pub start: Vec<i32>,
    /// One for each lane; 0 where there is no filter.
    pub multipliers: Vec<f32>,
}

/// Repacks `filters`, `[O, taps]`, in the order of `taps`: where the weights of each begin,
/// and how many they are.
pub(crate) fn blocks<I: Instructions>(
    filters: &[i8],
    taps: &[[usize; 2]],
    parameters: &Parameters<'_>,
) -> Vec<Block<I>> {
    let channels = parameters.bias.len();
    let filter_taps = filters.len() / channels.max(1);
    let registers = channels.div_ceil(I::LANES);
    // As even as it gets, so that no block is much slower than another.
    let count = registers.div_ceil(I::MAX_VECTORS).max(1);
    let mut blocks = Vec::with_capacity(count);
    let mut register = 0;
    for block in 0..count {
        let vectors = (registers - register).div_ceil(count - block);
        let first = register * I::LANES;
        let lanes = vectors * I::LANES;
        let mut weights = vec![I::Weight::from(0); taps.len() * lanes * I::TAPS];
        for (tap, &[begin, many]) in taps.iter().enumerate() {
            for lane in 0..lanes.min(channels - first) {
                let from = (first + lane) * filter_taps + begin;
                let to = (tap * lanes + lane) * I::TAPS;
                for (to, &from) in weights[to..].iter_mut().zip(&filters[from..from + many]) {
                    *to = from.into();
                }
            }
        }
        let channels = first..channels.min(first + lanes);
        let sum = |channel: usize| {
            let filter = &filters[channel * filter_taps..][..filter_taps];
            filter.iter().map(|&w| i32::from(w)).sum()
        };
        let start = channels.clone().map(|channel| {
            I::start(
                parameters.bias[channel],
                parameters.input_zero,
                sum(channel),
            )
        });
        let mut start: Vec<_> = start.collect();
        start.resize(lanes, 0);
        let mut multipliers = parameters.multipliers[channels.clone()].to_vec();
        multipliers.resize(lanes, 0.0);
        blocks.push(Block {
            first,
            count: channels.len(),
            vectors,
            weights: registers_of::<I>(&weights),
            start,
            multipliers,
        });
        register += vectors;
    }
    blocks
}

/// The same weights, a register at a time.
fn registers_of<I: Instructions>(weights: &[I::Weight]) -> Vec<I::Weights> {
    let bytes: &[u8] = bytemuck::must_cast_slice(weights);
    bytes
        .chunks_exact(size_of::<I::Weights>())
        .map(bytemuck::pod_read_unaligned)
        .collect()
}
