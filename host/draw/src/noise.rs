//! What is left of each layer's values: bars of signal to quantisation noise.

use super::drawing::{Anchor, Drawing, TextStyle};
use super::error::PictureError;
use super::header::Header;
use super::layout::MARGIN_PX;
use super::theme::Role;

/// A bar for each layer.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerNoise {
    /// The network.
    pub title: String,
    /// Data and sizes.
    pub statement: String,
    /// What else is to be known; may be empty.
    pub footnote: String,
    /// The layers, in order.
    pub rows: Vec<NoiseRow>,
}

/// One layer.
#[derive(Debug, Clone, PartialEq)]
pub struct NoiseRow {
    /// Its name.
    pub name: String,
    /// Signal to noise; `None` where nothing differs.
    pub decibels: Option<f64>,
    /// What stands behind the bar.
    pub note: String,
    /// Whether it is what to look at.
    pub is_marked: bool,
}

const ROW_PX: u32 = 20;
const BAR_PX: u32 = 240;
const BAR_HEIGHT_PX: u32 = 10;
const GAP_PX: u32 = 10;
/// The bar's length; better is as good.
const MOST_DECIBELS: f64 = 60.0;

/// Draws the bars, of which the whole length is 60 dB.
///
/// # Errors
/// [`PictureError::Empty`] where there is no layer.
pub fn layer_noise(data: &LayerNoise) -> Result<Drawing, PictureError> {
    if data.rows.is_empty() {
        return Err(PictureError::Empty {
            what: data.title.clone(),
            shape: "0 layers".to_owned(),
        });
    }
    let widest = |text: fn(&NoiseRow) -> String, style: TextStyle| {
        let widths = data.rows.iter().map(|row| style.width_px(&text(row)));
        widths.max().unwrap_or(0)
    };
    let names = widest(|row| row.name.clone(), TextStyle::BODY);
    let notes = widest(written, TextStyle::CAPTION);
    let grid = names + GAP_PX + BAR_PX + GAP_PX + notes;
    let header = Header {
        title: data.title.clone(),
        shape: String::new(),
        op: "signal to quantisation noise".to_owned(),
        statement: data.statement.clone(),
        footnote: data.footnote.clone(),
        bar: None,
    };
    let max_width = grid + 2 * MARGIN_PX;
    let mut drawing = header.draw(grid, max_width, data.rows.len() as u32 * ROW_PX);
    drawing.alt = format!(
        "{}: signal to quantisation noise of {} layers",
        data.title,
        data.rows.len()
    );
    let top = header.height(grid, max_width);
    let left = (MARGIN_PX + names + GAP_PX) as i32;
    for (at, row) in data.rows.iter().enumerate() {
        let y = (top + at as u32 * ROW_PX) as i32;
        let base = y + 13;
        drawing.text(
            [left - GAP_PX as i32, base],
            Anchor::End,
            TextStyle::BODY,
            &row.name,
        );
        drawing.rect([left, y + 4], [BAR_PX, BAR_HEIGHT_PX], Role::Line);
        let share = row.decibels.unwrap_or(MOST_DECIBELS) / MOST_DECIBELS;
        let length = (share.clamp(0.0, 1.0) * f64::from(BAR_PX)).round() as u32;
        let role = if row.is_marked {
            Role::Warm
        } else {
            Role::Accent
        };
        drawing.rect([left, y + 4], [length, BAR_HEIGHT_PX], role);
        let after = left + (BAR_PX + GAP_PX) as i32;
        drawing.text(
            [after, base],
            Anchor::Start,
            TextStyle::CAPTION,
            written(row),
        );
    }
    Ok(drawing)
}

fn written(row: &NoiseRow) -> String {
    let decibels = match row.decibels {
        Some(decibels) => format!("{decibels:.1} dB"),
        None => "exact".to_owned(),
    };
    if row.note.is_empty() {
        decibels
    } else {
        format!("{decibels} · {}", row.note)
    }
}

#[cfg(test)]
mod tests {
    use super::super::drawing::layout::assert_tidy;
    use super::super::drawing::{Mark, Paint};
    use super::*;

    #[test]
    fn a_bar_is_as_long_as_its_decibels() {
        let row = |name: &str, decibels, is_marked| NoiseRow {
            name: name.to_owned(),
            decibels,
            note: "2 of 64 change".to_owned(),
            is_marked,
        };
        let data = LayerNoise {
            title: "resnet8".to_owned(),
            statement: "64 inputs".to_owned(),
            footnote: String::new(),
            rows: vec![
                row("conv1", Some(30.0), false),
                row("a longer name", Some(15.0), true),
                row("pool", None, false),
            ],
        };
        let drawing = layer_noise(&data).unwrap();
        assert_tidy(&drawing);
        let widths = |role: Role| {
            let marks = drawing.marks.iter().filter_map(move |mark| match *mark {
                Mark::Rect { width, paint, .. } if paint == Paint::Role(role) => Some(width),
                _ => None,
            });
            marks.collect::<Vec<_>>()
        };
        assert_eq!(widths(Role::Accent), [120, 240]);
        assert_eq!(widths(Role::Warm), [60]);
        assert!(drawing.texts().any(|text| text == "exact · 2 of 64 change"));
        let none = LayerNoise {
            rows: Vec::new(),
            ..data
        };
        assert!(layer_noise(&none).is_err());
    }
}
