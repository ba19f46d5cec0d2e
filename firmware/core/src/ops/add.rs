//! Sum of two tensors, element by element.

use super::pair;
use crate::image::Add;

/// `y[i]` of `(a[i] − zero) · factor + (b[i] − zero) · factor`; the shortest slice decides
/// how many.
///
/// Factors are below `2^15` and their sum is at most `2^16`, so that a sum is below
/// `2^24`: an `f32` holds it, and so do the floats by which other engines compute it.
pub fn apply(add: &Add<'_>, a: &[i8], b: &[i8], y: &mut [i8]) {
    pair::apply(add.zeros, Some(add.factors), &add.quantiser, [a, b], y);
}
