//! Scores of classes: the greatest, and shares of one.

use std::cmp::Ordering;

/// The place of the greatest value, and of equal ones the first; `None` where there is
/// none.
pub fn first_greatest<T: Copy + Into<f64>>(values: &[T]) -> Option<usize> {
    let places = 0..values.len();
    places.max_by(|&a, &b| order(values[a], values[b]).then(b.cmp(&a)))
}

/// The place of the least value, and of equal ones the first; `None` where there is none.
pub fn first_least<T: Copy + Into<f64>>(values: &[T]) -> Option<usize> {
    let places = 0..values.len();
    places.min_by(|&a, &b| order(values[a], values[b]).then(a.cmp(&b)))
}

fn order<T: Into<f64>>(a: T, b: T) -> Ordering {
    // Both zeros are equal.
    (a.into() + 0.0).total_cmp(&(b.into() + 0.0))
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
        assert_eq!(first_greatest(&[-0.0, 0.0]), Some(0));
        assert_eq!(first_greatest::<f32>(&[]), None);
        assert_eq!(first_least(&[1.0, -4.0, 3.0, -4.0]), Some(1));
        assert_eq!(first_least::<f64>(&[]), None);
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
