//! The outline of what an input shows, over a map of the same size.

use cortexscope_digit::luma;
use image::{Rgb, RgbImage};

use super::drawing::{Drawing, Paint};

/// Light lines between dark ones: seen on any ground.
pub(super) const BRIGHT: Paint = Paint::Data(Rgb([255, 255, 255]));
pub(super) const DARK: Paint = Paint::Data(Rgb([0, 0, 0]));

/// Marks every edge between a pixel at or above `level` and one below it.
pub(super) fn draw(
    drawing: &mut Drawing,
    image: &RgbImage,
    level: u8,
    [x, y]: [i32; 2],
    px_per_value: u32,
) {
    let (width, height) = image.dimensions();
    let side = px_per_value as i32;
    let above = |column: u32, row: u32| luma(image.get_pixel(column, row).0) >= level;
    let mut edges = Vec::new();
    for row in 0..height {
        for column in 0..width {
            let here = above(column, row);
            let (left, top) = (x + column as i32 * side, y + row as i32 * side);
            if column + 1 < width && above(column + 1, row) != here {
                edges.push(([left + side, top], [0, px_per_value]));
            }
            if row + 1 < height && above(column, row + 1) != here {
                edges.push(([left, top + side], [px_per_value, 0]));
            }
        }
    }
    for (thickness, paint) in [(4, DARK), (2, BRIGHT)] {
        for &([left, top], [across, down]) in &edges {
            let half = thickness as i32 / 2;
            drawing.rect(
                [left - half, top - half],
                [across + thickness, down + thickness],
                paint,
            );
        }
    }
}
