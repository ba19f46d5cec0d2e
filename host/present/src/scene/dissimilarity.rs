//! Dissimilarity matrices side by side.

use crate::documents::brain_compare::BrainCompare;
use cortexscope_brain::similarity::Rdm;
use cortexscope_draw::{
    ColourMap, Drawing, GridLayout, IntervalBand, IntervalRow, Intervals, PictureError, Tile,
    Tiles, intervals, tile_grid,
};
use cortexscope_explain::float_model::FloatModel;
use image::{Rgb, RgbImage};

/// A matrix and what is written below it.
#[derive(Clone, Debug)]
pub struct LabelledRdm {
    /// Ranks of dissimilarities.
    pub rdm: Rdm,
    /// Lines below the picture.
    pub lines: Vec<String>,
}

/// Pixels of a matrix's side at most.
const SIDE_PX: usize = 160;

/// Draws matrices of ranks, each from its least to its greatest; of many images, as many as
/// there are pixels, at equal distances.
///
/// # Errors
/// There is no matrix.
pub fn matrices(model: &FloatModel, shown: &[LabelledRdm]) -> Result<Drawing, PictureError> {
    let images = shown.first().map_or(0, |first| first.rdm.images);
    let side = images.min(SIDE_PX);
    let tiles = shown.iter().map(|one| {
        let pairs = one.rdm.pairs.iter();
        let [low, high] = pairs.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], &value| {
            [low.min(value), high.max(value)]
        });
        let image = RgbImage::from_fn(side as u32, side as u32, |x, y| {
            let [row, column] = [y, x].map(|at| at as usize * images / side);
            if row == column {
                return Rgb([128; 3]);
            }
            let share = (one.rdm.at(row, column) - low) / (high - low).max(f64::MIN_POSITIVE);
            ColourMap::Activation.at(share as f32)
        });
        Tile {
            image,
            lines: one.lines.clone(),
        }
    });
    let tiles = Tiles {
        title: format!("{}: dissimilarity of images", model.name),
        shape: format!("{images}×{images}"),
        op: "ranks of 1 − r".to_owned(),
        statement: "dark: alike; light: unlike; each matrix from its least to its greatest rank"
            .to_owned(),
        footnote: String::new(),
        bar: None,
        columns: None,
        tiles: tiles.collect(),
    };
    let layout = GridLayout {
        max_width: super::PAGE_PX,
        px_per_value: (SIDE_PX / side.max(1)).max(1) as u32,
    };
    tile_grid(&tiles, layout)
}

/// The agreement of each layer with the brains, beside the ceiling; `None` where no layer varies.
pub fn agreement(compared: &BrainCompare) -> Option<Drawing> {
    let rated = compared
        .layers
        .iter()
        .filter_map(|layer| Some((layer, layer.rsa?)));
    let best = rated.clone().max_by(|a, b| a.1.total_cmp(&b.1))?.0;
    let rows = rated.map(|(layer, rho)| IntervalRow {
        name: layer.layer.clone(),
        value: rho,
        spread: layer.rsa_interval,
        is_marked: layer.layer == best.layer,
    });
    let ends = compared.ceiling.lower.zip(compared.ceiling.upper);
    let drawn = intervals(&Intervals {
        title: format!("{}: agreement of dissimilarities", compared.model),
        op: format!("{} images", compared.images_compared),
        statement: match compared.subjects {
            1 => "dot: Spearman's ρ; line: the middle 95 % of draws of the images".to_owned(),
            count => format!(
                "dot: mean Spearman's ρ over {count} subjects; line: the middle 95 % of draws of \
                 the subjects"
            ),
        },
        footnote: String::new(),
        unit: "Spearman's ρ".to_owned(),
        rows: rows.collect(),
        band: ends.map(|(lower, upper)| IntervalBand {
            name: "ceiling".to_owned(),
            ends: [lower, upper],
        }),
    });
    drawn.ok()
}
