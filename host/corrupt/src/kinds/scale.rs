//! Scale: a smaller digit.

use crate::affine::transform;
use crate::picture::Picture;
use crate::settings::Settings;

/// Shrinks the picture about its middle.
pub fn apply(picture: &Picture, settings: &Settings) -> Picture {
    let factor = settings.pick([1.0 / 0.9, 1.0 / 0.8, 1.0 / 0.7, 1.0 / 0.6, 1.0 / 0.5]);
    transform(picture, [[factor, 0.0], [0.0, factor]], [0.0; 2])
}
