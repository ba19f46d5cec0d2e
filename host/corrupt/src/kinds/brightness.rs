//! Brightness: daylight that is too strong.

use crate::hsv;
use crate::picture::Picture;
use crate::settings::Settings;

/// Raises the value of hue, saturation and value; of a grey picture, the level.
pub fn apply(picture: &Picture, settings: &Settings) -> Picture {
    let more = settings.pick([0.1, 0.2, 0.3, 0.4, 0.5]);
    if picture.channels() == 1 {
        return picture.map(|level| level + 255.0 * more);
    }
    by_colour(picture, |[hue, saturation, value]| {
        [hue, saturation, (value + more).clamp(0.0, 1.0)]
    })
}

/// Every pixel's hue, saturation and value through `change`.
pub(super) fn by_colour(picture: &Picture, change: impl Fn([f64; 3]) -> [f64; 3]) -> Picture {
    let mut planes = picture.planes();
    for at in 0..planes[0].values.len() {
        let rgb = [0, 1, 2].map(|channel: usize| planes[channel].values[at]);
        let changed = hsv::to_rgb(change(hsv::of_rgb(rgb)));
        for (plane, value) in planes.iter_mut().zip(changed) {
            plane.values[at] = value;
        }
    }
    Picture::of_planes(&planes)
}
