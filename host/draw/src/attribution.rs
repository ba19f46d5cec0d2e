//! Attributions: what each pixel of an input has to do with a target.

use cortexscope_digit::luma;
use image::{Rgb, RgbImage};

use super::colour::ColourMap;
use super::drawing::{Anchor, Drawing, TextStyle};
use super::error::PictureError;
use super::header::{ColourBar, Header};
use super::layout::MARGIN_PX;
use super::number::significant;
use super::outline;
use super::range::Range;
use super::tiles::opaque;

/// An attribution over the input that it explains.
#[derive(Debug, Clone, PartialEq)]
pub struct AttributionPicture {
    /// The method.
    pub title: String,
    /// What was explained: a class or a neuron, and its value.
    pub target: String,
    /// Variant and parameters.
    pub statement: String,
    /// Residuals; may be empty.
    pub footnote: String,
    /// The input as people see it.
    pub input: RgbImage,
    /// One value for each pixel of the input, row by row.
    pub values: Vec<f32>,
    /// Whether the sign means something.
    pub signed: bool,
    /// Up to which magnitude colours go.
    pub reach: ColourLimit,
    /// What is shown besides.
    pub rendering: Rendering,
    /// The grey level at which the outline of what is shown is drawn over the
    /// map; `None` blends the map into the input instead, as for photographs.
    pub outline_level: Option<u8>,
}

/// Up to which magnitude colours go; what is beyond has the last colour.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ColourLimit {
    /// The greatest.
    Greatest,
    /// So many percent of the values are not greater.
    Percentile(f32),
}

/// What is shown besides the map.
#[derive(Debug, Clone, PartialEq)]
pub enum Rendering {
    /// Nothing.
    Map,
    /// The attribution's own colours, zero as grey, as gradients with respect to
    /// a colour image are shown (Springenberg et al. 2015, figure 4).
    Colours(RgbImage),
}

impl ColourLimit {
    /// The magnitude among `values`, and the words for it.
    pub fn of(self, values: &[f32]) -> (f32, String) {
        let mut magnitudes: Vec<f32> = values
            .iter()
            .map(|value| value.abs())
            .filter(|value| value.is_finite())
            .collect();
        magnitudes.sort_by(f32::total_cmp);
        let Some(&greatest) = magnitudes.last() else {
            return (0.0, "no value is a number".to_owned());
        };
        match self {
            ColourLimit::Greatest => (greatest, format!("greatest {}", significant(greatest))),
            ColourLimit::Percentile(percent) => {
                let share = f64::from(percent.clamp(0.0, 100.0)) / 100.0;
                let at = (share * (magnitudes.len() - 1) as f64).round() as usize;
                let reach = magnitudes.get(at).copied().unwrap_or(greatest);
                if reach == 0.0 || reach == greatest {
                    return ColourLimit::Greatest.of(values);
                }
                let words = format!(
                    "colours reach the {percent}th percentile, greatest {}",
                    significant(greatest)
                );
                (reach, words)
            }
        }
    }
}

/// Side that an input is enlarged to at most; larger inputs stay as they are.
const PANEL_PX: u32 = 300;
const PANEL_GAP_PX: u32 = 16;
const CAPTION_PX: u32 = 18;
/// How bright the input stays below a map that is blended into it.
const UNDER: f32 = 0.55;

/// The range of colours for values whose magnitude goes to `reach`.
fn range(signed: bool, reach: f32) -> Range {
    if signed {
        Range {
            low: -reach,
            high: reach,
            map: ColourMap::Signed,
        }
    } else {
        Range {
            low: 0.0,
            high: reach,
            map: ColourMap::Activation,
        }
    }
}

/// A map as a picture, one pixel for each value; `over` blends it into the
/// input, the more the greater the magnitude.
pub fn heat(
    values: &[f32],
    width: u32,
    signed: bool,
    reach: f32,
    over: Option<&RgbImage>,
) -> RgbImage {
    let range = range(signed, reach);
    let height = values.len() as u32 / width.max(1);
    RgbImage::from_fn(width, height, |x, y| {
        let value = values[(y * width + x) as usize];
        let colour = range.colour(value);
        let Some(input) = over else {
            return colour;
        };
        let ground = f32::from(luma(input.get_pixel(x, y).0)) * UNDER;
        let share = if reach > 0.0 && value.is_finite() {
            (value.abs() / reach).min(1.0).sqrt()
        } else {
            0.0
        };
        Rgb(colour
            .0
            .map(|code| (ground * (1.0 - share) + f32::from(code) * share).round() as u8))
    })
}

