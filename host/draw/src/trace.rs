//! Rates over the queries of a search, and the rates that they are read beside.

use super::drawing::{Anchor, Drawing, TextStyle};
use super::error::PictureError;
use super::layout::MARGIN_PX;
use super::number::{grouped, significant};
use super::theme::Role;

/// Rates over queries.
#[derive(Debug, Clone, PartialEq)]
pub struct ResponseTrace {
    /// What was searched.
    pub title: String,
    /// Beside the title.
    pub subtitle: String,
    /// Below the title: what the lines are.
    pub statement: String,
    /// The lines; each has a point for each generation: queries made by its end, and a rate.
    pub lines: Vec<TraceLine>,
    /// Rates that do not change with the queries.
    pub levels: Vec<TraceLevel>,
}

/// One line.
#[derive(Debug, Clone, PartialEq)]
pub struct TraceLine {
    /// What it is.
    pub name: String,
    /// Queries and rate.
    pub points: Vec<[f64; 2]>,
    /// Its colour.
    pub role: Role,
}

/// A level to read the lines beside.
#[derive(Debug, Clone, PartialEq)]
pub struct TraceLevel {
    /// What it is.
    pub name: String,
    /// The rate.
    pub rate: f64,
}

const PLOT_PX: [u32; 2] = [560, 260];
const TOP_PX: u32 = 66;
const TICK_FIELD_PX: u32 = 56;
const NAME_FIELD_PX: u32 = 240;
/// Names of levels keep this distance.
const NAME_PITCH_PX: i32 = 15;
/// More points than pixels say nothing more.
const MOST_POINTS: usize = 560;

/// Draws rates over queries.
///
/// # Errors
/// [`PictureError::Empty`] where there is no point.
pub fn response_trace(trace: &ResponseTrace) -> Result<Drawing, PictureError> {
    let points = || trace.lines.iter().flat_map(|line| &line.points);
    let queries = points().map(|point| point[0]).fold(0.0, f64::max);
    let levels = trace.levels.iter().map(|level| level.rate);
    let most = points()
        .map(|point| point[1])
        .chain(levels)
        .fold(0.0, f64::max);
    if points().next().is_none() {
        return Err(PictureError::Empty {
            what: trace.title.clone(),
            shape: "no generation".to_owned(),
        });
    }
    let [width, height] = PLOT_PX;
    let left = MARGIN_PX + TICK_FIELD_PX;
    let bottom = TOP_PX + height;
    let mut drawing = Drawing {
        width: left + width + NAME_FIELD_PX + MARGIN_PX,
        height: bottom + 40 + MARGIN_PX,
        alt: format!("{}: {}; {}", trace.title, trace.subtitle, trace.statement),
        marks: Vec::new(),
    };
    let at = [MARGIN_PX as i32, 28];
    let title = drawing.text(at, Anchor::Start, TextStyle::TITLE, trace.title.as_str());
    let after = (MARGIN_PX + title + 10) as i32;
    drawing.text(
        [after, 28],
        Anchor::Start,
        TextStyle::CAPTION,
        trace.subtitle.as_str(),
    );
    drawing.text(
        [MARGIN_PX as i32, 46],
        Anchor::Start,
        TextStyle::CAPTION,
        trace.statement.as_str(),
    );
    let place = |[x, y]: [f64; 2]| {
        let part = |value: f64, most: f64| {
            if most > 0.0 {
                (value / most).clamp(0.0, 1.0)
            } else {
                0.0
            }
        };
        [
            left as f32 + width as f32 * part(x, queries) as f32,
            bottom as f32 - height as f32 * part(y, most) as f32,
        ]
    };
    let [x, y] = [left as f32, bottom as f32];
    drawing.line([x, TOP_PX as f32], [x, y], Role::Line);
    drawing.line([x, y], [x + width as f32, y], Role::Line);
    for (rate, text) in [(0.0, "0".to_owned()), (most, significant(most as f32))] {
        let [_, y] = place([0.0, rate]);
        drawing.text(
            [left as i32 - 6, y as i32 + 4],
            Anchor::End,
            TextStyle::TICK,
            text,
        );
    }
    let ticks = bottom as i32 + 16;
    drawing.text([left as i32, ticks], Anchor::Start, TextStyle::TICK, "0");
    let end = format!("{} queries", grouped(queries as u64));
    drawing.text(
        [(left + width) as i32, ticks],
        Anchor::End,
        TextStyle::TICK,
        end,
    );

    let mut names: Vec<(i32, String, Role)> = Vec::new();
    for level in &trace.levels {
        let [x, y] = place([queries, level.rate]);
        drawing.line([left as f32, y], [x, y], Role::Warm);
        let name = format!("{} {}", level.name, significant(level.rate as f32));
        names.push((y as i32 + 4, name, Role::Warm));
    }
    for line in &trace.lines {
        let every = line.points.len().div_ceil(MOST_POINTS).max(1);
        let mut shown: Vec<[f64; 2]> = line.points.iter().step_by(every).copied().collect();
        if let Some(last) = line.points.last().filter(|last| shown.last() != Some(last)) {
            shown.push(*last);
        }
        for pair in shown.windows(2) {
            drawing.line(place(pair[0]), place(pair[1]), line.role);
        }
        if let Some(&last) = line.points.last() {
            let name = format!("{} {}", line.name, significant(last[1] as f32));
            names.push((place(last)[1] as i32 + 4, name, line.role));
        }
    }
    // From the bottom up, each above the one before.
    names.sort_by_key(|(y, ..)| std::cmp::Reverse(*y));
    let mut free = bottom as i32 + 4;
    for (y, name, role) in names {
        let y = y.min(free);
        free = y - NAME_PITCH_PX;
        let style = TextStyle::TICK.in_role(role);
        drawing.text([(left + width + 8) as i32, y], Anchor::Start, style, name);
    }
    Ok(drawing)
}

#[cfg(test)]
mod tests {
    use super::super::drawing::layout::assert_tidy;
    use super::*;

    fn trace(count: usize) -> ResponseTrace {
        let points =
            |scale: f64| (1..=count).map(move |at| [20.0 * at as f64, scale * (at as f64).sqrt()]);
        let line = |name: &str, scale, role| TraceLine {
            name: name.to_owned(),
            points: points(scale).collect(),
            role,
        };
        let level = |name: &str, rate| TraceLevel {
            name: name.to_owned(),
            rate,
        };
        ResponseTrace {
            title: "class 3".to_owned(),
            subtitle: "ga over dct".to_owned(),
            statement: "clean rates".to_owned(),
            lines: vec![
                line("best", 1.1, Role::Accent),
                line("mean", 1.0, Role::Ink),
            ],
            levels: vec![
                level("best natural", 7.0),
                level("gradient", 7.01),
                level("pixels", 7.02),
            ],
        }
    }

    #[test]
    fn names_never_overlap_and_nothing_leaves_the_picture() {
        for count in [1, 2, 150, 3000] {
            let drawing = response_trace(&trace(count)).expect("a trace");
            assert_tidy(&drawing);
            assert!(drawing.marks.len() < 1300);
            assert!(drawing.texts().any(|text| text.starts_with("best natural")));
        }
        let empty = ResponseTrace {
            lines: Vec::new(),
            ..trace(1)
        };
        assert!(matches!(
            response_trace(&empty),
            Err(PictureError::Empty { .. })
        ));
    }
}
