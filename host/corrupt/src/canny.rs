//! Edges (Canny 1986), as scikit-image finds them.

use crate::filter::{Edge, along, gaussian};
use crate::picture::Plane;

/// Thresholds of the slope's magnitude, which is that of Sobel's unscaled filters.
#[derive(Clone, Copy, Debug)]
pub struct Thresholds {
    /// A pixel below it is no edge.
    pub low: f64,
    /// An edge has a pixel that reaches it.
    pub high: f64,
}

/// Where a plane has edges. With a `deviation` it is smoothed first, without what the border
/// darkens.
pub fn edges(plane: &Plane, deviation: Option<f64>, thresholds: Thresholds) -> Vec<bool> {
    let [height, width] = plane.size;
    let smooth = match deviation {
        Some(deviation) => {
            let blurred = gaussian(plane, deviation, Edge::Zero);
            let ones = Plane::from_fn(plane.size, |_, _| 1.0);
            let seen = gaussian(&ones, deviation, Edge::Zero);
            let shares = blurred.values.iter().zip(&seen.values);
            Plane {
                size: plane.size,
                values: shares
                    .map(|(value, seen)| value / (seen + f64::EPSILON))
                    .collect(),
            }
        }
        None => plane.clone(),
    };
    let slope = |axis: usize| {
        let across = along(&smooth, 1 - axis, &[1.0, 2.0, 1.0], Edge::Reflect);
        along(&across, axis, &[-1.0, 0.0, 1.0], Edge::Reflect)
    };
    let (down, right) = (slope(0), slope(1));
    let magnitude = Plane::from_fn(plane.size, |y, x| {
        (down.at(y, x).powi(2) + right.at(y, x).powi(2)).sqrt()
    });
    let mut thin = vec![0.0; height * width];
    for y in 1..height.saturating_sub(1) {
        for x in 1..width.saturating_sub(1) {
            let here = magnitude.at(y, x);
            let slopes = [down.at(y, x), right.at(y, x)];
            if here >= thresholds.low && is_crest(&magnitude, [y, x], slopes) {
                thin[y * width + x] = here;
            }
        }
    }
    joined(&thin, plane.size, thresholds.high)
}

/// Whether no neighbour along the slope is greater; neighbours are interpolated.
fn is_crest(magnitude: &Plane, [y, x]: [usize; 2], [down, right]: [f64; 2]) -> bool {
    let near = |down: i64, right: i64| {
        magnitude.at((y as i64 + down) as usize, (x as i64 + right) as usize)
    };
    let falls = (down >= 0.0 && right >= 0.0) || (down <= 0.0 && right <= 0.0);
    let turn = if falls { 1 } else { -1 };
    let is_steep = if falls {
        down.abs() > right.abs()
    } else {
        down.abs() >= right.abs()
    };
    // The neighbour straight on, and the one across the corner.
    let (straight, share) = if is_steep {
        ([turn, 0], right.abs() / down.abs())
    } else {
        ([0, 1], down.abs() / right.abs())
    };
    let corner = [turn, 1];
    let here = magnitude.at(y, x);
    let along = |sign: i64| {
        near(sign * corner[0], sign * corner[1]) * share
            + near(sign * straight[0], sign * straight[1]) * (1.0 - share)
    };
    along(1) <= here && along(-1) <= here
}

/// The pixels of thin edges, joined by sides or corners, of which one reaches `high`.
fn joined(thin: &[f64], [height, width]: [usize; 2], high: f64) -> Vec<bool> {
    let mut is_edge = vec![false; thin.len()];
    let mut open: Vec<usize> = Vec::new();
    for (at, &value) in thin.iter().enumerate() {
        if value > 0.0 && value >= high {
            is_edge[at] = true;
            open.push(at);
        }
    }
    while let Some(at) = open.pop() {
        let (y, x) = (at / width, at % width);
        for near_y in y.saturating_sub(1)..(y + 2).min(height) {
            for near_x in x.saturating_sub(1)..(x + 2).min(width) {
                let near = near_y * width + near_x;
                if thin[near] > 0.0 && !is_edge[near] {
                    is_edge[near] = true;
                    open.push(near);
                }
            }
        }
    }
    is_edge
}
