//! What keeps an ascended input small or smooth.

/// Weights of the terms that are subtracted from the target's value.
///
/// An input is measured in the range of its pixels: v = x / (white − black), the
/// same as x where pixels go from 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Penalty {
    /// Of Σ|v|; 1 is the lecture's y − Σ|x|.
    pub l1: f64,
    /// Of Σv² (Simonyan et al. 2014, "Class Model Visualisation").
    pub l2: f64,
    /// Of total variation, Σ ((v′ − v)² + (v″ − v)²)^(β/2) over neighbours to the
    /// right and below (Mahendran and Vedaldi 2016).
    pub tv: f64,
    /// β of the total variation.
    pub tv_beta: f64,
}

impl Penalty {
    /// The penalty of `v`, `[C, H, W]`; its derivative is subtracted from
    /// `gradient`.
    pub fn subtract(&self, v: &[f32], [height, width]: [usize; 2], gradient: &mut [f32]) -> f64 {
        let mut sum = 0.0;
        if self.l1 != 0.0 || self.l2 != 0.0 {
            for (value, slope) in v.iter().zip(gradient.iter_mut()) {
                let value = f64::from(*value);
                sum += self.l1 * value.abs() + self.l2 * value * value;
                // Zero has no slope: what rests there stays.
                let sign = if value == 0.0 { 0.0 } else { value.signum() };
                *slope -= (self.l1 * sign + 2.0 * self.l2 * value) as f32;
            }
        }
        if self.tv != 0.0 {
            let planes = v.chunks_exact(height * width);
            for (plane, slopes) in planes.zip(gradient.chunks_exact_mut(height * width)) {
                sum += self.variation(plane, [height, width], slopes);
            }
        }
        sum
    }

    fn variation(&self, plane: &[f32], [height, width]: [usize; 2], slopes: &mut [f32]) -> f64 {
        let mut sum = 0.0;
        for row in 0..height {
            for column in 0..width {
                let at = row * width + column;
                let difference = |other: usize| f64::from(plane[other]) - f64::from(plane[at]);
                let right = (column + 1 < width).then(|| at + 1);
                let below = (row + 1 < height).then(|| at + width);
                let [across, down] = [right, below].map(|other| other.map_or(0.0, difference));
                let square = across * across + down * down;
                if square == 0.0 {
                    continue;
                }
                sum += self.tv * square.powf(self.tv_beta / 2.0);
                let factor = self.tv * self.tv_beta * square.powf(self.tv_beta / 2.0 - 1.0);
                for (other, difference) in [(right, across), (below, down)] {
                    if let Some(other) = other {
                        slopes[other] -= (factor * difference) as f32;
                        slopes[at] += (factor * difference) as f32;
                    }
                }
            }
        }
        sum
    }

    /// Whether nothing is subtracted.
    pub fn is_none(&self) -> bool {
        self.l1 == 0.0 && self.l2 == 0.0 && self.tv == 0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const V: [f32; 12] = [
        0.5, -1.0, 0.25, 2.0, -0.5, 0.75, 1.5, -2.0, 0.125, 0.25, 1.0, -0.25,
    ];

    #[test]
    fn slopes_are_those_of_the_penalty() {
        let terms = [
            (0.7, 0.0, 0.0, 2.0),
            (0.0, 0.3, 0.0, 2.0),
            (0.0, 0.0, 0.4, 2.0),
            (0.1, 0.2, 0.3, 1.0),
            (0.0, 0.0, 1.0, 1.5),
        ];
        for (l1, l2, tv, tv_beta) in terms {
            let penalty = Penalty {
                l1,
                l2,
                tv,
                tv_beta,
            };
            let value = |v: &[f32]| penalty.subtract(v, [2, 3], &mut [0.0; 12]);
            let mut slopes = [0.0; 12];
            penalty.subtract(&V, [2, 3], &mut slopes);
            for (at, &exact) in slopes.iter().enumerate() {
                let step = 1.0 / 1024.0;
                let moved = |by: f32| {
                    let mut v = V;
                    v[at] += by;
                    value(&v)
                };
                let slope = (moved(step) - moved(-step)) / f64::from(2.0 * step);
                // Third derivatives here are below 100: 100 · step² / 6 < 2e-5.
                assert!(
                    (slope + f64::from(exact)).abs() < 1e-4,
                    "{penalty:?} at {at}"
                );
            }
        }
    }

    #[test]
    fn values_are_those_of_the_papers() {
        let none = Penalty::default();
        let value =
            |penalty: Penalty, v: &[f32], size| penalty.subtract(v, size, &mut vec![0.0; v.len()]);
        let l1 = Penalty { l1: 1.0, ..none };
        assert_eq!(value(l1, &[1.0, -2.0, 0.0, 3.0], [2, 2]), 6.0);
        let l2 = Penalty { l2: 0.5, ..none };
        assert_eq!(value(l2, &[1.0, -2.0, 0.0, 3.0], [2, 2]), 7.0);
        let tv = Penalty {
            tv: 1.0,
            tv_beta: 1.0,
            ..none
        };
        // √(3² + 4²) at the corner, 4 to the right of it, 3 below it.
        assert_eq!(value(tv, &[0.0, 3.0, 4.0, 7.0], [2, 2]), 5.0 + 4.0 + 3.0);
        // Planes do not touch.
        assert_eq!(value(tv, &[1.0, 1.0, 5.0, 5.0], [1, 2]), 0.0);
    }
}
