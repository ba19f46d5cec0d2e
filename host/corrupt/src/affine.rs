//! Affine transformations about the middle of the pixels, bilinear, zero outside.

use crate::picture::{Picture, Plane};

/// Moves a picture: the pixel at (x, y) gets what lay at
/// (`a·x + b·y`, `c·x + d·y`) + `shift`, in coordinates whose origin is the middle of the
/// pixels, (13.5, 13.5) for a digit. `matrix` is `[[a, b], [c, d]]`.
pub fn transform(picture: &Picture, matrix: [[f64; 2]; 2], shift: [f64; 2]) -> Picture {
    picture.by_plane(|plane| {
        let [cy, cx] = plane.size.map(|size| (size as f64 - 1.0) / 2.0);
        let [[a, b], [c, d]] = matrix;
        Plane::from_fn(plane.size, |y, x| {
            let (x, y) = (x as f64 - cx, y as f64 - cy);
            let from_x = a * x + b * y + cx + shift[0];
            let from_y = c * x + d * y + cy + shift[1];
            plane.between(from_y, from_x, Plane::or_zero)
        })
    })
}
