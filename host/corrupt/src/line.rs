//! Soft lines, as MNIST-C draws them.

use crate::picture::{Picture, Plane};

/// A line from (c0, r0) to (c1, r1), `c0 < c1`: 1 on it, falling with the logarithm of the
/// distance along the column, 0 from 1.45 pixels on.
pub fn soft(size: [usize; 2], [c0, r0]: [f64; 2], [c1, r1]: [f64; 2]) -> Plane {
    if c1 == c0 {
        return Plane::from_fn(size, |_, _| 0.0);
    }
    let slope = (r1 - r0) / (c1 - c0);
    // A column before the first counts from the end, as a negative index does.
    let width = size[1] as f64;
    let wrapped = |column: f64| {
        if column < 0.0 {
            (width + column).max(0.0)
        } else {
            column
        }
    };
    let (left, right) = (wrapped(c0.floor()), wrapped(c1.ceil()));
    Plane::from_fn(size, |y, x| {
        let x = x as f64;
        if x < left || x >= right {
            return 0.0;
        }
        let distance = (y as f64 - (slope * (x - c0) + r0)).abs();
        let near = distance.min(2.3 - 1e-10);
        ((1.0 - near / 2.3).ln() + 1.0).clamp(0.0, 1.0)
    })
}

/// A picture with something bright added to every channel.
pub fn add(picture: &Picture, bright: &Plane) -> Picture {
    picture.by_plane(|mut plane| {
        let both = plane.values.iter_mut().zip(&bright.values);
        both.for_each(|(value, more)| *value = (*value + more).clamp(0.0, 1.0));
        plane
    })
}
