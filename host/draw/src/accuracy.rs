//! Accuracy against the size of a change: a curve for each series, on axes with numbers.

use super::drawing::{Anchor, Drawing, TextStyle};
use super::error::PictureError;
use super::header::Header;
use super::layout::MARGIN_PX;
use super::number::significant;
use super::theme::Role;

/// Curves over one range.
#[derive(Debug, Clone, PartialEq)]
pub struct AccuracyCurves {
    /// What was measured.
    pub title: String,
    /// Beside the title: the model and the data.
    pub subject: String,
    /// What counts as right.
    pub statement: String,
    /// What the horizontal axis is, with its unit.
    pub axis: String,
    /// The curves.
    pub series: Vec<AccuracySeries>,
}

/// One curve.
#[derive(Debug, Clone, PartialEq)]
pub struct AccuracySeries {
    /// Its name, which stands at its end.
    pub name: String,
    /// Size of the change and share of inputs that are right, 0 to 1, in the order of the
    /// sizes.
    pub points: Vec<[f64; 2]>,
}

const PLOT_PX: [u32; 2] = [420, 220];
const LEFT_PX: u32 = 44;
const BELOW_PX: u32 = 40;
const ROLES: [Role; 4] = [Role::Accent, Role::Warm, Role::Stack, Role::Weights];
const MARK_PX: u32 = 5;

/// Draws the curves over a vertical axis from 0 to 100 %.
///
/// # Errors
/// [`PictureError::Empty`] where there is no point, or one that is not finite.
pub fn accuracy_curves(of: &AccuracyCurves) -> Result<Drawing, PictureError> {
    let points = || of.series.iter().flat_map(|series| &series.points);
    let most = points().fold(0.0_f64, |most, point| most.max(point[0]));
    let finite = points().all(|point| point.iter().all(|value| value.is_finite()));
    if points().next().is_none() || !finite {
        return Err(PictureError::Empty {
            what: of.title.clone(),
            shape: format!("{} points", points().count()),
        });
    }
    let names = of
        .series
        .iter()
        .map(|series| TextStyle::BODY.width_px(&series.name));
    let right = names.max().unwrap_or(0) + 12;
    let [width, height] = PLOT_PX;
    let inner = LEFT_PX + width + right;
    let header = Header {
        title: of.title.clone(),
        shape: of.subject.clone(),
        op: String::new(),
        statement: of.statement.clone(),
        footnote: String::new(),
        bar: None,
    };
    let max_width = inner + 2 * MARGIN_PX;
    let top = header.height(inner, max_width);
    let mut drawing = header.draw(inner, max_width, height + BELOW_PX);
    let left = MARGIN_PX + LEFT_PX;
    let span = if most > 0.0 { most } else { 1.0 };
    let place = |[x, y]: [f64; 2]| {
        [
            left as f32 + (x / span) as f32 * width as f32,
            top as f32 + (1.0 - y.clamp(0.0, 1.0)) as f32 * height as f32,
        ]
    };
    for quarter in 0..=4 {
        let share = f64::from(quarter) / 4.0;
        let [_, y] = place([0.0, share]).map(|at| at.round() as i32);
        drawing.rect([left as i32, y], [width, 1], Role::Line);
        let text = format!("{} %", quarter * 25);
        let at = [left as i32 - 6, y + 4];
        drawing.text(at, Anchor::End, TextStyle::TICK, text);
        let [x, _] = place([share * span, 0.0]).map(|at| at.round() as i32);
        let under = (top + height) as i32;
        drawing.rect([x, under], [1, 4], Role::Dim);
        let text = significant((share * span) as f32);
        drawing.text([x, under + 16], Anchor::Middle, TextStyle::TICK, text);
    }
    let under = [(left + width / 2) as i32, (top + height + 34) as i32];
    drawing.text(under, Anchor::Middle, TextStyle::CAPTION, of.axis.as_str());
    let mut taken: Vec<i32> = Vec::new();
    for (index, series) in of.series.iter().enumerate() {
        let role = ROLES[index % ROLES.len()];
        for pair in series.points.windows(2) {
            drawing.line(place(pair[0]), place(pair[1]), role);
        }
        for &point in &series.points {
            let corner = place(point).map(|at| at.round() as i32 - (MARK_PX / 2) as i32);
            drawing.rect(corner, [MARK_PX; 2], role);
        }
        if let Some(&last) = series.points.last() {
            let [_, y] = place(last).map(|at| at.round() as i32);
            // Names that would lie on each other are moved up.
            let mut y = y + 4;
            while let Some(other) = taken.iter().find(|other| (**other - y).abs() < 18) {
                y = other - 18;
            }
            taken.push(y);
            let at = [(left + width + 10) as i32, y];
            drawing.text(at, Anchor::Start, TextStyle::BODY, series.name.as_str());
        }
    }
    let ends = of.series.iter().filter_map(|series| {
        let (first, last) = (series.points.first()?, series.points.last()?);
        let percent = |point: &[f64; 2]| format!("{:.1} %", 100.0 * point[1]);
        Some(format!(
            "{} from {} to {}",
            series.name,
            percent(first),
            percent(last)
        ))
    });
    drawing.alt = format!("{}: {}", of.title, ends.collect::<Vec<_>>().join("; "));
    Ok(drawing)
}

#[cfg(test)]
mod tests {
    use super::super::drawing::{Mark, layout::assert_tidy};
    use super::*;

    fn curves(points: &[[f64; 2]]) -> AccuracyCurves {
        let series = |name: &str| AccuracySeries {
            name: name.to_owned(),
            points: points.to_vec(),
        };
        AccuracyCurves {
            title: "pgd".to_owned(),
            subject: "lenet5, 100 inputs".to_owned(),
            statement: "share of inputs that are still right".to_owned(),
            axis: "ε in pixels from 0 to 1".to_owned(),
            series: vec![series("float"), series("int8")],
        }
    }

    #[test]
    fn a_curve_lies_where_its_numbers_are() {
        let drawing = accuracy_curves(&curves(&[[0.0, 1.0], [0.1, 0.75], [0.2, 0.0]])).unwrap();
        assert_tidy(&drawing);
        let lines: Vec<[[f32; 2]; 2]> = drawing
            .marks
            .iter()
            .filter_map(|mark| match mark {
                Mark::Line { from, to, .. } => Some([*from, *to]),
                _ => None,
            })
            .collect();
        assert_eq!(lines.len(), 4);
        let [[x0, y0], [x1, y1]] = lines[0];
        assert!((x1 - x0 - 210.0).abs() < 0.01 && (y1 - y0 - 55.0).abs() < 0.01);
        assert!(drawing.texts().any(|text| text == "0.200"));
        assert!(
            drawing.alt.contains("float from 100.0 % to 0.0 %"),
            "{}",
            drawing.alt
        );
    }

    #[test]
    fn one_point_is_a_curve_and_none_is_not() {
        assert_tidy(&accuracy_curves(&curves(&[[0.0, 0.5]])).unwrap());
        assert!(accuracy_curves(&curves(&[])).is_err());
        assert!(accuracy_curves(&curves(&[[f64::NAN, 0.5]])).is_err());
    }
}
