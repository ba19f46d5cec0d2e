//! What the words of kernels are counted by; see `conv2d::wide` and `conv2d::winograd`.

/// Whether the check of an image compares words with the weights that they are made of. A
/// board does not: it would take a fiftieth of its flash, and whatever gives it an image has
/// compared them.
pub const COMPARES_WORDS: bool = cfg!(not(target_os = "none"));

/// Words of two filters of so many taps in 16 bits.
pub const fn pair_words(taps: usize) -> usize {
    4 * taps.div_ceil(4)
}

/// Output pixels that Winograd's products are for.
pub const TILE: usize = 4;

/// Neighbours under their windows, and positions of products.
pub const POSITIONS: usize = 6;

/// Words of a position of Winograd's products, of two tiles or of two filters.
pub const fn position_words(channels: usize) -> usize {
    3 * channels
}
