//! Pictures of one size, side by side: filters, ascents, and methods on one
//! input.

use image::{RgbImage, Rgba, RgbaImage};

use super::drawing::{Anchor, Drawing, TextStyle};
use super::error::PictureError;
use super::header::{ColourBar, Header};
use super::layout::{GridLayout, MARGIN_PX, balanced_columns};
use super::range::Range;

/// Pictures to be shown side by side.
#[derive(Debug, Clone, PartialEq)]
pub struct Tiles {
    /// What all of them are.
    pub title: String,
    /// Beside the title: a shape.
    pub shape: String,
    /// Beside the title: an operator or a target.
    pub op: String,
    /// What the colours mean.
    pub statement: String,
    /// What else is to be known; may be empty.
    pub footnote: String,
    /// A colour bar, where the tiles share a scale.
    pub bar: Option<TileScale>,
    /// Tiles in a row; `None` fits as many as there is room for.
    pub columns: Option<usize>,
    /// The tiles, row by row, all of one size.
    pub tiles: Vec<Tile>,
}

/// The scale that all tiles share.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TileScale {
    /// Least value.
    pub low: f32,
    /// Greatest value.
    pub high: f32,
    /// Its colours.
    pub map: super::ColourMap,
}

/// One picture and the lines below it.
#[derive(Debug, Clone, PartialEq)]
pub struct Tile {
    /// The picture, one pixel for each value.
    pub image: RgbImage,
    /// Lines below it; the first is in ink, the others are dim. What is too long
    /// is cut.
    pub lines: Vec<String>,
}

const GAP_PX: u32 = 6;
const LINE_PX: u32 = 14;

/// Draws pictures of one size side by side, enlarged alike.
///
/// # Errors
/// [`PictureError::Empty`] where there is none, and
/// [`PictureError::ValueCount`] where one has another size than the first.
pub fn tile_grid(tiles: &Tiles, layout: GridLayout) -> Result<Drawing, PictureError> {
    let empty = || PictureError::Empty {
        what: tiles.title.clone(),
        shape: format!("{} pictures", tiles.tiles.len()),
    };
    let first = tiles.tiles.first().ok_or_else(empty)?;
    let (width, height) = first.image.dimensions();
    if width == 0 || height == 0 {
        return Err(empty());
    }
    let odd = tiles
        .tiles
        .iter()
        .find(|tile| tile.image.dimensions() != (width, height));
    if let Some(odd) = odd {
        return Err(PictureError::ValueCount {
            what: tiles.title.clone(),
            need: (width * height) as usize,
            have: (odd.image.width() * odd.image.height()) as usize,
        });
    }
    let cell = layout.px_per_value.max(1);
    let (across, down) = (width * cell, height * cell);
    let column = column_px(&tiles.tiles, across);
    let room = layout.max_width.saturating_sub(2 * MARGIN_PX);
    let fits = ((room + GAP_PX) / (column + GAP_PX)).max(1) as usize;
    let columns = match tiles.columns {
        Some(columns) => columns.clamp(1, tiles.tiles.len()),
        None => balanced_columns(tiles.tiles.len(), fits),
    };
    let rows = tiles.tiles.len().div_ceil(columns);
    let lines = tiles.tiles.iter().map(|tile| tile.lines.len()).max();
    let text = lines.unwrap_or(0) as u32 * LINE_PX;
    let pitch = down + text + GAP_PX + if text > 0 { 4 } else { 0 };
    let grid_width = columns as u32 * (column + GAP_PX) - GAP_PX;
    let max_width = layout.max_width.max(grid_width + 2 * MARGIN_PX);

    let header = Header {
        title: tiles.title.clone(),
        shape: tiles.shape.clone(),
        op: tiles.op.clone(),
        statement: tiles.statement.clone(),
        footnote: tiles.footnote.clone(),
        bar: tiles
            .bar
            .map(|TileScale { low, high, map }| ColourBar::of(Range { low, high, map })),
    };
    let mut drawing = header.draw(grid_width, max_width, rows as u32 * pitch - GAP_PX);
    let top = header.height(grid_width, max_width);
    drawing.alt = format!(
        "{} pictures: {}, {}; {}",
        tiles.tiles.len(),
        tiles.title,
        tiles.op,
        tiles.statement
    );
    for (index, tile) in tiles.tiles.iter().enumerate() {
        let x = (MARGIN_PX + (index % columns) as u32 * (column + GAP_PX)) as i32;
        let y = (top + (index / columns) as u32 * pitch) as i32;
        drawing.bitmap([x, y], [cell; 2], opaque(&tile.image));
        for (line, text) in tile.lines.iter().enumerate() {
            let style = if line == 0 {
                TextStyle::BODY
            } else {
                TextStyle::TICK
            };
            let baseline = y + (down + 13) as i32 + (line as u32 * LINE_PX) as i32;
            let text = cut(text, style, column);
            drawing.text([x, baseline], Anchor::Start, style, text);
        }
    }
    Ok(drawing)
}

