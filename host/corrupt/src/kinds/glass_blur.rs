//! Glass blur: frosted glass, which moves pixels about.

use super::gaussian_blur::blur;
use crate::picture::{Picture, Plane};
use crate::random::Random;
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
        exchange(&mut planes, reach, variant, &mut random);
    }
    let planes: Vec<_> = planes
        .iter()
        .map(|plane| blur(plane, deviation, variant))
        .collect();
    Ok(Picture::of_planes(&planes))
}

/// Exchanges each pixel with one near it, from the last row and column on.
fn exchange(planes: &mut [Plane], reach: i64, variant: Variant, random: &mut Random) {
    let [height, width] = planes[0].size;
    for y in (reach + 1..=height as i64 - reach).rev() {
        for x in (reach + 1..=width as i64 - reach).rev() {
            if variant == Variant::MnistC && !random.chance(0.5) {
                continue;
            }
            let right = random.integer(-reach, reach);
            let down = random.integer(-reach, reach);
            let from = y as usize * width + x as usize;
            let to = (y + down) as usize * width + (x + right) as usize;
            for plane in &mut *planes {
                plane.values.swap(from, to);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered(height: usize, width: usize) -> Plane {
        Plane::from_fn([height, width], |y, x| (y * width + x) as f64)
    }

    /// In a picture of 4×5 with a reach of 1 the rows are 3 and 2, and the columns 4, 3 and 2.
    #[test]
    fn pixels_are_exchanged_from_the_end_on() {
        let mut planes = [numbered(4, 5), numbered(4, 5)];
        exchange(&mut planes, 1, Variant::Definition, &mut Random::new(7, 0));
        let mut random = Random::new(7, 0);
        let mut wanted: Vec<f64> = (0..20).map(f64::from).collect();
        for place in [19, 18, 17, 14, 13, 12] {
            // By −1 or 0: across first, then down.
            let [across, down] = [(); 2].map(|()| random.integer(-1, 1));
            wanted.swap(place, (place as i64 + across + 5 * down) as usize);
        }
        assert!(planes.iter().all(|plane| plane.values == wanted));
        let mut half = [numbered(64, 64)];
        exchange(&mut half, 1, Variant::MnistC, &mut Random::new(7, 0));
        let kept = half[0].values.iter().enumerate();
        let kept = kept.filter(|&(at, &value)| at as f64 == value).count();
        let mut all = [numbered(64, 64)];
        exchange(&mut all, 1, Variant::Definition, &mut Random::new(7, 0));
        let still = all[0].values.iter().enumerate();
        let still = still.filter(|&(at, &value)| at as f64 == value).count();
        assert!(kept > still + 500, "{kept} {still}");
    }

    #[test]
    fn each_severity_reaches_as_far_as_the_paper_says() {
        for (severity, reach) in (1..).zip([1, 2, 2, 3, 4]) {
            let settings = Settings {
                severity,
                ..Settings::default()
            };
            let picture = |side: usize| Picture::new(1, [side; 2], vec![9.0; side * side]);
            let least = 2 * reach + 1;
            let refused = apply(&picture(least - 1).unwrap(), &settings).map(|_| ());
            let kind = "glass-blur";
            assert_eq!(refused, Err(CorruptError::TooSmall { kind, least }));
            assert!(apply(&picture(least).unwrap(), &settings).is_ok());
        }
    }
}
