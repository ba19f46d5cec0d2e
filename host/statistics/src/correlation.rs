//! Correlation of two lists of the same length.

use crate::rank::average_ranks;

/// Pearson's correlation r, or `None` where it is not defined: lists of other lengths, of
/// fewer than two numbers, one that does not vary, or a number that is not finite.
pub fn pearson(x: &[f64], y: &[f64]) -> Option<f64> {
    if x.len() != y.len() || x.len() < 2 || !x.iter().chain(y).all(|value| value.is_finite()) {
        return None;
    }
    // Deviations of numbers that are all equal can differ from 0 by rounding.
    if x.iter().all(|value| *value == x[0]) || y.iter().all(|value| *value == y[0]) {
        return None;
    }
    let (mean_x, mean_y) = (mean(x), mean(y));
    let (mut xy, mut xx, mut yy) = (0.0, 0.0, 0.0);
    for (x, y) in x.iter().zip(y) {
        let (dx, dy) = (x - mean_x, y - mean_y);
        xy += dx * dy;
        xx += dx * dx;
        yy += dy * dy;
    }
    let r = xy / (xx * yy).sqrt();
    r.is_finite().then(|| r.clamp(-1.0, 1.0))
}

/// Spearman's rank correlation ρ: Pearson's r of the ranks, where equal values share the
/// mean of their ranks. `None` as for [`pearson`].
pub fn spearman(x: &[f64], y: &[f64]) -> Option<f64> {
    if !x.iter().chain(y).all(|value| value.is_finite()) {
        return None;
    }
    pearson(&average_ranks(x), &average_ranks(y))
}

/// The arithmetic mean.
fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Worked by hand: deviations (−1, 0, 1) and (−2, 1, 1) give 3 / √(2 · 6).
    #[test]
    fn pearson_by_hand() {
        let r = pearson(&[1.0, 2.0, 3.0], &[1.0, 4.0, 4.0]).unwrap();
        assert!((r - 3.0 / 12f64.sqrt()).abs() < 1e-15);
    }

    /// Worked by hand: ranks (1, 2, 3) and (1, 2.5, 2.5) give 1.5 / √(2 · 1.5).
    #[test]
    fn spearman_gives_ties_their_mean_rank() {
        let rho = spearman(&[1.0, 2.0, 3.0], &[1.0, 4.0, 4.0]).unwrap();
        assert!((rho - 1.5 / 3f64.sqrt()).abs() < 1e-15);
    }

    #[test]
    fn what_does_not_vary_has_no_correlation() {
        assert_eq!(
            pearson(&[0.1; 7], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]),
            None
        );
        assert_eq!(spearman(&[1.0, 2.0], &[3.0, 3.0]), None);
        assert_eq!(pearson(&[1.0], &[1.0]), None);
        assert_eq!(pearson(&[1.0, f64::NAN], &[1.0, 2.0]), None);
        assert_eq!(spearman(&[1.0, f64::NAN], &[1.0, 2.0]), None);
    }

    #[test]
    fn both_zeros_are_one_rank() {
        assert_eq!(average_ranks(&[0.0, -0.0, 1.0]), [1.5, 1.5, 3.0]);
    }
}
