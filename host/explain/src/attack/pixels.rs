//! The domain of an attack: pixels from 0 to 1, and the 8 bits that a picture has.

use cortexscope_net::input::InputSpec;

/// How pixels from 0 to 1 and a model's own values stand for each other.
///
/// A pixel p of channel c becomes `black + (white − black) · p`, whatever range, mean and
/// deviation the model was trained with.
#[derive(Clone, Debug, PartialEq)]
pub struct Pixels {
    /// The model's value of black, for each channel.
    black: Vec<f64>,
    /// White less black, for each channel.
    span: Vec<f64>,
    /// The model's value of each of 256 levels, for each channel.
    levels: Vec<[f32; 256]>,
    /// Rows times columns.
    positions: usize,
}

impl Pixels {
    /// The pixels of a model that is described by `spec`.
    pub fn of(spec: &InputSpec) -> Self {
        let [channels, height, width] = spec.shape();
        let end = |channel, pixel| f64::from(spec.value(channel, pixel));
        Self {
            black: (0..channels).map(|channel| end(channel, 0)).collect(),
            span: (0..channels)
                .map(|channel| end(channel, 255) - end(channel, 0))
                .collect(),
            levels: (0..channels)
                .map(|channel| std::array::from_fn(|level| spec.value(channel, level as u8)))
                .collect(),
            positions: (height * width).max(1),
        }
    }

    /// The model's values of a picture in 8 bits, exactly those of the same picture read
    /// from a file.
    pub fn values(&self, levels: &[u8]) -> Vec<f32> {
        let planes = levels.chunks_exact(self.positions).zip(&self.levels);
        let values = planes
            .flat_map(|(plane, values)| plane.iter().map(|&level| values[usize::from(level)]));
        values.collect()
    }

    /// The picture `[C, H, W]` that stands for an input of the model. Values outside the
    /// range of pixels are clipped, and counted.
    pub fn picture(&self, values: &[f32]) -> (Vec<f32>, usize) {
        let mut outside = 0;
        let picture = values.iter().enumerate().map(|(at, &value)| {
            let channel = at / self.positions;
            let pixel = (f64::from(value) - self.black[channel]) / self.span[channel];
            // Less than a thousandth of a level is rounding.
            outside += usize::from(!(-4e-6..=1.0 + 4e-6).contains(&pixel));
            pixel.clamp(0.0, 1.0) as f32
        });
        let picture = picture.collect();
        (picture, outside)
    }

    /// Writes the model's values of a picture to `values`.
    pub fn write(&self, picture: &[f32], values: &mut [f32]) {
        let planes = picture.chunks_exact(self.positions);
        let values = values.chunks_exact_mut(self.positions);
        for (channel, (plane, values)) in planes.zip(values).enumerate() {
            let (black, span) = (self.black[channel], self.span[channel]);
            for (value, &pixel) in values.iter_mut().zip(plane) {
                *value = (black + span * f64::from(pixel)) as f32;
            }
        }
    }

    /// Turns derivatives with respect to the model's values into those with respect to
    /// pixels.
    pub fn scale_slopes(&self, slopes: &mut [f32]) {
        for (plane, span) in slopes.chunks_exact_mut(self.positions).zip(&self.span) {
            plane.iter_mut().for_each(|slope| *slope *= *span as f32);
        }
    }
}

/// The picture in 8 bits: each pixel at the nearest of 256 levels.
pub fn levels(picture: &[f32]) -> Vec<u8> {
    let level = |&pixel: &f32| (f64::from(pixel).clamp(0.0, 1.0) * 255.0).round() as u8;
    picture.iter().map(level).collect()
}

/// The picture that 8 bits stand for.
pub fn of_levels(levels: &[u8]) -> Vec<f32> {
    levels
        .iter()
        .map(|&level| f32::from(level) / 255.0)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use cortexscope_net::input::ModelSpec;

    #[test]
    fn a_models_own_normalisation_is_undone_and_done_again() {
        let mut spec = ModelSpec::assumed([3, 1, 2]).input;
        spec.range = [255.0, 0.0];
        spec.mean = vec![104.0, 117.0, 123.0];
        spec.std = vec![1.0, 2.0, 0.5];
        let pixels = Pixels::of(&spec);
        let all: Vec<u8> = vec![0, 255, 51, 204, 1, 128];
        let values: Vec<f32> = (0..6).map(|at| spec.value(at / 2, all[at])).collect();
        let (picture, outside) = pixels.picture(&values);
        assert_eq!(outside, 0);
        assert_eq!(levels(&picture), all);
        assert_eq!(pixels.values(&all), values);
        let mut back = vec![0.0; 6];
        pixels.write(&of_levels(&all), &mut back);
        for (a, b) in back.iter().zip(&values) {
            assert!((a - b).abs() < 3e-5, "{a} {b}");
        }
        // White is darker than black here, so that slopes change their sign.
        let mut slopes = vec![1.0; 6];
        pixels.scale_slopes(&mut slopes);
        assert_eq!(slopes, [-255.0, -255.0, -127.5, -127.5, -510.0, -510.0]);
    }

    #[test]
    fn what_is_no_pixel_is_clipped_and_counted() {
        let pixels = Pixels::of(&ModelSpec::assumed([1, 1, 4]).input);
        let (picture, outside) = pixels.picture(&[-0.5, 0.0, 1.0, 7.0]);
        assert_eq!((picture, outside), (vec![0.0, 0.0, 1.0, 1.0], 2));
        // A thousandth of a level is 3.9e-6: 3e-6 is rounding, 7e-6 is not.
        let (picture, outside) = pixels.picture(&[-3e-6, -7e-6, 1.0 + 3e-6, 1.0 + 7e-6]);
        assert_eq!((picture, outside), (vec![0.0, 0.0, 1.0, 1.0], 2));
    }

    #[test]
    fn a_picture_has_256_levels() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(levels(&of_levels(&all)), all);
        assert_eq!(
            levels(&[-1.0, 0.4 / 255.0, 0.6 / 255.0, 2.0]),
            [0, 0, 1, 255]
        );
    }
}
