//! Scores of classes: the greatest, and shares of one.

/// The place of the greatest value, and of equal ones the first; `None` where there is
/// none.
pub fn first_greatest(values: &[f32]) -> Option<usize> {
    let places = 0..values.len();
    places.max_by(|&a, &b| values[a].total_cmp(&values[b]).then(b.cmp(&a)))
}

/// Softmax in f64, safe for great logits.
pub fn softmax(logits: &[f32]) -> Vec<f64> {
    let greatest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let raised: Vec<f64> = logits
        .iter()
        .map(|&logit| (f64::from(logit) - f64::from(greatest)).exp())
        .collect();
    let sum: f64 = raised.iter().sum();
    raised.iter().map(|value| value / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_equal_values_the_first_is_the_greatest() {
        assert_eq!(first_greatest(&[1.0, 3.0, 3.0, -4.0]), Some(1));
        assert_eq!(first_greatest(&[-2.0, -1.0]), Some(1));
        assert_eq!(first_greatest(&[]), None);
    }

    #[test]
    fn shares_add_up_to_one_for_great_logits_too() {
        let shares = softmax(&[1000.0, 1000.0, 999.0]);
        assert_eq!(shares[0], shares[1]);
        assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        let want = (-1.0_f64).exp() / (2.0 + (-1.0_f64).exp());
        assert!((shares[2] - want).abs() < 1e-12);
    }
}
