//! The box, and its place.

use crate::plane::{Bounds, Plane};

/// Of 28 pixels, those of the box that the ink fills.
pub(crate) const BOX: usize = 20;
/// The side that the box belongs to.
const FRAME: usize = 28;

/// The side of the box in a digit of this size.
pub fn box_side([height, width]: [usize; 2]) -> usize {
    (height.min(width) * BOX / FRAME).max(1)
}

/// The part of `picture` within `bounds`, its longer side `side` pixels, put into `small`;
/// gives height and width. Every pixel is the mean of what it covers, rounded.
pub(crate) fn fit(
    picture: &Plane<'_>,
    bounds: Bounds,
    side: usize,
    small: &mut [u8],
) -> [usize; 2] {
    let from = bounds.size();
    let longer = from[0].max(from[1]).max(1);
    let size = from.map(|from| {
        let pixels = (2 * from * side + longer).checked_div(2 * longer);
        pixels.unwrap_or_default().min(side).max(1)
    });
    let mut to = Plane::new(small, size);
    for y in 0..size[0] {
        for x in 0..size[1] {
            let (mut sum, mut area) = (0_u64, 0_u64);
            for (row, high) in covered(y, from[0], size[0]) {
                for (column, wide) in covered(x, from[1], size[1]) {
                    let level = picture.at(bounds.top + row, bounds.left + column);
                    sum += (high * wide) as u64 * u64::from(level);
                    area += (high * wide) as u64;
                }
            }
            let mean = (sum + area / 2).checked_div(area).unwrap_or_default();
            to.set(y, x, mean as u8);
        }
    }
    size
}

/// The pixels of `from` that pixel `at` of `to` covers, and how much of each, in parts of
/// `to` for a whole one.
fn covered(at: usize, from: usize, to: usize) -> impl Iterator<Item = (usize, usize)> {
    let [start, end] = [at * from, (at + 1) * from];
    let first = start.checked_div(to).unwrap_or_default();
    (first..from)
        .map(move |pixel| {
            let part = end
                .min((pixel + 1) * to)
                .saturating_sub(start.max(pixel * to));
            (pixel, part)
        })
        .take_while(|&(_, part)| part > 0)
}

/// Puts `small` on a dark ground, in the middle, or with its centre of mass there.
pub(crate) fn place(small: &Plane<'_>, is_by_mass: bool, digit: &mut Plane<'_>) {
    digit.levels.fill(0);
    let (mut mass, mut moments) = (0_i64, [0_i64; 2]);
    for y in 0..small.height {
        for x in 0..small.width {
            let level = if is_by_mass {
                i64::from(small.at(y, x))
            } else {
                1
            };
            mass += level;
            // A pixel's own centre is at half.
            moments[0] += level * (2 * y as i64 + 1);
            moments[1] += level * (2 * x as i64 + 1);
        }
    }
    let [top, left] = [(digit.height, moments[0]), (digit.width, moments[1])]
        .map(|(side, moment)| rounded(side as i64 * mass - moment, 2 * mass));
    for y in 0..small.height {
        for x in 0..small.width {
            let to = (
                usize::try_from(y as i64 + top),
                usize::try_from(x as i64 + left),
            );
            if let (Ok(to_y), Ok(to_x)) = to {
                digit.set(to_y, to_x, small.at(y, x));
            }
        }
    }
}

/// A quotient, rounded to the nearest number; halves go away from zero.
fn rounded(number: i64, by: i64) -> i64 {
    let whole = (2 * number.abs() + by).checked_div(2 * by);
    whole.unwrap_or_default() * number.signum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_are_means_of_what_they_cover() {
        let mut levels = [0, 60, 120, 180, 240, 30];
        let picture = Plane::new(&mut levels, [1, 6]);
        let bounds = Bounds {
            top: 0,
            left: 0,
            bottom: 0,
            right: 4,
        };
        let mut small = [0; 4];
        // Each covers 5/4 pixels: (0 + 60/4)/(5/4) and so on; a half is rounded up.
        assert_eq!(fit(&picture, bounds, 4, &mut small), [1, 4]);
        assert_eq!(small, [12, 84, 156, 228]);
        // Larger than it was.
        let mut large = [0; 10];
        assert_eq!(fit(&picture, bounds, 10, &mut large[..]), [2, 10]);
    }

    #[test]
    fn the_mass_lies_in_the_middle() {
        let mut levels = [255, 0, 0, 0];
        let mut digit = [7; 81];
        let mut ground = Plane::new(&mut digit, [9; 2]);
        place(&Plane::new(&mut levels, [1, 4]), true, &mut ground);
        let at = digit.iter().position(|&level| level == 255);
        assert_eq!(at, Some(4 * 9 + 4));
        assert_eq!(digit.iter().filter(|&&level| level != 0).count(), 1);
        assert_eq!(
            [rounded(5, 2), rounded(-5, 2), rounded(4, 3), rounded(1, 0)],
            [3, -3, 1, 0]
        );
    }
}
