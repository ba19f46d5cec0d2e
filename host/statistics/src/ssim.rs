//! How alike two pictures look.

/// Standard deviation of the window, in pixels.
const SIGMA: f64 = 1.5;
/// The greatest window.
const MOST_TAPS: usize = 11;

/// The mean structural similarity of two pictures of `[height, width]`, whose values have a
/// range of `range` (Wang et al. 2004): Gaussian window of 11 × 11 with σ 1.5, K₁ 0.01, K₂ 0.03,
/// population variances, averaged over the positions where the window lies inside. A smaller
/// picture gets the greatest odd window that fits. `ssim(x, x)` is 1. `None` for pictures of
/// other sizes, a range that is not positive, or a value that is not finite.
///
/// ```
/// use cortexscope_statistics::ssim;
///
/// let x: Vec<f64> = (0..64).map(|at| f64::from(at % 7)).collect();
/// assert_eq!(ssim(&x, &x, [8, 8], 6.0), Some(1.0));
/// ```
pub fn ssim(x: &[f64], y: &[f64], [height, width]: [usize; 2], range: f64) -> Option<f64> {
    let is_finite = x.iter().chain(y).all(|value| value.is_finite());
    let fits = x.len() == height * width && y.len() == x.len() && !x.is_empty();
    if !(is_finite && fits && range > 0.0 && range.is_finite()) {
        return None;
    }
    let [c1, c2] = [0.01, 0.03].map(|k: f64| (k * range) * (k * range));
    let least = height.min(width).min(MOST_TAPS);
    let taps = gaussian(least - usize::from(least.is_multiple_of(2)));
    let mut sum = 0.0;
    let mut count = 0.0;
    for top in 0..=height - taps.len() {
        for left in 0..=width - taps.len() {
            let mut m = Moments::default();
            for (row, down) in taps.iter().enumerate() {
                for (column, across) in taps.iter().enumerate() {
                    let at = (top + row) * width + left + column;
                    m.add(down * across, x[at], y[at]);
                }
            }
            let (mean_x, mean_y) = (m.x, m.y);
            let (var_x, var_y) = (m.xx - mean_x * mean_x, m.yy - mean_y * mean_y);
            let both = m.xy - mean_x * mean_y;
            let above = (2.0 * mean_x * mean_y + c1) * (2.0 * both + c2);
            let below = (mean_x * mean_x + mean_y * mean_y + c1) * (var_x + var_y + c2);
            sum += above / below;
            count += 1.0;
        }
    }
    Some(sum / count)
}

/// Weighted sums over a window.
#[derive(Default)]
struct Moments {
    x: f64,
    y: f64,
    xx: f64,
    yy: f64,
    xy: f64,
}

impl Moments {
    fn add(&mut self, weight: f64, x: f64, y: f64) {
        self.x += weight * x;
        self.y += weight * y;
        self.xx += weight * x * x;
        self.yy += weight * y * y;
        self.xy += weight * x * y;
    }
}

/// Weights that add up to 1.
fn gaussian(taps: usize) -> Vec<f64> {
    let middle = (taps / 2) as f64;
    let weight = |at: usize| (-(at as f64 - middle).powi(2) / (2.0 * SIGMA * SIGMA)).exp();
    let weights: Vec<f64> = (0..taps).map(weight).collect();
    let whole: f64 = weights.iter().sum();
    weights.into_iter().map(|weight| weight / whole).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_without_neighbours_are_compared_by_their_light() {
        // A window of one pixel has no variance: (2·¼·¾ + 10⁻⁴) / (1/16 + 9/16 + 10⁻⁴).
        let value = ssim(&[0.25], &[0.75], [1, 1], 1.0).unwrap();
        assert!((value - 0.3751 / 0.6251).abs() < 1e-12);
        // Ten times the range, ten times the values.
        let scaled = ssim(&[2.5], &[7.5], [1, 1], 10.0).unwrap();
        assert!((scaled - value).abs() < 1e-12);
    }

    #[test]
    fn a_picture_and_its_negative_by_hand() {
        // One window of 3 × 3. A light middle has the mean m = w², w = 1/(1 + 2 exp(−1/4.5)),
        // the variance m (1 − m), and with its negative minus that as the covariance.
        let mut middle = [0.0; 9];
        middle[4] = 1.0;
        let negative = middle.map(|value: f64| 1.0 - value);
        let m = (1.0 / (1.0 + 2.0 * (-1.0 / 4.5_f64).exp())).powi(2);
        let v = m * (1.0 - m);
        let wanted = (2.0 * v + 1e-4) * (9e-4 - 2.0 * v)
            / ((m * m + (1.0 - m) * (1.0 - m) + 1e-4) * (2.0 * v + 9e-4));
        let value = ssim(&middle, &negative, [3, 3], 1.0).unwrap();
        assert!((value - wanted).abs() < 1e-12 && wanted < -0.3);
    }

    /// By hand: two flat pictures have no variance in any of the 18 × 18 windows, so each is
    /// (2ab + C₁) / (a² + b² + C₁).
    #[test]
    fn windows_are_averaged_over_the_positions_inside() {
        let flat = |level: f64| vec![level; 28 * 28];
        let value = ssim(&flat(0.2), &flat(0.6), [28, 28], 1.0).unwrap();
        assert!((value - 0.2401 / 0.4001).abs() < 1e-9);
    }

    #[test]
    fn pictures_that_cannot_be_compared() {
        assert_eq!(ssim(&[1.0], &[1.0, 2.0], [1, 1], 1.0), None);
        assert_eq!(ssim(&[], &[], [0, 0], 1.0), None);
        assert_eq!(ssim(&[1.0], &[1.0], [1, 1], 0.0), None);
        assert_eq!(ssim(&[f64::NAN], &[1.0], [1, 1], 1.0), None);
    }
}
