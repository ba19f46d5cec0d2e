//! Fog: a plasma fractal.

use crate::picture::Picture;
use crate::plasma::fractal;
use crate::settings::Settings;

/// Adds fog and keeps the brightest level where it was.
pub fn apply(picture: &Picture, settings: &Settings) -> Picture {
    let constants = [(1.5, 2.0), (2.0, 2.0), (2.5, 1.7), (2.5, 1.5), (3.0, 1.4)];
    let (weight, decay) = settings.pick(constants);
    let fog = fractal(picture.size(), decay, &mut settings.random());
    let brightest = picture.levels().iter().copied().fold(0.0, f64::max) / 255.0;
    picture.by_plane(|mut plane| {
        let both = plane.values.iter_mut().zip(&fog.values);
        both.for_each(|(value, fog)| {
            *value = (*value + weight * fog) * brightest / (brightest + weight);
        });
        plane
    })
}
