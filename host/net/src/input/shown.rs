//! A model's input as a picture: what it sees, for people to look at.

use image::{Rgb, RgbImage};

use super::spec::{Channels, InputSpec};

impl InputSpec {
    /// The level, 0 to 255 where it lies in the range, that `value` stands for
    /// in `channel`: [`InputSpec::value`] backwards.
    pub fn level(&self, channel: usize, value: f32) -> f32 {
        level_between(self.ends(channel), value)
    }

    /// The value that a level, 0 to 255 and between, becomes in `channel`.
    pub fn value_of_level(&self, channel: usize, level: f32) -> f32 {
        value_between(self.ends(channel), level)
    }

    /// What black and white become in `channel`.
    fn ends(&self, channel: usize) -> [f64; 2] {
        [0, 255].map(|pixel| f64::from(self.value(channel, pixel)))
    }

    /// The levels, 0 to 255 in the range, that an input `[C, H, W]` stands for.
    pub fn levels(&self, values: &[f32]) -> Vec<f32> {
        self.by_plane(values, level_between)
    }

    /// The input `[C, H, W]` that levels, 0 to 255 and between, become:
    /// [`InputSpec::levels`] backwards.
    pub fn of_levels(&self, levels: &[f32]) -> Vec<f32> {
        self.by_plane(levels, value_between)
    }

    fn by_plane(&self, values: &[f32], convert: fn([f64; 2], f32) -> f32) -> Vec<f32> {
        let pixels = (self.size[0] * self.size[1]).max(1);
        let mut converted = Vec::with_capacity(values.len());
        for (channel, plane) in values.chunks(pixels).enumerate() {
            let ends = self.ends(channel);
            converted.extend(plane.iter().map(|&value| convert(ends, value)));
        }
        converted
    }

    /// The input `[C, H, W]` as a picture; what lies outside the range is cut.
    ///
    /// Missing values are black.
    pub fn picture(&self, values: &[f32]) -> RgbImage {
        let [height, width] = self.size;
        let pixels = height * width;
        RgbImage::from_fn(width as u32, height as u32, |x, y| {
            let at = y as usize * width + x as usize;
            let code = |channel: usize| {
                let value = values.get(channel * pixels + at);
                let level = value.map_or(0.0, |&value| self.level(channel, value));
                level.round().clamp(0.0, 255.0) as u8
            };
            Rgb(match self.channels {
                Channels::Grey => [code(0); 3],
                Channels::Rgb => [code(0), code(1), code(2)],
                Channels::Bgr => [code(2), code(1), code(0)],
                // What is no colour is shown by the mean of its channels.
                Channels::Count(count) => {
                    let sum: usize = (0..count).map(|channel| usize::from(code(channel))).sum();
                    [(sum / count.max(1)) as u8; 3]
                }
            })
        })
    }

    /// The planes of an input in the order red, green, blue; a grey input's
    /// plane stands for all three.
    pub fn rgb_planes(&self) -> [usize; 3] {
        match self.channels {
            Channels::Grey => [0; 3],
            Channels::Rgb => [0, 1, 2],
            Channels::Bgr => [2, 1, 0],
            Channels::Count(count) => [0, 1, 2].map(|plane: usize| plane.min(count - 1)),
        }
    }
}

/// The level that `value` stands for where black and white are these values.
fn level_between([black, white]: [f64; 2], value: f32) -> f32 {
    ((f64::from(value) - black) / (white - black) * 255.0) as f32
}

/// [`level_between`] backwards.
fn value_between([black, white]: [f64; 2], level: f32) -> f32 {
    (black + (white - black) * f64::from(level) / 255.0) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::ModelSpec;

    #[test]
    fn levels_are_values_backwards_in_every_channel() {
        let mut spec = ModelSpec::assumed([3, 1, 2]).input;
        spec.range = [0.0, 1.0];
        spec.mean = vec![0.5, 0.25, 0.0];
        spec.std = vec![0.5, 1.0, 2.0];
        let levels = [0.0, 255.0, 51.0, 102.0, 255.0, 0.0];
        let values = spec.of_levels(&levels);
        // (level / 255 - mean) / std, by hand.
        for (value, expected) in values.iter().zip([-1.0, 1.0, -0.05, 0.15, 0.5, 0.0]) {
            assert!((value - expected).abs() < 1e-6, "{values:?}");
        }
        for (level, expected) in spec.levels(&values).iter().zip(levels) {
            assert!((level - expected).abs() < 1e-3, "{level} {expected}");
        }
    }

    #[test]
    fn what_a_model_sees_is_the_picture_it_was_given() {
        let picture = RgbImage::from_fn(3, 2, |x, y| Rgb([x as u8 * 80, y as u8 * 200, 33]));
        let mut spec = ModelSpec::assumed([3, 2, 3]).input;
        spec.range = [0.0, 255.0];
        spec.mean = vec![104.0, 117.0, 123.0];
        spec.std = vec![1.0, 2.0, 0.5];
        for channels in [Channels::Rgb, Channels::Bgr] {
            spec.channels = channels;
            let prepared = spec.prepare(&picture.clone().into());
            assert_eq!(spec.picture(&prepared.values), picture);
        }
    }

    #[test]
    fn levels_go_both_ways() {
        let mut spec = ModelSpec::assumed([1, 2, 2]).input;
        spec.range = [-1.0, 3.0];
        spec.mean = vec![0.5];
        spec.std = vec![0.25];
        for level in [0.0, 17.5, 255.0] {
            let value = spec.value_of_level(0, level);
            assert!((spec.level(0, value) - level).abs() < 1e-3);
        }
        assert_eq!(spec.value_of_level(0, 255.0), spec.value(0, 255));
    }
}
