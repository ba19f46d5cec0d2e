//! Layers without extent: bars where there are few values, cells where many.

use super::drawing::{Anchor, Drawing, Paint, TextStyle};
use super::header::{ColourBar, Header};
use super::layout::{GridLayout, MARGIN_PX};
use super::maps::{ActivationMaps, pixels};
use super::number::significant;
use super::theme::Role;

/// Up to this many values are drawn as bars with numbers.
const MOST_BARS: usize = 20;
const BAR_PITCH_PX: u32 = 20;
const BAR_HEIGHT_PX: u32 = 10;
const BAR_FIELD_PX: u32 = 260;
const INDEX_FIELD_PX: u32 = 28;
const VALUE_FIELD_PX: u32 = 64;
const CELL_PX: u32 = 14;
/// Cells of a row come in tens, so that an index can be counted.
const CELLS_TOGETHER: usize = 10;

/// Draws a layer of 1×1 maps, already checked.
pub(super) fn draw(maps: &ActivationMaps, layout: GridLayout) -> Drawing {
    if maps.channels <= MOST_BARS {
        bars(maps, layout)
    } else {
        cells(maps, layout)
    }
}

fn header(maps: &ActivationMaps, with_bar: bool) -> Header {
    let range = maps.range(&maps.values);
    Header {
        title: maps.layer.clone(),
        shape: maps.shape(),
        op: maps.op.clone(),
        statement: format!("one scale for all values: {}", range.text()),
        footnote: maps.footnote(),
        bar: with_bar.then(|| ColourBar::of(range)),
    }
}

fn alt(maps: &ActivationMaps, header: &Header) -> String {
    format!(
        "The {} values of {}, {}; {}",
        maps.channels, maps.layer, maps.op, header.statement
    )
}

fn bars(maps: &ActivationMaps, layout: GridLayout) -> Drawing {
    let range = maps.range(&maps.values);
    let header = header(maps, false);
    let width = INDEX_FIELD_PX + BAR_FIELD_PX + VALUE_FIELD_PX;
    let mut drawing = header.draw(width, layout.max_width, maps.channels as u32 * BAR_PITCH_PX);
    drawing.alt = alt(maps, &header);
    let top = header.height(width, layout.max_width);
    let left = (MARGIN_PX + INDEX_FIELD_PX) as f32;
    let low = range.low.min(0.0);
    let extent = (range.high.max(0.0) - low).max(f32::MIN_POSITIVE);
    let place = |value: f32| left + (value - low) / extent * BAR_FIELD_PX as f32;
    let zero = place(0.0).round() as i32;
    drawing.rect(
        [zero, top as i32],
        [1, maps.channels as u32 * BAR_PITCH_PX],
        Role::Line,
    );
    for (index, &value) in maps.values.iter().enumerate() {
        let y = (top + index as u32 * BAR_PITCH_PX) as i32;
        drawing.text(
            [(MARGIN_PX + INDEX_FIELD_PX - 10) as i32, y + 14],
            Anchor::End,
            TextStyle::BODY,
            index.to_string(),
        );
        if value.is_finite() {
            let end = place(value).round() as i32;
            drawing.rect(
                [zero.min(end), y + 5],
                [zero.abs_diff(end), BAR_HEIGHT_PX],
                Paint::Role(if value < 0.0 {
                    Role::Warm
                } else {
                    Role::Accent
                }),
            );
        }
        drawing.text(
            [(MARGIN_PX + width) as i32, y + 14],
            Anchor::End,
            TextStyle::BODY,
            significant(value),
        );
    }
    drawing
}

fn cells(maps: &ActivationMaps, layout: GridLayout) -> Drawing {
    let range = maps.range(&maps.values);
    let header = header(maps, true);
    let room = layout
        .max_width
        .saturating_sub(2 * MARGIN_PX + INDEX_FIELD_PX);
    let tens = (room / (CELL_PX + 1)) as usize / CELLS_TOGETHER;
    let columns =
        (tens.max(1) * CELLS_TOGETHER).min(maps.channels.next_multiple_of(CELLS_TOGETHER));
    let rows = maps.channels.div_ceil(columns) as u32;
    let width = INDEX_FIELD_PX + columns as u32 * CELL_PX + (columns / CELLS_TOGETHER) as u32 * 4;
    let mut drawing = header.draw(width, layout.max_width, rows * (CELL_PX + 4));
    drawing.alt = alt(maps, &header);
    let top = header.height(width, layout.max_width);
    for (index, values) in maps.values.chunks(CELLS_TOGETHER).enumerate() {
        let first = index * CELLS_TOGETHER;
        let (row, ten) = (first / columns, first % columns / CELLS_TOGETHER);
        let x = MARGIN_PX + INDEX_FIELD_PX + ten as u32 * (CELLS_TOGETHER as u32 * CELL_PX + 4);
        let y = top + row as u32 * (CELL_PX + 4);
        drawing.bitmap(
            [x as i32, y as i32],
            [CELL_PX, CELL_PX],
            pixels(values, values.len(), range),
        );
        if ten == 0 {
            drawing.text(
                [(MARGIN_PX + INDEX_FIELD_PX - 8) as i32, (y + 11) as i32],
                Anchor::End,
                TextStyle::TICK,
                first.to_string(),
            );
        }
    }
    drawing
}

#[cfg(test)]
mod tests {
    use super::super::drawing::{Mark, layout::assert_tidy};
    use super::super::{ColourMap, MapRole, Scale, activation_grid};
    use super::*;

    fn vector(values: Vec<f32>) -> ActivationMaps {
        ActivationMaps {
            layer: "fc1".to_owned(),
            op: "dense".to_owned(),
            channels: values.len(),
            height: 1,
            width: 1,
            values,
            quantisation: None,
            role: MapRole::Activation,
        }
    }

    const LAYOUT: GridLayout = GridLayout {
        max_width: 960,
        px_per_value: 5,
    };

    #[test]
    fn few_values_are_bars_from_zero_with_numbers() {
        let maps = vector(vec![-2.0, 4.0]);
        let drawing = activation_grid(&maps, Scale::Shared, LAYOUT).expect("bars");
        assert_tidy(&drawing);
        let bar = |wanted: Role| {
            let bar = |mark: &Mark| match mark {
                Mark::Rect {
                    x,
                    width,
                    paint: Paint::Role(role),
                    ..
                } if *role == wanted => Some((*x, *width)),
                _ => None,
            };
            drawing.marks.iter().find_map(bar).expect("a bar")
        };
        let (negative, positive) = (bar(Role::Warm), bar(Role::Accent));
        assert_eq!((negative.1, positive.1), (65, 130));
        assert_eq!(negative.0 + 65, positive.0, "both begin at zero");
        assert!(drawing.texts().any(|text| text == "−2.00"));
    }

    #[test]
    fn many_values_are_cells_in_tens() {
        let maps = vector((0..500).map(|index| index as f32).collect());
        let drawing = activation_grid(&maps, Scale::Shared, LAYOUT).expect("cells");
        assert_tidy(&drawing);
        assert!(drawing.width <= 960);
        let tens: Vec<_> = drawing
            .marks
            .iter()
            .filter_map(|mark| match mark {
                Mark::Bitmap {
                    px_per_value: [CELL_PX, CELL_PX],
                    values,
                    ..
                } => Some(values),
                _ => None,
            })
            .collect();
        assert_eq!(tens.len(), 50);
        let last = tens[49].get_pixel(9, 0).0;
        assert_eq!(last[..3], ColourMap::Activation.at(1.0).0);
        assert!(
            drawing.texts().any(|text| text == "60"),
            "rows begin with their index"
        );
    }
}