/// The width of a column: that of a picture, or as much more as the names below need, up to
/// a quarter.
fn column_px(tiles: &[Tile], across: u32) -> u32 {
    let names = tiles.iter().filter_map(|tile| tile.lines.first());
    let widest = names.map(|name| TextStyle::BODY.width_px(name)).max();
    widest.unwrap_or(0).clamp(across, across + across / 4)
}

/// A picture whose every pixel is there.
pub(super) fn opaque(image: &RgbImage) -> RgbaImage {
    let mut pixels = RgbaImage::new(image.width(), image.height());
    for (to, from) in pixels.pixels_mut().zip(image.pixels()) {
        let [red, green, blue] = from.0;
        *to = Rgba([red, green, blue, 255]);
    }
    pixels
}

/// As much of a text as has room, with an ellipsis where some has not.
pub(super) fn cut(text: &str, style: TextStyle, width: u32) -> String {
    if style.width_px(text) <= width {
        return text.to_owned();
    }
    let mut cut = text.to_owned();
    while cut.pop().is_some() {
        let shown = format!("{}…", cut.trim_end());
        if style.width_px(&shown) <= width {
            return shown;
        }
    }
    cut
}

#[cfg(test)]
mod tests {
    use super::super::drawing::layout::assert_tidy;
    use super::*;
    use image::Rgb;

    fn tiles(count: usize) -> Tiles {
        let tile = |index: usize| Tile {
            image: RgbImage::from_pixel(11, 11, Rgb([index as u8; 3])),
            lines: vec![
                format!("filter {index} with a long name"),
                "12.3".to_owned(),
            ],
        };
        Tiles {
            title: "conv1".to_owned(),
            shape: "64×3×11×11".to_owned(),
            op: "filters".to_owned(),
            statement: "grey is zero".to_owned(),
            footnote: String::new(),
            bar: None,
            columns: None,
            tiles: (0..count).map(tile).collect(),
        }
    }

    const LAYOUT: GridLayout = GridLayout {
        max_width: 640,
        px_per_value: 5,
    };

    #[test]
    fn a_grid_is_tidy_and_cuts_what_is_too_long() {
        for count in [1, 7, 64] {
            let drawing = tile_grid(&tiles(count), LAYOUT).expect("a grid");
            assert!(drawing.width <= 640);
            assert_tidy(&drawing);
            assert!(drawing.texts().any(|text| text.ends_with('…')));
        }
        // A name that is a little longer than its picture is wide has room.
        let mut names = tiles(3);
        for tile in &mut names.tiles {
            tile.lines = vec!["neuron 4:5".to_owned()];
        }
        let width = TextStyle::BODY.width_px("neuron 4:5");
        assert!(width > 55 && width < 68, "{width}");
        let drawing = tile_grid(&names, LAYOUT).expect("a grid");
        assert!(!drawing.texts().any(|text| text.ends_with('…')));
        assert_tidy(&drawing);
        let mut columns = tiles(12);
        columns.columns = Some(3);
        assert_tidy(&tile_grid(&columns, LAYOUT).expect("a grid"));
    }

    #[test]
    fn one_of_another_size_is_refused() {
        let mut odd = tiles(3);
        odd.tiles[1].image = RgbImage::new(5, 5);
        assert!(matches!(
            tile_grid(&odd, LAYOUT),
            Err(PictureError::ValueCount {
                need: 121,
                have: 25,
                ..
            })
        ));
        odd.tiles.clear();
        assert!(matches!(
            tile_grid(&odd, LAYOUT),
            Err(PictureError::Empty { .. })
        ));
    }
}
