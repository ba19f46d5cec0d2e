//! Product of two tensors, element by element.

use super::requantize::{clamp, to_int8};
use crate::image::Mul;

/// `y[i]` of `(a[i] − zero) · (b[i] − zero)`; the shortest slice decides how many.
pub fn apply(mul: &Mul<'_>, a: &[i8], b: &[i8], y: &mut [i8]) {
    let [zero_a, zero_b] = mul.zeros.map(i32::from);
    let (multiplier, zero) = mul.quantiser.scale(0);
    for ((y, &a), &b) in y.iter_mut().zip(a).zip(b) {
        let product = (i32::from(a) - zero_a) * (i32::from(b) - zero_b);
        *y = to_int8(product, multiplier, zero);
    }
    clamp(&mul.quantiser, y);
}
