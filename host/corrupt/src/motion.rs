//! A motion blur as ImageMagick makes it: one-sided, half a gaussian along a line.

use crate::filter::{Edge, Tap, bell, normalised, weighted};
use crate::picture::Plane;

/// Blurs along `angle` degrees: `2·radius + 1` pixels, weighted by half a gaussian, from each
/// pixel on. Beyond the border its last pixel goes on.
pub fn blur(plane: &Plane, radius: usize, deviation: f64, angle: f64) -> Plane {
    let weights = (0..=2 * radius).map(|at| bell(at as f64, deviation));
    let weights = normalised(weights.collect());
    let (sine, cosine) = angle.to_radians().sin_cos();
    let offset = |at: usize, part: f64| (at as f64 * part - 0.5).ceil() as i64;
    let taps = weights.iter().enumerate().map(|(at, &weight)| Tap {
        offset: [offset(at, sine), offset(at, cosine)],
        weight,
    });
    weighted(plane, &taps.collect::<Vec<_>>(), Edge::Nearest)
}
