//! Sum of two tensors, element by element.

use super::requantize::{clamp, to_int8};
use crate::image::Add;

/// `y[i]` of `(a[i] − zero) · factor + (b[i] − zero) · factor`; the shortest slice decides
/// how many.
///
/// Factors are below `2^15` and their sum is at most `2^16`, so that a sum is below
/// `2^24`: an `f32` holds it, and so do the floats by which other engines compute it.
pub fn apply(add: &Add<'_>, a: &[i8], b: &[i8], y: &mut [i8]) {
    let [of_a, of_b] = add.factors.map(i32::from);
    let [zero_a, zero_b] = add.zeros.map(i32::from);
    let zeros = zero_a * of_a + zero_b * of_b;
    let (multiplier, zero) = add.quantiser.scale(0);
    for ((y, &a), &b) in y.iter_mut().zip(a).zip(b) {
        let sum = i32::from(a) * of_a + i32::from(b) * of_b - zeros;
        *y = to_int8(sum, multiplier, zero);
    }
    clamp(&add.quantiser, y);
}
