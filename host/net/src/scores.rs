//! Scores of classes: the greatest, and shares of one.

/// The place of the greatest value, and of equal ones the first; `None` where there is
/// none.
pub fn first_greatest(values: &[f32]) -> Option<usize> {
    let places = 0..values.len();
    places.max_by(|&a, &b| values[a].total_cmp(&values[b]).then(b.cmp(&a)))
}

/// Softmax in f64, safe for great logits.
pub fn softmax<T: Copy + Into<f64>>(logits: &[T]) -> Vec<f64> {
    let logits = logits.iter().map(|&logit| logit.into());
    let greatest = logits.clone().fold(f64::NEG_INFINITY, f64::max);
    let raised: Vec<f64> = logits.map(|logit| (logit - greatest).exp()).collect();
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
        let shares = softmax(&[1000.0_f32, 1000.0, 999.0]);
        assert_eq!(shares[0], shares[1]);
        assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        let want = (-1.0_f64).exp() / (2.0 + (-1.0_f64).exp());
        assert!((shares[2] - want).abs() < 1e-12);
        // e^0 : e^ln 3 is 1 : 3.
        let shares = softmax(&[1000.0, 1000.0 + 3.0_f64.ln()]);
        assert!((shares[0] - 0.25).abs() < 1e-12 && (shares[1] - 0.75).abs() < 1e-12);
    }
}
