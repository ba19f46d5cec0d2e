//! The filters of a convolution, as pictures.

use thiserror::Error;

use super::colours::colours;
use cortexscope_draw::{
    ActivationMaps, Drawing, GridLayout, MapRole, PictureError, Scale, Tile, Tiles,
    activation_grid, tile_grid,
};
use cortexscope_explain::filters::{FilterContent, FilterMaps, FiltersError, Slice, select};
use cortexscope_explain::float_model::{FloatModel, LayerId};
use cortexscope_net::RequestError;
use cortexscope_net::input::InputSpec;

/// Why filters cannot be drawn.
#[derive(Debug, Error)]
pub enum FilterPictureError {
    /// There are no such filters.
    #[error(transparent)]
    Filters(#[from] FiltersError),
    /// The picture cannot be drawn.
    #[error(transparent)]
    Picture(#[from] PictureError),
}

impl RequestError for FilterPictureError {
    fn is_request(&self) -> bool {
        match self {
            Self::Filters(error) => error.is_request(),
            Self::Picture(_) => false,
        }
    }
}

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
) -> Result<Drawing, FilterPictureError> {
    let maps = select(model, id, slice)?;
    let [outputs, inputs, height, width] = maps.shape;
    let title = format!("{} {}", model.name, model.layer(id).name);
    let layout = GridLayout {
        max_width: super::SHARP_PAGE_PX,
        px_per_value: (FILTER_PX / height.max(width)).clamp(1, 16) as u32,
    };
    let shape = format!("{outputs}×{inputs}×{height}×{width}");
    let what = match maps.content {
        FilterContent::Colours => {
            let tiles = colour_tiles(&maps, &model.spec.input, scale, title, shape);
            return Ok(tile_grid(&tiles, layout)?);
        }
        FilterContent::All => "all filters".to_owned(),
        FilterContent::Channel(channel) => {
            format!("all filters, input channel {channel} of {inputs}")
        }
        FilterContent::Filter(filter) => format!("filter {filter}, all input channels"),
    };
    let maps = ActivationMaps {
        layer: title,
        op: format!("{shape} weights, {what}"),
        channels: maps.values.len() / (height * width),
        height,
        width,
        values: maps.values,
        quantisation: None,
        role: MapRole::Activation,
    };
    Ok(activation_grid(&maps, scale, layout)?)
}

/// Filters in the colours that they read, zero as grey.
fn colour_tiles(
    filters: &FilterMaps,
    input: &InputSpec,
    scale: Scale,
    title: String,
    shape: String,
) -> Tiles {
    let [_, inputs, height, width] = filters.shape;
    let reach_of = |values: &[f32]| values.iter().fold(0.0_f32, |most, v| most.max(v.abs()));
    let shared = reach_of(&filters.values);
    let each = filters.values.chunks_exact(inputs * height * width);
    let tiles = each.enumerate().map(|(index, filter)| Tile {
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

#[cfg(test)]
mod tests {
    use super::*;
    use cortexscope_explain::float_model::Overrides;

    #[test]
    fn every_slice_of_a_layer_can_be_drawn() {
        let model = FloatModel::open("lecture-lenet", &Overrides::default()).expect("shipped");
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
    }
}
