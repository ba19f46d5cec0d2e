//! How far a pixel differs from the ground around it.
//!
//! Paper in shade is as dark as ink in light, so no level tells them apart. The ground is
//! therefore estimated at every pixel: light strokes are opened by a square that is wider
//! than a stroke, which leaves everything larger as it is: shade, the edge of a shadow, the
//! frame of a board (Serra 1982, chapter II).

use crate::filter::{self, Of};
use crate::plane::Plane;
use crate::polarity::Ink;

/// Ink that differs less from its ground is unevenness.
const CONTRAST_MIN: u32 = 28;
/// Ground that differs this many times as much from its median as half of it does.
const NOISE_MAX: u32 = 7;
/// A picture is smoothed until ink differs this many times as much as the ground.
pub(crate) const CLARITY: u32 = 20;
/// Pixels that ink has at least.
const PIXELS_MIN: u32 = 8;
/// What is black and what is white after the contrast, in tenths of the ink's difference
/// from the ground. Ruled lines differ by less than the first.
const ENDS: [u32; 2] = [3, 7];
/// Added to the ground of light ink before it divides: on black, every level is ink.
const BLACK: u32 = 64;

/// The differences that become black and white.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InkLevels {
    ends: [u32; 2],
    /// Whether ink differs much more than the ground does.
    pub(crate) is_clear: bool,
}

/// Puts into `values` how far every pixel of `picture`, whose ink was `ink` and is light now,
/// differs from the ground, in shares of the ground's level: 255 is the whole of it for dark
/// ink, four times as much for light ink. Strokes are narrower than `window` pixels.
pub(crate) fn differ(
    picture: &Plane<'_>,
    ink: Ink,
    window: usize,
    values: &mut Plane<'_>,
    line: &mut [u8],
) {
    values.copy(picture);
    filter::apply(values, window / 2, Of::Least, line);
    filter::apply(values, window / 2, Of::Greatest, line);
    // Noise makes the extreme of a window lie off its middle, everywhere alike.
    let above = picture.levels.iter().zip(values.levels.iter());
    let bias = Histogram::of(above.map(|(level, ground)| level.saturating_sub(*ground))).median();
    for (value, &level) in values.levels.iter_mut().zip(picture.levels.iter()) {
        let ground = u32::from(*value) + bias;
        let above = u32::from(level).saturating_sub(ground);
        let share = match ink {
            Ink::Dark => (255 * above).checked_div(255_u32.saturating_sub(ground)),
            Ink::Light => Some(64 * above / (ground + BLACK)),
        };
        *value = share.unwrap_or_default().min(255) as u8;
    }
}

/// What ink differs by; none if nothing differs enough.
pub(crate) fn ink_levels(values: &Plane<'_>, ink: Ink) -> Option<InkLevels> {
    let histogram = Histogram::of(values.levels.iter().copied());
    let ground = histogram.median();
    let distances = values.levels.iter();
    let distances = distances.map(|&value| u32::from(value).abs_diff(ground) as u8);
    let spread = Histogram::of(distances).median();
    let contrast_min = match ink {
        Ink::Dark => CONTRAST_MIN,
        Ink::Light => CONTRAST_MIN / 4,
    };
    let least = ground + contrast_min.max(NOISE_MAX * spread);
    let count = histogram.above(least);
    if count < PIXELS_MIN {
        return None;
    }
    // The strongest tenth is the middle of strokes, not their edges and not lines.
    let strongest = (count / 10).max(PIXELS_MIN);
    let ink = histogram.at_rank(strongest / 2).saturating_sub(ground);
    Some(InkLevels {
        ends: ENDS.map(|end| ground + (end * ink + 5) / 10),
        is_clear: ink >= CLARITY * spread,
    })
}

/// Makes values black below the first end and white above the second.
pub(crate) fn stretch(values: &mut Plane<'_>, levels: InkLevels) {
    let [black, white] = levels.ends;
    for value in values.levels.iter_mut() {
        let above = u32::from(*value).saturating_sub(black);
        let share = (255 * above).checked_div(white.saturating_sub(black));
        *value = share.unwrap_or(0).min(255) as u8;
    }
}

/// How many pixels have each level.
struct Histogram {
    counts: [u32; 256],
}

impl Histogram {
    fn of(levels: impl Iterator<Item = u8>) -> Self {
        let mut counts = [0; 256];
        for level in levels {
            if let Some(count) = counts.get_mut(usize::from(level)) {
                *count += 1;
            }
        }
        Self { counts }
    }

    /// The level in the middle.
    fn median(&self) -> u32 {
        self.at_rank(self.counts.iter().sum::<u32>() / 2)
    }

    /// How many pixels are lighter than `level`.
    fn above(&self, level: u32) -> u32 {
        self.counts.iter().skip(level as usize + 1).sum()
    }

    /// The level that `rank` pixels come before, the lightest first.
    fn at_rank(&self, rank: u32) -> u32 {
        let mut before = 0;
        let found = self.counts.iter().rposition(|&count| {
            before += count;
            before > rank
        });
        found.unwrap_or_default() as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_counted_from_the_lightest() {
        let histogram = Histogram::of([9, 3, 3, 200, 7].into_iter());
        assert_eq!(
            [0, 1, 2, 3, 4].map(|rank| histogram.at_rank(rank)),
            [200, 9, 7, 3, 3]
        );
        assert_eq!((histogram.median(), histogram.above(7)), (7, 2));
        assert_eq!(Histogram::of([].into_iter()).median(), 0);
    }

    #[test]
    fn a_stroke_in_shade_differs_as_much_as_one_in_light() {
        // Paper of 200 and 100, with ink of half its level, upside down.
        let level = |y: usize, x: usize| {
            let paper = if x < 30 { 200 } else { 100 };
            let is_ink = (10..50).contains(&y) && (x % 30 == 14 || x % 30 == 15);
            255 - if is_ink { paper / 2 } else { paper }
        };
        let mut levels: Vec<u8> = (0..60 * 60).map(|at| level(at / 60, at % 60)).collect();
        let picture = Plane::new(&mut levels, [60; 2]);
        let (mut values, mut line) = (vec![0; 3600], vec![0; filter::line_bytes(60)]);
        let mut values = Plane::new(&mut values, [60; 2]);
        differ(&picture, Ink::Dark, 7, &mut values, &mut line);
        assert_eq!([values.at(30, 14), values.at(30, 44)], [127, 127]);
        assert_eq!(
            [values.at(30, 5), values.at(30, 30), values.at(30, 50)],
            [0; 3]
        );
        let levels = ink_levels(&values, Ink::Dark).unwrap();
        assert_eq!(
            levels,
            InkLevels {
                ends: [38, 89],
                is_clear: true
            }
        );
        stretch(&mut values, levels);
        assert_eq!([values.at(30, 14), values.at(30, 5)], [255, 0]);
    }
}
