//! An attribution as one map.

use super::attribution::{Attribution, greatest_magnitude, sum_over_channels};
use super::method::Method;

/// One value for each position of an attribution of `method`: sums over the channels where
/// they are shares of a whole, the greatest magnitude where they are derivatives with respect
/// to several colours; and whether the sign is left.
pub fn per_pixel(attribution: &Attribution, method: &Method) -> (Vec<f32>, bool) {
    let [channels, height, width] = attribution.shape;
    let positions = height * width;
    if channels == 1 {
        (attribution.values.clone(), method.is_signed())
    } else if method.is_additive() {
        let sums = sum_over_channels(&attribution.values, positions);
        (sums, method.is_signed())
    } else {
        (greatest_magnitude(&attribution.values, positions), false)
    }
}
