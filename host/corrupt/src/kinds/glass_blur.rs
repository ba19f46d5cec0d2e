//! Glass blur: frosted glass, which moves pixels about.

use super::gaussian_blur::blur;
use crate::picture::Picture;
use crate::settings::{CorruptError, Settings, Variant};

/// Blurs, exchanges each pixel with one near it, several times, and blurs again. A pixel goes
/// up to `reach` back and up to `reach − 1` on.
///
/// # Errors
/// The picture is so small that no pixel has room to move.
pub fn apply(picture: &Picture, settings: &Settings) -> Result<Picture, CorruptError> {
    let constants = [
        (0.7, 1, 2),
        (0.9, 2, 1),
        (1.0, 2, 3),
        (1.1, 3, 2),
        (1.5, 4, 2),
    ];
    let (deviation, reach, rounds) = settings.pick(constants);
    let [height, width] = picture.size();
    let least = 2 * reach as usize + 1;
    if height < least || width < least {
        let kind = "glass-blur";
        return Err(CorruptError::TooSmall { kind, least });
    }
    let variant = settings.variant;
    // The reference cuts to 8 bits here.
    let cut = |value: &mut f64| *value = (*value * 255.0).floor() / 255.0;
    let planes = picture.planes();
    let mut planes: Vec<_> = planes
        .iter()
        .map(|plane| blur(plane, deviation, variant).map(cut))
        .collect();
    let mut random = settings.random();
    for _ in 0..rounds {
        for y in (reach + 1..=height as i64 - reach).rev() {
            for x in (reach + 1..=width as i64 - reach).rev() {
                if variant == Variant::MnistC && !random.chance(0.5) {
                    continue;
                }
                let right = random.integer(-reach, reach);
                let down = random.integer(-reach, reach);
                let from = y as usize * width + x as usize;
                let to = (y + down) as usize * width + (x + right) as usize;
                for plane in &mut planes {
                    plane.values.swap(from, to);
                }
            }
        }
    }
    let planes: Vec<_> = planes
        .iter()
        .map(|plane| blur(plane, deviation, variant))
        .collect();
    Ok(Picture::of_planes(&planes))
}
