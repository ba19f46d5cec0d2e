//! Least, greatest and mean of the pixels around each pixel: of a square, rows first and
//! then columns.

use crate::plane::Plane;

/// Bytes that [`apply`] needs for lines of at most `side` pixels.
pub(crate) const fn line_bytes(side: usize) -> usize {
    // The line, and what is known of its blocks, which reach over both ends.
    8 * side
}

/// What becomes of a pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Of {
    /// The least level of the square.
    Least,
    /// The greatest.
    Greatest,
    /// The mean, rounded.
    Mean,
}

/// Replaces every pixel by that of the square of pixels at most `radius` away, as far as
/// it lies in the picture. `line` has [`line_bytes`] of the longer side, and `radius` is at
/// most a side.
pub(crate) fn apply(plane: &mut Plane<'_>, radius: usize, of: Of, line: &mut [u8]) {
    if radius == 0 {
        return;
    }
    let (height, width) = (plane.height, plane.width);
    for y in 0..height {
        along(plane.levels, y * width, 1, width, radius, of, line);
    }
    for x in 0..width {
        along(plane.levels, x, width, height, radius, of, line);
    }
}

/// One line of `count` pixels, which begins at `start` and takes every `step`th.
fn along(
    levels: &mut [u8],
    start: usize,
    step: usize,
    count: usize,
    radius: usize,
    of: Of,
    line: &mut [u8],
) {
    let (radius, step) = (radius.min(count), step.max(1));
    let (line, blocks) = line.split_at_mut_checked(count).unwrap_or_default();
    for (to, from) in line.iter_mut().zip(levels.iter().skip(start).step_by(step)) {
        *to = *from;
    }
    let results = levels.iter_mut().skip(start).step_by(step).take(count);
    match of {
        Of::Mean => means(line, radius, results),
        Of::Least => extremes(line, radius, u8::MAX, u8::min, blocks, results),
        Of::Greatest => extremes(line, radius, u8::MIN, u8::max, blocks, results),
    }
}

fn means<'a>(line: &[u8], radius: usize, results: impl Iterator<Item = &'a mut u8>) {
    let (mut sum, mut count) = (0_u32, 0_u32);
    for &level in line.iter().take(radius) {
        sum += u32::from(level);
        count += 1;
    }
    for (at, result) in results.enumerate() {
        if let Some(&level) = line.get(at + radius) {
            sum += u32::from(level);
            count += 1;
        }
        let gone = at.checked_sub(radius + 1).and_then(|at| line.get(at));
        if let Some(&level) = gone {
            sum -= u32::from(level);
            count -= 1;
        }
        *result = ((sum + count / 2).checked_div(count)).unwrap_or_default() as u8;
    }
}

/// By blocks as long as the window: it reaches over one border between blocks at most, so
/// that the best of what is before the border and the best of what is behind it are enough
/// (van Herk 1992).
fn extremes<'a>(
    line: &[u8],
    radius: usize,
    worst: u8,
    better: impl Fn(u8, u8) -> u8,
    blocks: &mut [u8],
    results: impl Iterator<Item = &'a mut u8>,
) {
    let window = 2 * radius + 1;
    let padded = line.len() + 2 * radius;
    let (from_start, rest) = blocks.split_at_mut_checked(padded).unwrap_or_default();
    let to_end = rest.get_mut(..padded).unwrap_or_default();
    let at = |place: usize| {
        let level = place.checked_sub(radius).and_then(|at| line.get(at));
        level.copied().unwrap_or(worst)
    };
    let mut best = worst;
    for (place, slot) in from_start.iter_mut().enumerate() {
        best = better(if place % window == 0 { worst } else { best }, at(place));
        *slot = best;
    }
    best = worst;
    for (place, slot) in to_end.iter_mut().enumerate().rev() {
        let is_last = place % window == window - 1;
        best = better(if is_last { worst } else { best }, at(place));
        *slot = best;
    }
    let ends = from_start.iter().skip(2 * radius);
    for ((result, &before), &behind) in results.zip(to_end.iter()).zip(ends) {
        *result = better(before, behind);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn plainly(levels: &[u8], [height, width]: [usize; 2], radius: usize, of: Of) -> Vec<u8> {
        let near = |at: usize, side: usize| at.saturating_sub(radius)..(at + radius + 1).min(side);
        let rows: Vec<Vec<u8>> = (0..height)
            .map(|y| levels[y * width..][..width].to_vec())
            .collect();
        let of = |levels: Vec<u8>| match of {
            Of::Least => *levels.iter().min().unwrap(),
            Of::Greatest => *levels.iter().max().unwrap(),
            Of::Mean => {
                let sum: f64 = levels.iter().copied().map(f64::from).sum();
                (sum / levels.len() as f64 + 0.5).floor() as u8
            }
        };
        let along: Vec<Vec<u8>> = rows
            .iter()
            .map(|row| {
                (0..width)
                    .map(|x| of(row[near(x, width)].to_vec()))
                    .collect()
            })
            .collect();
        (0..height)
            .flat_map(|y| {
                let along = &along;
                (0..width).map(move |x| of(near(y, height).map(|y| along[y][x]).collect()))
            })
            .collect()
    }

    proptest! {
        #[test]
        fn as_plain_loops_have_it(
            size in [1..9_usize, 1..9_usize],
            radius in 0..9_usize,
            seed in proptest::collection::vec(any::<u8>(), 81),
        ) {
            let radius = radius.min(size[0].min(size[1]));
            let levels = &seed[..size[0] * size[1]];
            let mut line = vec![0; line_bytes(size[0].max(size[1]))];
            for of in [Of::Least, Of::Greatest, Of::Mean] {
                let mut filtered = levels.to_vec();
                apply(&mut Plane::new(&mut filtered, size), radius, of, &mut line);
                prop_assert_eq!(&filtered, &plainly(levels, size, radius, of), "{:?}", of);
            }
        }
    }
}
