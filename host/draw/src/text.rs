//! The font of every picture and page, and how wide a text is in it.
//!
//! Inter 4.001, reduced to the characters that are used, without kerning and
//! with figures of equal width. The licence is `assets/fonts/Inter-LICENSE.txt`.

use std::sync::LazyLock;

use ab_glyph::{Font, FontRef, PxScale, ScaleFont};

/// Inter Regular as TrueType, for pages that embed it.
pub const FONT_REGULAR: &[u8] = include_bytes!("../assets/fonts/Inter-Regular-subset.ttf");
/// Inter SemiBold as TrueType, for pages that embed it.
pub const FONT_SEMIBOLD: &[u8] = include_bytes!("../assets/fonts/Inter-SemiBold-subset.ttf");

/// Size of a picture's title, in pixels to the em.
pub(super) const TITLE_PX: u32 = 15;
/// Size of values, names and statements.
pub(super) const BODY_PX: u32 = 12;
/// Size of ticks and indices.
pub(super) const TICK_PX: u32 = 10;

static REGULAR: LazyLock<FontRef<'static>> = LazyLock::new(|| {
    FontRef::try_from_slice(FONT_REGULAR).expect("the embedded regular font is TrueType")
});
static SEMIBOLD: LazyLock<FontRef<'static>> = LazyLock::new(|| {
    FontRef::try_from_slice(FONT_SEMIBOLD).expect("the embedded semi-bold font is TrueType")
});

/// How heavy a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Weight {
    /// 400.
    Regular,
    /// 600.
    SemiBold,
}

impl Weight {
    pub(super) fn font(self) -> &'static FontRef<'static> {
        match self {
            Weight::Regular => &REGULAR,
            Weight::SemiBold => &SEMIBOLD,
        }
    }

    /// The weight as CSS has it.
    pub fn css(self) -> u32 {
        match self {
            Weight::Regular => 400,
            Weight::SemiBold => 600,
        }
    }
}

/// The rasteriser's scale for a size in pixels to the em, as CSS counts.
pub(super) fn scale(font: &FontRef<'_>, size_px: f32) -> PxScale {
    let em = font.units_per_em().unwrap_or(1000.0);
    PxScale::from(size_px * font.height_unscaled() / em)
}

/// Width of one line of text, in pixels.
pub(super) fn width_px(text: &str, size_px: u32, weight: Weight) -> u32 {
    let font = weight.font();
    let scaled = font.as_scaled(scale(font, size_px as f32));
    let width: f32 = text
        .chars()
        .map(|character| scaled.h_advance(scaled.glyph_id(character)))
        .sum();
    width.ceil() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_and_minus_have_one_width() {
        let zero = width_px("00000000", BODY_PX, Weight::Regular);
        for figure in "123456789−".chars() {
            let text: String = std::iter::repeat_n(figure, 8).collect();
            assert_eq!(width_px(&text, BODY_PX, Weight::Regular), zero, "{figure}");
        }
    }

    #[test]
    fn every_character_the_pictures_use_is_in_the_subset() {
        for weight in [Weight::Regular, Weight::SemiBold] {
            for character in "×…−·–≤≥±→←↑↓ΣÄéµ²%(),:;/<>=+'\"".chars() {
                assert_ne!(weight.font().glyph_id(character).0, 0, "{character}");
            }
        }
    }

    #[test]
    fn a_size_is_pixels_to_the_em_as_in_css() {
        // Inter's tabular figures advance 1328 of 2048 units.
        let expected = (8.0_f32 * 12.0 * 1328.0 / 2048.0).ceil() as u32;
        assert_eq!(width_px("00000000", 12, Weight::Regular), expected);
    }
}
