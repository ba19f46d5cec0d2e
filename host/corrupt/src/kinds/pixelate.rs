//! Pixelate: a picture of too few pixels.

use std::ops::Range;

use crate::picture::Picture;
use crate::settings::Settings;

/// Shrinks the picture with a box filter, in 8 bits as Pillow does it: along the rows first,
/// rounded after each axis. Each pixel then takes the value of the nearest one.
pub fn apply(picture: &Picture, settings: &Settings) -> Picture {
    let share = settings.pick([0.6, 0.5, 0.4, 0.3, 0.25]);
    let size = picture.size();
    let small = size.map(|side| ((side as f64 * share) as usize).max(1));
    let shrink = [0, 1].map(|axis| boxes(size[axis], small[axis]));
    let show = [0, 1].map(|axis| nearest(small[axis], size[axis]));
    let [height, width] = size;
    let mut levels = Vec::with_capacity(picture.levels().len());
    for plane in picture.whole_levels().chunks_exact(height * width) {
        let shrunk = shrunk(plane, width, &shrink);
        for (y, &row) in show[0].iter().enumerate() {
            if y > 0 && row == show[0][y - 1] {
                levels.extend_from_within(levels.len() - width..);
                continue;
            }
            let row = &shrunk[row * small[1]..][..small[1]];
            levels.extend(show[1].iter().map(|&x| row[x]));
        }
    }
    picture.with_levels(levels)
}

/// The pixels along an axis whose middles lie in each of `small` boxes.
fn boxes(size: usize, small: usize) -> Vec<Range<usize>> {
    let scale = size as f64 / small as f64;
    let half = 0.5 * scale.max(1.0);
    let pixels = |at: usize| {
        let centre = (at as f64 + 0.5) * scale;
        let is_inside = |pixel: &usize| {
            let from = (*pixel as f64 + 0.5 - centre) / scale.max(1.0);
            from > -0.5 && from <= 0.5
        };
        let first = (centre - half).floor().max(0.0) as usize;
        let last = ((centre + half).ceil() as usize + 1).min(size);
        let mut inside = (first..last).filter(is_inside);
        let begin = inside.next().unwrap_or(first);
        begin..inside.next_back().unwrap_or(begin) + 1
    };
    (0..small).map(pixels).collect()
}

/// The means of whole levels in boxes, along the rows and then down the columns.
fn shrunk(plane: &[i32], width: usize, [rows, columns]: &[Vec<Range<usize>>; 2]) -> Vec<f64> {
    // To the nearest, a half upwards.
    let mean = |sum: i32, count: usize| (2 * sum + count as i32) / (2 * count as i32);
    let narrow: Vec<i32> = plane
        .chunks_exact(width)
        .flat_map(|row| {
            columns
                .iter()
                .map(|pixels| mean(row[pixels.clone()].iter().sum(), pixels.len()))
        })
        .collect();
    let mut sums = vec![0; columns.len()];
    let mut means = Vec::with_capacity(rows.len() * columns.len());
    for pixels in rows {
        sums.fill(0);
        for row in narrow[pixels.start * columns.len()..pixels.end * columns.len()]
            .chunks_exact(columns.len())
        {
            sums.iter_mut()
                .zip(row)
                .for_each(|(sum, level)| *sum += level);
        }
        let level = |&sum: &i32| f64::from(mean(sum, pixels.len())) / 255.0 * 255.0;
        means.extend(sums.iter().map(level));
    }
    means
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
