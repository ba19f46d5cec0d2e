//! Images and what networks make of them, a row for each network.

use cortexscope_brain::autoencode::{Kind, Quality};
use cortexscope_brain::stimuli::levels;
use cortexscope_draw::{Drawing, GridLayout, PictureError, Tile, Tiles, tile_grid};
use cortexscope_net::input::InputSpec;
use image::{Rgb, RgbImage};

/// Pixels of an image's longer side, about.
const SIDE_PX: usize = 84;

/// A row of images, and what it is.
#[derive(Clone, Debug)]
pub struct ReconstructionRow {
    /// What is written below its first image.
    pub lines: Vec<String>,
    /// `[C, H, W]` each, in the model's units.
    pub images: Vec<Vec<f32>>,
}

impl ReconstructionRow {
    /// The images themselves.
    pub fn originals(images: Vec<Vec<f32>>) -> Self {
        let lines = vec!["test images".to_owned(), String::new(), String::new()];
        Self { lines, images }
    }

    /// What the first seed of an architecture makes of them.
    pub fn of(kind: &Kind, seed: u64, quality: Quality, images: Vec<Vec<f32>>) -> Self {
        let lines = vec![
            format!("{} seed {seed}", kind.arm),
            format!("neurons: {}", kind.neurons),
            format!("MSE {:.4}", quality.mse),
        ];
        Self { lines, images }
    }
}

/// Draws the rows below each other.
///
/// # Errors
/// There is no image.
pub fn reconstructions(
    spec: &InputSpec,
    rows: &[ReconstructionRow],
) -> Result<Drawing, PictureError> {
    let [channels, height, width] = spec.shape();
    let tiles = rows.iter().flat_map(|row| {
        row.images.iter().enumerate().map(|(at, values)| {
            let levels = levels(spec, values);
            let plane = height * width;
            let image = RgbImage::from_fn(width as u32, height as u32, |x, y| {
                let place = y as usize * width + x as usize;
                let level = |channel: usize| {
                    // One channel is grey.
                    let at = channel.min(channels - 1) * plane + place;
                    (255.0 * levels.get(at).copied().unwrap_or(0.0)).round() as u8
                };
                Rgb([level(0), level(1), level(2)])
            });
            let lines = if at == 0 {
                row.lines.clone()
            } else {
                vec![String::new(); row.lines.len()]
            };
            Tile { image, lines }
        })
    });
    let columns = rows.iter().map(|row| row.images.len()).max();
    let tiles = Tiles {
        title: "Reconstructions".to_owned(),
        shape: format!("{height}×{width}"),
        op: "auto-encoders".to_owned(),
        statement: "black to white; a row for each architecture, its first seed".to_owned(),
        footnote: String::new(),
        bar: None,
        columns,
        tiles: tiles.collect(),
    };
    let layout = GridLayout {
        max_width: super::PAGE_PX,
        px_per_value: (SIDE_PX / height.max(width).max(1)).max(1) as u32,
    };
    tile_grid(&tiles, layout)
}
