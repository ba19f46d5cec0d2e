//! The ground that ink lies on, and how far a pixel differs from it.
//!
//! Paper in shade is as dark as ink in light, so no level tells them apart. The
//! ground is therefore estimated at every pixel: dark strokes are closed (light ink:
//! opened) by a square that is wider than a stroke, which leaves everything larger as
//! it is: shade, the edge of a shadow, the frame of a board (Serra 1982, chapter II).

use image::{GrayImage, Luma};

use super::Ink;

/// Added to the ground of light ink before it divides: on black, every level is ink.
const BLACK: f32 = 16.0;

/// How far every pixel differs from the ground, in shares of the ground's level.
pub(super) struct Difference {
    pub(super) width: usize,
    pub(super) values: Vec<f32>,
}

impl Difference {
    /// Of a picture with this `ink`, whose strokes are narrower than `window` pixels.
    pub(super) fn of(picture: &GrayImage, ink: Ink, window: usize) -> Self {
        let [width, height] = [picture.width(), picture.height()].map(|side| side as usize);
        let levels: Vec<u8> = match ink {
            Ink::Light => picture.as_raw().clone(),
            // Closing is opening upside down.
            Ink::Dark => picture.as_raw().iter().map(|level| 255 - level).collect(),
        };
        let radius = window / 2;
        let ground = greatest(&least(&levels, width, radius), width, radius);
        // Noise makes the extreme of a window lie off its middle, everywhere alike.
        let mut above: Vec<f32> = levels
            .iter()
            .zip(&ground)
            .map(|(&level, &ground)| f32::from(level.saturating_sub(ground)))
            .collect();
        let [bias, _] = middle_and_spread(&above);
        for (above, &ground) in above.iter_mut().zip(&ground) {
            let ground = f32::from(ground) + bias;
            let share = match ink {
                Ink::Light => ground + BLACK,
                Ink::Dark => (255.0 - ground).max(1.0),
            };
            *above = (*above - bias) / share;
        }
        debug_assert_eq!(width * height, levels.len());
        Self {
            width,
            values: above,
        }
    }

    /// What pixels of the ground differ by: their median, and the median distance from
    /// it. Ink and lines are a minority.
    pub(super) fn of_ground(&self) -> [f32; 2] {
        middle_and_spread(&self.values)
    }

    /// As levels: up to `low` black, from `high` on white.
    pub(super) fn stretched(&self, [low, high]: [f32; 2]) -> GrayImage {
        let width = self.width.max(1);
        GrayImage::from_fn(width as u32, (self.values.len() / width) as u32, |x, y| {
            let value = self.values[y as usize * width + x as usize];
            let level = (value - low) / (high - low).max(f32::EPSILON) * 255.0;
            Luma([level.round().clamp(0.0, 255.0) as u8])
        })
    }
}

/// The median, and the median distance from it.
fn middle_and_spread(values: &[f32]) -> [f32; 2] {
    let median = |values: &mut [f32]| {
        let middle = values.len() / 2;
        if values.is_empty() {
            return 0.0;
        }
        *values.select_nth_unstable_by(middle, f32::total_cmp).1
    };
    let mut values = values.to_vec();
    let level = median(&mut values);
    for value in &mut values {
        *value = (*value - level).abs();
    }
    [level, median(&mut values)]
}

fn least(levels: &[u8], width: usize, radius: usize) -> Vec<u8> {
    square(levels, width, radius, |a, b| a <= b)
}

fn greatest(levels: &[u8], width: usize, radius: usize) -> Vec<u8> {
    square(levels, width, radius, |a, b| a >= b)
}

/// Of every square of pixels up to `radius` away, the one that wins over all others.
fn square(levels: &[u8], width: usize, radius: usize, wins: fn(u8, u8) -> bool) -> Vec<u8> {
    let mut out = levels.to_vec();
    if width == 0 || radius == 0 {
        return out;
    }
    let height = levels.len() / width;
    let mut line = Vec::new();
    for row in out.chunks_exact_mut(width) {
        line.clear();
        line.extend_from_slice(row);
        running(&line, radius, wins, |at, level| row[at] = level);
    }
    for x in 0..width {
        line.clear();
        line.extend((0..height).map(|y| out[y * width + x]));
        running(&line, radius, wins, |at, level| out[at * width + x] = level);
    }
    out
}

/// Calls `put` with the winner of every window of a line. The queue holds places whose
/// levels each win over all that follow.
fn running(line: &[u8], radius: usize, wins: fn(u8, u8) -> bool, mut put: impl FnMut(usize, u8)) {
    let mut queue = std::collections::VecDeque::<usize>::new();
    for at in 0..line.len() + radius {
        if let Some(&level) = line.get(at) {
            while queue.back().is_some_and(|&back| wins(level, line[back])) {
                queue.pop_back();
            }
            queue.push_back(at);
        }
        let Some(centre) = at.checked_sub(radius) else {
            continue;
        };
        while queue.front().is_some_and(|&front| front + radius < centre) {
            queue.pop_front();
        }
        if let Some(&front) = queue.front() {
            put(centre, line[front]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_cut_at_the_edges() {
        let line = [5, 1, 4, 2, 9];
        let mut found = [0; 5];
        running(&line, 1, |a, b| a <= b, |at, level| found[at] = level);
        assert_eq!(found, [1, 1, 1, 2, 2]);
        running(&line, 9, |a, b| a >= b, |at, level| found[at] = level);
        assert_eq!(found, [9; 5]);
    }

    #[test]
    fn shade_and_its_edge_are_ground_and_strokes_are_not() {
        // Paper that loses half of its light to the right, a hard shadow below, and a
        // stroke of 3 pixels with a third of the paper's level.
        let paper = |x: u32, y: u32| {
            let level = 240.0 - 120.0 * f64::from(x) / 60.0;
            if y > 40 { level * 0.6 } else { level }
        };
        let picture = GrayImage::from_fn(60, 60, |x, y| {
            let share = if (30..33).contains(&x) {
                1.0 / 3.0
            } else {
                1.0
            };
            Luma([(paper(x, y) * share) as u8])
        });
        let difference = Difference::of(&picture, Ink::Dark, 15);
        // Where the picture ends, a slope of 2 levels a pixel goes on for half a window
        // unseen: 14 of 122 + 14 levels.
        let unseen = 14.0 / 136.0 + 0.01;
        for (at, value) in difference.values.iter().enumerate() {
            let expected = if (30..33).contains(&(at % 60)) {
                2.0 / 3.0
            } else {
                0.0
            };
            assert!((value - expected).abs() < unseen, "{at}: {value}");
        }
    }
}
