//! Grey from colours: one formula for every command and the page.

use image::{GrayImage, Luma, RgbImage};

/// The name of the formula, for people.
pub const FORMULA: &str = "BT.601";

pub use cortexscope_digit::luma;

/// A picture in grey, by [`luma`] or from the green channel alone.
pub fn of(picture: &RgbImage, by_luma: bool) -> GrayImage {
    GrayImage::from_fn(picture.width(), picture.height(), |x, y| {
        let colours = picture.get_pixel(x, y).0;
        Luma([if by_luma { luma(colours) } else { colours[1] }])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;

    #[test]
    fn a_picture_is_grey_by_luma_or_by_green() {
        let picture = RgbImage::from_pixel(1, 1, Rgb([255, 100, 0]));
        assert_eq!(of(&picture, true).get_pixel(0, 0).0, [135]);
        assert_eq!(of(&picture, false).get_pixel(0, 0).0, [100]);
    }
}
