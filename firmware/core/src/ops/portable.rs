//! Sums of products and maxima in plain Rust, for cores without SIMD and for
//! compilers that find their own.

/// Pixels that [`four_pixels`] computes.
const TILE: usize = 4;

/// `Σ (x − zero)·w` of four neighbouring pixels with one input channel, the first
/// of them at `at` in each of `rows`; `filter` has `kernel_w` taps a row.
#[inline]
pub fn four_pixels(
    rows: &[i8],
    row_bytes: usize,
    at: usize,
    filter: &[i8],
    kernel_w: usize,
    zero: i8,
) -> [i32; TILE] {
    let zero = i16::from(zero);
    let mut sums = [0; TILE];
    let tap_rows = filter.chunks_exact(kernel_w.max(1));
    for (row, taps) in rows.chunks_exact(row_bytes.max(1)).zip(tap_rows) {
        let pixels = row.get(at..).unwrap_or_default();
        for (x, &w) in pixels.windows(TILE).zip(taps) {
            for (sum, &x) in sums.iter_mut().zip(x) {
                *sum += i32::from(i16::from(x) - zero) * i32::from(w);
            }
        }
    }
    sums
}

/// Writes the window of one pixel, the zero point taken away, as 16-bit numbers:
/// the columns of `P` pixels lie one after the other.
pub struct Column<'a, const P: usize> {
    rest: &'a mut [i16],
    zero: i16,
}

impl<'a, const P: usize> Column<'a, P> {
    /// The column of pixel `pixel` in the scratch of `P`.
    pub fn new(scratch: &'a mut [u32], pixel: usize, zero: i8) -> Self {
        let scratch: &mut [i16] = bytemuck::must_cast_slice_mut(scratch);
        let length = scratch.len() / P;
        let column = scratch.get_mut(pixel * length..(pixel + 1) * length);
        Self {
            rest: column.unwrap_or_default(),
            zero: zero.into(),
        }
    }

    /// Appends what lies on the input.
    pub fn push(&mut self, values: &[i8]) {
        let zero = self.zero;
        for (number, &value) in self.take(values.len()).iter_mut().zip(values) {
            *number = i16::from(value) - zero;
        }
    }

    /// Appends padding.
    pub fn pad(&mut self, count: usize) {
        self.take(count).fill(0);
    }

    /// Fills the column up.
    pub fn finish(self) {
        self.rest.fill(0);
    }

    fn take(&mut self, count: usize) -> &mut [i16] {
        let rest = core::mem::take(&mut self.rest);
        let (now, later) = rest.split_at_mut(count.min(rest.len()));
        self.rest = later;
        now
    }
}

/// `Σ x·w` of two filters with the columns of `P` pixels, by filter and pixel.
#[inline]
pub fn products<const P: usize>(columns: &[u32], filters: [&[i8]; 2]) -> [[i32; P]; 2] {
    let columns: &[i16] = bytemuck::must_cast_slice(columns);
    let length = columns.len() / P;
    filters.map(|filter| {
        core::array::from_fn(|pixel| {
            let column = columns.get(pixel * length..).unwrap_or_default();
            let products = column.iter().zip(filter);
            products.map(|(&x, &w)| i32::from(x) * i32::from(w)).sum()
        })
    })
}

/// `Σ (x − zero)·w` of the input with `Q` rows of weights.
#[inline]
pub fn dots<const Q: usize>(input: &[i8], zero: i8, rows: [&[i8]; Q]) -> [i32; Q] {
    let zero = i16::from(zero);
    rows.map(|row| {
        let products = input.iter().zip(row);
        products
            .map(|(&x, &w)| i32::from(i16::from(x) - zero) * i32::from(w))
            .sum()
    })
}

/// `Σ (new − old)·w`.
#[inline]
pub fn change(new: &[i8], old: &[i8], row: &[i8]) -> i32 {
    let changes = new.iter().zip(old).zip(row);
    changes
        .map(|((&new, &old), &w)| i32::from(i16::from(new) - i16::from(old)) * i32::from(w))
        .sum()
}

/// Takes the larger of each pair into `largest`.
#[inline]
pub fn maximum(largest: &mut [i8], candidates: &[i8]) {
    for (largest, &candidate) in largest.iter_mut().zip(candidates) {
        *largest = (*largest).max(candidate);
    }
}
