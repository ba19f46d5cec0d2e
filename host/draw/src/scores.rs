//! Class scores: one bar for each class, with its probability.

use super::drawing::{Anchor, Drawing, TextStyle};
use super::error::PictureError;
use super::layout::MARGIN_PX;
use super::number::percent;
use super::theme::Role;

/// What the network makes of an input.
#[derive(Debug, Clone, PartialEq)]
pub struct ClassScores {
    /// A name for each class, in the model's order.
    pub labels: Vec<String>,
    /// A probability for each class, 0 to 1.
    pub probabilities: Vec<f32>,
    /// The class it should be, where that is known.
    pub expected: Option<usize>,
}

/// With more classes than this, only the most probable ones are shown.
const MOST_CLASSES: usize = 12;
const PITCH_PX: u32 = 21;
const BAR_HEIGHT_PX: u32 = 10;
const BAR_FIELD_PX: u32 = 260;
const PERCENT_FIELD_PX: u32 = 64;
const TOP_PX: u32 = 66;

impl ClassScores {
    /// Checks that there is a label for each probability, and some.
    ///
    /// # Errors
    /// [`PictureError::Empty`] and [`PictureError::ValueCount`].
    pub fn check(&self) -> Result<(), PictureError> {
        let what = || "class scores".to_owned();
        if self.probabilities.is_empty() {
            return Err(PictureError::Empty {
                what: what(),
                shape: "0".to_owned(),
            });
        }
        if self.labels.len() != self.probabilities.len() {
            return Err(PictureError::ValueCount {
                what: what(),
                need: self.labels.len(),
                have: self.probabilities.len(),
            });
        }
        Ok(())
    }

    /// The most probable class, the first of equals; `None` without classes.
    pub fn predicted(&self) -> Option<usize> {
        self.most_probable(1).first().copied()
    }

    /// Up to `count` classes, the most probable first.
    pub fn most_probable(&self, count: usize) -> Vec<usize> {
        let mut classes: Vec<usize> = (0..self.probabilities.len()).collect();
        classes.sort_by(|&a, &b| self.probabilities[b].total_cmp(&self.probabilities[a]));
        classes.truncate(count);
        classes
    }

    /// The classes to show: all in order, or the most probable of very many.
    pub fn shown(&self) -> Vec<usize> {
        if self.probabilities.len() <= MOST_CLASSES {
            (0..self.probabilities.len()).collect()
        } else {
            self.most_probable(MOST_CLASSES)
        }
    }
}

