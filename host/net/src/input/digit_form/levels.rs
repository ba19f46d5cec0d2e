//! Grey levels: where they come from, and how far they lie apart.

use crate::input::picture::polarity;
use crate::input::spec::Polarity;
use image::{GrayImage, Luma, RgbImage};

/// Ground and ink closer than this are noise on an empty picture.
const DIFFERENCE_MIN: f64 = 40.0;
/// This part of the difference, at both ends, is taken for unevenness.
const UNEVEN: f64 = 0.2;

/// Luminance after ITU-R BT.601, or the green channel alone.
pub(super) fn grey(picture: &RgbImage, by_luminance: bool) -> GrayImage {
    GrayImage::from_fn(picture.width(), picture.height(), |x, y| {
        let [red, green, blue] = picture.get_pixel(x, y).0;
        let weighted = 299 * u32::from(red) + 587 * u32::from(green) + 114 * u32::from(blue);
        Luma([if by_luminance {
            ((weighted + 500) / 1000) as u8
        } else {
            green
        }])
    })
}

/// Puts what is around the ground's mean and around the ink's mean to the ends
/// of the scale. A picture without ink becomes its ground.
pub(super) fn stretch(picture: &mut GrayImage) {
    let parts = otsu(picture).filter(|parts| parts.light - parts.dark >= DIFFERENCE_MIN);
    let Some(Parts { dark, light }) = parts else {
        let ground = if has_light_edge(picture) { 255 } else { 0 };
        picture.pixels_mut().for_each(|pixel| pixel.0[0] = ground);
        return;
    };
    let low = dark + UNEVEN * (light - dark);
    let high = light - UNEVEN * (light - dark);
    for Luma([level]) in picture.pixels_mut() {
        let stretched = (f64::from(*level) - low) / (high - low) * 255.0;
        *level = stretched.round().clamp(0.0, 255.0) as u8;
    }
}

/// Mean levels of the two parts of a picture.
struct Parts {
    dark: f64,
    light: f64,
}

/// The two parts that a threshold makes whose means are furthest apart, weighted
/// by their sizes (Otsu 1979). None if the picture has one level only.
fn otsu(picture: &GrayImage) -> Option<Parts> {
    let mut counts = [0_u32; 256];
    for Luma([level]) in picture.pixels() {
        counts[usize::from(*level)] += 1;
    }
    let moment = |levels: &[u32], from: usize| -> f64 {
        let levels = levels.iter().zip(from..);
        levels
            .map(|(&count, level)| f64::from(count) * level as f64)
            .sum()
    };
    let (total, all) = (moment(&counts, 0), f64::from(counts.iter().sum::<u32>()));
    let (mut below, mut sum, mut best) = (0.0, 0.0, None);
    for (level, &count) in counts.iter().enumerate() {
        below += f64::from(count);
        sum += f64::from(count) * level as f64;
        let above = all - below;
        if below == 0.0 || above == 0.0 {
            continue;
        }
        let (dark, light) = (sum / below, (total - sum) / above);
        let between = below * above * (light - dark).powi(2);
        if best.as_ref().is_none_or(|&(most, _)| between > most) {
            best = Some((between, Parts { dark, light }));
        }
    }
    best.map(|(_, parts)| parts)
}

/// Whether the outermost pixels are light on average.
pub(super) fn has_light_edge(picture: &GrayImage) -> bool {
    polarity(picture) == Polarity::DarkOnLight
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;

    #[test]
    fn luminance_or_green() {
        let picture = RgbImage::from_pixel(1, 1, Rgb([255, 100, 0]));
        assert_eq!(grey(&picture, true).get_pixel(0, 0).0, [135]);
        assert_eq!(grey(&picture, false).get_pixel(0, 0).0, [100]);
    }

    #[test]
    fn two_clusters_go_to_the_ends() {
        let mut picture =
            GrayImage::from_fn(20, 1, |x, _| Luma([[90, 92, 94, 180, 178][x as usize % 5]]));
        stretch(&mut picture);
        let levels: Vec<u8> = picture.pixels().take(5).map(|pixel| pixel.0[0]).collect();
        assert_eq!(levels, [0, 0, 0, 255, 255]);
    }

    #[test]
    fn noise_is_no_ink() {
        let mut picture = GrayImage::from_fn(20, 20, |x, y| Luma([200 + ((x * y) % 9) as u8]));
        stretch(&mut picture);
        assert!(picture.pixels().all(|pixel| pixel.0[0] == 255));
    }
}
