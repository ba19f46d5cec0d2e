//! The pixels themselves: the control, an image space that knows nothing of images.

use super::{Generator, GeneratorError};

/// Standard deviation of a pixel whose code is drawn from N(0, 1); that of
/// [`Linear::low_pass`](super::Linear::low_pass) is the same.
pub const PIXEL_DEVIATION: f64 = 0.25;

/// Each pixel is a grey of its own: 0.5 + 0.25 · code.
#[derive(Clone, Copy, Debug)]
pub struct Pixels {
    shape: [usize; 3],
}

impl Pixels {
    /// Images of `[C, H, W]`.
    pub fn new(shape: [usize; 3]) -> Self {
        Self { shape }
    }
}

impl Generator for Pixels {
    fn name(&self) -> &str {
        "pixels"
    }

    fn dim(&self) -> usize {
        self.shape.iter().product()
    }

    fn shape(&self) -> [usize; 3] {
        self.shape
    }

    fn uncut(&self, code: &[f64]) -> Result<Vec<f32>, GeneratorError> {
        let level = |value: &f64| (0.5 + PIXEL_DEVIATION * value) as f32;
        Ok(code.iter().map(level).collect())
    }

    fn pull(&self, _: &[f64], slopes: &[f32]) -> Result<Vec<f64>, GeneratorError> {
        Ok(slopes
            .iter()
            .map(|&slope| PIXEL_DEVIATION * f64::from(slope))
            .collect())
    }

    fn encode(&self, image: &[f32]) -> Option<Vec<f64>> {
        let code = |&level: &f32| (f64::from(level) - 0.5) / PIXEL_DEVIATION;
        Some(image.iter().map(code).collect())
    }
}
