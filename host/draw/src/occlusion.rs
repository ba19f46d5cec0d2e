//! Occlusion maps: how the probability of a class falls when a part of the
//! input is hidden (Zeiler and Fergus 2014, section 4.2).

mod panel;

use image::RgbImage;

use super::colour::{ColourMap, Palette};
use super::drawing::{Anchor, Drawing, TextStyle};
use super::error::PictureError;
use super::layout::MARGIN_PX;
use super::number::{grouped, probability};
use super::range::Range;
use super::theme::Role;

/// An occlusion: what was hidden where, and what became of the probability.
#[derive(Debug, Clone, PartialEq)]
pub struct Occlusion {
    /// The input, one pixel for each value.
    pub image: RgbImage,
    /// The grey level, 0 to 255, at which the outline of what is shown is
    /// drawn over the map; `None` draws none, as for photographs.
    pub outline_level: Option<u8>,
    /// Patch positions from top to bottom.
    pub rows: usize,
    /// Patch positions from left to right.
    pub columns: usize,
    /// The class's probability with the patch at each position, row by row
    /// from the top left; `None` where it is not known yet.
    pub probabilities: Vec<Option<f32>>,
    /// Height and width of the patch, in pixels of the input.
    pub window: [usize; 2],
    /// Rows and columns from one position to the next.
    pub stride: [usize; 2],
    /// What the patch is filled with, as it is to be read: `0 (black)`.
    pub fill: String,
    /// The name of the class whose probability was watched.
    pub class: String,
    /// Its probability on the whole input.
    pub base_probability: f32,
}

/// What the ends of the colour scale stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProbabilityRange {
    /// 0 and 1: colours of two maps compare, and stay while a map fills.
    ZeroToOne,
    /// The least and greatest probability of this map, the whole input's
    /// included: shows what there is, however small.
    LeastToGreatest,
}

impl ProbabilityRange {
    fn words(self) -> &'static str {
        match self {
            ProbabilityRange::ZeroToOne => "colours from 0 to 1",
            ProbabilityRange::LeastToGreatest => "colours from the least to the greatest P",
        }
    }
}

/// Side that an input is enlarged to at most; larger inputs stay as they are.
const PANEL_PX: u32 = 400;
const PANEL_GAP_PX: u32 = 20;
const TOP_PX: u32 = 90;
const BAR_WIDTH_PX: u32 = 12;
const LINE_PX: i32 = 15;

impl Occlusion {
    fn check(&self) -> Result<(), PictureError> {
        let what = || format!("occlusion of {}", self.class);
        let need = self.rows.saturating_mul(self.columns);
        if need == 0 || self.image.width() == 0 || self.image.height() == 0 {
            return Err(PictureError::Empty {
                what: what(),
                shape: format!("{}×{}", self.rows, self.columns),
            });
        }
        if need != self.probabilities.len() {
            return Err(PictureError::ValueCount {
                what: what(),
                need,
                have: self.probabilities.len(),
            });
        }
        let reach = |axis: usize, positions: usize| {
            (positions - 1)
                .saturating_mul(self.stride[axis])
                .saturating_add(self.window[axis])
        };
        let (height, width) = (self.image.height() as usize, self.image.width() as usize);
        let still = self.window.contains(&0) || self.stride.contains(&0);
        if still || reach(0, self.rows) > height || reach(1, self.columns) > width {
            return Err(PictureError::OutsideImage {
                what: what(),
                rows: self.rows,
                columns: self.columns,
                window_height: self.window[0],
                window_width: self.window[1],
                height,
                width,
            });
        }
        Ok(())
    }

    /// Index and probability of the position where hiding costs most.
    pub fn most_important(&self) -> Option<(usize, f32)> {
        self.known().min_by(|a, b| a.1.total_cmp(&b.1))
    }

    fn known(&self) -> impl Iterator<Item = (usize, f32)> {
        let numbers = |(index, value): (usize, &Option<f32>)| Some((index, (*value)?));
        self.probabilities
            .iter()
            .enumerate()
            .filter_map(numbers)
            .filter(|(_, value)| value.is_finite())
    }

    /// The range of colours for the probabilities.
    pub fn range(&self, range: ProbabilityRange, palette: Palette) -> Range {
        let (low, high) = match range {
            ProbabilityRange::ZeroToOne => (0.0, 1.0),
            ProbabilityRange::LeastToGreatest => {
                let base = self.base_probability;
                self.known().fold((base, base), |(low, high), (_, value)| {
                    (low.min(value), high.max(value))
                })
            }
        };
        Range {
            low,
            high,
            map: ColourMap::Occlusion(palette),
        }
    }
}

