//! The filters of a convolution, as pictures.
//!
//! A filter that reads a colour image is shown in its colours, as in
//! Krizhevsky et al. 2012; any other one as the maps of its weights,
//! one for each channel that it reads, or summed over them.

use image::{Rgb, RgbImage};

use crate::float_model::{ConvWeights, FloatModel, FloatModelError, LayerId};
use cortexscope_draw::{
    ActivationMaps, Drawing, GridLayout, MapRole, PictureError, Scale, Tile, Tiles,
    activation_grid, tile_grid,
};
use cortexscope_net::input::InputSpec;

/// Which weights of the filters are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slice {
    /// Filters in colour where they read the colours of the input, otherwise
    /// those for the first channel.
    Auto,
    /// The weights for one input channel.
    Channel(usize),
    /// All weights of one filter, a map for each input channel.
    Filter(usize),
}

/// Why filters cannot be drawn.
#[derive(Debug, thiserror::Error)]
pub enum FiltersError {
    /// There is no such filter or channel.
    #[error("there is no {what} {index}: {layer} has {have}")]
    Outside {
        /// `filter` or `input channel`.
        what: &'static str,
        /// What was asked for.
        index: usize,
        /// The layer.
        layer: String,
        /// How many there are.
        have: usize,
    },
    /// The layer has no filters.
    #[error(transparent)]
    Model(#[from] FloatModelError),
    /// The picture cannot be drawn.
    #[error(transparent)]
    Picture(#[from] PictureError),
}

const MAX_WIDTH_PX: u32 = 1280;
/// Side that a filter is drawn at, about.
const FILTER_PX: usize = 56;

/// Draws the filters of the convolution `id`.
///
/// # Errors
/// The layer has no filters, or not those that are asked for.
pub fn draw(
    model: &FloatModel,
    id: LayerId,
    slice: Slice,
    scale: Scale,
) -> Result<Drawing, FiltersError> {
    let weights = model.conv_weights(id)?;
    let layer = model.layer(id);
    let [outputs, inputs, height, width] = weights.shape;
    let first = model.layers().iter().all(|other| {
        let read = layer.inputs.first();
        read.is_none_or(|read| *read != other.tensor)
    });
    let outside = |what, index, have| FiltersError::Outside {
        what,
        index,
        layer: layer.name.clone(),
        have,
    };
    let title = format!("{} {}", model.name, layer.name);
    let layout = GridLayout {
        max_width: MAX_WIDTH_PX,
        px_per_value: (FILTER_PX / height.max(width)).clamp(1, 16) as u32,
    };
    let shape = format!("{outputs}×{inputs}×{height}×{width}");
    let maps = |what: String, values: Vec<f32>| ActivationMaps {
        layer: title.clone(),
        op: format!("{shape} weights, {what}"),
        channels: values.len() / (height * width),
        height,
        width,
        values,
        quantisation: None,
        role: MapRole::Activation,
    };
    let of_channel = |channel: usize| -> Vec<f32> {
        let pick = |filter: &[f32]| filter[channel * height * width..][..height * width].to_vec();
        weights.filters().flat_map(pick).collect()
    };
    match slice {
        Slice::Auto if first && inputs == 3 => {
            let tiles = colour_tiles(&weights, &model.spec.input, scale, title, shape);
            Ok(tile_grid(&tiles, layout)?)
        }
        Slice::Auto if inputs == 1 => {
            let maps = maps("all filters".to_owned(), of_channel(0));
            Ok(activation_grid(&maps, scale, layout)?)
        }
        Slice::Auto | Slice::Channel(_) => {
            let channel = match slice {
                Slice::Channel(channel) => channel,
                _ => 0,
            };
            if channel >= inputs {
                return Err(outside("input channel", channel, inputs));
            }
            let what = format!("all filters, input channel {channel} of {inputs}");
            Ok(activation_grid(
                &maps(what, of_channel(channel)),
                scale,
                layout,
            )?)
        }
        Slice::Filter(filter) => {
            let found = weights.filters().nth(filter);
            let values = found.ok_or_else(|| outside("filter", filter, outputs))?;
            let maps = maps(
                format!("filter {filter}, all input channels"),
                values.to_vec(),
            );
            Ok(activation_grid(&maps, scale, layout)?)
        }
    }
}

/// Filters in the colours that they read, zero as grey.
fn colour_tiles(
    weights: &ConvWeights,
    input: &InputSpec,
    scale: Scale,
    title: String,
    shape: String,
) -> Tiles {
    let [_, _, height, width] = weights.shape;
    let reach_of = |values: &[f32]| values.iter().fold(0.0_f32, |most, v| most.max(v.abs()));
    let shared = reach_of(&weights.values);
    let tiles = weights.filters().enumerate().map(|(index, filter)| Tile {
        image: colours(
            filter,
            [height, width],
            input.rgb_planes(),
            match scale {
                Scale::Shared => shared,
                Scale::PerMap => reach_of(filter),
            },
        ),
        lines: vec![index.to_string()],
    });
    Tiles {
        title,
        shape,
        op: "filters in colour".to_owned(),
        statement: match scale {
            Scale::Shared => {
                let reach = cortexscope_draw::number::significant(shared);
                format!("grey is 0, full red, green or blue ±{reach} in all filters")
            }
            Scale::PerMap => {
                "grey is 0, each filter reaches its own greatest weight: colours of two do not compare".to_owned()
            }
        },
        footnote: String::new(),
        bar: None,
        columns: None,
        tiles: tiles.collect(),
    }
}

/// Values `[3, H, W]` around zero as a picture: zero is grey, ±`reach` is full
/// and no colour.
pub fn colours(
    values: &[f32],
    [height, width]: [usize; 2],
    planes: [usize; 3],
    reach: f32,
) -> RgbImage {
    let positions = height * width;
    RgbImage::from_fn(width as u32, height as u32, |x, y| {
        let at = y as usize * width + x as usize;
        Rgb(planes.map(|plane| {
            let value = values.get(plane * positions + at).copied().unwrap_or(0.0);
            let share = if reach > 0.0 { value / reach } else { 0.0 };
            (127.5 + 127.5 * share).round().clamp(0.0, 255.0) as u8
        }))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::float_model::Overrides;

    fn lenet() -> FloatModel {
        FloatModel::open("lecture-lenet", &Overrides::default()).expect("it is shipped")
    }

    #[test]
    fn every_slice_of_a_layer_can_be_drawn() {
        let model = lenet();
        let conv2 = model.find("conv2").unwrap();
        let texts = |slice| {
            let drawing = draw(&model, conv2, slice, Scale::Shared).unwrap();
            drawing
                .texts()
                .map(str::to_owned)
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert!(
            texts(Slice::Auto).contains("50×20×3×3 weights, all filters, input channel 0 of 20")
        );
        assert!(texts(Slice::Channel(19)).contains("input channel 19"));
        assert!(texts(Slice::Filter(49)).contains("filter 49"));
        for slice in [Slice::Channel(20), Slice::Filter(50)] {
            let refused = draw(&model, conv2, slice, Scale::Shared);
            assert!(matches!(refused, Err(FiltersError::Outside { .. })));
        }
        let pool = model.find("pool1").unwrap();
        let refused = draw(&model, pool, Slice::Auto, Scale::Shared).unwrap_err();
        assert!(refused.to_string().contains("conv1, conv2"));
    }

    #[test]
    fn colours_follow_the_models_order() {
        // Blue first: plane 0 is blue.
        let picture = colours(&[1.0, 0.0, -1.0], [1, 1], [2, 1, 0], 1.0);
        assert_eq!(*picture.get_pixel(0, 0), Rgb([0, 128, 255]));
    }
}
