//! Images made for neurons, and below each what a whole population answers to it.

use image::RgbImage;

use super::drawing::{Anchor, Drawing, TextStyle};
use super::error::PictureError;
use super::header::Header;
use super::layout::MARGIN_PX;
use super::number::significant;
use super::theme::Role;
use super::tiles::{cut, opaque};

/// Rows of images; in every row one for each of the same neurons.
#[derive(Debug, Clone, PartialEq)]
pub struct PopulationSheet {
    /// What was driven.
    pub title: String,
    /// Beside the title.
    pub op: String,
    /// What the bars are.
    pub statement: String,
    /// What else is to be known; may be empty.
    pub footnote: String,
    /// Unit of the bars.
    pub unit: String,
    /// Heads of the columns: the neurons.
    pub columns: Vec<String>,
    /// The rows.
    pub rows: Vec<PopulationRow>,
}

/// One kind of image, for every neuron.
#[derive(Debug, Clone, PartialEq)]
pub struct PopulationRow {
    /// What the images are.
    pub name: String,
    /// What that means, in a few words.
    pub note: String,
    /// One cell for each column; `None` where there is no such image.
    pub cells: Vec<Option<PopulationCell>>,
}

/// An image and what was answered to it.
#[derive(Debug, Clone, PartialEq)]
pub struct PopulationCell {
    /// The image.
    pub image: RgbImage,
    /// Lines below it.
    pub lines: Vec<String>,
    /// One response for each neuron of the population.
    pub responses: Vec<f64>,
    /// The neuron whose bar is marked.
    pub target: usize,
}

/// Side that an image is enlarged or reduced to, about.
const IMAGE_PX: u32 = 112;
const CELL_PX: u32 = 132;
const GAP_PX: u32 = 14;
const NAME_PX: u32 = 96;
const TICKS_PX: u32 = 34;
const BARS_PX: u32 = 56;
const LINE_PX: u32 = 14;
const HEAD_PX: u32 = 20;

/// Draws the rows. All bars have one scale, so that rows can be compared; the bar of the neuron
/// that an image was made for has the accent colour.
///
/// # Errors
/// [`PictureError::Empty`] where there is no image.
pub fn population_sheet(data: &PopulationSheet) -> Result<Drawing, PictureError> {
    let cells = || data.rows.iter().flat_map(|row| row.cells.iter().flatten());
    if cells().next().is_none() || cells().any(|cell| cell.image.is_empty()) {
        return Err(PictureError::Empty {
            what: data.title.clone(),
            shape: "no image".to_owned(),
        });
    }
    let responses = cells().flat_map(|cell| cell.responses.iter().copied());
    let [low, high] = responses.fold([0.0_f64, 0.0], |[low, high], value| {
        [low.min(value), high.max(value)]
    });
    let high = if high > low { high } else { low + 1.0 };
    let columns = data.columns.len() as u32;
    let left = MARGIN_PX + NAME_PX + TICKS_PX;
    let grid = NAME_PX + TICKS_PX + columns * (CELL_PX + GAP_PX) - GAP_PX;
    let lines = cells().map(|cell| cell.lines.len()).max().unwrap_or(0) as u32;
    let pitch = IMAGE_PX + lines * LINE_PX + 8 + BARS_PX + 18;
    let header = Header {
        title: data.title.clone(),
        shape: String::new(),
        op: data.op.clone(),
        statement: data.statement.clone(),
        footnote: data.footnote.clone(),
        bar: None,
    };
    let max_width = grid + 2 * MARGIN_PX;
    let all = HEAD_PX + data.rows.len() as u32 * pitch;
    let mut drawing = header.draw(grid, max_width, all);
    drawing.alt = format!(
        "{}: {} for {} neurons, and the responses of the population",
        data.title,
        data.rows
            .iter()
            .map(|row| row.name.as_str())
            .collect::<Vec<_>>()
            .join(", "),
        columns
    );
    let top = header.height(grid, max_width);
    for (column, name) in data.columns.iter().enumerate() {
        let x = (left + column as u32 * (CELL_PX + GAP_PX)) as i32;
        let name = cut(name, TextStyle::STRONG, CELL_PX);
        drawing.text([x, top as i32 + 12], Anchor::Start, TextStyle::STRONG, name);
    }
    for (number, row) in data.rows.iter().enumerate() {
        let y = (top + HEAD_PX + number as u32 * pitch) as i32;
        let x = MARGIN_PX as i32;
        drawing.text(
            [x, y + 14],
            Anchor::Start,
            TextStyle::STRONG,
            row.name.as_str(),
        );
        for (line, words) in wrapped(&row.note, NAME_PX).iter().enumerate() {
            let at = [x, y + 32 + (line as u32 * LINE_PX) as i32];
            drawing.text(at, Anchor::Start, TextStyle::TICK, words.as_str());
        }
        let bars = y + (IMAGE_PX + lines * LINE_PX + 8) as i32;
        let ticks = (left - 6) as i32;
        let scale = [(bars, high), (bars + BARS_PX as i32, low)];
        for (at, value) in scale {
            let text = significant(value as f32);
            drawing.text([ticks, at + 4], Anchor::End, TextStyle::TICK, text);
        }
        drawing.text(
            [x, bars + BARS_PX as i32 / 2 + 4],
            Anchor::Start,
            TextStyle::TICK,
            cut(&data.unit, TextStyle::TICK, NAME_PX),
        );
        for (column, cell) in row.cells.iter().enumerate() {
            let x = (left + column as u32 * (CELL_PX + GAP_PX)) as i32;
            if let Some(cell) = cell {
                draw_cell(&mut drawing, [x, y], cell);
                draw_bars(&mut drawing, [x, bars], cell, [low, high]);
            }
        }
    }
    Ok(drawing)
}

