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