/// Draws the input with the patch where hiding it costs most, and beside it
/// the map: each probability at the centre of its patch, with the outline of
/// what is shown on top. Positions not known yet show the input, darkened.
///
/// # Errors
/// [`PictureError::Empty`], [`PictureError::ValueCount`], and
/// [`PictureError::OutsideImage`] where the patches do not fit the input.
pub fn occlusion_map(
    occlusion: &Occlusion,
    palette: Palette,
    range: ProbabilityRange,
) -> Result<Drawing, PictureError> {
    occlusion.check()?;
    let (width, height) = occlusion.image.dimensions();
    let px_per_value = (PANEL_PX / width.max(height)).max(1);
    let panel = [width * px_per_value, height * px_per_value];
    let span = occlusion.range(range, palette);
    let class = &occlusion.class;
    let least = occlusion.most_important();

    let mut drawing = Drawing {
        width: 0,
        height: 0,
        alt: alt(occlusion, palette, least),
        marks: Vec::new(),
    };
    let lines = [
        (
            28,
            TextStyle::TITLE,
            format!(
                "occlusion: P({class}) when a {0}×{1} patch is hidden",
                occlusion.window[0], occlusion.window[1]
            ),
        ),
        (
            46,
            TextStyle::CAPTION,
            format!("{} · {}", setting(occlusion), range.words()),
        ),
    ];
    let mut right = 0;
    for (baseline, style, line) in lines {
        let end = drawing.text([MARGIN_PX as i32, baseline], Anchor::Start, style, line);
        right = right.max(MARGIN_PX + end);
    }
    let captions = [
        match least {
            Some((_, value)) => {
                format!("hiding this patch costs most: P = {}", probability(value))
            }
            None => "no position is known yet".to_owned(),
        },
        format!(
            "each P at its patch’s centre; {}, {}",
            palette.words()[0],
            palette.words()[1]
        ),
    ];
    let first = panel[0].max(TextStyle::BODY.width_px(&captions[0]));
    let left = [MARGIN_PX, MARGIN_PX + first + PANEL_GAP_PX];
    for (left, caption) in left.into_iter().zip(captions) {
        let style = TextStyle::BODY;
        let end = drawing.text(
            [left as i32, TOP_PX as i32 - 10],
            Anchor::Start,
            style,
            caption,
        );
        right = right.max(left + end);
    }
    let corners = left.map(|left| [left as i32, TOP_PX as i32]);
    panel::input(&mut drawing, occlusion, corners[0], px_per_value);
    panel::map(&mut drawing, occlusion, corners[1], px_per_value, span);
    let bar = [left[1] + panel[0] + 12, TOP_PX];
    let bar_right = colour_bar(&mut drawing, occlusion, bar, panel[1], span);
    drawing.width = right.max(bar_right) + MARGIN_PX;
    drawing.height = TOP_PX + panel[1] + MARGIN_PX;
    Ok(drawing)
}

fn setting(occlusion: &Occlusion) -> String {
    let done = occlusion.known().count();
    let all = occlusion.probabilities.len();
    let positions = if done == all {
        format!(
            "{}×{} = {} positions",
            occlusion.rows,
            occlusion.columns,
            grouped(all as u64)
        )
    } else {
        format!(
            "{} of {} positions so far",
            grouped(done as u64),
            grouped(all as u64)
        )
    };
    let [down, across] = occlusion.stride;
    let stride = if down == across {
        down.to_string()
    } else {
        format!("{down}×{across}")
    };
    format!(
        "stride {stride} · fill {} · {positions} · P({}) with nothing hidden {}",
        occlusion.fill,
        occlusion.class,
        probability(occlusion.base_probability)
    )
}

fn alt(occlusion: &Occlusion, palette: Palette, least: Option<(usize, f32)>) -> String {
    let [important, negligible] = palette.words();
    let found = match least {
        Some((index, value)) => format!(
            "it falls lowest, to {}, with the patch's corner at row {}, column {}",
            probability(value),
            index / occlusion.columns * occlusion.stride[0],
            index % occlusion.columns * occlusion.stride[1],
        ),
        None => "no position is known yet".to_owned(),
    };
    format!(
        "Occlusion map of class {}; {}. Its probability is {} on the whole input; {found}. {important}, {negligible}.",
        occlusion.class,
        setting(occlusion),
        probability(occlusion.base_probability)
    )
}

