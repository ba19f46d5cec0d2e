//! Speckle noise: more where it is brighter.

use crate::picture::Picture;
use crate::settings::Settings;

/// Adds normal noise in proportion to the level.
pub fn apply(picture: &Picture, settings: &Settings) -> Picture {
    let deviation = settings.pick([0.15, 0.2, 0.35, 0.45, 0.6]);
    let mut random = settings.random();
    picture.map_with_normals(&mut random, |level, normal| {
        level + level * (deviation * normal)
    })
}
