//! A motion blur as ImageMagick makes it: one-sided, half a gaussian along a line.

use crate::filter::{Edge, bell, normalised};
use crate::picture::Plane;

/// Blurs along `angle` degrees: `2·radius + 1` pixels, weighted by half a gaussian, from each
/// pixel on. Beyond the border its last pixel goes on.
pub fn blur(plane: &Plane, radius: usize, deviation: f64, angle: f64) -> Plane {
    let weights = (0..=2 * radius).map(|at| bell(at as f64, deviation));
    let weights = normalised(weights.collect());
    let (sine, cosine) = angle.to_radians().sin_cos();
    let offset = |at: usize, part: f64| (at as f64 * part - 0.5).ceil() as i64;
    let offsets = weights.iter().enumerate();
    let offsets = offsets.map(|(at, &weight)| (offset(at, sine), offset(at, cosine), weight));
    let offsets: Vec<_> = offsets.collect();
    let [height, width] = plane.size;
    Plane::from_fn(plane.size, |y, x| {
        let terms = offsets.iter().filter_map(|&(down, right, weight)| {
            let y = Edge::Nearest.place(y as i64 + down, height)?;
            let x = Edge::Nearest.place(x as i64 + right, width)?;
            Some(weight * plane.at(y, x))
        });
        terms.sum()
    })
}
