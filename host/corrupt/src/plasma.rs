//! A plasma fractal: a landscape by the diamond–square algorithm (Fournier, Fussell and
//! Carpenter 1982), on a torus.

use crate::picture::Plane;
use crate::random::Random;

/// A landscape of at least `size` rows and columns, from 0 to 1, cut to `size`. The heights'
/// randomness falls by `decay` from one scale to the next.
pub fn fractal(size: [usize; 2], decay: f64, random: &mut Random) -> Plane {
    let side = size[0].max(size[1]).next_power_of_two().max(2);
    let mut heights = vec![0.0; side * side];
    let mut step = side;
    let mut wibble = 100.0;
    while step >= 2 {
        let half = step / 2;
        let mut moved = |sum: f64| sum / 4.0 + wibble * random.uniform(-wibble, wibble);
        let at = |y: usize, x: usize| (y % side) * side + x % side;
        for y in (0..side).step_by(step) {
            for x in (0..side).step_by(step) {
                let corners = heights[at(y, x)]
                    + heights[at(y + step, x)]
                    + heights[at(y, x + step)]
                    + heights[at(y + step, x + step)];
                heights[at(y + half, x + half)] = moved(corners);
            }
        }
        let diamond = |heights: &[f64], y: usize, x: usize| {
            heights[at(y + side - half, x)]
                + heights[at(y + half, x)]
                + heights[at(y, x + side - half)]
                + heights[at(y, x + half)]
        };
        for y in (0..side).step_by(step) {
            for x in (0..side).step_by(step) {
                let sum = diamond(&heights, y, x + half);
                heights[at(y, x + half)] = moved(sum);
            }
        }
        for y in (0..side).step_by(step) {
            for x in (0..side).step_by(step) {
                let sum = diamond(&heights, y + half, x);
                heights[at(y + half, x)] = moved(sum);
            }
        }
        step = half;
        wibble /= decay;
    }
    let low = heights.iter().copied().fold(f64::INFINITY, f64::min);
    let high = heights.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    Plane::from_fn(size, |y, x| (heights[y * side + x] - low) / (high - low))
}
