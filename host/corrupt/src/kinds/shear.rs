//! Shear: a digit that is pushed over.

use crate::affine::transform;
use crate::picture::Picture;
use crate::settings::{Settings, Variant};

/// Moves rows against each other, by an angle of .2 to 1 radian, to one side or the other.
pub fn apply(picture: &Picture, settings: &Settings) -> Picture {
    let angle = settings.pick([0.2, 0.4, 0.6, 0.8, 1.0]) * settings.one_sign();
    let rows = match settings.variant {
        Variant::Tangent => [-f64::tan(angle), 1.0],
        _ => [-f64::sin(angle), f64::cos(angle)],
    };
    transform(picture, [[1.0, rows[0]], [0.0, rows[1]]], [0.0; 2])
}
