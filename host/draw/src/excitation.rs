//! What excites units most: each picture with the unit's receptive field in white, and the
//! field alone beside it.

use image::{GenericImageView, Rgb, RgbImage};

use super::drawing::{Anchor, Drawing, TextStyle};
use super::error::PictureError;
use super::header::Header;
use super::layout::MARGIN_PX;
use super::tiles::{cut, opaque};

/// The inputs that excite some units most.
#[derive(Debug, Clone, PartialEq)]
pub struct Excitations {
    /// The layer.
    pub title: String,
    /// Its shape.
    pub shape: String,
    /// Which number stands for a map.
    pub op: String,
    /// Data and receptive field.
    pub statement: String,
    /// What else is to be known; may be empty.
    pub footnote: String,
    /// One row for each unit.
    pub rows: Vec<ExcitationRow>,
}

/// A unit and its inputs, the best one first.
#[derive(Debug, Clone, PartialEq)]
pub struct ExcitationRow {
    /// The unit.
    pub name: String,
    /// What stands in the place of inputs where there is none.
    pub note: String,
    /// The inputs.
    pub inputs: Vec<ExcitingInput>,
}

/// One input.
#[derive(Debug, Clone, PartialEq)]
pub struct ExcitingInput {
    /// The whole picture.
    pub picture: RgbImage,
    /// The receptive field in it, `[y0, x0, y1, x1]`, ends not included.
    pub field: [usize; 4],
    /// The unit's value.
    pub value: String,
    /// The input's name.
    pub name: String,
}

/// Side that a picture is enlarged to at most.
const PICTURE_PX: u32 = 112;
const GAP_PX: u32 = 4;
const PAIR_GAP_PX: u32 = 14;
const LINE_PX: u32 = 14;
const NAME_PX: u32 = 20;

/// Draws a row of pairs for each unit: the picture with the receptive field in white, and the
/// field enlarged by a whole number as far as there is room.
///
/// # Errors
/// [`PictureError::Empty`] where no unit is given or a picture has no pixel.
pub fn excitations(data: &Excitations) -> Result<Drawing, PictureError> {
    let empty = |shape: String| PictureError::Empty {
        what: data.title.clone(),
        shape,
    };
    if data.rows.is_empty() {
        return Err(empty("0 units".to_owned()));
    }
    let inputs = || data.rows.iter().flat_map(|row| &row.inputs);
    let sizes = inputs().map(|input| input.picture.dimensions());
    let (width, height) = sizes.fold((1, 1), |a, b| (a.0.max(b.0), a.1.max(b.1)));
    if inputs().any(|input| input.picture.is_empty()) {
        return Err(empty("a picture without pixels".to_owned()));
    }
    let cell = (PICTURE_PX / width.max(height)).max(1);
    let (across, down) = (width * cell, height * cell);
    let pair = 2 * across + GAP_PX + PAIR_GAP_PX;
    let most = data.rows.iter().map(|row| row.inputs.len()).max();
    let grid = (most.unwrap_or(0).max(1) as u32) * pair - PAIR_GAP_PX;
    let row_px = |row: &ExcitationRow| match row.inputs.len() {
        0 => NAME_PX + LINE_PX,
        _ => NAME_PX + down + 2 * LINE_PX + 10,
    };
    let all = data.rows.iter().map(row_px).sum();
    let header = Header {
        title: data.title.clone(),
        shape: data.shape.clone(),
        op: data.op.clone(),
        statement: data.statement.clone(),
        footnote: data.footnote.clone(),
        bar: None,
    };
    let max_width = grid + 2 * MARGIN_PX;
    let mut drawing = header.draw(grid, max_width, all);
    drawing.alt = format!(
        "{} units of {}: the inputs that excite each most",
        data.rows.len(),
        data.title
    );
    let mut y = header.height(grid, max_width);
    for row in &data.rows {
        let x = MARGIN_PX as i32;
        drawing.text(
            [x, y as i32 + 12],
            Anchor::Start,
            TextStyle::STRONG,
            row.name.as_str(),
        );
        if row.inputs.is_empty() {
            let baseline = (y + NAME_PX + 8) as i32;
            drawing.text(
                [x, baseline],
                Anchor::Start,
                TextStyle::CAPTION,
                row.note.as_str(),
            );
        }
        for (at, input) in row.inputs.iter().enumerate() {
            let left = (MARGIN_PX + at as u32 * pair) as i32;
            let top = (y + NAME_PX) as i32;
            draw_pair(&mut drawing, [left, top], input, cell, [across, down]);
            let lines = [
                (TextStyle::BODY, &input.value),
                (TextStyle::TICK, &input.name),
            ];
            for (line, (style, text)) in lines.into_iter().enumerate() {
                let baseline = top + (down + 13 + line as u32 * LINE_PX) as i32;
                let text = cut(text, style, 2 * across + GAP_PX);
                drawing.text([left, baseline], Anchor::Start, style, text);
            }
        }
        y += row_px(row);
    }
    Ok(drawing)
}

