//! The masks of readouts, laid where in the input they look.

use cortexscope_brain::encode::{Fit, Geometry, ReadoutKind};
use cortexscope_draw::{
    ColourMap, Drawing, GridLayout, PictureError, Tile, TileScale, Tiles, tile_grid,
};
use cortexscope_explain::float_model::FloatModel;
use image::{Rgb, RgbImage};

/// Pixels of a mask's longer side, about.
const SIDE_PX: usize = 112;
/// What no cell is centred near.
const OUTSIDE: Rgb<u8> = Rgb([128; 3]);

/// Draws the mask of each neuron of a fit. Where the receptive fields are known, each cell is
/// drawn around the pixel that its field is centred on, so that the picture lies over the
/// input; otherwise cells are drawn as a grid.
///
/// # Errors
/// There is no neuron.
pub fn masks(
    model: &FloatModel,
    layer: &str,
    fit: &Fit,
    geometry: Option<Geometry>,
) -> Result<Drawing, PictureError> {
    let [_, height, width] = model.input_shape();
    let [_, rows, columns] = fit.readout.shape;
    let (map, low, statement) = match fit.readout.kind() {
        ReadoutKind::Factorised => (
            ColourMap::Signed,
            -1.0,
            "each mask has the greatest magnitude 1 and a sum that is not negative",
        ),
        ReadoutKind::Ridge => (
            ColourMap::Activation,
            0.0,
            "root of the sum of squares over the channels, the greatest as 1",
        ),
    };
    let colour = |value: f32| map.at((value - low) / (1.0 - low));
    let tiles = fit.scores.iter().enumerate().map(|(neuron, score)| {
        let mask = fit.readout.mask(neuron);
        let image = match geometry {
            Some(field) => {
                let scale = (height.max(width) as f64 / SIDE_PX as f64).max(1.0);
                let side = |side: usize| ((side as f64 / scale).round() as u32).max(1);
                RgbImage::from_fn(side(width), side(height), |x, y| {
                    let pixel = [y, x].map(|at| (f64::from(at) + 0.5) * scale - 0.5);
                    let cell = nearest(field, pixel, [rows, columns]);
                    cell.map_or(OUTSIDE, |[row, column]| {
                        colour(mask[row * columns + column])
                    })
                })
            }
            None => RgbImage::from_fn(columns as u32, rows as u32, |x, y| {
                colour(mask[y as usize * columns + x as usize])
            }),
        };
        Tile {
            image,
            lines: vec![format!("neuron {neuron}"), format!("r {:.3}", score.r)],
        }
    });
    let footnote = geometry.map_or_else(
        || "cells as a grid: their receptive fields are not known".to_owned(),
        |field| {
            format!(
                "each cell around the middle of its receptive field of {}×{} pixels",
                field.size[0], field.size[1]
            )
        },
    );
    let tiles = Tiles {
        title: format!("{} {layer}: masks of the readouts", model.name),
        shape: format!("{rows}×{columns}"),
        op: format!("{height}×{width} input"),
        statement: statement.to_owned(),
        footnote,
        bar: Some(TileScale {
            low,
            high: 1.0,
            map,
        }),
        columns: None,
        tiles: tiles.collect(),
    };
    let shown = if geometry.is_some() {
        height.max(width)
    } else {
        rows.max(columns)
    };
    tile_grid(
        &tiles,
        GridLayout {
            max_width: super::PAGE_PX,
            px_per_value: (SIDE_PX / shown.max(1)).max(1) as u32,
        },
    )
}

/// The cell whose field is centred nearest to a pixel, if that is at most half a stride away.
fn nearest(field: Geometry, pixel: [f64; 2], cells: [usize; 2]) -> Option<[usize; 2]> {
    let first = field.centre([0, 0]);
    let axis = |axis: usize| {
        let place = (pixel[axis] - first[axis]) / field.stride[axis] as f64;
        let cell = place.round();
        let is_there = cell >= 0.0 && (cell as usize) < cells[axis];
        is_there.then_some(cell as usize)
    };
    Some([axis(0)?, axis(1)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// AlexNet's third layer: cell 6 is centred on pixel 111, and what is beyond half a stride
    /// from the first centre belongs to no cell.
    #[test]
    fn cells_lie_where_their_fields_are() {
        let field = Geometry {
            start: [-34; 2],
            stride: [16; 2],
            size: [99; 2],
        };
        assert_eq!(nearest(field, [111.0, 15.0], [13; 2]), Some([6, 0]));
        assert_eq!(nearest(field, [118.0, 8.0], [13; 2]), Some([6, 0]));
        assert_eq!(nearest(field, [111.0, 6.0], [13; 2]), None);
        assert_eq!(nearest(field, [216.0, 111.0], [13; 2]), None);
    }
}
