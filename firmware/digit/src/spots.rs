//! Light pixels that hang together, and which of them are the digit.

use crate::plane::{Bounds, Plane};

/// Lighter pixels are ink if they lie beside pixels that are [`SURE`] to be.
pub(crate) const INK: u8 = 64;
/// Lighter pixels are ink; ruled lines are darker.
pub(crate) const SURE: u8 = 144;
/// A spot of less than one part in this many of the largest is dirt.
const DIRT: u32 = 25;
/// Spots further from the main one than this many hundredths of its longer side belong to
/// something else.
const APART: usize = 30;
/// A spot inside counts as much as one of so many times its pixels at the edge.
const INSIDE: u32 = 5;
/// Spots that are kept; of more, the largest.
const SPOTS: usize = 16;

/// A label of a pixel that no kept spot has.
pub(crate) const NONE: u8 = 0;
/// A label of a pixel of the digit.
pub(crate) const DIGIT: u8 = 252;
/// A label of a pixel of another spot.
pub(crate) const AWAY: u8 = 253;
/// A pixel of the spot that grows.
const CURRENT: u8 = 254;
/// A pixel of ink that is no spot's yet.
const OPEN: u8 = 255;

/// Pixels of ink that are each other's neighbours, diagonals included.
#[derive(Clone, Copy, Debug, Default)]
struct Spot {
    bounds: Bounds,
    pixels: u32,
    /// Sides of its pixels that face no ink.
    outline: u32,
    touches_edge: bool,
}

/// The spots that make up the digit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Digit {
    pixels: u32,
    outline: u32,
}

impl Digit {
    /// The width of its strokes in 256ths of a pixel, twice their area over their outline:
    /// counted along rows and columns, an outline is 4/π of its length on average.
    pub(crate) fn stroke_256ths(self) -> u64 {
        // 2 · 256 · 4 / π, in millionths.
        let area = u64::from(self.pixels) * 651_898_646;
        area / (u64::from(self.outline) * 1_000_000).max(1)
    }
}

impl Spot {
    fn weight(&self) -> u64 {
        let weight = u64::from(self.pixels);
        if self.touches_edge {
            weight
        } else {
            weight * u64::from(INSIDE)
        }
    }

    /// Whether it belongs to a digit of which `main` is the largest part.
    fn belongs_to(&self, main: &Self) -> bool {
        let [height, width] = main.bounds.size();
        let reach = APART * height.max(width);
        let [down, across] = gap(self.bounds, main.bounds);
        // In hundredths of a pixel.
        let distance = 10_000 * (down * down + across * across);
        self.pixels.saturating_mul(DIRT) >= main.pixels
            && (main.touches_edge || !self.touches_edge)
            && distance <= reach * reach
    }
}

/// How far two boxes are apart, down and across.
fn gap(a: Bounds, b: Bounds) -> [usize; 2] {
    let between = |[a_low, a_high]: [usize; 2], [b_low, b_high]: [usize; 2]| {
        a_low
            .saturating_sub(b_high)
            .max(b_low.saturating_sub(a_high))
    };
    [
        between([a.top, a.bottom], [b.top, b.bottom]),
        between([a.left, a.right], [b.left, b.right]),
    ]
}

/// Finds the digit among the pixels of `picture` that are lighter than `level`: the largest
/// spot, one inside rather than one at the edge, and those beside it that belong to it. Its
/// pixels get the label [`DIGIT`], those of other spots [`AWAY`]. None if there is no ink.
pub(crate) fn digit(picture: &Plane<'_>, level: u8, labels: &mut Plane<'_>) -> Option<Digit> {
    for (label, &pixel) in labels.levels.iter_mut().zip(picture.levels.iter()) {
        *label = if pixel > level { OPEN } else { NONE };
    }
    let mut kept = [Spot::default(); SPOTS];
    for y in 0..labels.height {
        for x in 0..labels.width {
            if labels.at(y, x) == OPEN {
                let spot = grow(labels, y, x);
                keep(&mut kept, spot, labels);
            }
        }
    }
    let main = *kept.iter().max_by_key(|spot| spot.weight())?;
    if main.pixels == 0 {
        return None;
    }
    let mut digit = Digit {
        pixels: 0,
        outline: 0,
    };
    for (index, spot) in kept.iter().enumerate().filter(|(_, spot)| spot.pixels > 0) {
        let is_part = spot.belongs_to(&main);
        if is_part {
            digit.pixels += spot.pixels;
            digit.outline += spot.outline;
        }
        let label = if is_part { DIGIT } else { AWAY };
        relabel(labels, spot.bounds, index as u8 + 1, label);
    }
    Some(digit)
}

