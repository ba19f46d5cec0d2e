//! Rotate: a digit that leans.

use crate::affine::transform;
use crate::picture::Picture;
use crate::settings::Settings;

/// Turns the picture about its middle, by .2 to 1 radian, to one side or the other.
pub fn apply(picture: &Picture, settings: &Settings) -> Picture {
    let angle = settings.pick([0.2, 0.4, 0.6, 0.8, 1.0]) * settings.one_sign();
    let (sine, cosine) = f64::sin_cos(angle);
    transform(picture, [[cosine, -sine], [sine, cosine]], [0.0; 2])
}
