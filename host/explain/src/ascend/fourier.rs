//! Images as spectra, low frequencies amplified (Olah et al. 2017, "Feature
//! Visualization", section "Preconditioning and Parameterization").

use std::sync::Arc;

use rustfft::num_complex::Complex;
use rustfft::{Fft, FftPlanner};

/// An image of one channel from a spectrum: v = Re F⁻¹(s · c), where F is
/// unitary and s(f) = (4 max(|f|, 1/side))^−decay with |f| in cycles per pixel.
#[derive(Clone)]
pub struct Fourier {
    size: [usize; 2],
    scale: Vec<f32>,
    forward: [Arc<dyn Fft<f32>>; 2],
    inverse: [Arc<dyn Fft<f32>>; 2],
}

impl Fourier {
    /// Spectra of images of `[H, W]`, amplified by 1/f^`decay`.
    pub fn new([height, width]: [usize; 2], decay: f64) -> Self {
        let mut planner = FftPlanner::new();
        let frequency = |at: usize, side: usize| {
            let signed = if at <= side / 2 {
                at as f64
            } else {
                at as f64 - side as f64
            };
            signed / side as f64
        };
        let lowest = 1.0 / height.max(width) as f64;
        let mut scale = Vec::with_capacity(height * width);
        for row in 0..height {
            for column in 0..width {
                let f = frequency(row, height).hypot(frequency(column, width));
                scale.push((4.0 * f.max(lowest)).powf(-decay) as f32);
            }
        }
        let planned = |side: usize, planner: &mut FftPlanner<f32>| {
            (
                planner.plan_fft_forward(side),
                planner.plan_fft_inverse(side),
            )
        };
        let (forward_across, inverse_across) = planned(width, &mut planner);
        let (forward_down, inverse_down) = planned(height, &mut planner);
        Self {
            size: [height, width],
            scale,
            forward: [forward_across, forward_down],
            inverse: [inverse_across, inverse_down],
        }
    }

    /// Parameters for one channel: real and imaginary parts.
    pub fn parameters(&self) -> usize {
        2 * self.size[0] * self.size[1]
    }

    /// The image of a spectrum.
    pub fn image(&self, parameters: &[f32]) -> Vec<f32> {
        let scaled = self.spectrum(parameters);
        let image = self.transformed(scaled, &self.inverse);
        image.iter().map(|value| value.re).collect()
    }

    /// The derivative with respect to a spectrum, from the one with respect to
    /// the image.
    pub fn pull(&self, gradient: &[f32]) -> Vec<f32> {
        let spectrum = self.transformed(complex(gradient), &self.forward);
        let scaled = spectrum.iter().zip(&self.scale);
        scaled
            .flat_map(|(value, scale)| [value.re * scale, value.im * scale])
            .collect()
    }

    /// The spectrum of an image.
    pub fn of(&self, image: &[f32]) -> Vec<f32> {
        let spectrum = self.transformed(complex(image), &self.forward);
        let unscaled = spectrum.iter().zip(&self.scale);
        unscaled
            .flat_map(|(value, scale)| [value.re / scale, value.im / scale])
            .collect()
    }

    fn spectrum(&self, parameters: &[f32]) -> Vec<Complex<f32>> {
        let pairs = parameters.chunks_exact(2).zip(&self.scale);
        pairs
            .map(|(pair, scale)| Complex::new(pair[0] * scale, pair[1] * scale))
            .collect()
    }

    /// Rows, then columns, then the factor that makes it unitary.
    fn transformed(
        &self,
        mut values: Vec<Complex<f32>>,
        [across, down]: &[Arc<dyn Fft<f32>>; 2],
    ) -> Vec<Complex<f32>> {
        let [height, width] = self.size;
        across.process(&mut values);
        let mut columns = transposed(&values, [height, width]);
        down.process(&mut columns);
        let mut values = transposed(&columns, [width, height]);
        let unitary = 1.0 / ((height * width) as f32).sqrt();
        values.iter_mut().for_each(|value| *value *= unitary);
        values
    }
}

fn complex(values: &[f32]) -> Vec<Complex<f32>> {
    values.iter().map(|&re| Complex::new(re, 0.0)).collect()
}

fn transposed(values: &[Complex<f32>], [height, width]: [usize; 2]) -> Vec<Complex<f32>> {
    let columns = 0..width;
    columns
        .flat_map(|column| (0..height).map(move |row| values[row * width + column]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image() -> Vec<f32> {
        (0..15_u16).map(|at| f32::from(at * at % 7) - 2.0).collect()
    }

    #[test]
    fn an_image_comes_back_from_its_spectrum() {
        let fourier = Fourier::new([3, 5], 1.0);
        let back = fourier.image(&fourier.of(&image()));
        for (a, b) in back.iter().zip(image()) {
            assert!((a - b).abs() < 1e-5);
        }
    }

    #[test]
    fn pulling_is_the_adjoint_of_imaging() {
        let fourier = Fourier::new([3, 5], 1.5);
        let parameters: Vec<f32> = (0..30_u16).map(|at| f32::from(at * 7 % 11) - 5.0).collect();
        let dot =
            |a: &[f32], b: &[f32]| -> f64 { a.iter().zip(b).map(|(a, b)| f64::from(a * b)).sum() };
        let there = dot(&fourier.image(&parameters), &image());
        let back = dot(&parameters, &fourier.pull(&image()));
        assert!((there - back).abs() < 1e-4 * there.abs(), "{there} {back}");
    }

    #[test]
    fn low_frequencies_are_amplified() {
        let fourier = Fourier::new([8, 8], 1.0);
        // Cycles per pixel 1/8, 4/8 and, by the other sign, 1/8 again.
        assert_eq!(fourier.scale[1], 2.0);
        assert_eq!(fourier.scale[4], 0.5);
        assert_eq!(fourier.scale[7], 2.0);
        // The mean has the lowest frequency's factor.
        assert_eq!(fourier.scale[0], 2.0);
    }
}
