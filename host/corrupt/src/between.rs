//! Places between pixels, worked out once for all channels.

use crate::filter::Edge;
use crate::picture::Plane;

/// For each pixel of a picture the place that it is taken from.
pub struct Places {
    size: [usize; 2],
    places: Vec<Place>,
}

/// A place between four pixels.
#[derive(Clone, Copy)]
struct Place {
    /// The pixels above and below, left and right each, by their numbers in the plane.
    pixels: [[u32; 2]; 2],
    /// How far from the upper ones and from the left ones, from 0 to below 1.
    share: [f64; 2],
}

impl Places {
    /// The places `from(row, column)`, as `[row, column]`, of a picture of `size`; what lies
    /// beyond its border is as `edge` has it, which is not [`Edge::Zero`].
    pub fn new(
        size: [usize; 2],
        edge: Edge,
        mut from: impl FnMut(usize, usize) -> [f64; 2],
    ) -> Self {
        let mut places = Vec::with_capacity(size[0] * size[1]);
        for y in 0..size[0] {
            places.extend((0..size[1]).map(|x| Place::new(size, edge, from(y, x))));
        }
        Self { size, places }
    }

    /// A plane of the values at the places, linear between the pixels.
    pub fn of(&self, plane: &Plane) -> Plane {
        let value = |place: &Place| {
            let [down, right] = place.share;
            let row = |[left, next]: [u32; 2]| {
                plane.values[left as usize] * (1.0 - right) + plane.values[next as usize] * right
            };
            row(place.pixels[0]) * (1.0 - down) + row(place.pixels[1]) * down
        };
        Plane {
            size: self.size,
            values: self.places.iter().map(value).collect(),
        }
    }
}

impl Place {
    fn new(size: [usize; 2], edge: Edge, from: [f64; 2]) -> Self {
        let [(rows, down), (columns, right)] = [0, 1].map(|axis| {
            let whole = below(from[axis]);
            let pixels = [whole, whole + 1].map(|at| edge.place(at, size[axis]).unwrap_or(0));
            (pixels, from[axis] - whole as f64)
        });
        Self {
            pixels: rows.map(|y| columns.map(|x| (y * size[1] + x) as u32)),
            share: [down, right],
        }
    }
}

/// The greatest whole number that is not above `value`.
fn below(value: f64) -> i64 {
    let cut = value as i64;
    cut - i64::from(value < cut as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Worked by hand: rows (1, 2, 4) and (8, 16, 32).
    #[test]
    fn places_lie_between_four_pixels() {
        let plane = Plane {
            size: [2, 3],
            values: vec![1.0, 2.0, 4.0, 8.0, 16.0, 32.0],
        };
        let at = |y: f64, x: f64, edge| {
            let found = Places::new([2, 3], edge, |_, _| [y, x]).of(&plane);
            assert_eq!((found.size, found.values.len()), ([2, 3], 6));
            found.values[0]
        };
        for edge in [Edge::Nearest, Edge::Reflect, Edge::Mirror] {
            assert_eq!(at(1.0, 2.0, edge), 32.0);
            // Three quarters of 1.5 and a quarter of 12.
            assert_eq!(at(0.25, 0.5, edge), 4.125);
            assert_eq!(at(0.5, 1.75, edge), 0.5 * 3.5 + 0.5 * 28.0);
        }
        // A quarter beyond the border: the pixel itself, or the one after it.
        assert_eq!(at(0.0, -0.25, Edge::Nearest), 1.0);
        assert_eq!(at(0.0, -0.25, Edge::Reflect), 1.0);
        assert_eq!(at(0.0, -0.25, Edge::Mirror), 1.25);
        assert_eq!(at(-1.0, 0.0, Edge::Mirror), 8.0);
        assert_eq!(at(1.5, 2.0, Edge::Mirror), 18.0);
        // Rows and columns are where they were.
        let same = Places::new([2, 3], Edge::Nearest, |y, x| [y as f64, x as f64]).of(&plane);
        assert_eq!(same.values, plane.values);
        let back = Places::new([2, 3], Edge::Nearest, |y, x| [y as f64, 2.0 - x as f64]);
        assert_eq!(back.of(&plane).values, [4.0, 2.0, 1.0, 32.0, 16.0, 8.0]);
    }
}
