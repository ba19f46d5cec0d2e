//! Snow: bright flakes that fall, and a paler picture.

use crate::motion::blur;
use crate::picture::{Picture, Plane};
use crate::settings::Settings;
use crate::zoom::clipped;

/// Whitens the picture and lays flakes over it, in one direction and turned by half a circle.
pub fn apply(picture: &Picture, settings: &Settings) -> Picture {
    let constants = [
        (0.1, 0.3, 3.0, 0.5, 10, 4.0, 0.8),
        (0.2, 0.3, 2.0, 0.5, 12, 4.0, 0.7),
        (0.55, 0.3, 4.0, 0.9, 12, 8.0, 0.7),
        (0.55, 0.3, 4.5, 0.85, 12, 8.0, 0.65),
        (0.55, 0.3, 2.5, 0.85, 12, 12.0, 0.55),
    ];
    let (mean, spread, zoom, threshold, radius, deviation, weight) = settings.pick(constants);
    let mut random = settings.random();
    let noise = Plane::from_fn(picture.size(), |_, _| random.normal(mean, spread));
    let angle = settings
        .angle
        .unwrap_or_else(|| random.uniform(-135.0, -45.0));
    // 8 bits before and after the blur, as a picture of its own.
    let flakes = clipped(&noise, zoom).map(|value| {
        let shown = if *value < threshold {
            0.0
        } else {
            value.clamp(0.0, 1.0)
        };
        *value = (shown * 255.0).floor() / 255.0;
    });
    let flakes = blur(&flakes, radius, deviation, angle);
    let planes = picture.planes();
    let grey = grey(&planes);
    let last = flakes.values.len() - 1;
    let planes = planes.into_iter().map(|mut plane| {
        for (at, value) in plane.values.iter_mut().enumerate() {
            let pale = value.max(grey.values[at] * 1.5 + 0.5);
            let turned = flakes.values[last - at];
            *value = weight * *value + (1.0 - weight) * pale + flakes.values[at] + turned;
        }
        plane
    });
    Picture::of_planes(&planes.collect::<Vec<_>>())
}

/// The brightness that people see (ITU-R BT.601).
fn grey(planes: &[Plane]) -> Plane {
    match planes {
        [red, green, blue] => Plane::from_fn(red.size, |y, x| {
            0.299 * red.at(y, x) + 0.587 * green.at(y, x) + 0.114 * blue.at(y, x)
        }),
        planes => planes[0].clone(),
    }
}
