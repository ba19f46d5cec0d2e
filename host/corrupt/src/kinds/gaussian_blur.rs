//! Gaussian blur.

use crate::filter::{Edge, along, gaussian, gaussian_weights};
use crate::picture::{Picture, Plane};
use crate::settings::{Settings, Variant};

/// Blurs along both axes; as MNIST-C does it, down the columns alone.
pub fn apply(picture: &Picture, settings: &Settings) -> Picture {
    let deviation = settings.pick([1.0, 2.0, 3.0, 4.0, 6.0]);
    picture.by_plane(|plane| blur(&plane, deviation, settings.variant))
}

/// A gaussian blur in one of its two forms.
pub(super) fn blur(plane: &Plane, deviation: f64, variant: Variant) -> Plane {
    match variant {
        Variant::MnistC => along(plane, 0, &gaussian_weights(deviation, 4.0), Edge::Nearest),
        _ => gaussian(plane, deviation, Edge::Nearest),
    }
}
