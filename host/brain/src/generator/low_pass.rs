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
        let mut rows = Vec::with_capacity(channels * down * across * channels * positions);
        for channel in 0..channels {
            for v in 0..down {
                for u in 0..across {
                    let mut row = vec![0.0; channels * positions];
                    for y in 0..height {
                        for x in 0..width {
                            let value = scale * cosine(v, y, height) * cosine(u, x, width);
                            row[channel * positions + y * width + x] = value as f32;
                        }
                    }
                    rows.append(&mut row);
                }
            }
        }
        Self::new("dct", shape, vec![0.5; channels * positions], rows)
    }
}

/// Cosine `frequency` of the DCT-II over `size` places, of length 1.
fn cosine(frequency: usize, place: usize, size: usize) -> f64 {
    let size = size as f64;
    let norm = if frequency == 0 { 1.0 } else { 2.0 };
    (norm / size).sqrt() * (PI * frequency as f64 * (place as f64 + 0.5) / size).cos()
}
