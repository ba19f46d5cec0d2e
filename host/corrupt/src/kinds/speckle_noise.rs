//! Speckle noise: more where it is brighter.

use crate::picture::Picture;
use crate::random::normal;
use crate::settings::Settings;

/// Adds normal noise in proportion to the level.
pub fn apply(picture: &Picture, settings: &Settings) -> Picture {
    let deviation = settings.pick([0.15, 0.2, 0.35, 0.45, 0.6]);
    let mut random = settings.random();
    picture.map_with_pairs(&mut random, |level, pair| {
        level + level * normal(deviation, pair)
    })
}
