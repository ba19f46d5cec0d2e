//! Pixelate: a picture of too few pixels.

use crate::picture::{Picture, Plane};
use crate::settings::Settings;

/// Shrinks the picture with a box filter, in 8 bits as Pillow does it: along the rows first,
/// rounded after each axis. Each pixel then takes the value of the nearest one.
pub fn apply(picture: &Picture, settings: &Settings) -> Picture {
    let share = settings.pick([0.6, 0.5, 0.4, 0.3, 0.25]);
    let size = picture.size();
    let small = size.map(|side| ((side as f64 * share) as usize).max(1));
    picture.rounded().by_plane(|plane| {
        let levels = plane.map(|value| *value = (*value * 255.0).round());
        let shrunk = resized(&resized(&levels, 1, small[1]), 0, small[0]);
        let [rows, columns] = [0, 1].map(|axis| nearest(small[axis], size[axis]));
        Plane::from_fn(size, |y, x| shrunk.at(rows[y], columns[x]) / 255.0)
    })
}

/// For each of `size` pixels the nearest of `small`. The middle of a pixel is the one before it
/// and a step more, as Pillow adds it up: where a middle lies between two pixels, the rounding
/// of this sum decides.
fn nearest(small: usize, size: usize) -> Vec<usize> {
    let step = small as f64 / size as f64;
    let middles = std::iter::successors(Some(0.5 * step), |middle| Some(middle + step));
    let indices = middles.map(|middle| (middle as usize).min(small - 1));
    indices.take(size).collect()
}

/// One axis with another size: the mean of the pixels whose middles lie in each box.
fn resized(plane: &Plane, axis: usize, size: usize) -> Plane {
    let scale = plane.size[axis] as f64 / size as f64;
    let half = 0.5 * scale.max(1.0);
    let boxes = (0..size).map(|at| {
        let centre = (at as f64 + 0.5) * scale;
        let inside = |pixel: &usize| {
            let from = (*pixel as f64 + 0.5 - centre) / scale.max(1.0);
            from > -0.5 && from <= 0.5
        };
        let first = (centre - half).floor().max(0.0) as usize;
        let last = ((centre + half).ceil() as usize + 1).min(plane.size[axis]);
        (first..last).filter(inside).collect::<Vec<_>>()
    });
    let boxes: Vec<_> = boxes.collect();
    let mut shape = plane.size;
    shape[axis] = size;
    Plane::from_fn(shape, |y, x| {
        let pixels = &boxes[[y, x][axis]];
        let value = |&at: &usize| {
            if axis == 0 {
                plane.at(at, x)
            } else {
                plane.at(y, at)
            }
        };
        let sum: f64 = pixels.iter().map(value).sum();
        (sum / pixels.len() as f64).round()
    })
}
