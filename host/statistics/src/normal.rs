//! The standard normal distribution.

use std::f64::consts::PI;

/// The probability of a value of at most `z` (Abramowitz and Stegun 1964, 26.2.11). A `z` beyond 8
/// in size is taken for one of 8, where less than 10⁻¹⁵ is left.
///
/// ```
/// use cortexscope_statistics::normal::cumulative;
///
/// assert!((cumulative(1.959_964) - 0.975).abs() < 1e-8);
/// ```
pub fn cumulative(z: f64) -> f64 {
    if z.is_nan() {
        return f64::NAN;
    }
    let z = z.clamp(-8.0, 8.0);
    let [mut term, mut sum, mut odd] = [z, 0.0, 1.0];
    while sum + term != sum {
        sum += term;
        odd += 2.0;
        term *= z * z / odd;
    }
    let density = (-0.5 * z * z).exp() / (2.0 * PI).sqrt();
    (0.5 + density * sum).clamp(0.0, 1.0)
}

/// The value that is not exceeded with probability `p`; not a number unless `p` is between 0 and 1.
pub fn quantile(p: f64) -> f64 {
    if !(p > 0.0 && p < 1.0) {
        return f64::NAN;
    }
    let [mut low, mut high] = [-8.0, 8.0];
    for _ in 0..80 {
        let middle = 0.5 * (low + high);
        if cumulative(middle) < p {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tables of textbooks.
    #[test]
    fn quantiles_are_those_of_the_tables() {
        for (p, z) in [
            (0.5, 0.0),
            (0.8, 0.841_621),
            (0.975, 1.959_964),
            (0.01, -2.326_348),
        ] {
            assert!((quantile(p) - z).abs() < 1e-6, "{p}: {}", quantile(p));
        }
        assert!(quantile(0.0).is_nan() && cumulative(f64::NAN).is_nan());
        assert!(cumulative(-40.0) < 1e-14 && cumulative(40.0) > 1.0 - 1e-14);
    }
}
