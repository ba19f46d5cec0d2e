//! Zoom blur: the camera moved towards what it sees.

use crate::picture::Picture;
use crate::settings::Settings;
use crate::zoom::clipped;

/// The mean of the picture and of its middle, enlarged more and more.
pub fn apply(picture: &Picture, settings: &Settings) -> Picture {
    let steps = [(0.01, 12), (0.01, 16), (0.02, 11), (0.02, 13), (0.03, 11)];
    let (step, count) = settings.pick(steps);
    // The difference of two numbers near 1, as the reference's range has it: where a side is
    // divided by a factor, the last bit decides how much is cut.
    let step = (1.0 + step) - 1.0;
    picture.by_plane(|plane| {
        let mut sum = plane.clone();
        for at in 0..count {
            let zoomed = clipped(&plane, 1.0 + f64::from(at) * step);
            let both = sum.values.iter_mut().zip(&zoomed.values);
            both.for_each(|(sum, value)| *sum += value);
        }
        sum.map(|value| *value /= f64::from(count + 1))
    })
}
