//! Multipliers that every engine computes alike.
//!
//! The contract is `m = (w · x) / y` in `f32`, in that order. An optimiser that
//! multiplies by `1 / y`, or regroups the constants, gets another last bit now
//! and then, and with it another int8 where a product lies next to a tie: tract
//! 0.23.9 does both when it simplifies a graph. So scales are chosen for which
//! every order gives the same `f32`. They are found a few steps of `f32` from
//! where the search begins.
//!
//! Where one multiplier serves all channels, tract multiplies in fixed point, whose
//! product is exact and not rounded to `f32` before it is rounded to an integer.
//! So the channels of a layer never have all the same multiplier
//! ([`differ`]), and that of a single channel has so few digits that the product
//! is exact in `f32` too ([`of_single_channel`]).

/// Steps of `f32` that a weight scale is moved at most: 1 part in 128.
const MOST_STEPS: usize = 1 << 16;

/// What a multiplier is a multiple of where products have to be exact: `2⁻¹⁵`.
const EXACT_STEP: f64 = 1.0 / 32_768.0;

/// Steps of `f32` in which a ratio of scales that is of use gives a multiplier.
const PROBED_STEPS: usize = 1 << 10;

/// Steps of `f32` in which a product of three factors finds its value again.
const NEAR_STEPS: usize = 16;

/// Whether `x / y` has one value, by division and by the reciprocal, and weight
/// scales of any magnitude have neighbours whose multiplier has one value: where
/// the reciprocal is rounded by nearly half a step, some have none.
pub fn ratio_is_associative(x: f32, y: f32) -> bool {
    let eighths = (8_u8..16).map(|eighths| f32::from(eighths) / 8.0);
    x * y.recip() == x / y && { eighths }.all(|w| nearest(w, x, y, PROBED_STEPS).is_some())
}

/// The least weight scale from `least` whose multiplier is the same in every
/// order of evaluation.
pub fn weight_scale(least: f32, x: f32, y: f32) -> Option<f32> {
    nearest(least, x, y, MOST_STEPS)
}

fn nearest(least: f32, x: f32, y: f32, most_steps: usize) -> Option<f32> {
    let candidates = std::iter::successors(Some(least), |scale| Some(scale.next_up()));
    let mut candidates = candidates.take(most_steps);
    candidates.find(|&scale| is_associative(scale, x, y))
}

/// Moves the last of several weight scales on where all have the same multiplier.
///
/// Gives nothing where no other is near.
pub fn differ(scales: &mut [f32], x: f32, y: f32) -> Option<()> {
    let multiplier = |scale: f32| ((scale * x) / y).to_bits();
    let (&mut first, rest) = scales.split_first_mut()?;
    let all_same = rest
        .iter()
        .all(|&scale| multiplier(scale) == multiplier(first));
    let Some(last) = rest.last_mut().filter(|_| all_same) else {
        return Some(());
    };
    let others = std::iter::successors(Some(*last), |scale| Some(scale.next_up()));
    let is_other = |&scale: &f32| multiplier(scale) != multiplier(first);
    let mut others = others.take(MOST_STEPS).filter(is_other);
    *last = others.find(|&scale| is_associative(scale, x, y))?;
    Some(())
}

/// The least weight scale from `least` whose multiplier is a multiple of
/// [`EXACT_STEP`], or a power of two where it is less than that.
///
/// An accumulator that does not saturate is below `2⁹ / multiplier`, so its product
/// with a multiple of [`EXACT_STEP`] has at most 24 digits.
pub fn of_single_channel(least: f32, x: f32, y: f32) -> Option<f32> {
    let multiplier = f64::from(least) * f64::from(x) / f64::from(y);
    let step = EXACT_STEP.min(multiplier.log2().ceil().exp2());
    let first = (multiplier / step).ceil() as u32;
    let mut multiples = first..=4 * first;
    let exact = |multiple| with_multiplier(f64::from(multiple) * step, x, y);
    // What is left over are multipliers of less than a millionth or so, whose sums
    // have more digits than `f32` has.
    multiples
        .find_map(exact)
        .or_else(|| weight_scale(least, x, y))
}

