//! Values with their spread, one below the other, and the band that they are read beside.

use super::drawing::{Anchor, Drawing, TextStyle};
use super::error::PictureError;
use super::header::Header;
use super::layout::MARGIN_PX;
use super::number::significant;
use super::theme::Role;
use super::tiles::cut;

/// Values that share an axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Intervals {
    /// What is shown.
    pub title: String,
    /// Beside the title.
    pub op: String,
    /// What value and spread are.
    pub statement: String,
    /// What else is to be known; may be empty.
    pub footnote: String,
    /// Unit of the axis.
    pub unit: String,
    /// The values.
    pub rows: Vec<IntervalRow>,
    /// What the values are read beside.
    pub band: Option<IntervalBand>,
}

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub struct IntervalRow {
    /// What it is of.
    pub name: String,
    /// The value.
    pub value: f64,
    /// Low and high end of its spread, where there is one.
    pub spread: Option<[f64; 2]>,
    /// Whether it is the one to look at.
    pub is_marked: bool,
}

/// A range of the axis.
#[derive(Debug, Clone, PartialEq)]
pub struct IntervalBand {
    /// What it is.
    pub name: String,
    /// Low and high end.
    pub ends: [f64; 2],
}

const NAME_PX: u32 = 220;
const PLOT_PX: u32 = 440;
const VALUE_PX: u32 = 150;
const ROW_PX: u32 = 22;
const AXIS_PX: u32 = 40;

/// Draws a dot for each value and a line for its spread, over an axis with 0.
///
/// # Errors
/// [`PictureError::Empty`] where there is no value.
pub fn intervals(data: &Intervals) -> Result<Drawing, PictureError> {
    if data.rows.is_empty() {
        return Err(PictureError::Empty {
            what: data.title.clone(),
            shape: "no value".to_owned(),
        });
    }
    let ends = data
        .rows
        .iter()
        .flat_map(|row| row.spread.unwrap_or([row.value; 2]));
    let all = data.rows.iter().map(|row| row.value).chain(ends);
    let all = all.chain(data.band.iter().flat_map(|band| band.ends));
    let [low, high] = all.fold([0.0_f64, 0.0], |[low, high], value| {
        [low.min(value), high.max(value)]
    });
    let high = if high > low { high } else { low + 1.0 };
    let grid = NAME_PX + PLOT_PX + VALUE_PX;
    let height = data.rows.len() as u32 * ROW_PX;
    let header = Header {
        title: data.title.clone(),
        shape: String::new(),
        op: data.op.clone(),
        statement: data.statement.clone(),
        footnote: data.footnote.clone(),
        bar: None,
    };
    let max_width = grid + 2 * MARGIN_PX;
    let mut drawing = header.draw(grid, max_width, height + AXIS_PX);
    let words = data
        .rows
        .iter()
        .map(|row| format!("{} {}", row.name, significant(row.value as f32)));
    drawing.alt = format!("{}: {}", data.title, words.collect::<Vec<_>>().join(", "));
    let top = header.height(grid, max_width) as i32;
    let left = (MARGIN_PX + NAME_PX) as i32;
    let place = |value: f64| {
        let share = (value - low) / (high - low);
        left + (share * f64::from(PLOT_PX)).round() as i32
    };
    if let Some(band) = &data.band {
        let [from, to] = band.ends.map(place);
        let size = [(to - from).max(2) as u32, height];
        drawing.rect([from, top], size, Role::TensorFill);
        let end = top + height as i32;
        let name = format!(
            "{} {} to {}",
            band.name,
            significant(band.ends[0] as f32),
            significant(band.ends[1] as f32)
        );
        let right = left + PLOT_PX as i32;
        drawing.text([right, end + 32], Anchor::End, TextStyle::TICK, name);
    }
    drawing.rect([place(0.0), top], [1, height], Role::Line);
    let bottom = top + height as i32;
    drawing.rect([left, bottom], [PLOT_PX, 1], Role::Line);
    let tick = |drawing: &mut Drawing, value: f64, anchor: Anchor| {
        let text = significant(value as f32);
        drawing.text([place(value), bottom + 16], anchor, TextStyle::TICK, text);
    };
    tick(&mut drawing, low, Anchor::Start);
    tick(&mut drawing, high, Anchor::End);
    drawing.text(
        [MARGIN_PX as i32, bottom + 16],
        Anchor::Start,
        TextStyle::TICK,
        cut(&data.unit, TextStyle::TICK, NAME_PX - 8),
    );
    for (number, row) in data.rows.iter().enumerate() {
        let middle = top + (number as u32 * ROW_PX + ROW_PX / 2) as i32;
        let style = if row.is_marked {
            TextStyle::STRONG
        } else {
            TextStyle::BODY
        };
        let role = if row.is_marked {
            Role::Accent
        } else {
            Role::Ink
        };
        let name = cut(&row.name, style, NAME_PX - 12);
        drawing.text([MARGIN_PX as i32, middle + 4], Anchor::Start, style, name);
        let mut text = significant(row.value as f32);
        if let Some(spread) = row.spread {
            let [from, to] = spread.map(place);
            let size = [(to - from).max(1) as u32, 2];
            drawing.rect([from, middle - 1], size, role);
            let [low, high] = spread.map(|end| significant(end as f32));
            text += &format!("  {low} … {high}");
        }
        drawing.rect([place(row.value) - 3, middle - 3], [7, 7], role);
        let right = left + PLOT_PX as i32 + 14;
        let text = cut(&text, TextStyle::TICK, VALUE_PX - 14);
        drawing.text([right, middle + 4], Anchor::Start, TextStyle::TICK, text);
    }
    Ok(drawing)
}

#[cfg(test)]
mod tests {
    use super::super::drawing::layout::assert_tidy;
    use super::super::drawing::{Mark, Paint};
    use super::*;

    fn data() -> Intervals {
        let row = |name: &str, value, spread| IntervalRow {
            name: name.to_owned(),
            value,
            spread,
            is_marked: name == "pool2",
        };
        Intervals {
            title: "similarity".to_owned(),
            op: "Spearman's ρ".to_owned(),
            statement: "dot: mean; line: 95 %".to_owned(),
            footnote: String::new(),
            unit: "ρ".to_owned(),
            rows: vec![
                row("pool1", 0.2, Some([0.1, 0.3])),
                row("pool2", 0.4, None),
                row("fc", -0.1, Some([-0.2, 0.0])),
            ],
            band: Some(IntervalBand {
                name: "ceiling".to_owned(),
                ends: [0.5, 0.6],
            }),
        }
    }

    /// The axis goes from −0.2 to 0.6: .2 is half way, .4 three quarters.
    #[test]
    fn dots_stand_where_their_values_are() {
        let drawing = intervals(&data()).unwrap();
        assert_tidy(&drawing);
        let dots = drawing.marks.iter().filter_map(|mark| match *mark {
            Mark::Rect {
                x,
                width: 7,
                height: 7,
                paint,
                ..
            } => Some((x + 3, paint == Paint::Role(Role::Accent))),
            _ => None,
        });
        let left = (MARGIN_PX + NAME_PX) as i32;
        let expected = [(left + 220, false), (left + 330, true), (left + 55, false)];
        assert_eq!(dots.collect::<Vec<_>>(), expected);
        assert!(drawing.texts().any(|text| text == "ceiling 0.500 to 0.600"));
        let mut none = data();
        none.rows.clear();
        assert!(matches!(intervals(&none), Err(PictureError::Empty { .. })));
    }
}
