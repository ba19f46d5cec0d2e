//! Mean and deviation of a list of numbers.

/// Mean and standard deviation of `values` as they are, not as a sample of more: the squares are
/// divided by their number. `None` for an empty list.
///
/// ```
/// use cortexscope_statistics::mean_and_deviation;
///
/// assert_eq!(mean_and_deviation(&[1.0, 3.0]), Some([2.0, 1.0]));
/// ```
pub fn mean_and_deviation(values: &[f64]) -> Option<[f64; 2]> {
    if values.is_empty() {
        return None;
    }
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    Some([mean, (squares / count).sqrt()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_deviate_by_nothing_and_no_values_have_no_mean() {
        assert_eq!(mean_and_deviation(&[2.5; 4]), Some([2.5, 0.0]));
        assert_eq!(mean_and_deviation(&[]), None);
    }
}
