//! Frost: ice crystals on the lens.

use crate::picture::{Picture, Plane};
use crate::plasma::fractal;
use crate::random::Random;
use crate::settings::Settings;

/// Mixes the picture with frost. The papers' code takes photographs of frost; this makes a
/// texture of its own, a crumpled landscape with needles, so that only its strength is theirs.
pub fn apply(picture: &Picture, settings: &Settings) -> Picture {
    let constants = [(1.0, 0.4), (0.8, 0.6), (0.7, 0.7), (0.65, 0.7), (0.6, 0.75)];
    let (own, ice) = settings.pick(constants);
    let frost = texture(picture.size(), &mut settings.random());
    // Ice is a little blue.
    let tint: &[f64] = if picture.channels() == 3 {
        &[0.86, 0.94, 1.0]
    } else {
        &[0.93]
    };
    let planes = picture
        .planes()
        .into_iter()
        .zip(tint)
        .map(|(mut plane, tint)| {
            let mixed = plane.values.iter_mut().zip(&frost.values);
            mixed.for_each(|(value, frost)| *value = own * *value + ice * frost * tint);
            plane
        });
    Picture::of_planes(&planes.collect::<Vec<_>>())
}

/// Frost from 0 to 1.
fn texture(size: [usize; 2], random: &mut Random) -> Plane {
    let [height, width] = size.map(|side| side as f64);
    // Crests of a landscape are where ice is thick.
    let mut frost = fractal(size, 2.0, random).map(|value| {
        *value = 0.75 * (1.0 - (2.0 * *value - 1.0).abs()).powi(2);
    });
    let needles = (height * width / 120.0).ceil() as usize;
    for _ in 0..needles {
        let (mut y, mut x) = (random.uniform(0.0, height), random.uniform(0.0, width));
        let (sine, cosine) = random.uniform(0.0, std::f64::consts::TAU).sin_cos();
        let length = random.uniform(3.0, 3.0 + height.min(width) / 6.0);
        let bright = random.uniform(0.2, 0.6);
        for step in 0..length as usize {
            let (row, column) = (y as usize, x as usize);
            if y >= 0.0 && x >= 0.0 && row < size[0] && column < size[1] {
                let fades = 1.0 - step as f64 / length;
                let value = &mut frost.values[row * size[1] + column];
                *value = (*value + bright * fades).min(1.0);
            }
            (y, x) = (y + sine, x + cosine);
        }
    }
    frost
}