/// A vertical bar, high probabilities above, with the whole input's marked;
/// gives where it and its texts end on the right.
fn colour_bar(
    drawing: &mut Drawing,
    occlusion: &Occlusion,
    [left, top]: [u32; 2],
    height: u32,
    span: Range,
) -> u32 {
    let column = image::RgbaImage::from_fn(1, height, |_, row| {
        let value = 1.0 - row as f32 / (height.max(2) - 1) as f32;
        let [red, green, blue] = span.map.at(value).0;
        image::Rgba([red, green, blue, 255])
    });
    let x = left as i32;
    drawing.bitmap([x, top as i32], [BAR_WIDTH_PX, 1], column);
    let last = top as i32 + height as i32 - 1;
    let after = left + BAR_WIDTH_PX + 8;
    let mut right = after;
    let mut label = |drawing: &mut Drawing, baseline: i32, value: f32, word: &str| {
        let number = probability(value);
        for (line, style, text) in [
            (0, TextStyle::BODY, number.as_str()),
            (LINE_PX, TextStyle::CAPTION, word),
        ] {
            let at = [after as i32, baseline + line];
            right = right.max(after + drawing.text(at, Anchor::Start, style, text));
        }
    };
    let (highest, lowest) = (top as i32 + 10, last - LINE_PX - 1);
    label(drawing, highest, span.high, "negligible");
    label(drawing, lowest, span.low, "important");
    for y in [top as i32, last] {
        drawing.rect([x + BAR_WIDTH_PX as i32, y], [5, 1], Role::Dim);
    }
    let extent = span.high - span.low;
    let room = lowest - highest >= 4 * LINE_PX + 8;
    if extent > 0.0 && room {
        let fraction = ((occlusion.base_probability - span.low) / extent).clamp(0.0, 1.0);
        let y = top as i32 + ((1.0 - fraction) * (height - 1) as f32).round() as i32;
        drawing.rect(
            [x - 4, y.clamp(top as i32, last - 1)],
            [BAR_WIDTH_PX + 9, 2],
            Role::Ink,
        );
        // Near an end its text moves towards the middle.
        let nearest = 2 * LINE_PX + 4;
        let baseline = (y + 4).clamp(highest + nearest, lowest - nearest);
        label(drawing, baseline, occlusion.base_probability, "whole input");
    }
    right
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::super::Theme;
    use super::super::drawing::{Mark, layout::assert_tidy};
    use super::*;

    /// A 28×28 input with a bright square; hiding it costs all probability.
    fn occlusion() -> Occlusion {
        let lit = |at: u32| (10..18).contains(&at);
        let image = RgbImage::from_fn(28, 28, |x, y| {
            Rgb([if lit(x) && lit(y) { 255 } else { 0 }; 3])
        });
        let mut probabilities = vec![Some(0.9); 22 * 22];
        probabilities[22 * 10 + 11] = Some(0.1);
        Occlusion {
            image,
            outline_level: None,
            rows: 22,
            columns: 22,
            probabilities,
            window: [7, 7],
            stride: [1, 1],
            fill: "0 (black)".to_owned(),
            class: "3".to_owned(),
            base_probability: 0.8,
        }
    }

    fn draw(occlusion: &Occlusion, range: ProbabilityRange) -> Drawing {
        let drawing = occlusion_map(occlusion, Palette::Lecture, range).expect("a map");
        assert_tidy(&drawing);
        drawing
    }

    #[test]
    fn a_probability_is_drawn_at_the_centre_of_its_patch() {
        let drawing = draw(&occlusion(), ProbabilityRange::LeastToGreatest);
        let image = drawing.raster(Theme::Dark, 1);
        // 28 values at 14 pixels; the second panel begins after the first and a gap.
        let [left, top] = [MARGIN_PX + 28 * 14 + PANEL_GAP_PX, TOP_PX];
        let at =
            |column: u32, row: u32| *image.get_pixel(left + column * 14 + 7, top + row * 14 + 7);
        let map = ColourMap::Occlusion(Palette::Lecture);
        // Corner (10, 11), patch 7: the centre is pixel (13, 14).
        assert_eq!(at(14, 13), map.at(0.0), "important is blue");
        assert_eq!(at(13, 13), map.at(1.0), "negligible is red");
        assert_eq!(at(3, 3), map.at(1.0), "the first centre");
        assert_eq!(at(2, 3), Rgb([0, 0, 0]), "no patch is centred here");
        assert_eq!(at(24, 24), map.at(1.0), "the last centre");
        assert_eq!(at(25, 24), Rgb([0, 0, 0]), "no patch is centred here");
    }

    #[test]
    fn positions_that_are_not_known_yet_show_the_input() {
        let mut occlusion = occlusion();
        for probability in &mut occlusion.probabilities[22 * 9..] {
            *probability = None;
        }
        let drawing = draw(&occlusion, ProbabilityRange::ZeroToOne);
        let image = drawing.raster(Theme::Light, 1);
        let left = MARGIN_PX + 28 * 14 + PANEL_GAP_PX;
        let at =
            |column: u32, row: u32| *image.get_pixel(left + column * 14 + 7, TOP_PX + row * 14 + 7);
        assert_eq!(at(11, 11), ColourMap::Occlusion(Palette::Lecture).at(0.9));
        assert_eq!(at(12, 15), Rgb([102; 3]), "the square, darkened");
        assert!(
            drawing
                .texts()
                .any(|text| text.contains("198 of 484 positions so far"))
        );
    }

    #[test]
    fn the_picture_says_what_was_done() {
        let drawing = draw(&occlusion(), ProbabilityRange::LeastToGreatest);
        let texts: Vec<&str> = drawing.texts().collect();
        for said in [
            "occlusion: P(3) when a 7×7 patch is hidden",
            "stride 1 · fill 0 (black) · 22×22 = 484 positions · P(3) with nothing hidden 0.800 · colours from the least to the greatest P",
            "hiding this patch costs most: P = 0.100",
            "each P at its patch’s centre; blue: important, red: negligible",
            "0.900",
            "negligible",
        ] {
            assert!(texts.contains(&said), "{said:?} is not among {texts:?}");
        }
    }

    #[test]
    fn a_wide_stride_has_wide_cells_that_meet() {
        let mut occlusion = occlusion();
        (occlusion.rows, occlusion.columns) = (6, 6);
        (occlusion.window, occlusion.stride) = ([8, 8], [4, 4]);
        occlusion.probabilities = vec![Some(0.5); 36];
        let drawing = draw(&occlusion, ProbabilityRange::ZeroToOne);
        let cells = drawing.marks.iter().find_map(|mark| match mark {
            Mark::Bitmap {
                x,
                px_per_value: [56, 56],
                values,
                ..
            } => Some((*x, values.width())),
            _ => None,
        });
        let left = (MARGIN_PX + 28 * 14 + PANEL_GAP_PX) as i32;
        assert_eq!(cells, Some((left + 2 * 14, 6)));
    }

    #[test]
    fn the_outline_runs_around_what_is_shown() {
        let mut occlusion = occlusion();
        occlusion.outline_level = Some(128);
        let image = draw(&occlusion, ProbabilityRange::ZeroToOne).raster(Theme::Light, 1);
        let left = MARGIN_PX + 28 * 14 + PANEL_GAP_PX;
        assert_eq!(
            *image.get_pixel(left + 10 * 14, TOP_PX + 12 * 14),
            Rgb([255; 3])
        );
    }

    #[test]
    fn captions_stay_apart_over_small_and_large_inputs() {
        for side in [5, 40, 227, 450] {
            let mut occlusion = occlusion();
            occlusion.image = RgbImage::new(side, side);
            (occlusion.rows, occlusion.columns) = (1, 2);
            (occlusion.window, occlusion.stride) = ([2, 2], [3, 3]);
            occlusion.probabilities = vec![Some(0.5), None];
            draw(&occlusion, ProbabilityRange::ZeroToOne);
        }
    }

    #[test]
    fn patches_outside_the_input_are_refused() {
        let mut occlusion = occlusion();
        occlusion.window = [8, 7];
        let refused = occlusion_map(&occlusion, Palette::Lecture, ProbabilityRange::ZeroToOne);
        assert!(matches!(
            refused,
            Err(PictureError::OutsideImage {
                window_height: 8,
                ..
            })
        ));
        occlusion.probabilities.pop();
        let refused = occlusion_map(&occlusion, Palette::Lecture, ProbabilityRange::ZeroToOne);
        assert!(matches!(
            refused,
            Err(PictureError::ValueCount {
                need: 484,
                have: 483,
                ..
            })
        ));
    }

    #[test]
    fn the_mark_of_the_whole_input_leaves_room_for_the_ends() {
        for base in [0.0, 0.0005, 0.5, 0.9995, 1.0] {
            let mut occlusion = occlusion();
            occlusion.base_probability = base;
            draw(&occlusion, ProbabilityRange::ZeroToOne);
            draw(&occlusion, ProbabilityRange::LeastToGreatest);
        }
    }
}