/// Draws the input, the attribution, and the attribution over the input, with
/// title, colour bar and scale.
///
/// # Errors
/// [`PictureError::Empty`], and [`PictureError::ValueCount`] where there is not
/// one value for each pixel.
pub fn attribution_picture(picture: &AttributionPicture) -> Result<Drawing, PictureError> {
    let (width, height) = picture.input.dimensions();
    let need = width as usize * height as usize;
    if need == 0 {
        return Err(PictureError::Empty {
            what: picture.title.clone(),
            shape: format!("{height}×{width}"),
        });
    }
    if picture.values.len() != need {
        return Err(PictureError::ValueCount {
            what: picture.title.clone(),
            need,
            have: picture.values.len(),
        });
    }
    let (reach, words) = picture.reach.of(&picture.values);
    let range = range(picture.signed, reach);
    let map = heat(&picture.values, width, picture.signed, reach, None);
    let meaning = if picture.signed {
        "blue speaks for it, orange against"
    } else {
        "magnitude"
    };
    let mut panels = vec![("input".to_owned(), picture.input.clone())];
    if let Rendering::Colours(colours) = &picture.rendering {
        panels.push(("its colours, grey is zero".to_owned(), colours.clone()));
    }
    panels.push((meaning.to_owned(), map.clone()));
    let outlined = match picture.outline_level {
        Some(level) => Some((panels.len() - 1, level)),
        None => {
            let input = Some(&picture.input);
            let over = heat(&picture.values, width, picture.signed, reach, input);
            panels.push(("over the input".to_owned(), over));
            None
        }
    };
    let cell = (PANEL_PX / width.max(height)).max(1);
    let (across, down) = (width * cell, height * cell);
    let data_width = panels.len() as u32 * (across + PANEL_GAP_PX) - PANEL_GAP_PX;
    let header = Header {
        title: picture.title.clone(),
        shape: picture.target.clone(),
        op: String::new(),
        statement: picture.statement.clone(),
        footnote: if picture.footnote.is_empty() {
            words
        } else {
            format!("{words} · {}", picture.footnote)
        },
        bar: Some(ColourBar::of(range)),
    };
    let max_width = data_width + 2 * MARGIN_PX;
    let mut drawing = header.draw(data_width, max_width, CAPTION_PX + down);
    let top = header.height(data_width, max_width) + CAPTION_PX;
    drawing.alt = format!(
        "{} for {}; {}; {}",
        picture.title, picture.target, picture.statement, header.footnote
    );
    for (index, (caption, image)) in panels.iter().enumerate() {
        let x = (MARGIN_PX + index as u32 * (across + PANEL_GAP_PX)) as i32;
        drawing.text(
            [x, top as i32 - 6],
            Anchor::Start,
            TextStyle::BODY,
            caption.as_str(),
        );
        drawing.bitmap([x, top as i32], [cell; 2], opaque(image));
        if let Some((panel, level)) = outlined
            && panel == index
        {
            outline::draw(&mut drawing, &picture.input, level, [x, top as i32], cell);
        }
    }
    Ok(drawing)
}

#[cfg(test)]
mod tests {
    use super::super::drawing::layout::assert_tidy;
    use super::*;

    fn picture(side: u32, signed: bool, outline_level: Option<u8>) -> AttributionPicture {
        let values = (0..side * side).map(|at| at as f32 - 20.0).collect();
        AttributionPicture {
            title: "integrated gradients".to_owned(),
            target: "class 8 · logit 12.3".to_owned(),
            statement: "midpoint rule, 50 steps from black".to_owned(),
            footnote: "completeness residual 1.00e-4".to_owned(),
            input: RgbImage::from_fn(side, side, |x, y| Rgb([(x * y) as u8; 3])),
            values,
            signed,
            reach: ColourLimit::Greatest,
            rendering: Rendering::Map,
            outline_level,
        }
    }

    #[test]
    fn every_picture_is_tidy() {
        for (side, signed, level) in [(28, true, Some(128)), (227, false, None)] {
            let drawing = attribution_picture(&picture(side, signed, level)).expect("a picture");
            assert_tidy(&drawing);
            assert!(drawing.texts().any(|text| text.contains("completeness")));
        }
        let mut colours = picture(28, true, None);
        colours.rendering = Rendering::Colours(colours.input.clone());
        assert_tidy(&attribution_picture(&colours).expect("a picture"));
    }

    #[test]
    fn sign_and_scale_are_in_the_colours() {
        let values = [-2.0, 0.0, 1.0, 2.0];
        let signed = heat(&values, 2, true, 2.0, None);
        assert_eq!(*signed.get_pixel(0, 0), ColourMap::Signed.at(0.0));
        assert_eq!(*signed.get_pixel(1, 0), ColourMap::Signed.at(0.5));
        assert_eq!(*signed.get_pixel(1, 1), ColourMap::Signed.at(1.0));
        let unsigned = heat(&[0.0, 1.0, 2.0, 4.0], 2, false, 2.0, None);
        assert_eq!(*unsigned.get_pixel(1, 0), ColourMap::Activation.at(0.5));
        assert_eq!(*unsigned.get_pixel(1, 1), ColourMap::Activation.at(1.0));
        // Where nothing is attributed the input is left, dimmed.
        let input = RgbImage::from_pixel(2, 2, Rgb([200; 3]));
        let over = heat(&values, 2, true, 2.0, Some(&input));
        assert_eq!(*over.get_pixel(1, 0), Rgb([110; 3]));
        assert_eq!(*over.get_pixel(1, 1), ColourMap::Signed.at(1.0));
    }

    #[test]
    fn a_percentile_says_what_it_cuts() {
        let mut values = vec![1.0; 999];
        values.push(-50.0);
        assert_eq!(ColourLimit::Greatest.of(&values).0, 50.0);
        let (reach, words) = ColourLimit::Percentile(99.5).of(&values);
        assert_eq!(reach, 1.0);
        assert!(
            words.contains("99.5th percentile, greatest 50.0"),
            "{words}"
        );
        assert_eq!(ColourLimit::Percentile(99.5).of(&[0.0, 0.0, 3.0]).0, 3.0);
        assert_eq!(ColourLimit::Greatest.of(&[f32::NAN]).0, 0.0);
    }

    #[test]
    fn a_wrong_number_of_values_is_refused() {
        let mut short = picture(28, true, None);
        short.values.pop();
        assert!(matches!(
            attribution_picture(&short),
            Err(PictureError::ValueCount {
                need: 784,
                have: 783,
                ..
            })
        ));
    }
}
