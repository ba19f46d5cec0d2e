//! Photographs of handwritten digits, as a phone takes them: MNIST's digits in ink on
//! paper, in chalk or in marker, tilted, in shade, blurred and noisy.
//!
//! Every range is stated here, and the same seed gives the same picture.

use image::{Rgb, RgbImage};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::ops::RangeInclusive;

/// Rows or columns of a photograph.
pub const SIDES: RangeInclusive<usize> = 160..=420;
/// The height of the digit's box of 20×20 pixels, in shares of the shorter side: the
/// rest is margin.
pub const HEIGHTS: RangeInclusive<f64> = 0.25..=0.8;
/// Degrees to either side.
pub const TILTS: RangeInclusive<f64> = -15.0..=15.0;
/// The part of the light that is gone where the shade is deepest.
pub const SHADES: RangeInclusive<f64> = 0.0..=0.6;
/// What is left of the light in the shadow of a hand.
pub const SHADOWS: RangeInclusive<f64> = 0.4..=0.8;
/// The width of a shadow's edge, in shares of the shorter side.
pub const PENUMBRAS: RangeInclusive<f64> = 0.01..=0.08;
/// The standard deviation of a blur, in shares of the digit's height.
pub const BLURS: RangeInclusive<f64> = 0.0..=0.025;
/// The standard deviation of the noise, in levels.
pub const NOISES: RangeInclusive<f64> = 0.0..=8.0;
/// The distance of ruled lines, in shares of the digit's height.
pub const RULINGS: RangeInclusive<f64> = 0.3..=1.2;
/// What a ruled line leaves of the paper's level.
pub const LINES: RangeInclusive<f64> = 0.65..=0.9;
/// The part of a stroke that chalk leaves out.
pub const GRAINS: RangeInclusive<f64> = 0.0..=0.25;

/// What a digit is written on, and with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surface {
    /// Pen on white or tinted paper.
    Paper,
    /// Pen on ruled or squared paper.
    Ruled,
    /// A marker in some colour on a white board.
    Whiteboard,
    /// Chalk on a green or black board.
    Blackboard,
}

/// All of them, in the order in which seeds take turns.
pub const SURFACES: [Surface; 4] = [
    Surface::Paper,
    Surface::Ruled,
    Surface::Whiteboard,
    Surface::Blackboard,
];

/// A photograph of `digit`, 28×28 levels with light ink.
pub fn photograph(digit: &[u8], surface: Surface, seed: u64) -> RgbImage {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let scene = Scene::draw(surface, &mut random);
    let sharp = blurred(&scene, |x, y| scene.light_at(digit, x, y));
    let mut picture = RgbImage::new(scene.width as u32, scene.height as u32);
    for (index, pixel) in picture.pixels_mut().enumerate() {
        // One noise for brightness, as most of what a phone leaves.
        let noise = scene.noise * normal(&mut random);
        *pixel = Rgb(sharp[index].map(|level| (level + noise).round().clamp(0.0, 255.0) as u8));
    }
    picture
}

/// One draw of everything.
struct Scene {
    width: usize,
    height: usize,
    /// The middle of the digit, and pixels for each of its own.
    middle: [f64; 2],
    zoom: f64,
    /// Cosine and sine of the tilt.
    turn: [f64; 2],
    ground: [f64; 3],
    ink: [f64; 3],
    /// How sharp the pen is.
    edge: f64,
    grain: f64,
    grain_seed: u64,
    shade: [f64; 3],
    shadow: Option<Shadow>,
    lines: Option<Lines>,
    blur: f64,
    noise: f64,
}

/// What a hand or an arm keeps from the light: an ellipse that reaches over an edge.
struct Shadow {
    middle: [f64; 2],
    radii: [f64; 2],
    left: f64,
    penumbra: f64,
}

struct Lines {
    distance: f64,
    width: f64,
    offset: f64,
    tint: [f64; 3],
    is_squared: bool,
    has_margin: bool,
}

impl Scene {
    fn draw(surface: Surface, random: &mut ChaCha8Rng) -> Self {
        let [width, height] = [SIDES, SIDES].map(|sides| random.random_range(sides));
        let shorter = width.min(height) as f64;
        let tall = shorter * random.random_range(HEIGHTS);
        let tilt = random.random_range(TILTS).to_radians();
        // The box and its corners stay inside, with a little room.
        let reach = (tall * 0.62).min(shorter * 0.48);
        let middle = [width, height].map(|side| random.random_range(reach..=side as f64 - reach));
        let (ground, ink) = colours(surface, random);
        let depth = random.random_range(SHADES);
        let direction = random.random_range(0.0..std::f64::consts::TAU);
        let shade = [direction.cos(), direction.sin(), depth];
        let hand = random.random_bool(0.5);
        let shadow = hand.then(|| Shadow::draw([width, height], random));
        let is_ruled = surface == Surface::Ruled;
        let lines = is_ruled.then(|| Lines::draw(tall, random));
        let chalk = surface == Surface::Blackboard;
        Self {
            width,
            height,
            middle,
            zoom: tall / 20.0,
            turn: [tilt.cos(), tilt.sin()],
            ground,
            ink,
            edge: random.random_range(1.5..=3.0),
            grain: if chalk {
                random.random_range(GRAINS)
            } else {
                0.0
            },
            grain_seed: random.random(),
            shade,
            shadow,
            lines,
            blur: tall * random.random_range(BLURS),
            noise: random.random_range(NOISES),
        }
    }

