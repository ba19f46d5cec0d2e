//! Activation grids: every map of a layer, to shape, on a stated scale.

use image::{Rgba, RgbaImage};

use super::drawing::{Anchor, Drawing, TextStyle};
use super::header::{ColourBar, Header};
use super::number::{significant, with_figures};
use super::range::Range;
use super::{PictureError, vector};

/// What a layer wrote: `channels` maps of `height × width` values.
#[derive(Debug, Clone, PartialEq)]
pub struct ActivationMaps {
    /// The layer's name in the model.
    pub layer: String,
    /// Its operator and what matters of it, `convolution 5×5` for instance.
    pub op: String,
    /// Number of maps.
    pub channels: usize,
    /// Rows of each map.
    pub height: usize,
    /// Columns of each map.
    pub width: usize,
    /// The values in `[C, H, W]` order, in the unit of the layer.
    pub values: Vec<f32>,
    /// The int8 steps behind the values, where they were int8.
    pub quantisation: Option<Quantisation>,
    /// Whether this is what the network sees or what it makes of it.
    pub role: MapRole,
}

/// How int8 stands for a value: `value = scale × (q − zero)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quantisation {
    /// Value of one step.
    pub scale: f32,
    /// The int8 that stands for zero.
    pub zero: i8,
}

/// Which end of the network the maps are from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MapRole {
    /// The network's input, drawn in grey.
    Stimulus,
    /// A layer's output, drawn in the activation map.
    Activation,
}

/// Whether maps can be compared with each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scale {
    /// One scale for all maps of the layer: equal colours are equal values.
    Shared,
    /// Each map from its own least to its own greatest value.
    PerMap,
}

/// How much room a grid has and how large a value is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GridLayout {
    /// Widest the picture may become, in pixels.
    pub max_width: u32,
    /// Side of the square that a value becomes. The same in every layer of a
    /// network, so that a 24×24 map looks twice a 12×12 one.
    pub px_per_value: u32,
}

const LARGEST_MAP_PX: usize = 140;
pub(super) const MARGIN_PX: u32 = 16;
const GAP_PX: u32 = 5;
const INDEX_PX: u32 = 14;

impl GridLayout {
    /// One enlargement for all layers of a network: the largest map becomes
    /// about 140 pixels wide, and no value less than one pixel.
    pub fn for_network<'a>(
        layers: impl IntoIterator<Item = &'a ActivationMaps>,
        max_width: u32,
    ) -> Self {
        let largest = layers
            .into_iter()
            .map(|maps| maps.height.max(maps.width))
            .max();
        let px_per_value = LARGEST_MAP_PX / largest.unwrap_or(1).max(1);
        Self {
            max_width,
            px_per_value: px_per_value.clamp(1, 16) as u32,
        }
    }
}

impl ActivationMaps {
    /// Checks that the values fill the shape.
    ///
    /// # Errors
    /// [`PictureError::Empty`] and [`PictureError::ValueCount`].
    pub fn check(&self) -> Result<(), PictureError> {
        let need = self
            .channels
            .checked_mul(self.height)
            .and_then(|count| count.checked_mul(self.width))
            .unwrap_or(usize::MAX);
        if need == 0 {
            return Err(PictureError::Empty {
                what: self.layer.clone(),
                shape: self.shape(),
            });
        }
        if need != self.values.len() {
            return Err(PictureError::ValueCount {
                what: self.layer.clone(),
                need,
                have: self.values.len(),
            });
        }
        Ok(())
    }

    /// The shape as text: `20×24×24`, or `10` for a vector.
    pub fn shape(&self) -> String {
        if self.is_vector() {
            self.channels.to_string()
        } else {
            format!("{}×{}×{}", self.channels, self.height, self.width)
        }
    }

    /// Whether every map is one value.
    pub fn is_vector(&self) -> bool {
        self.height == 1 && self.width == 1
    }

    /// The values of each map, `height × width` of them.
    pub fn maps(&self) -> std::slice::ChunksExact<'_, f32> {
        self.values.chunks_exact((self.height * self.width).max(1))
    }

    /// The range of colours for `values`.
    pub fn range(&self, values: &[f32]) -> Range {
        match self.role {
            MapRole::Stimulus => Range::grey(values),
            MapRole::Activation => Range::activation(values),
        }
    }

    /// The statement about int8, and about values that are not numbers.
    pub(super) fn footnote(&self) -> String {
        let int8 = self.quantisation.map(|Quantisation { scale, zero }| {
            let zero = zero.to_string().replace('-', "−");
            format!("int8 step {}, zero at {zero}", significant(scale))
        });
        let not_numbers = self.values.iter().filter(|value| value.is_nan()).count();
        let missing = (not_numbers > 0).then(|| format!("{not_numbers} values are not numbers"));
        [int8, missing]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" · ")
    }
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

/// One pixel for each value; transparent where a value is not a number.
pub(super) fn pixels(values: &[f32], width: usize, range: Range) -> RgbaImage {
    let mut image = RgbaImage::new(width as u32, (values.len() / width) as u32);
    for (pixel, &value) in image.pixels_mut().zip(values) {
        if !value.is_nan() {
            let [red, green, blue] = range.colour(value).0;
            *pixel = Rgba([red, green, blue, 255]);
        }
    }
    image
}

/// At most `most` columns, fewer where that makes all rows equally long
/// without adding half as many rows again.
pub(super) fn balanced_columns(count: usize, most: usize) -> usize {
    let most = most.clamp(1, count);
    let rows = count.div_ceil(most);
    (rows..=rows + rows.div_ceil(2))
        .find(|rows| count.is_multiple_of(*rows))
        .map_or(count.div_ceil(rows), |rows| count / rows)
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::super::drawing::{Mark, layout::assert_tidy};
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
    fn rows_are_equally_long_where_that_costs_little() {
        assert_eq!(balanced_columns(20, 10), 10);
        assert_eq!(balanced_columns(20, 9), 5);
        assert_eq!(balanced_columns(50, 22), 10);
        assert_eq!(balanced_columns(1, 8), 1);
        assert_eq!(balanced_columns(53, 20), 18);
        assert_eq!(balanced_columns(7, 0), 1);
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
