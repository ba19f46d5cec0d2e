//! Impulse noise: salt and pepper.

use crate::picture::Picture;
use crate::settings::Settings;

/// Makes a share of the levels black or white, half and half.
pub fn apply(picture: &Picture, settings: &Settings) -> Picture {
    let share = settings.pick([0.03, 0.06, 0.09, 0.17, 0.27]);
    let mut random = settings.random();
    picture.map_with_pairs(&mut random, |level, [chance, side]| {
        if chance >= share {
            level
        } else if side < 0.5 {
            255.0
        } else {
            0.0
        }
    })
}
