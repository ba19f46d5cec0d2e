//! Translate: a digit beside its place.

use crate::affine::transform;
use crate::picture::Picture;
use crate::settings::Settings;

/// Moves the picture by 1 to 5 pixels along both axes: with the sign 1, to the left or up.
pub fn apply(picture: &Picture, settings: &Settings) -> Picture {
    let pixels = settings.pick([1.0, 2.0, 3.0, 4.0, 5.0]);
    let mut random = settings.random();
    let signs = settings
        .sign
        .unwrap_or_else(|| [random.sign(), random.sign()]);
    transform(
        picture,
        [[1.0, 0.0], [0.0, 1.0]],
        signs.map(|sign| sign * pixels),
    )
}
