//! Small line charts side by side: shares of right answers against a severity.

use super::drawing::{Anchor, Drawing, TextStyle};
use super::error::PictureError;
use super::header::Header;
use super::layout::{MARGIN_PX, balanced_columns};
use super::theme::Role;

/// Charts that share their axes.
#[derive(Debug, Clone, PartialEq)]
pub struct Curves {
    /// What all of them are of.
    pub title: String,
    /// Beside the title.
    pub op: String,
    /// Data and sizes.
    pub statement: String,
    /// Which line is what is said first; this follows, and may be empty.
    pub footnote: String,
    /// Names of the lines, in the order of every chart.
    pub names: Vec<String>,
    /// Last place on the horizontal axis, from 0.
    pub last: usize,
    /// The charts.
    pub charts: Vec<Chart>,
}

/// One chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// What it is of.
    pub title: String,
    /// A line for each name: places on the horizontal axis, and shares from 0 to 1.
    pub lines: Vec<Vec<(usize, f64)>>,
}

const WIDTH_PX: u32 = 150;
const HEIGHT_PX: u32 = 84;
const AXIS_PX: u32 = 30;
const TITLE_PX: u32 = 20;
const FOOT_PX: u32 = 22;
const GAP_PX: u32 = 18;
const COLOURS: [Role; 3] = [Role::Accent, Role::Warm, Role::Dim];

/// Draws the charts, five in a row at most.
///
/// # Errors
/// [`PictureError::Empty`] where there is no chart.
pub fn curves(data: &Curves) -> Result<Drawing, PictureError> {
    if data.charts.is_empty() {
        return Err(PictureError::Empty {
            what: data.title.clone(),
            shape: "0 charts".to_owned(),
        });
    }
    let columns = balanced_columns(data.charts.len(), 5) as u32;
    let rows = (data.charts.len() as u32).div_ceil(columns);
    let across = AXIS_PX + WIDTH_PX + GAP_PX;
    let pitch = TITLE_PX + HEIGHT_PX + FOOT_PX;
    let grid = columns * across - GAP_PX;
    let words = ["blue", "orange", "grey"];
    let legend = data
        .names
        .iter()
        .zip(words)
        .map(|(name, colour)| format!("{colour}: {name}"));
    let legend = legend.collect::<Vec<_>>().join(" · ");
    let header = Header {
        title: data.title.clone(),
        shape: String::new(),
        op: data.op.clone(),
        statement: data.statement.clone(),
        footnote: [legend, data.footnote.clone()]
            .join(" · ")
            .trim_end_matches(" · ")
            .to_owned(),
        bar: None,
    };
    let max_width = grid + 2 * MARGIN_PX;
    let mut drawing = header.draw(grid, max_width, rows * pitch);
    drawing.alt = format!(
        "{}: {} charts of right answers against severity",
        data.title,
        data.charts.len()
    );
    let top = header.height(grid, max_width);
    for (at, chart) in data.charts.iter().enumerate() {
        let (row, column) = (at as u32 / columns, at as u32 % columns);
        let corner = [MARGIN_PX + column * across, top + row * pitch];
        draw(&mut drawing, corner, chart, data.last);
    }
    Ok(drawing)
}

fn draw(drawing: &mut Drawing, [x, y]: [u32; 2], chart: &Chart, last: usize) {
    let (left, top) = ((x + AXIS_PX) as i32, (y + TITLE_PX) as i32);
    let title = chart.title.as_str();
    drawing.text([left, top - 8], Anchor::Start, TextStyle::STRONG, title);
    let height = HEIGHT_PX as i32;
    for (share, label) in [(0.0, "0 %"), (0.5, "50 %"), (1.0, "100 %")] {
        let row = top + height - (share * f64::from(HEIGHT_PX)).round() as i32;
        drawing.rect([left, row], [WIDTH_PX, 1], Role::Line);
        drawing.text([left - 4, row + 4], Anchor::End, TextStyle::TICK, label);
    }
    let place = |at: usize| left as f32 + at as f32 * WIDTH_PX as f32 / last.max(1) as f32;
    for at in 0..=last {
        let spot = [place(at) as i32, top + height + 14];
        drawing.text(spot, Anchor::Middle, TextStyle::TICK, at.to_string());
    }
    // The first line lies over the others.
    for (line, role) in chart.lines.iter().zip(COLOURS).rev() {
        let spot = |&(at, share): &(usize, f64)| {
            [
                place(at),
                top as f32 + (1.0 - share.clamp(0.0, 1.0)) as f32 * HEIGHT_PX as f32,
            ]
        };
        let spots: Vec<_> = line.iter().map(spot).collect();
        for ends in spots.windows(2) {
            drawing.line(ends[0], ends[1], role);
        }
        for [x, y] in spots {
            drawing.rect([x as i32 - 1, y as i32 - 1], [3, 3], role);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::drawing::layout::assert_tidy;
    use super::super::drawing::{Mark, Paint};
    use super::*;

    #[test]
    fn a_chart_has_its_points_where_the_shares_are() {
        let chart = |title: &str| Chart {
            title: title.to_owned(),
            lines: vec![vec![(0, 1.0), (5, 0.25)], vec![(0, 0.5)]],
        };
        let data = Curves {
            title: "lenet5".to_owned(),
            op: "right answers".to_owned(),
            statement: "100 digits".to_owned(),
            footnote: String::new(),
            names: vec!["float".to_owned(), "int8 on native".to_owned()],
            last: 5,
            charts: [
                "fog",
                "jpeg",
                "snow",
                "shot-noise",
                "gaussian-noise",
                "frost",
            ]
            .map(chart)
            .to_vec(),
        };
        let drawing = curves(&data).unwrap();
        assert_tidy(&drawing);
        let of = |role: Role| {
            let marks = drawing.marks.iter().filter_map(move |mark| match *mark {
                Mark::Rect {
                    x,
                    y,
                    width: 3,
                    height: 3,
                    paint,
                } if paint == Paint::Role(role) => Some([x, y]),
                _ => None,
            });
            marks.collect::<Vec<_>>()
        };
        let blue = of(Role::Accent);
        assert_eq!(blue.len(), 12);
        // Three quarters of the height down, and five places of the width on.
        assert_eq!(
            [blue[1][0] - blue[0][0], blue[1][1] - blue[0][1]],
            [150, 63]
        );
        assert_eq!(of(Role::Warm)[0][1] - blue[0][1], 42);
        assert!(
            drawing
                .texts()
                .any(|text| text.contains("orange: int8 on native"))
        );
        let none = Curves {
            charts: Vec::new(),
            ..data
        };
        assert!(matches!(curves(&none), Err(PictureError::Empty { .. })));
    }
}
