//! The middle of a plane, enlarged to its size.

use crate::picture::Plane;

/// Enlarges the middle of `plane` by `factor`, linearly. Corners of the cut stay corners of
/// the enlargement, and what is too much on the right and below is cut off.
pub fn clipped(plane: &Plane, factor: f64) -> Plane {
    let axis = |size: usize| {
        let cut = (size as f64 / factor).ceil().clamp(1.0, size as f64);
        let grown = ((cut * factor).round_ties_even()).max(size as f64);
        let begin = (size - cut as usize) / 2;
        let trim = (grown as usize - size) / 2;
        let step = if grown > 1.0 {
            (cut - 1.0) / (grown - 1.0)
        } else {
            0.0
        };
        move |at: usize| begin as f64 + ((at + trim) as f64 * step).min(cut - 1.0)
    };
    let [rows, columns] = plane.size;
    let (row, column) = (axis(rows), axis(columns));
    Plane::from_fn(plane.size, |y, x| {
        plane.between(row(y), column(x), Plane::or_zero)
    })
}
