//! Multipliers that every engine computes alike.
//!
//! The contract is `m = (w · x) / y` in `f32`, in that order. An optimiser that
//! multiplies by `1 / y`, or regroups the constants, gets another last bit now
//! and then, and with it another int8 where a product lies next to a tie: tract
//! 0.23.9 does both when it simplifies a graph. So scales are chosen for which
//! every order gives the same `f32`. They are found a few steps of `f32` from
//! where the search begins.

/// Steps of `f32` that a weight scale is moved at most: 1 part in 128.
const MOST_STEPS: usize = 1 << 16;

/// Whether `x / y` has one value, by division and by the reciprocal.
pub fn ratio_is_order_free(x: f32, y: f32) -> bool {
    x * y.recip() == x / y
}

/// The least weight scale from `least` whose multiplier is the same in every
/// order of evaluation.
pub fn weight_scale(least: f32, x: f32, y: f32) -> Option<f32> {
    let candidates = std::iter::successors(Some(least), |scale| Some(scale.next_up()));
    candidates
        .take(MOST_STEPS)
        .find(|&scale| is_order_free(scale, x, y))
}

fn is_order_free(w: f32, x: f32, y: f32) -> bool {
    let contract = (w * x) / y;
    let reciprocal = y.recip();
    [
        (w * x) * reciprocal,
        (w * reciprocal) * x,
        w * (x * reciprocal),
        w * (x / y),
        (w / y) * x,
    ]
    .iter()
    .all(|other| other.to_bits() == contract.to_bits())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn scales_that_tract_computed_otherwise_are_moved() {
        // Found by comparing 10,000 digits byte by byte.
        let (x, y) = (3.525_055_4_f32, 9.769_97_f32);
        let w = 0.002_260_781_f32;
        let moved = weight_scale(w, x, y).unwrap();
        assert!(moved >= w && moved < w * 1.001);
        assert!(is_order_free(moved, x, y));
    }

    proptest! {
        #[test]
        fn one_is_always_near(w in 1e-6f32..1e2, x in 1e-6f32..1e2, y0 in 1e-6f32..1e2) {
            let mut ys = (0..4096).map(|k| y0 * (1.0 + k as f32 / 4096.0));
            let y = ys.find(|&y| ratio_is_order_free(x, y)).unwrap();
            let moved = weight_scale(w, x, y).unwrap();
            prop_assert!(moved >= w && moved < w * 1.01);
        }
    }
}