fn draw_cell(drawing: &mut Drawing, [x, y]: [i32; 2], cell: &PopulationCell) {
    let side = cell.image.width().max(cell.image.height());
    // Large images are reduced by a whole number, small ones enlarged by one.
    let image = if side > IMAGE_PX {
        let every = side.div_ceil(IMAGE_PX);
        reduced(&cell.image, every)
    } else {
        cell.image.clone()
    };
    let enlarged = (IMAGE_PX / image.width().max(image.height())).max(1);
    drawing.bitmap([x, y], [enlarged; 2], opaque(&image));
    for (line, text) in cell.lines.iter().enumerate() {
        let style = if line == 0 {
            TextStyle::BODY
        } else {
            TextStyle::TICK
        };
        let baseline = y + (IMAGE_PX + 12 + line as u32 * LINE_PX) as i32;
        let text = cut(text, style, CELL_PX);
        drawing.text([x, baseline], Anchor::Start, style, text);
    }
}

/// The mean of each square of `every` pixels.
fn reduced(image: &RgbImage, every: u32) -> RgbImage {
    let (width, height) = (image.width() / every, image.height() / every);
    RgbImage::from_fn(width, height, |x, y| {
        let mut sums = [0; 3];
        for at in 0..every * every {
            let pixel = image.get_pixel(x * every + at % every, y * every + at / every);
            for (sum, level) in sums.iter_mut().zip(pixel.0) {
                *sum += u32::from(level);
            }
        }
        image::Rgb(sums.map(|sum| (sum / (every * every)) as u8))
    })
}

fn draw_bars(
    drawing: &mut Drawing,
    [x, y]: [i32; 2],
    cell: &PopulationCell,
    [low, high]: [f64; 2],
) {
    let place = |value: f64| ((high - value) / (high - low) * f64::from(BARS_PX)).round() as i32;
    let zero = place(0.0);
    drawing.rect([x, y + zero], [CELL_PX, 1], Role::Line);
    let count = cell.responses.len().max(1);
    let edge = |at: usize| (at as f64 / count as f64 * f64::from(CELL_PX)).round() as i32;
    for (neuron, &response) in cell.responses.iter().enumerate() {
        let end = place(response);
        let (from, to) = (end.min(zero), end.max(zero).max(end.min(zero) + 1));
        let (left, right) = (edge(neuron), edge(neuron + 1));
        // A gap between bars, where there is room for one.
        let right = if right - left > 2 { right - 1 } else { right };
        let role = if neuron == cell.target {
            Role::Accent
        } else {
            Role::Dim
        };
        let size = [(right - left).max(1) as u32, (to - from) as u32];
        drawing.rect([x + left, y + from], size, role);
    }
}

/// Words in lines that are no wider than `width`.
fn wrapped(text: &str, width: u32) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        if let Some(line) = lines.last_mut() {
            let longer = format!("{line} {word}");
            if TextStyle::TICK.width_px(&longer) <= width {
                *line = longer;
                continue;
            }
        }
        lines.push(word.to_owned());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::super::drawing::layout::assert_tidy;
    use super::super::drawing::{Mark, Paint};
    use super::*;
    use image::Rgb;

    fn sheet(side: u32) -> PopulationSheet {
        let cell = |target: usize| PopulationCell {
            image: RgbImage::from_pixel(side, side, Rgb([90; 3])),
            lines: vec!["judge 3.20 sd".to_owned(), "own 4.00".to_owned()],
            responses: (0..6)
                .map(|n| if n == target { 4.0 } else { -1.0 })
                .collect(),
            target,
        };
        let row = |name: &str| PopulationRow {
            name: name.to_owned(),
            note: "the response as high as possible".to_owned(),
            cells: (0..6).map(|n| (n != 4).then(|| cell(n))).collect(),
        };
        PopulationSheet {
            title: "lenet5 relu2".to_owned(),
            op: "six neurons".to_owned(),
            statement: "bars: responses of the population".to_owned(),
            footnote: "one scale for all".to_owned(),
            unit: "z".to_owned(),
            columns: (0..6).map(|n| format!("neuron {n}")).collect(),
            rows: vec![row("stretch"), row("one-hot")],
        }
    }

    /// Zero lies four fifths down a scale from 4 to −1: bars of the neuron that is driven go up
    /// 45 of 56 pixels, and the others 11 down.
    #[test]
    fn bars_begin_at_zero_and_the_driven_neuron_is_marked() {
        for side in [28, 112, 224] {
            let drawing = population_sheet(&sheet(side)).unwrap();
            assert_tidy(&drawing);
            let of = |role: Role| {
                let marks = drawing.marks.iter().filter_map(move |mark| match *mark {
                    Mark::Rect {
                        y,
                        width: 21,
                        height,
                        paint,
                        ..
                    } if paint == Paint::Role(role) => Some([y, height as i32]),
                    _ => None,
                });
                marks.collect::<Vec<_>>()
            };
            let (driven, others) = (of(Role::Accent), of(Role::Dim));
            assert_eq!((driven.len(), others.len()), (10, 50));
            assert_eq!(driven[0][1], 45);
            assert!(others.iter().all(|bar| bar[1] == 11));
            assert_eq!(others[0][0], driven[0][0] + 45);
        }
    }

    #[test]
    fn nothing_to_draw_is_said() {
        let mut none = sheet(28);
        none.rows.clear();
        let error = population_sheet(&none);
        assert!(matches!(error, Err(PictureError::Empty { .. })));
    }
}
