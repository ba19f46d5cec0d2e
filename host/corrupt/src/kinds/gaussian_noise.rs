//! Gaussian noise: what a sensor adds in the dark.

use crate::picture::Picture;
use crate::settings::Settings;

/// Adds normal noise to every level.
pub fn apply(picture: &Picture, settings: &Settings) -> Picture {
    let deviation = settings.pick([0.08, 0.12, 0.18, 0.26, 0.38]);
    let mut random = settings.random();
    let deviation = 255.0 * deviation;
    picture.map_with_normals(&mut random, |level, normal| level + deviation * normal)
}
