//! Linear filters, and what lies beyond the border.

use crate::picture::Plane;

/// What lies beyond the border of `a b c d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// `a a | a b c d | d d`
    Nearest,
    /// `b a | a b c d | d c`
    Reflect,
    /// `c b | a b c d | c b`
    Mirror,
    /// Zeros.
    Zero,
}

impl Edge {
    /// The place in a row of `size` that stands for place `at`; none where that is a zero.
    pub fn place(self, at: i64, size: usize) -> Option<usize> {
        let size = size as i64;
        let inside = (0..size).contains(&at);
        let found = match self {
            _ if inside => at,
            Self::Zero => return None,
            Self::Nearest => at.clamp(0, size - 1),
            Self::Reflect => {
                let at = at.rem_euclid(2 * size);
                at.min(2 * size - 1 - at)
            }
            Self::Mirror if size == 1 => 0,
            Self::Mirror => {
                let period = 2 * (size - 1);
                let at = at.rem_euclid(period);
                at.min(period - at)
            }
        };
        usize::try_from(found).ok()
    }
}

/// A pixel's weight, and how many rows and columns from the middle it lies.
#[derive(Clone, Copy, Debug)]
pub struct Tap {
    /// Rows down and columns to the right.
    pub offset: [i64; 2],
    /// Its weight.
    pub weight: f64,
}

/// The weighted sum of each pixel's neighbours, in the order of the taps.
pub fn weighted(plane: &Plane, taps: &[Tap], edge: Edge) -> Plane {
    // The plane with as much around it as the farthest tap reads.
    let far = |axis: usize| {
        let offsets = taps
            .iter()
            .map(|tap| tap.offset[axis].unsigned_abs() as usize);
        offsets.max().unwrap_or(0)
    };
    let margin = [far(0), far(1)];
    let wide = widened(plane, margin, edge);
    let starts = taps.iter().map(|tap| {
        let [y, x] = [0, 1].map(|axis| margin[axis].wrapping_add_signed(tap.offset[axis] as isize));
        (y * wide.size[1] + x, tap.weight)
    });
    let starts: Vec<_> = starts.collect();
    let mut sums = vec![0.0; plane.values.len()];
    pulp::Arch::new().dispatch(Sums {
        wide: &wide,
        starts: &starts,
        width: plane.size[1],
        sums: &mut sums,
    });
    Plane {
        size: plane.size,
        values: sums,
    }
}

/// A plane with a margin of rows above and below and of columns on both sides.
fn widened(plane: &Plane, margin: [usize; 2], edge: Edge) -> Plane {
    let [height, width] = plane.size;
    let places = |axis: usize| {
        let size = plane.size[axis];
        let margin = margin[axis] as i64;
        (-margin..size as i64 + margin).map(move |at| edge.place(at, size))
    };
    let columns: Vec<_> = places(1).collect();
    let (left, right) = (&columns[..margin[1]], &columns[margin[1] + width..]);
    let mut values = Vec::with_capacity((height + 2 * margin[0]) * columns.len());
    for row in places(0) {
        let Some(y) = row else {
            values.resize(values.len() + columns.len(), 0.0);
            continue;
        };
        let row = &plane.values[y * width..(y + 1) * width];
        let beside = |column: &Option<usize>| column.map_or(0.0, |x| row[x]);
        values.extend(left.iter().map(beside));
        values.extend_from_slice(row);
        values.extend(right.iter().map(beside));
    }
    Plane {
        size: [height + 2 * margin[0], columns.len()],
        values,
    }
}

/// Pixels whose sums stay in registers until every tap was added.
const STRIP: usize = 32;

/// The weighted sums of all pixels, with the widest instructions that the processor has:
/// products are rounded before they are added, whatever it has.
struct Sums<'a> {
    wide: &'a Plane,
    /// Of each tap where it reads for the first pixel, and its weight.
    starts: &'a [(usize, f64)],
    width: usize,
    sums: &'a mut [f64],
}

impl pulp::NullaryFnOnce for Sums<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        for (y, sums) in self.sums.chunks_exact_mut(self.width).enumerate() {
            let values = &self.wide.values[y * self.wide.size[1]..];
            let (strips, rest) = sums.as_chunks_mut::<STRIP>();
            for (at, strip) in strips.iter_mut().enumerate() {
                let mut sum = [0.0; STRIP];
                for &(start, weight) in self.starts {
                    let values = &values[start + at * STRIP..][..STRIP];
                    for (sum, value) in sum.iter_mut().zip(values) {
                        *sum += weight * value;
                    }
                }
                *strip = sum;
            }
            let done = strips.len() * STRIP;
            for &(start, weight) in self.starts {
                let values = &values[start + done..][..rest.len()];
                for (sum, value) in rest.iter_mut().zip(values) {
                    *sum += weight * value;
                }
            }
        }
    }
}

