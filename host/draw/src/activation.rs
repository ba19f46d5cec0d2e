//! Activation grids: every map of a layer, to shape, on a stated scale.

use super::drawing::{Anchor, Drawing, TextStyle};
use super::error::PictureError;
use super::header::{ColourBar, Header};
use super::layout::{GridLayout, MARGIN_PX, balanced_columns};
use super::maps::{ActivationMaps, pixels};
use super::number::with_figures;
use super::vector;

const GAP_PX: u32 = 5;
const INDEX_PX: u32 = 14;

/// Whether maps can be compared with each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scale {
    /// One scale for all maps of the layer: equal colours are equal values.
    Shared,
    /// Each map from its own least to its own greatest value.
    PerMap,
}

/// Draws all maps of a layer side by side, numbered from 0.
///
/// The picture says its layer, shape, operator and scale and has a colour bar.
/// Layers of 1×1 maps become bars with numbers, or a field of cells where
/// there are many.
///
/// # Errors
/// [`PictureError::Empty`] and [`PictureError::ValueCount`].
pub fn activation_grid(
    maps: &ActivationMaps,
    scale: Scale,
    layout: GridLayout,
) -> Result<Drawing, PictureError> {
    maps.check()?;
    if maps.is_vector() {
        return Ok(vector::draw(maps, layout));
    }
    let shared = maps.range(&maps.values);
    let (statement, bar) = match scale {
        _ if maps.channels == 1 => (format!("scale {}", shared.text()), ColourBar::of(shared)),
        Scale::Shared => (
            format!("one scale for all maps: {}", shared.text()),
            ColourBar::of(shared),
        ),
        Scale::PerMap => (
            "each map has its own scale: colours of two maps do not compare".to_owned(),
            ColourBar::per_map(shared),
        ),
    };
    let cell = layout.px_per_value.max(1);
    let (map_width, map_height) = (maps.width as u32 * cell, maps.height as u32 * cell);
    let room = layout.max_width.saturating_sub(2 * MARGIN_PX);
    let columns = balanced_columns(
        maps.channels,
        ((room + GAP_PX) / (map_width + GAP_PX)) as usize,
    );
    let rows = maps.channels.div_ceil(columns);

    let widest_index = TextStyle::TICK.width_px(&(maps.channels - 1).to_string());
    let numbered = maps.channels > 1 && widest_index <= map_width;
    let row_pitch = map_height + if numbered { INDEX_PX } else { 0 } + GAP_PX;
    let grid_width = columns as u32 * (map_width + GAP_PX) - GAP_PX;
    let header = Header {
        title: maps.layer.clone(),
        shape: maps.shape(),
        op: maps.op.clone(),
        statement,
        footnote: maps.footnote(),
        bar: Some(bar),
    };
    let mut drawing = header.draw(
        grid_width,
        layout.max_width,
        rows as u32 * row_pitch - GAP_PX,
    );
    let top = header.height(grid_width, layout.max_width);
    drawing.alt = format!(
        "{} of {}, {}, {}; {}",
        match maps.channels {
            1 => "The map".to_owned(),
            many => format!("All {many} maps"),
        },
        maps.layer,
        maps.op,
        maps.shape(),
        header.statement
    );
    for (index, values) in maps.maps().enumerate() {
        let range = match scale {
            Scale::Shared => shared,
            Scale::PerMap => maps.range(values),
        };
        let x = MARGIN_PX + (index % columns) as u32 * (map_width + GAP_PX);
        let y = top + (index / columns) as u32 * row_pitch;
        // A map of its own scale is signed or not as the whole layer is.
        let range = range.in_colours_of(shared);
        drawing.bitmap(
            [x as i32, y as i32],
            [cell, cell],
            pixels(values, maps.width, range),
        );
        if numbered {
            drawing.text(
                [x as i32, (y + map_height + 11) as i32],
                Anchor::Start,
                TextStyle::TICK,
                index.to_string(),
            );
            // As many figures as there is room for.
            let room = map_width.saturating_sub(widest_index + 4);
            let mut texts = [3, 2, 1]
                .map(|figures| with_figures(range.high, figures))
                .into_iter();
            let greatest = texts.find(|text| TextStyle::TICK.width_px(text) <= room);
            if let (Scale::PerMap, Some(greatest)) = (scale, greatest) {
                drawing.text(
                    [(x + map_width) as i32, (y + map_height + 11) as i32],
                    Anchor::End,
                    TextStyle::TICK,
                    greatest,
                );
            }
        }
    }
    Ok(drawing)
}

#[cfg(test)]
mod tests {
    use image::{Rgb, Rgba, RgbaImage};

    use super::super::drawing::{Mark, layout::assert_tidy};
    use super::super::maps::MapRole;
    use super::super::{ColourMap, Theme};
    use super::*;

    fn layer(channels: usize, side: usize, value: impl Fn(usize) -> f32) -> ActivationMaps {
        ActivationMaps {
            layer: "conv1".to_owned(),
            op: "convolution 5×5".to_owned(),
            channels,
            height: side,
            width: side,
            values: (0..channels * side * side).map(value).collect(),
            quantisation: None,
            role: MapRole::Activation,
        }
    }

    const LAYOUT: GridLayout = GridLayout {
        max_width: 1280,
        px_per_value: 5,
    };

