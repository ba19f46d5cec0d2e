//! p-values of many tests, adjusted for their number. An adjusted value is compared with the
//! level itself, such as 0.05.

/// Values adjusted so that the chance of one false finding or more stays below the level
/// (Holm 1979, step-down of Bonferroni). Values that are not a number count as tests and stay.
pub fn holm(p: &[f64]) -> Vec<f64> {
    let order = ascending(p);
    let mut adjusted = vec![f64::NAN; p.len()];
    let mut greatest = 0.0_f64;
    for (rank, &at) in order.iter().enumerate() {
        greatest = greatest.max(p[at] * (p.len() - rank) as f64);
        adjusted[at] = greatest.min(1.0);
    }
    adjusted
}

/// Values adjusted so that the expected share of false findings among the findings stays below
/// the level (Benjamini and Hochberg 1995). Values that are not a number count as tests and stay.
pub fn benjamini_hochberg(p: &[f64]) -> Vec<f64> {
    let order = ascending(p);
    let mut adjusted = vec![f64::NAN; p.len()];
    let mut least = 1.0_f64;
    for (rank, &at) in order.iter().enumerate().rev() {
        least = least.min(p[at] * p.len() as f64 / (rank + 1) as f64);
        adjusted[at] = least;
    }
    adjusted
}

/// Where the numbers are, from the least on.
fn ascending(p: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..p.len()).filter(|&at| !p[at].is_nan()).collect();
    order.sort_by(|&a, &b| p[a].total_cmp(&p[b]));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: &[f64], wanted: &[f64]) {
        assert_eq!(found.len(), wanted.len());
        let both = found.iter().zip(wanted);
        assert!(
            both.clone().all(|(a, b)| (a - b).abs() < 1e-12),
            "{found:?}"
        );
    }

    /// By hand. Holm: 4·0.01, 3·0.02 = 0.06, 2·0.03 = 0.06 and 0.04, which may not fall below
    /// 0.06. Benjamini and Hochberg: 4·0.01, 4·0.02/2, 4·0.03/3, 4·0.04/4, all 0.04.
    #[test]
    fn four_tests_by_hand() {
        let p = [0.04, 0.01, 0.03, 0.02];
        close(&holm(&p), &[0.06, 0.04, 0.06, 0.06]);
        close(&benjamini_hochberg(&p), &[0.04; 4]);
    }

    /// The 15 tests of Benjamini and Hochberg (1995), section 3.2: at 0.05, their procedure
    /// rejects the four least and Bonferroni's three.
    #[test]
    fn the_example_of_the_paper() {
        let p = [
            0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262,
            0.5719, 0.6528, 0.7590, 1.0000,
        ];
        let found = |adjusted: Vec<f64>| adjusted.iter().filter(|p| **p <= 0.05).count();
        assert_eq!(found(benjamini_hochberg(&p)), 4);
        assert_eq!(found(holm(&p)), 3);
    }

    #[test]
    fn what_is_not_a_number_counts_as_a_test() {
        let p = [0.01, f64::NAN];
        assert!(holm(&p)[1].is_nan() && benjamini_hochberg(&p)[1].is_nan());
        close(&holm(&p)[..1], &[0.02]);
        close(&benjamini_hochberg(&p)[..1], &[0.02]);
        assert!(holm(&[]).is_empty());
    }
}
