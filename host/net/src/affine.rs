//! The affine quantisation of one tensor.

/// Scales below this are no longer exact where they are inverted.
const LEAST_SCALE: f64 = 1e-30;

/// `real = (int8 − zero) · scale`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Affine {
    /// What one step of the int8 is worth.
    pub scale: f32,
    /// The int8 that stands for zero.
    pub zero: i8,
}

impl Affine {
    /// Quantisation of the values from `low` to `high` and of zero.
    pub fn of_range(low: f32, high: f32) -> Self {
        let (low, high) = (f64::from(low.min(0.0)), f64::from(high.max(0.0)));
        let scale = (high - low) / 255.0;
        if scale < LEAST_SCALE {
            return Self {
                scale: 1.0,
                zero: -128,
            };
        }
        Self {
            scale: scale as f32,
            zero: (-128.0 - low / scale).round_ties_even() as i8,
        }
    }

    /// The int8 that `real` becomes, `round_ties_even(real · (1 / scale)) + zero`:
    /// by the reciprocal of the scale, as tract's QuantizeLinear does.
    pub fn quantise(self, real: f32) -> i8 {
        let steps = (real * self.scale.recip()).round_ties_even() + f32::from(self.zero);
        // `as` saturates, and makes 0 of NaN.
        steps as i8
    }

    /// The real that `int8` stands for.
    pub fn dequantise(self, int8: i8) -> f32 {
        f32::from(i16::from(int8) - i16::from(self.zero)) * self.scale
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_is_always_a_step() {
        let [unit_low, unit_high] = [-128, 127].map(|zero| Affine { scale: 1.0, zero });
        assert_eq!(Affine::of_range(0.0, 255.0), unit_low);
        assert_eq!(Affine::of_range(-255.0, -100.0), unit_high);
        assert_eq!(Affine::of_range(-1.0, 1.0).zero, 0);
        assert_eq!(Affine::of_range(0.0, 0.0), unit_low);
        assert!(Affine::of_range(f32::MIN, f32::MAX).scale.is_finite());
    }

    #[test]
    fn quantising_rounds_ties_to_even_and_saturates() {
        let tensor = Affine {
            scale: 0.5,
            zero: 3,
        };
        let reals = [0.25, 0.75, -0.25, 1e9, -1e9, f32::NAN];
        assert_eq!(
            reals.map(|real| tensor.quantise(real)),
            [3, 5, 3, 127, -128, 0]
        );
    }

    #[test]
    fn every_int8_is_found_again() {
        let tensor = Affine::of_range(-0.4, 2.1);
        for int8 in i8::MIN..=i8::MAX {
            assert_eq!(tensor.quantise(tensor.dequantise(int8)), int8);
        }
    }
}