/// Keeps `spot`, whose pixels are [`CURRENT`], in place of the smallest one if it is larger.
fn keep(kept: &mut [Spot; SPOTS], spot: Spot, labels: &mut Plane<'_>) {
    let smallest = kept.iter_mut().enumerate();
    let smallest = smallest.min_by_key(|(_, kept)| kept.weight());
    let Some((index, place)) = smallest.filter(|(_, kept)| kept.weight() < spot.weight()) else {
        relabel(labels, spot.bounds, CURRENT, AWAY);
        return;
    };
    let label = index as u8 + 1;
    if place.pixels > 0 {
        relabel(labels, place.bounds, label, AWAY);
    }
    relabel(labels, spot.bounds, CURRENT, label);
    *place = spot;
}

fn relabel(labels: &mut Plane<'_>, bounds: Bounds, from: u8, to: u8) {
    for (y, x) in bounds.places() {
        if labels.at(y, x) == from {
            labels.set(y, x, to);
        }
    }
}

/// Marks the spot that the open pixel at a place belongs to as [`CURRENT`].
///
/// It is swept downwards and upwards until nothing is added: without a list of places to
/// visit, which could be as long as the picture.
fn grow(labels: &mut Plane<'_>, y: usize, x: usize) -> Spot {
    labels.set(y, x, CURRENT);
    let mut bounds = Bounds::of(y, x);
    loop {
        let before = bounds;
        let is_downwards = sweep(labels, &mut bounds, false);
        let is_upwards = sweep(labels, &mut bounds, true);
        if !is_downwards && !is_upwards && before == bounds {
            break;
        }
    }
    measure(labels, bounds)
}

/// Adds to the spot what lies beside it, row by row; gives whether there was anything.
fn sweep(labels: &mut Plane<'_>, bounds: &mut Bounds, is_upwards: bool) -> bool {
    let size = [labels.height, labels.width];
    let rows = bounds.grown(1, size);
    let mut is_any = false;
    let mut y = if is_upwards { rows.bottom } else { rows.top };
    loop {
        let row = bounds.grown(1, size);
        if y < row.top || y > row.bottom {
            return is_any;
        }
        // To both sides: a row is reached from its end, too.
        for x in row.left..=labels.width.saturating_sub(1) {
            if x > bounds.right + 1 {
                break;
            }
            is_any |= add(labels, bounds, y, x);
        }
        let mut x = bounds.right.min(labels.width.saturating_sub(1));
        loop {
            is_any |= add(labels, bounds, y, x);
            if x == 0 || x < bounds.left {
                break;
            }
            x -= 1;
        }
        if is_upwards {
            let Some(above) = y.checked_sub(1) else {
                return is_any;
            };
            y = above;
        } else {
            y += 1;
        }
    }
}

/// Adds an open pixel that has a neighbour in the spot.
fn add(labels: &mut Plane<'_>, bounds: &mut Bounds, y: usize, x: usize) -> bool {
    if labels.at(y, x) != OPEN {
        return false;
    }
    let near = Bounds::of(y, x).grown(1, [labels.height, labels.width]);
    let is_beside = near.places().any(|(y, x)| labels.at(y, x) == CURRENT);
    if is_beside {
        labels.set(y, x, CURRENT);
        *bounds = bounds.with(Bounds::of(y, x));
    }
    is_beside
}

