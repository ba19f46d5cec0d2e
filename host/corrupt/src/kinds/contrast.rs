//! Contrast: too little of it.

use crate::picture::Picture;
use crate::settings::Settings;

/// Draws every level towards its channel's mean.
pub fn apply(picture: &Picture, settings: &Settings) -> Picture {
    let share = settings.pick([0.4, 0.3, 0.2, 0.1, 0.05]);
    picture.by_plane(|plane| {
        let mean = plane.values.iter().sum::<f64>() / plane.values.len() as f64;
        plane.map(|value| *value = (*value - mean) * share + mean)
    })
}
