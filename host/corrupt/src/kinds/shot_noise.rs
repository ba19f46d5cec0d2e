//! Shot noise: few photons.

use crate::picture::Picture;
use crate::settings::Settings;

/// Counts photons: Poisson, so many at white.
pub fn apply(picture: &Picture, settings: &Settings) -> Picture {
    let photons = settings.pick([60.0, 25.0, 12.0, 5.0, 3.0]);
    let mut random = settings.random();
    picture.map(|level| random.poisson(level / 255.0 * photons) / photons * 255.0)
}
