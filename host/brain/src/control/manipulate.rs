//! Images changed for controls: another contrast, other phases.

use cortexscope_net::random::Random;
use image::{GrayImage, Luma};
use rustfft::FftPlanner;
use rustfft::num_complex::Complex;

/// Standard deviation of the grey levels, 0 to 255.
pub fn contrast(picture: &GrayImage) -> f64 {
    let count = f64::from(picture.width() * picture.height());
    let levels = || picture.pixels().map(|pixel| f64::from(pixel.0[0]));
    let mean = levels().sum::<f64>() / count;
    (levels().map(|level| (level - mean).powi(2)).sum::<f64>() / count).sqrt()
}

/// The image with its contrast multiplied, so that the standard deviation of its levels is
/// `wanted` before what leaves 0 to 255 is cut.
pub fn with_contrast(picture: &GrayImage, wanted: f64) -> GrayImage {
    let count = f64::from(picture.width() * picture.height());
    let sum: f64 = picture.pixels().map(|pixel| f64::from(pixel.0[0])).sum();
    let mean = sum / count;
    let factor = wanted / contrast(picture).max(1e-9);
    let mut changed = picture.clone();
    for Luma([level]) in changed.pixels_mut() {
        let moved = mean + factor * (f64::from(*level) - mean);
        *level = moved.round().clamp(0.0, 255.0) as u8;
    }
    changed
}

/// The image with the phases of white noise in its spectrum: its amplitudes stay, and what it
/// shows does not.
pub fn phase_scrambled(picture: &GrayImage, seed: u64) -> GrayImage {
    let [width, height] = [picture.width() as usize, picture.height() as usize];
    let mut random = Random::new(seed);
    let spectrum = |values: Vec<f64>| {
        let mut values: Vec<Complex<f64>> = values.into_iter().map(Complex::from).collect();
        transform(&mut values, [height, width], false);
        values
    };
    let levels = picture.pixels().map(|pixel| f64::from(pixel.0[0]));
    let mut own = spectrum(levels.collect());
    // The spectrum of real noise has the symmetry that keeps the image real.
    let noise = spectrum((0..width * height).map(|_| random.normal()).collect());
    for (value, noise) in own.iter_mut().zip(&noise).skip(1) {
        let length = noise.norm();
        let phase = if length > 0.0 {
            noise / length
        } else {
            Complex::from(1.0)
        };
        *value = phase * value.norm();
    }
    transform(&mut own, [height, width], true);
    let count = (width * height) as f64;
    GrayImage::from_fn(picture.width(), picture.height(), |x, y| {
        let value = own[y as usize * width + x as usize].re / count;
        Luma([value.round().clamp(0.0, 255.0) as u8])
    })
}

/// The transform along both axes, not scaled.
fn transform(values: &mut [Complex<f64>], [height, width]: [usize; 2], is_inverse: bool) {
    let mut planner = FftPlanner::new();
    let mut plan = |size: usize| {
        if is_inverse {
            planner.plan_fft_inverse(size)
        } else {
            planner.plan_fft_forward(size)
        }
    };
    plan(width).process(values);
    let columns = plan(height);
    let mut column = vec![Complex::default(); height];
    for x in 0..width {
        for (y, value) in column.iter_mut().enumerate() {
            *value = values[y * width + x];
        }
        columns.process(&mut column);
        for (y, value) in column.iter().enumerate() {
            values[y * width + x] = *value;
        }
    }
}

/// Pearson's r of the levels of two images of one size; `None` where one does not vary.
pub fn similarity(a: &GrayImage, b: &GrayImage) -> Option<f64> {
    let levels = |picture: &GrayImage| -> Vec<f64> {
        picture
            .pixels()
            .map(|pixel| f64::from(pixel.0[0]))
            .collect()
    };
    cortexscope_statistics::pearson(&levels(a), &levels(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waves() -> GrayImage {
        GrayImage::from_fn(16, 12, |x, y| {
            let wave = (f64::from(x) * 0.8).sin() + (f64::from(y) * 1.1).cos();
            Luma([(128.0 + 20.0 * wave) as u8])
        })
    }

    #[test]
    fn contrast_is_what_was_asked_for() {
        let raised = with_contrast(&waves(), 40.0);
        assert!(
            (contrast(&raised) - 40.0).abs() < 0.5,
            "{}",
            contrast(&raised)
        );
    }

    /// Other phases keep the energy, and leave no likeness.
    #[test]
    fn scrambling_keeps_the_amplitudes_alone() {
        let scrambled = phase_scrambled(&waves(), 3);
        assert!((contrast(&scrambled) - contrast(&waves())).abs() < 1.0);
        assert!(similarity(&scrambled, &waves()).unwrap().abs() < 0.5);
        assert_eq!(similarity(&waves(), &waves()), Some(1.0));
    }
}