    fn bitmaps(drawing: &Drawing) -> Vec<(i32, i32, &RgbaImage)> {
        drawing
            .marks
            .iter()
            .filter_map(|mark| match mark {
                Mark::Bitmap {
                    x,
                    y,
                    px_per_value: [5, 5],
                    values,
                } => Some((*x, *y, values)),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn a_value_has_the_colour_of_its_place_on_the_shared_scale() {
        // Map 0 reaches 1, map 1 reaches 4: on one scale map 0 stays dark.
        let maps = layer(2, 2, |index| {
            [0.0, 1.0, 0.5, 0.0, 4.0, 2.0, 0.0, 1.0][index]
        });
        let drawing = activation_grid(&maps, Scale::Shared, LAYOUT).expect("a grid");
        assert_tidy(&drawing);
        let image = drawing.raster(Theme::Dark, 1);
        let tiles = bitmaps(&drawing);
        let (x, y, _) = tiles[0];
        let centre = |x: i32, y: i32| *image.get_pixel(x as u32 + 2, y as u32 + 2);
        assert_eq!(centre(x + 5, y), ColourMap::Activation.at(0.25));
        let (x, y, _) = tiles[1];
        assert_eq!(centre(x, y), ColourMap::Activation.at(1.0));
        assert_eq!(centre(x + 5, y + 5), ColourMap::Activation.at(0.25));
        assert!(
            drawing
                .texts()
                .any(|text| text == "one scale for all maps: 0 … 4.00")
        );
    }

    #[test]
    fn a_map_of_its_own_scale_reaches_the_brightest_colour() {
        let maps = layer(2, 2, |index| {
            [0.0, 1.0, 0.5, 0.0, 4.0, 2.0, 0.0, 1.0][index]
        });
        let drawing = activation_grid(&maps, Scale::PerMap, LAYOUT).expect("a grid");
        let brightest = ColourMap::Activation.at(1.0).0;
        for (_, _, values) in bitmaps(&drawing) {
            assert!(values.pixels().any(|pixel| pixel.0[..3] == brightest));
        }
        assert!(
            drawing
                .texts()
                .any(|text| text.starts_with("each map has its own scale"))
        );
        assert!(drawing.texts().any(|text| text == "map’s greatest"));
    }

    #[test]
    fn zero_has_one_colour_in_every_map_of_a_signed_layer() {
        let maps = layer(2, 2, |index| {
            [0.0, 1.0, 0.5, 0.0, -4.0, 2.0, 0.0, 1.0][index]
        });
        for scale in [Scale::Shared, Scale::PerMap] {
            let drawing = activation_grid(&maps, scale, LAYOUT).expect("a grid");
            let tiles = bitmaps(&drawing);
            let Rgb([red, green, blue]) = ColourMap::Signed.at(0.5);
            for at in [(tiles[0].2, 0, 0), (tiles[1].2, 0, 1)] {
                assert_eq!(at.0.get_pixel(at.1, at.2), &Rgba([red, green, blue, 255]));
            }
        }
    }

    #[test]
    fn twice_the_map_is_twice_the_picture() {
        let layers = [layer(20, 24, |_| 1.0), layer(20, 12, |_| 1.0)];
        let layout = GridLayout::for_network(&layers, 1280);
        assert_eq!(layout.px_per_value, 5);
        let widths: Vec<u32> = layers
            .iter()
            .map(|maps| activation_grid(maps, Scale::Shared, layout).expect("a grid"))
            .map(|drawing| bitmaps(&drawing)[0].2.width() * 5)
            .collect();
        assert_eq!(widths, [120, 60]);
    }

    #[test]
    fn no_layer_outgrows_its_page() {
        for (channels, side) in [(1, 28), (20, 24), (50, 10), (50, 5), (96, 111), (512, 14)] {
            let maps = layer(channels, side, |index| index as f32);
            for max_width in [960, 1280] {
                let layout = GridLayout::for_network([&maps], max_width);
                let drawing = activation_grid(&maps, Scale::PerMap, layout).expect("a grid");
                assert!(
                    drawing.width <= max_width,
                    "{channels}×{side}: {}",
                    drawing.width
                );
                assert_tidy(&drawing);
            }
        }
    }

    #[test]
    fn a_wrong_number_of_values_is_refused_with_numbers() {
        let mut maps = layer(2, 2, |_| 0.0);
        maps.values.pop();
        let refused = activation_grid(&maps, Scale::Shared, LAYOUT);
        let need_have = PictureError::ValueCount {
            what: "conv1".to_owned(),
            need: 8,
            have: 7,
        };
        assert_eq!(refused, Err(need_have));
        maps.channels = 0;
        assert!(matches!(
            activation_grid(&maps, Scale::Shared, LAYOUT),
            Err(PictureError::Empty { .. })
        ));
    }

    #[test]
    fn what_is_not_a_number_is_left_out_and_counted() {
        let maps = layer(1, 2, |index| if index == 0 { f32::NAN } else { 1.0 });
        let drawing = activation_grid(&maps, Scale::Shared, LAYOUT).expect("a grid");
        assert_eq!(bitmaps(&drawing)[0].2.get_pixel(0, 0).0[3], 0);
        assert!(
            drawing
                .texts()
                .any(|text| text == "1 values are not numbers")
        );
    }
}
