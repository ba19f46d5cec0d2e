//! Impulse noise: salt and pepper.

use crate::picture::Picture;
use crate::settings::Settings;

/// Makes a share of the levels black or white, half and half.
pub fn apply(picture: &Picture, settings: &Settings) -> Picture {
    let share = settings.pick([0.03, 0.06, 0.09, 0.17, 0.27]);
    // A number from 0 to 1 has the upper 53 bits of a word; the lowest says which half.
    let below = (share * (1_u64 << 53) as f64) as u64;
    let mut random = settings.random();
    picture.map_with_words(&mut random, |level, word| {
        if word >> 11 >= below {
            level
        } else if word & 1 == 0 {
            255.0
        } else {
            0.0
        }
    })
}
