//! Defocus blur: a disk, as a lens out of focus makes it.

use crate::filter::{Edge, along, bell, correlate, normalised};
use crate::picture::{Picture, Plane};
use crate::settings::Settings;

/// Averages over a disk whose rim is softened.
pub fn apply(picture: &Picture, settings: &Settings) -> Picture {
    let constants = [(3, 0.1), (4, 0.5), (6, 0.5), (8, 0.5), (10, 0.5)];
    let (radius, alias) = settings.pick(constants);
    let disk = disk(radius, alias);
    picture.by_plane(|plane| correlate(&plane, &disk, Edge::Mirror))
}

/// The disk's weights. The square around it ends at 8 pixels or at the radius, and the rim's
/// blur has 3 or 5 taps, as in the reference.
fn disk(radius: i64, alias: f64) -> Plane {
    let (reach, taps) = if radius <= 8 { (8, 1) } else { (radius, 2) };
    let side = 2 * reach as usize + 1;
    let place = |at: usize| at as i64 - reach;
    let is_inside = |y: usize, x: usize| place(y).pow(2) + place(x).pow(2) <= radius.pow(2);
    let mut disk = Plane::from_fn([side; 2], |y, x| f64::from(u8::from(is_inside(y, x))));
    disk.values = normalised(disk.values);
    let rim = normalised(
        (-taps..=taps)
            .map(|at| bell(f64::from(at), alias))
            .collect(),
    );
    along(&along(&disk, 0, &rim, Edge::Mirror), 1, &rim, Edge::Mirror)
}
