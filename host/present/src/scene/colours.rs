//! Values around zero, three for each pixel, as a picture.

use image::{Rgb, RgbImage};

/// Values `[3, H, W]` around zero as a picture: zero is grey, ±`reach` is full
/// and no colour.
pub fn colours(
    values: &[f32],
    [height, width]: [usize; 2],
    planes: [usize; 3],
    reach: f32,
) -> RgbImage {
    let positions = height * width;
    RgbImage::from_fn(width as u32, height as u32, |x, y| {
        let at = y as usize * width + x as usize;
        Rgb(planes.map(|plane| {
            let value = values.get(plane * positions + at).copied().unwrap_or(0.0);
            let share = if reach > 0.0 { value / reach } else { 0.0 };
            (127.5 + 127.5 * share).round().clamp(0.0, 255.0) as u8
        }))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_follow_the_models_order() {
        // Blue first: plane 0 is blue.
        let picture = colours(&[1.0, 0.0, -1.0], [1, 1], [2, 1, 0], 1.0);
        assert_eq!(*picture.get_pixel(0, 0), Rgb([0, 128, 255]));
    }
}
