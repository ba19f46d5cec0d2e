//! The order of numbers.

/// The rank of each of `values`, from 1; equal values share the mean of their ranks.
/// A value that is not a number ranks behind all others.
///
/// ```
/// use cortexscope_statistics::average_ranks;
///
/// assert_eq!(average_ranks(&[7.0, 1.0, 7.0]), [2.5, 1.0, 2.5]);
/// ```
pub fn average_ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| comparable(values[a]).total_cmp(&comparable(values[b])));
    let mut ranks = vec![0.0; values.len()];
    let mut below = 0;
    for equal in order.chunk_by(|&a, &b| comparable(values[a]) == comparable(values[b])) {
        let mean = below as f64 + (equal.len() + 1) as f64 / 2.0;
        for &place in equal {
            ranks[place] = mean;
        }
        below += equal.len();
    }
    ranks
}

/// Both zeros as one, and what is not a number as the greatest of all.
fn comparable(value: f64) -> f64 {
    if value.is_nan() {
        f64::INFINITY
    } else {
        value + 0.0
    }
}
