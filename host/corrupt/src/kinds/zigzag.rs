//! Zigzag: a jagged line across the digit.

use crate::line::{add, soft};
use crate::picture::Picture;
use crate::settings::Settings;

/// Length and height of a tooth, in pixels.
const TOOTH: f64 = 2.0;

/// Adds a jagged line from the left to the right.
pub fn apply(picture: &Picture, settings: &Settings) -> Picture {
    let size = picture.size();
    let mut random = settings.random();
    let (first, last) = (2.0, (size[1] as f64 - 3.0).max(3.0));
    let begin = random.integer(0, (size[0] as i64 - 1).max(1)) as f64;
    let end = begin + random.integer(-5, 5) as f64;
    let (sine, cosine) = ((end - begin) / (last - first)).atan().sin_cos();
    let length = (last - first) / cosine;
    let mut corners = vec![[0.0, 0.0]];
    let teeth = ((length - TOOTH) / (2.0 * TOOTH)).floor().max(0.0) as usize;
    for tooth in 0..=teeth {
        let height = if tooth % 2 == 0 { TOOTH } else { -TOOTH };
        corners.push([(2 * tooth + 1) as f64 * TOOTH, height]);
    }
    let whole = 2.0 * TOOTH * (length / (2.0 * TOOTH)).floor();
    if let (true, Some([_, height])) = (length != whole, corners.last().copied()) {
        corners.push([length, height / (2.0 * (length - whole))]);
    }
    let turned = corners.iter().map(|[along, across]| {
        let column = cosine * along - sine * across + first;
        [column, sine * along + cosine * across + begin]
    });
    let turned: Vec<_> = turned.collect();
    let lines = turned.windows(2).map(|ends| soft(size, ends[0], ends[1]));
    lines.fold(picture.clone(), |picture, line| add(&picture, &line))
}
