//! Low spatial frequencies: the 8 × 8 slowest cosines of each channel. It needs no data.

use std::f64::consts::PI;

use super::linear::Linear;
use super::pixels::PIXEL_DEVIATION;

/// Cosines along each side, at most.
const FREQUENCIES: usize = 8;

impl Linear {
    /// The slowest cosines of a discrete cosine transform (DCT-II), around middle grey.
    ///
    /// Images of `[C, H, W]`. The mean standard deviation of a pixel is 0.25 where codes
    /// are drawn from N(0, 1).
    pub fn low_pass(shape: [usize; 3]) -> Self {
        let [channels, height, width] = shape;
        let (down, across) = (height.min(FREQUENCIES), width.min(FREQUENCIES));
        let positions = height * width;
        // Rows of length 1 have a mean square of 1 / positions at a pixel.
        let scale = PIXEL_DEVIATION * (positions as f64 / (down * across).max(1) as f64).sqrt();
        // A row changes one channel.
        let mut rows = Vec::with_capacity(channels * down * across * positions);
        let mut starts = Vec::with_capacity(channels * down * across);
        for channel in 0..channels {
            for v in 0..down {
                for u in 0..across {
                    starts.push(channel * positions);
                    for y in 0..height {
                        let along = scale * cosine(v, y, height);
                        rows.extend((0..width).map(|x| (along * cosine(u, x, width)) as f32));
                    }
                }
            }
        }
        let mean = vec![0.5; channels * positions];
        Self::of_spans("dct", shape, mean, (rows, positions), starts)
    }
}

/// Cosine `frequency` of the DCT-II over `size` places, of length 1.
fn cosine(frequency: usize, place: usize, size: usize) -> f64 {
    let size = size as f64;
    let norm = if frequency == 0 { 1.0 } else { 2.0 };
    (norm / size).sqrt() * (PI * frequency as f64 * (place as f64 + 0.5) / size).cos()
}
