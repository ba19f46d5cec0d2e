//! A picture plus a change is another picture: the three panels of an adversarial example
//! (Goodfellow et al. 2015, figure 1).

use super::drawing::{Anchor, Drawing, TextStyle};
use super::error::PictureError;
use super::header::Header;
use super::layout::{GridLayout, MARGIN_PX};
use super::tiles::{Tile, opaque};

/// Original, change and sum.
#[derive(Debug, Clone, PartialEq)]
pub struct Triptych {
    /// What was done: the method and its ε.
    pub title: String,
    /// Beside the title: the input.
    pub input: String,
    /// How the middle panel is scaled.
    pub statement: String,
    /// What else is to be known; may be empty.
    pub footnote: String,
    /// The three pictures, all of one size, with the lines below them.
    pub panels: [Tile; 3],
}

/// Room for `+` and `=` between panels.
const SIGN_PX: u32 = 36;
const LINE_PX: u32 = 16;

/// Draws the panels with `+` and `=` between.
///
/// # Errors
/// [`PictureError::Empty`] for pictures without pixels, and [`PictureError::ValueCount`]
/// where one has another size than the first.
pub fn triptych(of: &Triptych, layout: GridLayout) -> Result<Drawing, PictureError> {
    let (width, height) = of.panels[0].image.dimensions();
    if width == 0 || height == 0 {
        return Err(PictureError::Empty {
            what: of.title.clone(),
            shape: format!("{width}×{height}"),
        });
    }
    for panel in &of.panels {
        if panel.image.dimensions() != (width, height) {
            return Err(PictureError::ValueCount {
                what: of.title.clone(),
                need: (width * height) as usize,
                have: (panel.image.width() * panel.image.height()) as usize,
            });
        }
    }
    let cell = layout.px_per_value.max(1);
    let (across, down) = (width * cell, height * cell);
    // A panel is as wide as its lines, so that none is cut.
    let text = |panel: &Tile| {
        let widths = panel.lines.iter().enumerate();
        let widths = widths.map(|(line, text)| style(line).width_px(text));
        widths.max().unwrap_or(0)
    };
    let widths = of.panels.each_ref().map(|panel| across.max(text(panel)));
    let lines = of.panels.iter().map(|panel| panel.lines.len()).max();
    let below = lines.unwrap_or(0) as u32 * LINE_PX + 4;
    let inner = widths.iter().sum::<u32>() + 2 * SIGN_PX;
    let header = Header {
        title: of.title.clone(),
        shape: of.input.clone(),
        op: String::new(),
        statement: of.statement.clone(),
        footnote: of.footnote.clone(),
        bar: None,
    };
    let max_width = layout.max_width.max(inner + 2 * MARGIN_PX);
    let top = header.height(inner, max_width);
    let mut drawing = header.draw(inner, max_width, down + below);
    let said = of.panels.each_ref().map(|panel| panel.lines.join(", "));
    drawing.alt = format!("{}: {} + {} = {}", of.title, said[0], said[1], said[2]);
    let mut x = MARGIN_PX;
    for (index, panel) in of.panels.iter().enumerate() {
        if let Some(sign) = ["+", "="].get(index.wrapping_sub(1)) {
            let middle = [(x + SIGN_PX / 2) as i32, (top + down / 2 + 6) as i32];
            drawing.text(middle, Anchor::Middle, TextStyle::TITLE, *sign);
            x += SIGN_PX;
        }
        drawing.bitmap([x as i32, top as i32], [cell; 2], opaque(&panel.image));
        for (line, text) in panel.lines.iter().enumerate() {
            let baseline = (top + down + 14 + line as u32 * LINE_PX) as i32;
            drawing.text(
                [x as i32, baseline],
                Anchor::Start,
                style(line),
                text.as_str(),
            );
        }
        x += widths[index];
    }
    Ok(drawing)
}

/// The first line below a panel is in ink.
fn style(line: usize) -> TextStyle {
    if line == 0 {
        TextStyle::BODY
    } else {
        TextStyle::TICK
    }
}

#[cfg(test)]
mod tests {
    use super::super::drawing::layout::assert_tidy;
    use super::*;
    use image::RgbImage;

    const LAYOUT: GridLayout = GridLayout {
        max_width: 900,
        px_per_value: 4,
    };

    fn three() -> Triptych {
        let panel = |lines: &[&str]| Tile {
            image: RgbImage::new(28, 28),
            lines: lines.iter().map(|line| (*line).to_owned()).collect(),
        };
        Triptych {
            title: "fgsm".to_owned(),
            input: "mnist-18".to_owned(),
            statement: "the middle panel is scaled".to_owned(),
            footnote: String::new(),
            panels: [
                panel(&["3", "96.1 %"]),
                panel(&["0.1 × sign of a gradient with a long name", "grey is 0"]),
                panel(&["8", "71.0 %"]),
            ],
        }
    }

    #[test]
    fn three_panels_are_a_sum_and_no_line_is_cut() {
        let drawing = triptych(&three(), LAYOUT).expect("three panels");
        assert_tidy(&drawing);
        for text in [
            "+",
            "=",
            "0.1 × sign of a gradient with a long name",
            "71.0 %",
        ] {
            assert!(drawing.texts().any(|found| found == text), "{text}");
        }
        assert!(drawing.alt.contains("3, 96.1 % + 0.1"), "{}", drawing.alt);
    }

    #[test]
    fn panels_of_another_size_or_without_pixels_are_refused() {
        let mut odd = three();
        odd.panels[2].image = RgbImage::new(5, 5);
        assert!(matches!(
            triptych(&odd, LAYOUT),
            Err(PictureError::ValueCount { .. })
        ));
        odd.panels[0].image = RgbImage::new(0, 5);
        assert!(matches!(
            triptych(&odd, LAYOUT),
            Err(PictureError::Empty { .. })
        ));
    }
}