/// A row of weights around a middle, for one axis: 0 is down the columns, 1 along the rows.
pub fn along(plane: &Plane, axis: usize, weights: &[f64], edge: Edge) -> Plane {
    let middle = (weights.len() / 2) as i64;
    let taps = weights.iter().zip(-middle..).map(|(&weight, at)| {
        let mut offset = [0; 2];
        offset[axis] = at;
        Tap { offset, weight }
    });
    weighted(plane, &taps.collect::<Vec<_>>(), edge)
}

/// The weights of a gaussian, cut at `truncate` deviations, that add up to 1.
pub fn gaussian_weights(deviation: f64, truncate: f64) -> Vec<f64> {
    let radius = (truncate * deviation + 0.5) as i64;
    normalised(
        (-radius..=radius)
            .map(|at| bell(at as f64, deviation))
            .collect(),
    )
}

/// The density of a normal distribution, up to a factor.
pub fn bell(at: f64, deviation: f64) -> f64 {
    (-0.5 * (at / deviation).powi(2)).exp()
}

/// Weights that add up to 1.
pub fn normalised(mut weights: Vec<f64>) -> Vec<f64> {
    let sum: f64 = weights.iter().sum();
    weights.iter_mut().for_each(|weight| *weight /= sum);
    weights
}

/// A gaussian blur along both axes, as scikit-image does it: cut at 4 deviations.
pub fn gaussian(plane: &Plane, deviation: f64, edge: Edge) -> Plane {
    let weights = gaussian_weights(deviation, 4.0);
    along(&along(plane, 0, &weights, edge), 1, &weights, edge)
}

/// A correlation with a square of weights around its middle.
pub fn correlate(plane: &Plane, kernel: &Plane, edge: Edge) -> Plane {
    let middle = kernel.size.map(|size| (size / 2) as i64);
    let places = (0..kernel.size[0]).flat_map(|y| (0..kernel.size[1]).map(move |x| [y, x]));
    let taps = places.map(|[y, x]| Tap {
        offset: [y as i64 - middle[0], x as i64 - middle[1]],
        weight: kernel.at(y, x),
    });
    // Weights of zero are most of a disk's corners.
    let taps: Vec<_> = taps.filter(|tap| tap.weight != 0.0).collect();
    weighted(plane, &taps, edge)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn borders_go_on_as_they_are_drawn() {
        let row =
            |edge: Edge| -> Vec<Option<usize>> { (-5..9).map(|at| edge.place(at, 4)).collect() };
        let some = |places: [usize; 14]| places.map(Some).to_vec();
        assert_eq!(
            row(Edge::Nearest),
            some([0, 0, 0, 0, 0, 0, 1, 2, 3, 3, 3, 3, 3, 3])
        );
        assert_eq!(
            row(Edge::Reflect),
            some([3, 3, 2, 1, 0, 0, 1, 2, 3, 3, 2, 1, 0, 0])
        );
        assert_eq!(
            row(Edge::Mirror),
            some([1, 2, 3, 2, 1, 0, 1, 2, 3, 2, 1, 0, 1, 2])
        );
        assert_eq!(Edge::Zero.place(-1, 4), None);
        assert_eq!(Edge::Mirror.place(7, 1), Some(0));
    }

    /// Two strips of 32 pixels and six more, against the definition.
    #[test]
    fn wide_pictures_are_filtered_as_narrow_ones() {
        let plane = Plane::from_fn([3, 70], |y, x| ((y * 31 + x * 17) % 23) as f64);
        let taps = [([0, 0], 1.0), ([1, -2], 0.5), ([-1, 3], -0.25)];
        let taps = taps.map(|(offset, weight)| Tap { offset, weight });
        for edge in [Edge::Zero, Edge::Nearest, Edge::Reflect, Edge::Mirror] {
            let found = weighted(&plane, &taps, edge);
            for (y, x) in (0..3).flat_map(|y| (0..70).map(move |x| (y, x))) {
                let terms = taps.iter().map(|tap| {
                    let row = edge.place(y as i64 + tap.offset[0], 3);
                    let column = edge.place(x as i64 + tap.offset[1], 70);
                    row.zip(column)
                        .map_or(0.0, |(y, x)| tap.weight * plane.at(y, x))
                });
                let wanted: f64 = terms.sum();
                assert!((found.at(y, x) - wanted).abs() < 1e-12, "{edge:?} {y} {x}");
            }
        }
    }
}
