//! Whether ink is darker or lighter than its ground.

use image::GrayImage;

use super::Ink;

/// The ink of a picture, by the skewness of what remains of the logarithm of its levels
/// when their local mean is taken away, in windows of several sizes. A smaller mean
/// evens noise, which is skewed in the dark.
///
/// Strokes are thin: they differ much from their surroundings, and their surroundings,
/// which are larger, differ little from the mean. The edge of a shade or of a sheet
/// differs as much on one side as on the other, and adds nothing.
pub(super) fn ink(picture: &GrayImage) -> Ink {
    let [width, height] = [picture.width(), picture.height()].map(|side| side as usize);
    let logarithms: Vec<f64> = picture
        .pixels()
        .map(|pixel| (f64::from(pixel.0[0]) + 32.0).ln())
        .collect();
    let sums = Sums::of(&logarithms, width);
    let shorter = width.min(height);
    let mut skewness = 0.0;
    for part in [8, 4, 2] {
        let radius = (shorter / part).max(1);
        let mut moments = [0.0_f64; 2];
        for at in 0..logarithms.len() {
            let place = [at % width, at / width];
            let difference = sums.mean(place, radius / 5) - sums.mean(place, radius);
            moments[0] += difference.powi(2);
            moments[1] += difference.powi(3);
        }
        if moments[0] > 0.0 {
            skewness += moments[1] / moments[0].powf(1.5);
        }
    }
    if skewness < 0.0 {
        Ink::Dark
    } else {
        Ink::Light
    }
}

/// Sums of all values above and to the left of each place (Crow 1984).
struct Sums {
    width: usize,
    height: usize,
    sums: Vec<f64>,
}

impl Sums {
    fn of(values: &[f64], width: usize) -> Self {
        let height = values.len().checked_div(width).unwrap_or(0);
        let stride = width + 1;
        let mut sums = vec![0.0; stride * (height + 1)];
        for y in 0..height {
            let mut row = 0.0;
            for x in 0..width {
                row += values[y * width + x];
                sums[(y + 1) * stride + x + 1] = sums[y * stride + x + 1] + row;
            }
        }
        Self {
            width,
            height,
            sums,
        }
    }

    /// The mean of the pixels at most `radius` away.
    fn mean(&self, [x, y]: [usize; 2], radius: usize) -> f64 {
        let (left, top) = (x.saturating_sub(radius), y.saturating_sub(radius));
        let right = (x + radius + 1).min(self.width);
        let bottom = (y + radius + 1).min(self.height);
        let at = |x: usize, y: usize| self.sums[y * (self.width + 1) + x];
        let sum = at(right, bottom) - at(left, bottom) - at(right, top) + at(left, top);
        sum / ((right - left) * (bottom - top)) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Luma;

    fn ring(ground: f64, stroke: f64, shade: impl Fn(u32, u32) -> f64) -> GrayImage {
        GrayImage::from_fn(90, 90, |x, y| {
            let [dx, dy] = [x, y].map(|at| f64::from(at) - 45.0);
            let on = (dx.hypot(dy) - 25.0).abs() < 4.0;
            Luma([(if on { stroke } else { ground } * shade(x, y)) as u8])
        })
    }

    #[test]
    fn the_thin_one_is_the_ink_in_light_and_in_shade() {
        let even = |_, _| 1.0;
        let shade = |x: u32, _| 1.0 - 0.6 * f64::from(x) / 90.0;
        let shadow = |_, y: u32| if y > 60 { 0.45 } else { 1.0 };
        for (ground, stroke, expected) in [
            (240.0, 40.0, Ink::Dark),
            (120.0, 60.0, Ink::Dark),
            (60.0, 220.0, Ink::Light),
            (0.0, 255.0, Ink::Light),
            (255.0, 0.0, Ink::Dark),
        ] {
            assert_eq!(ink(&ring(ground, stroke, even)), expected);
            assert_eq!(ink(&ring(ground, stroke, shade)), expected);
            assert_eq!(ink(&ring(ground, stroke, shadow)), expected);
        }
    }

    #[test]
    fn one_level_and_one_pixel_are_no_error() {
        ink(&GrayImage::from_pixel(9, 5, Luma([77])));
        ink(&GrayImage::new(1, 1));
    }
}