/// The spot of the pixels that are [`CURRENT`].
fn measure(labels: &Plane<'_>, bounds: Bounds) -> Spot {
    let mut spot = Spot {
        bounds,
        touches_edge: bounds.top == 0
            || bounds.left == 0
            || bounds.bottom + 1 >= labels.height
            || bounds.right + 1 >= labels.width,
        ..Spot::default()
    };
    let faces = |y: Option<usize>, x: Option<usize>| {
        let label = y.zip(x).map(|(y, x)| labels.at(y, x));
        u32::from(label != Some(CURRENT))
    };
    for (y, x) in bounds.places() {
        if labels.at(y, x) == CURRENT {
            spot.pixels += 1;
            spot.outline += faces(y.checked_sub(1), Some(x))
                + faces(Some(y + 1), Some(x))
                + faces(Some(y), x.checked_sub(1))
                + faces(Some(y), Some(x + 1));
        }
    }
    spot
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(size: [usize; 2], boxes: &[[usize; 4]]) -> Vec<u8> {
        let mut levels = vec![0; size[0] * size[1]];
        for &[left, top, width, height] in boxes {
            for y in top..top + height {
                levels[y * size[1] + left..][..width].fill(200);
            }
        }
        levels
    }

    /// The pixels of the digit, by their box, and the pixels beside it.
    fn found(size: [usize; 2], boxes: &[[usize; 4]]) -> Option<(Bounds, usize)> {
        let (mut levels, mut labels) = (picture(size, boxes), vec![0; size[0] * size[1]]);
        let mut labels = Plane::new(&mut labels, size);
        digit(&Plane::new(&mut levels, size), INK, &mut labels)?;
        let mut places = (0..levels.len()).filter(|&at| labels.levels[at] == DIGIT);
        let place = |at: usize| Bounds::of(at / size[1], at % size[1]);
        let first = place(places.next()?);
        let bounds = places.fold(first, |bounds, at| bounds.with(place(at)));
        let away = labels.levels.iter().filter(|&&label| label == AWAY).count();
        assert!(
            labels
                .levels
                .iter()
                .all(|label| [NONE, AWAY, DIGIT].contains(label))
        );
        Some((bounds, away))
    }

    #[test]
    fn the_papers_edge_dirt_and_other_writing_are_left_away() {
        let mut boxes = vec![
            [0, 0, 3, 60],
            [20, 8, 10, 24],
            [33, 5, 1, 1],
            [40, 50, 10, 5],
        ];
        let bounds = |left, top, right, bottom| Bounds {
            top,
            left,
            bottom,
            right,
        };
        assert_eq!(found([60; 2], &boxes), Some((bounds(20, 8, 29, 31), 231)));
        // A part of the same sign.
        boxes.push([32, 8, 6, 4]);
        assert_eq!(found([60; 2], &boxes), Some((bounds(20, 8, 37, 31), 231)));
    }

    #[test]
    fn ink_at_the_edge_is_better_than_dirt_inside_and_than_none() {
        let edge = Bounds {
            top: 0,
            left: 0,
            bottom: 29,
            right: 5,
        };
        assert_eq!(found([30; 2], &[[0, 0, 6, 30]]), Some((edge, 0)));
        assert_eq!(
            found([30; 2], &[[0, 0, 6, 30], [15, 15, 3, 3]]),
            Some((edge, 9))
        );
        assert_eq!(found([8; 2], &[]), None);
    }

    #[test]
    fn a_spiral_is_one_spot_and_more_spots_than_are_kept_are_counted_too() {
        let spiral = [
            [2, 2, 17, 1],
            [18, 2, 1, 17],
            [2, 18, 17, 1],
            [2, 5, 1, 14],
            [2, 5, 13, 1],
            [14, 5, 1, 10],
            [5, 14, 10, 1],
            [5, 8, 1, 7],
            [5, 8, 6, 1],
            [10, 8, 1, 3],
        ];
        assert_eq!(found([21; 2], &spiral).map(|(_, away)| away), Some(0));
        let mut boxes: Vec<_> = (0..30).map(|at| [2 * at + 1, 1, 1, 1]).collect();
        boxes.push([10, 20, 20, 20]);
        let (bounds, away) = found([62; 2], &boxes).unwrap();
        assert_eq!((bounds.size(), away), ([20, 20], 30));
    }

    #[test]
    fn strokes_have_a_width() {
        let mut levels = picture([80; 2], &[[10, 5, 6, 70]]);
        let mut labels = vec![0; 6400];
        let mut labels = Plane::new(&mut labels, [80; 2]);
        let digit = digit(&Plane::new(&mut levels, [80; 2]), INK, &mut labels).unwrap();
        // 2 · 420 / (152 · π/4)
        assert_eq!(digit.stroke_256ths(), (7.0364 * 256.0) as u64);
    }
}
