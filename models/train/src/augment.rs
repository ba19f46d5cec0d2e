//! Small random distortions of a training digit: rotation, scale, shear, shift.

use rand::Rng;
use serde::{Deserialize, Serialize};

use crate::mnist::{PIXELS, SIDE};

/// Largest distortions; each is drawn evenly between its two signs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Augmentation {
    /// Degrees around the centre.
    pub rotation_degrees: f32,
    /// Relative change of size: 0.1 gives 0.9 to 1.1.
    pub scale: f32,
    /// Horizontal slant: pixels across per pixel down.
    pub shear: f32,
    /// Pixels across and, independently, down.
    pub shift_pixels: f32,
}

/// A map from output to input coordinates, both from the image's centre.
struct Affine {
    xx: f32,
    xy: f32,
    yx: f32,
    yy: f32,
    dx: f32,
    dy: f32,
}

impl Augmentation {
    /// Writes a distorted `image` (`[28, 28]`, 0 to 255) to `out` as `[28, 28]`
    /// in 0.0 to 1.0; what comes from outside the image is background.
    pub fn apply(&self, image: &[u8], rng: &mut impl Rng, out: &mut [f32]) {
        debug_assert!(image.len() == PIXELS && out.len() == PIXELS);
        let map = self.draw(rng);
        let centre = (SIDE - 1) as f32 / 2.0;
        for (index, pixel) in out.iter_mut().enumerate() {
            let x = (index % SIDE) as f32 - centre;
            let y = (index / SIDE) as f32 - centre;
            let from_x = map.xx * x + map.xy * y + map.dx + centre;
            let from_y = map.yx * x + map.yy * y + map.dy + centre;
            *pixel = bilinear(image, from_x, from_y) / 255.0;
        }
    }

    fn draw(&self, rng: &mut impl Rng) -> Affine {
        let mut within = |limit: f32| (rng.random::<f32>() * 2.0 - 1.0) * limit;
        let (sin, cos) = within(self.rotation_degrees).to_radians().sin_cos();
        let zoom = 1.0 / (1.0 + within(self.scale));
        let shear = within(self.shear);
        Affine {
            xx: zoom * cos,
            xy: zoom * (shear * cos - sin),
            yx: zoom * sin,
            yy: zoom * (shear * sin + cos),
            dx: within(self.shift_pixels),
            dy: within(self.shift_pixels),
        }
    }
}

fn bilinear(image: &[u8], x: f32, y: f32) -> f32 {
    let (left, top) = (x.floor(), y.floor());
    let (across, down) = (x - left, y - top);
    let (left, top) = (left as isize, top as isize);
    let upper = mix(at(image, left, top), at(image, left + 1, top), across);
    let lower = mix(
        at(image, left, top + 1),
        at(image, left + 1, top + 1),
        across,
    );
    mix(upper, lower, down)
}

fn mix(a: f32, b: f32, part: f32) -> f32 {
    a + (b - a) * part
}

fn at(image: &[u8], x: isize, y: isize) -> f32 {
    let side = SIDE as isize;
    if (0..side).contains(&x) && (0..side).contains(&y) {
        f32::from(image[(y * side + x) as usize])
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::randomness::{Purpose, generator};

    fn ramp() -> Vec<u8> {
        (0..PIXELS).map(|index| (index % 251) as u8).collect()
    }

    #[test]
    fn no_distortion_is_the_image_itself() {
        let still = Augmentation {
            rotation_degrees: 0.0,
            scale: 0.0,
            shear: 0.0,
            shift_pixels: 0.0,
        };
        let mut out = vec![0.0; PIXELS];
        still.apply(&ramp(), &mut generator(1, Purpose::Epoch, 0), &mut out);
        let plain: Vec<f32> = ramp().iter().map(|&p| f32::from(p) / 255.0).collect();
        assert_eq!(out, plain);
    }

    #[test]
    fn a_pixel_outside_is_background_and_a_shift_moves() {
        let image = ramp();
        assert_eq!(bilinear(&image, -1.0, 0.0), 0.0);
        assert_eq!(bilinear(&image, 5.0, 0.0), 5.0);
        assert_eq!(bilinear(&image, 5.25, 0.0), 5.25);
    }
}
