//! Motion blur: the camera moved.

use crate::motion::blur;
use crate::picture::Picture;
use crate::settings::Settings;

/// Blurs along a line, from each pixel on; its angle is from −45° to 45°.
pub fn apply(picture: &Picture, settings: &Settings) -> Picture {
    let constants = [(10, 3.0), (15, 5.0), (15, 8.0), (15, 12.0), (20, 15.0)];
    let (radius, deviation) = settings.pick(constants);
    let random = || settings.random().uniform(-45.0, 45.0);
    let angle = settings.angle.unwrap_or_else(random);
    picture.by_plane(|plane| blur(&plane, radius, deviation, angle))
}