    /// Red, green and blue at a pixel, before blur and noise.
    fn light_at(&self, digit: &[u8], x: usize, y: usize) -> [f64; 3] {
        let [dx, dy] = [
            x as f64 + 0.5 - self.middle[0],
            y as f64 + 0.5 - self.middle[1],
        ];
        let along = (self.turn[0] * dx + self.turn[1] * dy) / self.zoom;
        let down = (self.turn[0] * dy - self.turn[1] * dx) / self.zoom;
        let mut ink = coverage(digit, along + 14.0, down + 14.0);
        ink = ((ink - 0.5) * self.edge + 0.5).clamp(0.0, 1.0);
        if self.grain > 0.0 && grain(self.grain_seed, x, y) < self.grain {
            ink = 0.0;
        }
        let line = self.lines.as_ref().map_or(0.0, |lines| {
            lines.coverage(along * self.zoom, down * self.zoom)
        });
        let light = self.light([x as f64, y as f64]);
        std::array::from_fn(|colour| {
            let tint = self.lines.as_ref().map_or(1.0, |lines| lines.tint[colour]);
            let ground = self.ground[colour] * (1.0 + line * (tint - 1.0));
            light * (ground + ink * (self.ink[colour] - ground))
        })
    }

    fn light(&self, [x, y]: [f64; 2]) -> f64 {
        let [across, down] = [x / self.width as f64 - 0.5, y / self.height as f64 - 0.5];
        let [cosine, sine, depth] = self.shade;
        let reach = 0.5 * (cosine.abs() + sine.abs());
        let along = (across * cosine + down * sine) / reach;
        let shade = 1.0 - depth * (along + 1.0) / 2.0;
        shade
            * self
                .shadow
                .as_ref()
                .map_or(1.0, |shadow| shadow.light([x, y]))
    }
}

impl Shadow {
    fn draw([width, height]: [usize; 2], random: &mut ChaCha8Rng) -> Self {
        let [width, height] = [width as f64, height as f64];
        let shorter = width.min(height);
        // From the right, the left or from below, where hands are.
        let along = random.random_range(0.1..=0.9);
        let middle = match random.random_range(0..3) {
            0 => [0.0, along * height],
            1 => [width, along * height],
            _ => [along * width, height],
        };
        Self {
            middle,
            radii: std::array::from_fn(|_| shorter * random.random_range(0.25..=0.7)),
            left: random.random_range(SHADOWS),
            penumbra: shorter * random.random_range(PENUMBRAS),
        }
    }

    fn light(&self, at: [f64; 2]) -> f64 {
        let [x, y] = std::array::from_fn(|axis| (at[axis] - self.middle[axis]) / self.radii[axis]);
        let outside = (x.hypot(y) - 1.0) * self.radii[0].min(self.radii[1]);
        let lit = (outside / self.penumbra + 0.5).clamp(0.0, 1.0);
        self.left + (1.0 - self.left) * lit * lit * (3.0 - 2.0 * lit)
    }
}

impl Lines {
    fn draw(tall: f64, random: &mut ChaCha8Rng) -> Self {
        let distance = tall * random.random_range(RULINGS);
        let left = random.random_range(LINES);
        // Blue or grey.
        let is_blue = random.random_bool(0.5);
        Self {
            distance,
            width: (distance * random.random_range(0.02..=0.06)).max(1.0),
            offset: random.random_range(0.0..1.0),
            tint: if is_blue {
                [left, left * 1.05, 1.0]
            } else {
                [left; 3]
            },
            is_squared: random.random_bool(0.3),
            has_margin: random.random_bool(0.3),
        }
    }

    /// How much of a place `[x, y]`, from the digit's middle, is line.
    fn coverage(&self, x: f64, y: f64) -> f64 {
        let near = |at: f64, distance: f64| {
            let off = (at / distance + self.offset).rem_euclid(1.0) * distance;
            let off = off.min(distance - off);
            (self.width / 2.0 + 0.5 - off).clamp(0.0, 1.0)
        };
        let mut line = near(y, self.distance);
        if self.is_squared {
            line = line.max(near(x, self.distance));
        }
        if self.has_margin {
            line = line.max(near(x + 1.7 * self.distance, 40.0 * self.distance));
        }
        line
    }
}

