//! The filters of a convolution, as arrays.
//!
//! A filter that reads a colour image is given whole, to be shown in its colours, as in
//! Krizhevsky et al. 2012; any other one as the maps of its weights, one for each channel
//! that it reads.

use cortexscope_net::RequestError;
use thiserror::Error;

use crate::float_model::{FloatModel, FloatModelError, LayerId};

/// Which weights of the filters are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slice {
    /// Whole filters where they read the colours of the input, otherwise their weights
    /// for the first channel.
    Auto,
    /// The weights for one input channel.
    Channel(usize),
    /// All weights of one filter, a map for each input channel.
    Filter(usize),
}

/// Weights of some filters.
#[derive(Clone, Debug, PartialEq)]
pub struct FilterMaps {
    /// `[O, I, KH, KW]` of the convolution.
    pub shape: [usize; 4],
    /// What the values are.
    pub content: FilterContent,
    /// Maps of KH×KW, one after the other.
    pub values: Vec<f32>,
}

/// Which maps there are, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FilterContent {
    /// Three maps for each filter, the planes of the input.
    Colours,
    /// One map for each filter, for the only input channel.
    All,
    /// One map for each filter, for this input channel.
    Channel(usize),
    /// One map for each input channel, of this filter.
    Filter(usize),
}

/// Why there are no such filters.
#[derive(Debug, Error)]
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
}

impl RequestError for FiltersError {
    fn is_request(&self) -> bool {
        match self {
            Self::Model(error) => error.is_request(),
            Self::Outside { .. } => true,
        }
    }
}

/// The weights of the convolution `id` that `slice` names.
///
/// # Errors
/// The layer has no filters, or not those that are asked for.
pub fn select(model: &FloatModel, id: LayerId, slice: Slice) -> Result<FilterMaps, FiltersError> {
    let weights = model.conv_weights(id)?;
    let layer = model.layer(id);
    let [outputs, inputs, height, width] = weights.shape;
    let reads_the_input = model.layers().iter().all(|other| {
        let read = layer.inputs.first();
        read.is_none_or(|read| *read != other.tensor)
    });
    let outside = |what, index, have| FiltersError::Outside {
        what,
        index,
        layer: layer.name.clone(),
        have,
    };
    let content = match slice {
        Slice::Auto if reads_the_input && inputs == 3 => FilterContent::Colours,
        Slice::Auto if inputs == 1 => FilterContent::All,
        Slice::Auto => FilterContent::Channel(0),
        Slice::Channel(channel) => FilterContent::Channel(channel),
        Slice::Filter(filter) => FilterContent::Filter(filter),
    };
    let of_channel = |channel: usize| -> Vec<f32> {
        let pick = |filter: &[f32]| filter[channel * height * width..][..height * width].to_vec();
        weights.filters().flat_map(pick).collect()
    };
    let values = match content {
        FilterContent::Colours => weights.values.clone(),
        FilterContent::All => of_channel(0),
        FilterContent::Channel(channel) if channel < inputs => of_channel(channel),
        FilterContent::Channel(channel) => {
            return Err(outside("input channel", channel, inputs));
        }
        FilterContent::Filter(filter) => {
            let found = weights.filters().nth(filter);
            found
                .ok_or_else(|| outside("filter", filter, outputs))?
                .to_vec()
        }
    };
    Ok(FilterMaps {
        shape: weights.shape,
        content,
        values,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::float_model::Overrides;

    #[test]
    fn every_slice_of_a_layer_is_selected() {
        let model = FloatModel::open("lecture-lenet", &Overrides::default()).expect("shipped");
        let conv2 = model.find("conv2").unwrap();
        let weights = model.conv_weights(conv2).unwrap();
        let of = |slice| select(&model, conv2, slice).unwrap();
        assert_eq!(of(Slice::Auto), of(Slice::Channel(0)));
        let last = of(Slice::Channel(19));
        assert_eq!(last.values.len(), 50 * 9);
        assert_eq!(last.values[..9], weights.values[19 * 9..20 * 9]);
        let filter = of(Slice::Filter(49));
        assert_eq!(filter.content, FilterContent::Filter(49));
        assert_eq!(filter.values, weights.values[49 * 180..]);
        for slice in [Slice::Channel(20), Slice::Filter(50)] {
            let refused = select(&model, conv2, slice);
            assert!(matches!(refused, Err(FiltersError::Outside { .. })));
        }
        let conv1 = model.find("conv1").unwrap();
        let first = select(&model, conv1, Slice::Auto).unwrap();
        assert_eq!(first.content, FilterContent::All);
        let pool = model.find("pool1").unwrap();
        let refused = select(&model, pool, Slice::Auto).unwrap_err();
        assert!(refused.to_string().contains("conv1, conv2"));
    }
}
