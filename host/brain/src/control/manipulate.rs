//! Images changed for controls: another contrast, other phases.

use cortexscope_net::random::Random;
use image::{GrayImage, Luma};

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
    let size = [picture.height() as usize, picture.width() as usize];
    let mut random = Random::new(seed);
    let levels = picture.pixels().map(|pixel| f64::from(pixel.0[0]));
    let mut own: Vec<Complex> = levels.map(|level| [level, 0.0]).collect();
    // The spectrum of real noise has the symmetry that keeps the image real.
    let mut noise: Vec<Complex> = own.iter().map(|_| [random.normal(), 0.0]).collect();
    transform(&mut own, size, -1.0);
    transform(&mut noise, size, -1.0);
    let length = |[re, im]: Complex| re.hypot(im);
    // The first value is the mean, which stays.
    for (value, noise) in own.iter_mut().zip(&noise).skip(1) {
        let scale = length(*value) / length(*noise).max(f64::MIN_POSITIVE);
        *value = noise.map(|part| part * scale);
    }
    transform(&mut own, size, 1.0);
    GrayImage::from_fn(picture.width(), picture.height(), |x, y| {
        let [value, _] = own[y as usize * size[1] + x as usize];
        let level = value / own.len() as f64;
        Luma([level.round().clamp(0.0, 255.0) as u8])
    })
}

/// Real and imaginary part.
type Complex = [f64; 2];

/// The Fourier transform along both axes by its definition, not scaled; `sign` is −1 forwards
/// and 1 backwards. For a few hundred rows and columns that is a fraction of a second.
fn transform(values: &mut [Complex], [height, width]: [usize; 2], sign: f64) {
    along(values, [height, width], [width, 1], sign);
    along(values, [width, height], [1, width], sign);
}

/// Transforms `count` lines of `size` values each; strides from line to line, and in a line.
fn along(values: &mut [Complex], [count, size]: [usize; 2], strides: [usize; 2], sign: f64) {
    let waves: Vec<Complex> = (0..size)
        .map(|at| {
            let angle = sign * std::f64::consts::TAU * at as f64 / size as f64;
            [angle.cos(), angle.sin()]
        })
        .collect();
    let mut line = vec![[0.0; 2]; size];
    for number in 0..count {
        let at = |place: usize| number * strides[0] + place * strides[1];
        for (place, value) in line.iter_mut().enumerate() {
            *value = values[at(place)];
        }
        for frequency in 0..size {
            let mut sum = [0.0; 2];
            for (place, [re, im]) in line.iter().enumerate() {
                let [cos, sin] = waves[frequency * place % size];
                sum[0] += re * cos - im * sin;
                sum[1] += re * sin + im * cos;
            }
            values[at(frequency)] = sum;
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

    /// Noise: many frequencies, so that two images with other phases are not alike by chance.
    fn noise() -> GrayImage {
        let mut random = Random::new(1);
        GrayImage::from_fn(16, 12, |_, _| {
            Luma([(128.0 + 20.0 * random.normal()) as u8])
        })
    }

    #[test]
    fn contrast_is_what_was_asked_for() {
        let raised = with_contrast(&noise(), 40.0);
        assert!(
            (contrast(&raised) - 40.0).abs() < 0.5,
            "{}",
            contrast(&raised)
        );
    }

    /// Other phases keep the energy, and leave no likeness.
    #[test]
    fn scrambling_keeps_the_amplitudes_alone() {
        let scrambled = phase_scrambled(&noise(), 3);
        assert!((contrast(&scrambled) - contrast(&noise())).abs() < 1.0);
        assert!(similarity(&scrambled, &noise()).unwrap().abs() < 0.3);
        assert_eq!(similarity(&noise(), &noise()), Some(1.0));
    }
}
