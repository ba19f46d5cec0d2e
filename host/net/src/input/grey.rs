//! Grey from colours: one formula for every command and the page.

use image::{GrayImage, Luma, RgbImage};

/// The name of the formula, for people.
pub const FORMULA: &str = "BT.601";

/// The luma of ITU-R BT.601, `0.299 R + 0.587 G + 0.114 B`, rounded: the grey of PIL,
/// OpenCV and most data sets.
pub fn luma([red, green, blue]: [u8; 3]) -> u8 {
    let weighted = 299 * u32::from(red) + 587 * u32::from(green) + 114 * u32::from(blue);
    ((weighted + 500) / 1000) as u8
}

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
    fn primaries_weigh_as_in_bt_601() {
        let primaries = [[255, 0, 0], [0, 255, 0], [0, 0, 255], [255; 3]];
        assert_eq!(primaries.map(luma), [76, 150, 29, 255]);
        for level in 0..=255 {
            assert_eq!(luma([level; 3]), level);
        }
    }

    #[test]
    fn a_picture_is_grey_by_luma_or_by_green() {
        let picture = RgbImage::from_pixel(1, 1, Rgb([255, 100, 0]));
        assert_eq!(of(&picture, true).get_pixel(0, 0).0, [135]);
        assert_eq!(of(&picture, false).get_pixel(0, 0).0, [100]);
    }
}