/// Draws the probability of each class as a bar on a scale from 0 to 1.
///
/// # Errors
/// [`PictureError::Empty`] and [`PictureError::ValueCount`].
pub fn class_scores(scores: &ClassScores) -> Result<Drawing, PictureError> {
    scores.check()?;
    let shown = scores.shown();
    let predicted = scores.predicted();
    let names = shown
        .iter()
        .map(|&class| TextStyle::STRONG.width_px(&scores.labels[class]))
        .max()
        .unwrap_or(0);
    let bar_left = MARGIN_PX + names + 12;
    let right = bar_left + BAR_FIELD_PX + PERCENT_FIELD_PX;
    let of = format!("{} classes", scores.labels.len());
    let statement = if shown.len() < scores.labels.len() {
        format!("the {} most probable, bars from 0 to 100 %", shown.len())
    } else {
        "probability, bars from 0 to 100 %".to_owned()
    };
    let mut drawing = Drawing {
        width: right + MARGIN_PX,
        height: TOP_PX + shown.len() as u32 * PITCH_PX + MARGIN_PX,
        alt: match predicted {
            Some(class) => format!(
                "Class probabilities; {} first with {}",
                scores.labels[class],
                percent(scores.probabilities[class])
            ),
            None => String::new(),
        },
        marks: Vec::new(),
    };
    let title = drawing.text(
        [MARGIN_PX as i32, 28],
        Anchor::Start,
        TextStyle::TITLE,
        "scores",
    );
    let after = (MARGIN_PX + title + 10) as i32;
    drawing.text([after, 28], Anchor::Start, TextStyle::CAPTION, of);
    drawing.text(
        [MARGIN_PX as i32, 46],
        Anchor::Start,
        TextStyle::CAPTION,
        statement,
    );
    for (row, &class) in shown.iter().enumerate() {
        let y = (TOP_PX + row as u32 * PITCH_PX) as i32;
        let probability = scores.probabilities[class];
        let first = predicted == Some(class);
        let style = if first {
            TextStyle::STRONG
        } else {
            TextStyle::BODY
        };
        drawing.text(
            [(bar_left - 12) as i32, y + 14],
            Anchor::End,
            style,
            scores.labels[class].as_str(),
        );
        drawing.rect(
            [bar_left as i32, y + 5],
            [BAR_FIELD_PX, BAR_HEIGHT_PX],
            Role::Line,
        );
        let length = (probability.clamp(0.0, 1.0) * BAR_FIELD_PX as f32).round() as u32;
        let paint = if first { Role::Accent } else { Role::Dim };
        drawing.rect([bar_left as i32, y + 5], [length, BAR_HEIGHT_PX], paint);
        if scores.expected == Some(class) && !first {
            drawing.frame(
                [bar_left as i32 - 1, y + 4],
                [BAR_FIELD_PX + 2, BAR_HEIGHT_PX + 2],
                Role::Warm,
            );
        }
        drawing.text(
            [right as i32, y + 14],
            Anchor::End,
            style,
            percent(probability),
        );
    }
    Ok(drawing)
}

#[cfg(test)]
mod tests {
    use super::super::drawing::{Mark, Paint, layout::assert_tidy};
    use super::*;

    fn scores(probabilities: Vec<f32>) -> ClassScores {
        ClassScores {
            labels: (0..probabilities.len())
                .map(|class| class.to_string())
                .collect(),
            probabilities,
            expected: None,
        }
    }

    fn frames(drawing: &Drawing) -> usize {
        let warm = |mark: &&Mark| {
            matches!(
                mark,
                Mark::Rect {
                    paint: Paint::Role(Role::Warm),
                    ..
                }
            )
        };
        drawing.marks.iter().filter(warm).count()
    }

    #[test]
    fn a_bar_is_as_long_as_its_probability() {
        let drawing = class_scores(&scores(vec![0.25, 0.75])).expect("scores");
        assert_tidy(&drawing);
        let of = |wanted: Role| {
            let length = |mark: &Mark| match mark {
                Mark::Rect {
                    width,
                    paint: Paint::Role(role),
                    ..
                } if *role == wanted => Some(*width),
                _ => None,
            };
            drawing.marks.iter().find_map(length)
        };
        assert_eq!(of(Role::Accent), Some(195));
        assert_eq!(of(Role::Dim), Some(65));
    }

    #[test]
    fn a_missed_class_is_framed_and_a_hit_is_not() {
        let mut scores = scores(vec![0.25, 0.75]);
        scores.expected = Some(0);
        assert_eq!(frames(&class_scores(&scores).expect("scores")), 4);
        scores.expected = Some(1);
        assert_eq!(frames(&class_scores(&scores).expect("scores")), 0);
    }

    #[test]
    fn of_a_thousand_classes_the_first_twelve_are_shown() {
        let drawing = class_scores(&scores((0..1000).map(|class| class as f32 / 1e6).collect()));
        let drawing = drawing.expect("scores");
        assert_tidy(&drawing);
        assert!(drawing.texts().any(|text| text == "999"));
        assert!(!drawing.texts().any(|text| text == "987"));
        assert!(
            drawing
                .texts()
                .any(|text| text.starts_with("the 12 most probable"))
        );
    }

    #[test]
    fn classes_without_labels_are_refused() {
        let mut scores = scores(vec![0.5, 0.5]);
        scores.labels.pop();
        assert!(matches!(
            class_scores(&scores),
            Err(PictureError::ValueCount { .. })
        ));
    }
}