fn draw_pair(
    drawing: &mut Drawing,
    [left, top]: [i32; 2],
    input: &ExcitingInput,
    cell: u32,
    room: [u32; 2],
) {
    drawing.bitmap([left, top], [cell; 2], opaque(&input.picture));
    let [y0, x0, y1, x1] = input.field.map(|edge| edge as u32);
    let (columns, rows) = (x1.saturating_sub(x0), y1.saturating_sub(y0));
    if columns == 0 || rows == 0 {
        return;
    }
    let corner = [left + (x0 * cell) as i32, top + (y0 * cell) as i32];
    let size = [columns * cell, rows * cell];
    drawing.frame(corner, size, super::drawing::Paint::Data(Rgb([255; 3])));
    let field = input.picture.view(x0, y0, columns, rows).to_image();
    let larger = (room[0] / columns).min(room[1] / rows).max(1);
    drawing.bitmap(
        [left + (room[0] + GAP_PX) as i32, top],
        [larger; 2],
        opaque(&field),
    );
}

#[cfg(test)]
mod tests {
    use super::super::drawing::layout::assert_tidy;
    use super::super::drawing::{Mark, Paint};
    use super::*;

    fn data() -> Excitations {
        let input = |level: u8, field| ExcitingInput {
            picture: RgbImage::from_fn(28, 28, |x, _| Rgb([level, x as u8, 0])),
            field,
            value: "12.3".to_owned(),
            name: "a picture with a very long name indeed.png".to_owned(),
        };
        let row = |name: &str, inputs| ExcitationRow {
            name: name.to_owned(),
            note: "it never fires on these inputs".to_owned(),
            inputs,
        };
        Excitations {
            title: "pool2".to_owned(),
            shape: "16×5×5".to_owned(),
            op: "maximum".to_owned(),
            statement: "mnist, 10,000 inputs".to_owned(),
            footnote: String::new(),
            rows: vec![
                row(
                    "map 0",
                    vec![input(9, [4, 0, 16, 10]), input(7, [0, 0, 28, 28])],
                ),
                row("map 1", Vec::new()),
            ],
        }
    }

    #[test]
    fn a_field_is_framed_in_white_and_shown_beside_its_picture() {
        let drawing = excitations(&data()).unwrap();
        assert_tidy(&drawing);
        let white = Paint::Data(Rgb([255; 3]));
        let frames = drawing.marks.iter().filter_map(|mark| match *mark {
            Mark::Rect {
                x,
                y,
                width,
                height,
                paint,
            } if paint == white => Some([x, y, width as i32, height as i32]),
            _ => None,
        });
        let frames: Vec<_> = frames.collect();
        // 112/28 = 4 pixels to one: the upper edge is 10 columns wide, 4 rows below the top.
        let pictures = drawing.marks.iter().filter_map(|mark| match mark {
            Mark::Bitmap {
                x,
                y,
                px_per_value,
                values,
            } => Some(([*x, *y], px_per_value[0], values.dimensions())),
            _ => None,
        });
        let pictures: Vec<_> = pictures.collect();
        let ([x, y], cell, _) = pictures[0];
        assert_eq!((cell, frames[0]), (4, [x, y + 16, 40, 1]));
        assert_eq!(frames.len(), 8);
        // The field is 10×12 pixels, 9 times enlarged: 12·9 = 108 of 112.
        assert_eq!(pictures[1], ([x + 112 + 4, y], 9, (10, 12)));
        assert!(drawing.texts().any(|text| text.contains("never fires")));
    }

    #[test]
    fn nothing_to_draw_is_said() {
        let mut none = data();
        none.rows.clear();
        assert!(matches!(
            excitations(&none),
            Err(PictureError::Empty { .. })
        ));
    }
}