/// Red, green and blue of the ground and of the ink.
fn colours(surface: Surface, random: &mut ChaCha8Rng) -> ([f64; 3], [f64; 3]) {
    let mut near = |level: RangeInclusive<f64>, tint: f64| {
        let level = random.random_range(level);
        std::array::from_fn(|_| level * (1.0 + random.random_range(-tint..=tint)))
    };
    match surface {
        Surface::Paper | Surface::Ruled => (near(190.0..=245.0, 0.06), near(15.0..=80.0, 0.3)),
        Surface::Whiteboard => {
            let ground = near(200.0..=250.0, 0.03);
            let mut ink = near(20.0..=60.0, 0.2);
            // Black, blue, red or green.
            if let Some(colour) = [None, Some(2), Some(0), Some(1)][random.random_range(0..4)] {
                ink[colour] += random.random_range(60.0..=110.0);
            }
            (ground, ink)
        }
        Surface::Blackboard => {
            let mut ground = near(30.0..=75.0, 0.1);
            if random.random_bool(0.5) {
                ground[1] *= 1.5;
            }
            let chalk = random.random_range(170.0..=245.0);
            (ground, [chalk; 3])
        }
    }
}

/// The ink of a digit between its pixels, 0 to 1.
fn coverage(digit: &[u8], x: f64, y: f64) -> f64 {
    let level = |x: i64, y: i64| {
        let inside = (0..28).contains(&x) && (0..28).contains(&y);
        let at = (y * 28 + x) as usize;
        if inside {
            f64::from(digit[at]) / 255.0
        } else {
            0.0
        }
    };
    let (x, y) = (x - 0.5, y - 0.5);
    let (left, top) = (x.floor(), y.floor());
    // Smoother than linear: no corners of pixels.
    let ease = |part: f64| part * part * (3.0 - 2.0 * part);
    let (right, below) = (ease(x - left), ease(y - top));
    let (left, top) = (left as i64, top as i64);
    let row = |y: i64| level(left, y) * (1.0 - right) + level(left + 1, y) * right;
    row(top) * (1.0 - below) + row(top + 1) * below
}

/// A number from 0 to 1 for every grain of chalk, 2×2 pixels.
fn grain(seed: u64, x: usize, y: usize) -> f64 {
    let mut mixed = seed ^ (((x as u64 / 2) << 32) | (y as u64 / 2));
    // SplitMix64 (Steele, Lea and Flood 2014).
    mixed = mixed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

/// Every pixel of a scene, blurred along rows and then along columns.
fn blurred(scene: &Scene, light_at: impl Fn(usize, usize) -> [f64; 3]) -> Vec<[f64; 3]> {
    let (width, height) = (scene.width, scene.height);
    let all = (0..width * height).map(|at| light_at(at % width, at / width));
    let mut levels: Vec<[f64; 3]> = all.collect();
    let reach = (3.0 * scene.blur).ceil() as i64;
    if reach == 0 {
        return levels;
    }
    let weights: Vec<f64> = (-reach..=reach)
        .map(|off| (-0.5 * (off as f64 / scene.blur).powi(2)).exp())
        .collect();
    let total: f64 = weights.iter().sum();
    for (length, step, lines, line_step) in [(width, 1, height, width), (height, width, width, 1)] {
        let mut line = vec![[0.0; 3]; length];
        for start in (0..lines).map(|line| line * line_step) {
            for (at, sum) in line.iter_mut().enumerate() {
                *sum = [0.0; 3];
                for (weight, off) in weights.iter().zip(-reach..) {
                    let from = (at as i64 + off).clamp(0, length as i64 - 1) as usize;
                    let level = levels[start + from * step];
                    for colour in 0..3 {
                        sum[colour] += weight / total * level[colour];
                    }
                }
            }
            for (at, &level) in line.iter().enumerate() {
                levels[start + at * step] = level;
            }
        }
    }
    levels
}

/// Normally distributed (Box and Muller 1958).
fn normal(random: &mut ChaCha8Rng) -> f64 {
    let radius = 1.0 - random.random::<f64>();
    let angle = std::f64::consts::TAU * random.random::<f64>();
    (-2.0 * radius.ln()).sqrt() * angle.cos()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_a_picture_of_dark_or_of_light_ink() {
        let mut digit = [0; 28 * 28];
        for row in 6..22 {
            digit[28 * row + 13..28 * row + 16].fill(255);
        }
        for surface in SURFACES {
            let picture = photograph(&digit, surface, 3);
            assert_eq!(picture, photograph(&digit, surface, 3));
            assert_ne!(picture, photograph(&digit, surface, 4));
            assert!(SIDES.contains(&(picture.width() as usize)));
        }
    }
}
