//! Product of two tensors, element by element.

use super::pair;
use crate::image::Mul;

/// `y[i]` of `(a[i] − zero) · (b[i] − zero)`; the shortest slice decides how many.
pub fn apply(mul: &Mul<'_>, a: &[i8], b: &[i8], y: &mut [i8]) {
    pair::apply(mul.zeros, None, &mul.quantiser, [a, b], y);
}
