//! Windows of a row side by side, one in each lane of a vector.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::Reach;

/// Lanes of the widest vectors.
const MOST: usize = 16;

/// Places are counted in `f32`, which has every whole number up to here.
const EXACT: usize = 1 << 24;

/// The windows of a plane that lie wholly inside along a row, which is `width` values long.
pub struct Across<'a> {
    plane: &'a [f32],
    width: usize,
    rows: &'a Reach,
    /// Windows of each row.
    windows: Range<usize>,
    /// Where the first of them begins, and from each to the next.
    first: usize,
    stride: usize,
    wide: usize,
    dilations: [usize; 2],
}

impl<'a> Across<'a> {
    /// Windows of `wide` values, `stride` apart, if vectors can take them.
    pub fn of(
        plane: &'a [f32],
        width: usize,
        [rows, columns]: [&'a Reach; 2],
        dilations: [usize; 2],
    ) -> Option<Self> {
        let wide = *columns.count.iter().max()?;
        let begin = columns.count.iter().position(|&count| count == wide)?;
        let inside = columns.count[begin..].iter();
        let end = begin + inside.take_while(|&&count| count == wide).count();
        let starts = &columns.start[begin..end];
        let stride = starts.get(1)? - starts[0];
        let fits = wide > 0 && (1..=2).contains(&stride) && plane.len() < EXACT;
        fits.then_some(Self {
            plane,
            width,
            rows,
            windows: begin..end,
            first: starts[0],
            stride,
            wide,
            dilations,
        })
    }

    /// Pools these windows of every row that has values; gives their range in a row.
    pub fn pool(self, values: &mut [f32], switches: &mut [i32]) -> Range<usize> {
        let windows = self.windows.clone();
        pulp::Arch::new().dispatch(Pool {
            across: self,
            values,
            switches,
        });
        windows
    }

    /// Of as many windows as there are lanes the values at one place, the first of them `at`. What
    /// lies beyond the plane is zero.
    #[inline(always)]
    fn load<S: Simd>(simd: S, plane: &[f32], at: usize, stride: usize) -> S::f32s {
        let need = stride * S::F32_LANES;
        let mut end = [0.0; 2 * MOST];
        let from = match plane.get(at..at + need) {
            Some(from) => from,
            None => {
                let rest = &plane[at..];
                end[..rest.len()].copy_from_slice(rest);
                &end[..need]
            }
        };
        let (vectors, _) = S::as_simd_f32s(from);
        if stride == 1 {
            vectors[0]
        } else {
            simd.deinterleave_shfl_f32s([vectors[0], vectors[1]])[0]
        }
    }

    /// The lanes of a vector that was loaded, in the windows' order.
    #[inline(always)]
    fn store<S: Simd>(simd: S, vector: S::f32s, stride: usize, to: &mut [f32; 2 * MOST]) {
        let (vectors, _) = S::as_mut_simd_f32s(to);
        if stride == 1 {
            vectors[0] = vector;
            return;
        }
        let pairs = simd.interleave_shfl_f32s([vector, vector]);
        (vectors[0], vectors[1]) = (pairs[0], pairs[1]);
    }

    /// Greatest values, and where they are, of the windows from `first` on of a row.
    #[inline(always)]
    fn greatest<S: Simd>(
        &self,
        simd: S,
        first: usize,
        high: usize,
        lanes: S::f32s,
    ) -> [S::f32s; 2] {
        let place = |at: usize| simd.add_f32s(lanes, simd.splat_f32s(at as f32));
        let mut best = Self::load(simd, self.plane, first, self.stride);
        let mut places = place(first);
        let mut y = 0;
        while y < high {
            let mut x = 0;
            while x < self.wide {
                let at = first + y * self.dilations[0] * self.width + x * self.dilations[1];
                let value = Self::load(simd, self.plane, at, self.stride);
                let is_greater = simd.greater_than_f32s(value, best);
                best = simd.select_f32s(is_greater, value, best);
                places = simd.select_f32s(is_greater, place(at), places);
                x += 1;
            }
            y += 1;
        }
        [best, places]
    }
}

struct Pool<'a> {
    across: Across<'a>,
    values: &'a mut [f32],
    switches: &'a mut [i32],
}

impl WithSimd for Pool<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let across = &self.across;
        let stride = across.stride;
        let per_row = self.values.len() / across.rows.start.len().max(1);
        let mut counted = [0.0; 2 * MOST];
        let mut at = 0;
        while at < counted.len() {
            counted[at] = at as f32;
            at += 1;
        }
        let lanes = Across::load(simd, &counted, 0, stride);
        let (mut values, mut places) = (counted, counted);
        for (row, (&top, &high)) in across.rows.start.iter().zip(&across.rows.count).enumerate() {
            let mut window = across.windows.start;
            while high > 0 && window < across.windows.end {
                let left = across.first + (window - across.windows.start) * stride;
                let first = top * across.width + left;
                let [best, at] = across.greatest(simd, first, high, lanes);
                Across::store(simd, best, stride, &mut values);
                Across::store(simd, at, stride, &mut places);
                let count = S::F32_LANES.min(across.windows.end - window);
                let to = row * per_row + window;
                let mut lane = 0;
                while lane < count {
                    self.values[to + lane] = values[lane * stride];
                    self.switches[to + lane] = places[lane * stride] as i32;
                    lane += 1;
                }
                window += count;
            }
        }
    }
}
