//! Winograd's products in plain Rust, for tests: what the loops of the DSP kernels compute,
//! and in which order. Elsewhere a compiler vectorises the plain products. What the numbers mean stands in `ops::conv2d::winograd`.

use crate::image::Conv2d;
use crate::image::format::kernel;
use crate::ops::packed::{POSITIONS, TILE, position_words};
use crate::ops::requantize::to_int8;

/// Transforms six neighbouring pixels of so many channels, a multiple of four, into two
/// of each four words of each position.
pub fn transform(pixels: &[i8], channels: usize, zero: i8, numbers: &mut [u32]) {
    let position = position_words(channels);
    for pair in 0..channels / 2 {
        let first = pair / 2 * 4 + pair % 2;
        let [low, high] = [first, first + 2].map(|channel| six(pixels, channels, channel, zero));
        for (at, (low, high)) in low.into_iter().zip(high).enumerate() {
            if let Some(word) = numbers.get_mut(at * position + pair / 2 * 4 + pair % 2) {
                *word = u32::from(low as u16) | (high as u32) << 16;
            }
        }
    }
}

/// The six numbers of one channel.
fn six(pixels: &[i8], channels: usize, channel: usize, zero: i8) -> [i32; POSITIONS] {
    let number = |pixel: usize| {
        let value = pixels.get(pixel * channels + channel);
        i32::from(*value.unwrap_or(&zero)) - i32::from(zero)
    };
    let d = [0, 1, 2, 3, 4, 5].map(number);
    [
        4 * d[0] - 5 * d[2] + d[4],
        -4 * d[1] - 4 * d[2] + d[3] + d[4],
        4 * d[1] - 4 * d[2] - d[3] + d[4],
        -2 * d[1] - d[2] + 2 * d[3] + d[4],
        2 * d[1] - d[2] - 2 * d[3] + d[4],
        4 * d[1] - 5 * d[3] + d[5],
    ]
}

/// Requantised outputs of two tiles, `[pixels, O]`, whose pixels begin at `starts`, clamped
/// to int8 alone.
pub fn tile_pair(columns: &[u32], conv: &Conv2d<'_>, starts: [usize; 2], output: &mut [i8]) {
    let words = conv.packed_for(kernel::WINOGRAD);
    let position = position_words(conv.input.channels).max(1);
    let channels = conv.output.channels;
    for (pair, words) in words.chunks_exact(POSITIONS * position).enumerate() {
        for (tile, start) in starts.into_iter().enumerate() {
            for filter in 0..2 {
                let mut sums = [0_i32; POSITIONS];
                let columns = columns.chunks_exact(position);
                let positions = words.chunks_exact(position).zip(columns);
                for (sum, (words, columns)) in sums.iter_mut().zip(positions) {
                    let words = words.iter().skip(filter).step_by(2);
                    let columns = columns.as_chunks::<2>().0.iter().skip(tile).step_by(2);
                    for (&w, &d) in words.zip(columns.flatten()) {
                        let products = [0, 16].map(|half| {
                            i32::from((w >> half) as i16) * i32::from((d >> half) as i16)
                        });
                        *sum = sum.wrapping_add(products[0] + products[1]);
                    }
                }
                let channel = 2 * pair + filter;
                let bias = conv.bias.get(channel).copied().unwrap_or_default();
                let (multiplier, zero) = conv.quantiser.scale(channel);
                for (pixel, sum) in outputs(sums).into_iter().enumerate() {
                    if let Some(value) = output.get_mut((start + pixel) * channels + channel) {
                        *value = to_int8(bias.wrapping_add(sum), multiplier, zero);
                    }
                }
            }
        }
    }
}

/// The sums of four pixels from those of the positions, modulo 2^32.
fn outputs(m: [i32; POSITIONS]) -> [i32; TILE] {
    let [a, c] = [m[1].wrapping_add(m[2]), m[3].wrapping_add(m[4])];
    let [b, d] = [m[1].wrapping_sub(m[2]), m[3].wrapping_sub(m[4])];
    let times_24 = [
        m[0].wrapping_add(a).wrapping_add(c),
        b.wrapping_add(d << 1),
        a.wrapping_add(c << 2),
        m[5].wrapping_add(b).wrapping_add(d << 3),
    ];
    times_24.map(|sum| (sum >> 3).wrapping_mul(THIRD))
}

/// The inverse of 3 modulo 2^32.
const THIRD: i32 = 0xAAAA_AAAB_u32 as i32;
