//! Dotted line: a line of dots across the digit.

use crate::line::{add, soft};
use crate::picture::{Picture, Plane};
use crate::settings::Settings;

/// Adds a line from the left to the right, two columns drawn and two left out.
pub fn apply(picture: &Picture, settings: &Settings) -> Picture {
    let [height, width] = picture.size();
    let mut random = settings.random();
    let mut row = || random.integer(0, (height as i64 - 1).max(1)) as f64;
    let (left, right) = ([0.0, row()], [width as f64 - 1.0, row()]);
    let line = soft([height, width], left, right);
    let dots = Plane::from_fn([height, width], |y, x| match x / 2 % 2 {
        0 => 0.0,
        _ => line.at(y, x),
    });
    add(picture, &dots)
}
