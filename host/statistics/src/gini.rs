//! How unequally a whole is shared.

/// The Gini index of the magnitudes of `values`: 0 where all are equal, (d − 1)/d where one
/// of d has everything (Hurley and Rickard 2009; for attributions Chalasani et al. 2020,
/// section 5). With the magnitudes v in rising order it is
/// 1 − 2 Σₖ v₍ₖ₎/‖v‖₁ · (d − k + ½)/d. `None` where every value is 0, there is none, or one is
/// not finite.
///
/// ```
/// use cortexscope_statistics::gini;
///
/// assert_eq!(gini(&[0.0, 0.0, 0.0, -5.0]), Some(0.75));
/// ```
pub fn gini(values: &[f64]) -> Option<f64> {
    let mut sizes: Vec<f64> = values.iter().map(|value| value.abs()).collect();
    let whole: f64 = sizes.iter().sum();
    if !(whole > 0.0 && whole.is_finite()) {
        return None;
    }
    sizes.sort_by(f64::total_cmp);
    let count = sizes.len() as f64;
    let shares = sizes.iter().enumerate();
    let sum: f64 = shares
        .map(|(at, size)| size / whole * ((count - at as f64 - 0.5) / count))
        .sum();
    Some(1.0 - 2.0 * sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Worked by hand: of (1, 2, 3), 1 − 2 (1·2.5 + 2·1.5 + 3·0.5) / (6 · 3) = 2/9.
    #[test]
    fn by_hand() {
        let index = gini(&[2.0, -3.0, 1.0]).unwrap();
        assert!((index - 2.0 / 9.0).abs() < 1e-15);
        assert!(gini(&[0.3; 7]).unwrap().abs() < 1e-15);
    }

    #[test]
    fn nothing_is_not_shared() {
        assert_eq!(gini(&[]), None);
        assert_eq!(gini(&[0.0; 3]), None);
        assert_eq!(gini(&[1.0, f64::NAN]), None);
        assert_eq!(gini(&[1.0, f64::INFINITY]), None);
    }
}
