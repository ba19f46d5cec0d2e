//! Two tensors, element by element: one loop for sums and products, because flash is
//! short and these layers are a small part of any network.

use super::requantize::{clamp, to_int8};
use crate::image::Quantiser;

/// Sums of multiples where there are factors, products where there are none.
#[inline(never)]
pub(super) fn apply(
    [zero_a, zero_b]: [i8; 2],
    factors: Option<[u16; 2]>,
    quantiser: &Quantiser<'_>,
    [a, b]: [&[i8]; 2],
    y: &mut [i8],
) {
    let (multiplier, zero) = quantiser.scale(0);
    for ((y, &a), &b) in y.iter_mut().zip(a).zip(b) {
        let a = i32::from(a) - i32::from(zero_a);
        let b = i32::from(b) - i32::from(zero_b);
        let combined = match factors {
            Some([of_a, of_b]) => a * i32::from(of_a) + b * i32::from(of_b),
            None => a * b,
        };
        *y = to_int8(combined, multiplier, zero);
    }
    clamp(quantiser, y);
}