/// The same for the mean over a window, all of whose weights are `weight`: the
/// weight scale, of which the weight is nearly a multiple.
pub fn of_single_mean(weight: f32, x: f32, y: f32) -> Option<f32> {
    let multiplier = f64::from(weight) * f64::from(x) / f64::from(y);
    let candidates = (1..=i8::MAX).filter_map(|steps| {
        let steps = f64::from(steps);
        let multiple = (multiplier / steps / EXACT_STEP).round();
        let error = (multiple * steps * EXACT_STEP / multiplier - 1.0).abs();
        (multiple >= 1.0).then_some((error, multiple * EXACT_STEP))
    });
    let mut candidates: Vec<(f64, f64)> = candidates.collect();
    candidates.sort_by(|a, b| a.0.total_cmp(&b.0));
    let found = candidates
        .iter()
        .find_map(|&(_, multiplier)| with_multiplier(multiplier, x, y));
    found.or_else(|| of_single_channel(weight, x, y))
}

/// A weight scale with this multiplier in every order.
fn with_multiplier(multiplier: f64, x: f32, y: f32) -> Option<f32> {
    let middle = (multiplier * f64::from(y) / f64::from(x)) as f32;
    let first = (0..NEAR_STEPS).fold(middle, |scale, _| scale.next_down());
    let candidates = std::iter::successors(Some(first), |scale| Some(scale.next_up()));
    let mut candidates = candidates.take(2 * NEAR_STEPS);
    candidates
        .find(|&scale| f64::from((scale * x) / y) == multiplier && is_associative(scale, x, y))
}

fn is_associative(w: f32, x: f32, y: f32) -> bool {
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
        assert!(is_associative(moved, x, y));
    }

    #[test]
    fn channels_never_share_one_multiplier() {
        let mut scales = [0.25_f32; 3];
        differ(&mut scales, 0.5, 0.75).unwrap();
        assert_eq!(scales[..2], [0.25, 0.25]);
        assert!(scales[2] > 0.25 && scales[2] < 0.250_001);
        let before = scales;
        differ(&mut scales, 0.5, 0.75).unwrap();
        assert_eq!(scales, before);
        differ(&mut [0.25], 0.5, 0.75).unwrap();
    }

    proptest! {
        #[test]
        fn a_single_channel_has_exact_products(
            w in 1e-3f32..1.0, x in 1e-2f32..1.0, y in 1e-2f32..0.1, share in -1.0f64..1.0,
        ) {
            let ys = (0..4096).map(|k| y * (1.0 + k as f32 / 4096.0));
            let candidates = ys.filter(|&y| ratio_is_associative(x, y));
            let found = candidates.map(|y| (y, of_single_channel(w, x, y), of_single_mean(w, x, y)));
            let (y, channel, mean) = { found }.find(|found| found.1.is_some()).unwrap();
            for scale in [channel, mean].into_iter().flatten() {
                let multiplier = (scale * x) / y;
                let sum = (512.0 / f64::from(multiplier) * share) as i32;
                let exact = f64::from(sum) * f64::from(multiplier);
                prop_assert_eq!(f64::from(sum as f32 * multiplier), exact);
            }
        }

        #[test]
        fn one_is_always_near(w in 1e-6f32..1e2, x in 1e-6f32..1e2, y0 in 1e-6f32..1e2) {
            let mut ys = (0..4096).map(|k| y0 * (1.0 + k as f32 / 4096.0));
            let y = ys.find(|&y| ratio_is_associative(x, y)).unwrap();
            let moved = weight_scale(w, x, y).unwrap();
            prop_assert!(moved >= w && moved < w * 1.01);
        }
    }
}
