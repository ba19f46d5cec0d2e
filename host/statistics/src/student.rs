//! Student's t distribution, and what is read off it: p-values of correlations and confidence
//! intervals of means.
//!
//! The degrees of freedom are whole numbers, for which the distribution is a finite sum
//! (Abramowitz and Stegun 1964, 26.7.3 and 26.7.4).

use std::f64::consts::FRAC_PI_2;

/// The probability that |T| is at least |`t`| for T of `degrees` of freedom, from 1 up.
///
/// ```
/// use cortexscope_statistics::student::two_sided_p;
///
/// // One degree is Cauchy's distribution: a half lies outside −1 to 1.
/// assert!((two_sided_p(1.0, 1) - 0.5).abs() < 1e-12);
/// ```
pub fn two_sided_p(t: f64, degrees: usize) -> f64 {
    if t.is_nan() || degrees == 0 {
        return f64::NAN;
    }
    let size = t.abs();
    if size.is_infinite() {
        return 0.0;
    }
    let angle = (size / (degrees as f64).sqrt()).atan();
    let (sine, cosine) = angle.sin_cos();
    // Terms cos^k · (2·4·…)/(3·5·…) for odd degrees, (1·3·…)/(2·4·…) for even ones.
    let mut term = if degrees % 2 == 1 { cosine } else { 1.0 };
    let mut sum = 0.0;
    let mut factor = if degrees % 2 == 1 { 2.0 } else { 1.0 };
    for _ in 0..if degrees % 2 == 1 {
        (degrees - 1) / 2
    } else {
        degrees / 2
    } {
        sum += term;
        term *= cosine * cosine * factor / (factor + 1.0);
        factor += 2.0;
    }
    let inside = if degrees % 2 == 1 {
        (angle + sine * sum) / FRAC_PI_2
    } else {
        sine * sum
    };
    (1.0 - inside).clamp(0.0, 1.0)
}

/// The two-sided p of Pearson's `r` of `count` pairs: t = r √((n − 2) / (1 − r²)) with n − 2
/// degrees of freedom. `None` for fewer than three pairs.
pub fn correlation_p(r: f64, count: usize) -> Option<f64> {
    if count < 3 || r.is_nan() {
        return None;
    }
    let degrees = count - 2;
    let t = r * (degrees as f64 / ((1.0 - r) * (1.0 + r)).max(0.0)).sqrt();
    Some(two_sided_p(t, degrees))
}

/// The |t| that is exceeded with probability `p`, for `degrees` of freedom from 1 up.
pub fn two_sided_t(p: f64, degrees: usize) -> f64 {
    if !(p > 0.0 && p <= 1.0) || degrees == 0 {
        return f64::NAN;
    }
    // By halving the angle's range: p falls with the angle.
    let [mut low, mut high] = [0.0, FRAC_PI_2];
    let root = (degrees as f64).sqrt();
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if two_sided_p(root * middle.tan(), degrees) > p {
            low = middle;
        } else {
            high = middle;
        }
    }
    root * (0.5 * (low + high)).tan()
}

/// A mean, and what lies within its confidence interval on each side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MeanInterval {
    /// The mean.
    pub mean: f64,
    /// From the mean to either end; `None` for one value.
    pub half_width: Option<f64>,
}

impl MeanInterval {
    /// The mean of `values` and its interval at `level`, such as 0.95, by Student's t with n − 1
    /// degrees of freedom. `None` for no value, or one that is not finite.
    pub fn of(values: &[f64], level: f64) -> Option<Self> {
        if values.is_empty() || !values.iter().all(|value| value.is_finite()) {
            return None;
        }
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let half_width = (values.len() > 1).then(|| {
            let squares = values.iter().map(|value| (value - mean).powi(2));
            let deviation = (squares.sum::<f64>() / (count - 1.0)).sqrt();
            two_sided_t(1.0 - level, values.len() - 1) * deviation / count.sqrt()
        });
        Some(Self { mean, half_width })
    }

    /// Both ends; `None` for one value.
    pub fn ends(&self) -> Option<[f64; 2]> {
        let half = self.half_width?;
        Some([self.mean - half, self.mean + half])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tables of textbooks: t at two-sided 0.05 and 0.01.
    #[test]
    fn quantiles_are_those_of_the_tables() {
        for (degrees, at_05, at_01) in [
            (1, 12.706_205, 63.656_741),
            (2, 4.302_653, 9.924_843),
            (4, 2.776_445, 4.604_095),
            (5, 2.570_582, 4.032_143),
            (30, 2.042_272, 2.749_996),
            (48, 2.010_635, 2.682_204),
        ] {
            assert!(
                (two_sided_t(0.05, degrees) - at_05).abs() < 1e-5,
                "{degrees}"
            );
            assert!(
                (two_sided_t(0.01, degrees) - at_01).abs() < 1e-5,
                "{degrees}"
            );
        }
    }

    /// Two degrees: P(|T| ≥ t) = 1 − t / √(2 + t²).
    #[test]
    fn two_degrees_have_a_closed_form() {
        for t in [0.0, 0.3, 1.0, 4.0, 50.0_f64] {
            let wanted = 1.0 - t / (2.0 + t * t).sqrt();
            assert!((two_sided_p(-t, 2) - wanted).abs() < 1e-12);
        }
    }

    /// The critical correlation of 50 pairs is 0.2787.
    #[test]
    fn a_correlation_of_fifty_pairs() {
        let at = |r| correlation_p(r, 50).unwrap();
        assert!((at(0.2787) - 0.05).abs() < 1e-4, "{}", at(0.2787));
        assert!(at(0.279) < 0.05 && at(0.278) > 0.05);
        assert_eq!(at(1.0), 0.0);
        assert_eq!(at(0.0), 1.0);
        assert_eq!(correlation_p(0.9, 2), None);
    }

    /// By hand: mean 3, deviation √2.5, of five values; 2.776445 · √2.5 / √5.
    #[test]
    fn the_interval_of_a_mean() {
        let found = MeanInterval::of(&[1.0, 2.0, 3.0, 4.0, 5.0], 0.95).unwrap();
        assert_eq!(found.mean, 3.0);
        assert!((found.half_width.unwrap() - 1.963_243).abs() < 1e-5);
        assert_eq!(MeanInterval::of(&[2.0], 0.95).unwrap().ends(), None);
        assert_eq!(MeanInterval::of(&[], 0.95), None);
        assert_eq!(MeanInterval::of(&[f64::INFINITY, 1.0], 0.95), None);
    }
}
