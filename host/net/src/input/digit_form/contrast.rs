//! Ink on even ground: contrast that shade, lines and noise do not hide.

use image::{GrayImage, imageops};

use super::ground::Difference;
use super::{Ink, ink, polarity};

/// Ink that differs less from its ground, in shares of the ground, is unevenness.
const CONTRAST_MIN: f32 = 0.12;
/// Ground that differs this many times as much from its median as half of it does.
const NOISE_MAX: f32 = 7.0;
/// A picture is smoothed until ink differs this many times as much as the ground.
const CLARITY: f32 = 20.0;
/// By so many pixels at most.
const RADII: u32 = 3;
/// Pixels that ink has at least.
const PIXELS_MIN: usize = 8;
/// What is black and what is white after the contrast, in shares of the ink's difference
/// from the ground. Ruled lines differ by less than the first.
const ENDS: [f32; 2] = [0.3, 0.7];

/// A picture whose ground is at one end of the scale and whose ink is at the other.
pub(super) struct Even {
    pub(super) picture: GrayImage,
    pub(super) ink: Ink,
}

/// Evens the ground of a picture; `None` if nothing on it is ink.
pub(super) fn even(grey: &GrayImage) -> Option<Even> {
    let ink = polarity::ink(grey);
    let shorter = grey.width().min(grey.height());
    // Wider than any stroke of a digit that fits into the picture.
    let widest = (shorter as usize * 3 / 10).max(5);
    let mut found = None;
    for radius in (0..=RADII).map(|more| shorter / 200 + more) {
        let smooth = smoothed(grey, radius);
        let difference = Difference::of(&smooth, ink, widest);
        let Some(levels) = ink_levels(&difference) else {
            continue;
        };
        let is_clear = levels.clarity >= CLARITY;
        found = Some((smooth, difference.stretched(levels.ends)));
        if is_clear {
            break;
        }
    }
    let (smooth, first) = found?;
    // With the width of the strokes known, the ground follows shadows more closely.
    let spots = ink::spots(&first, 128);
    let stroke = ink::stroke_width(&ink::main(&spots)?);
    let window = (3.5_f64 * stroke).ceil() as usize;
    let mut picture = first;
    if window < widest {
        let second = Difference::of(&smooth, ink, window.max(5));
        if let Some(levels) = ink_levels(&second) {
            picture = second.stretched(levels.ends);
        }
    }
    if ink == Ink::Dark {
        imageops::invert(&mut picture);
    }
    Some(Even { picture, ink })
}

/// What ink differs by.
struct InkLevels {
    /// The differences that become black and white.
    ends: [f32; 2],
    /// How many times as much ink differs as half of the ground does.
    clarity: f32,
}

/// What ink differs by; `None` if nothing differs enough.
fn ink_levels(difference: &Difference) -> Option<InkLevels> {
    let [ground, spread] = difference.of_ground();
    let least = ground + CONTRAST_MIN.max(NOISE_MAX * spread);
    let values = difference.values.iter().copied();
    let mut inked: Vec<f32> = values.filter(|&value| value > least).collect();
    if inked.len() < PIXELS_MIN {
        return None;
    }
    // The strongest tenth is the middle of strokes, not their edges and not lines.
    inked.sort_unstable_by(|a, b| b.total_cmp(a));
    let strongest = (inked.len() / 10).max(PIXELS_MIN);
    let ink = inked[strongest / 2] - ground;
    Some(InkLevels {
        ends: ENDS.map(|end| ground + end * ink),
        clarity: ink / spread.max(f32::EPSILON),
    })
}

/// Every pixel the mean of those at most `radius` away.
fn smoothed(picture: &GrayImage, radius: u32) -> GrayImage {
    if radius == 0 {
        return picture.clone();
    }
    imageops::fast_blur(picture, radius as f32)
}
