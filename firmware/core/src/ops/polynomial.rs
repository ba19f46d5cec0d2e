//! What a kernel that multiplies polynomials is given; see `conv2d::polynomials`.

/// Bits of a field.
pub const FIELD_BITS: u32 = 21;

/// Filters whose taps are two a word, and what becomes of their sums.
#[derive(Clone, Copy, Debug)]
pub struct Polynomials<'a> {
    /// Rows and columns of taps: 3 or 5.
    pub kernel: usize,
    /// Input channels.
    pub channels: usize,
    /// One filter after the other: what its sums are counted from, the smallest without
    /// bias, negated; then `[(kernel + 1) / 2, channels, kernel]`.
    pub words: &'a [u32],
    /// One for each filter.
    pub bias: &'a [i32],
    /// One for each filter.
    pub multipliers: &'a [f32],
    /// The output's zero point.
    pub zero: i8,
}

/// Words, of two columns each, under a window.
pub const fn columns_per_window(kernel_w: usize) -> usize {
    kernel_w.div_ceil(2)
}
