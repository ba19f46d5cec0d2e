//! What is excited: a map, a neuron or a class.

use std::str::FromStr;

use thiserror::Error;

use cortexscope_explain::float_model::{FloatModel, LayerId};
use cortexscope_explain::target::{ClassValue, Quantity, Target, TargetError};
use cortexscope_net::RequestError;

/// Which number stands for a map: its greatest value or its mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum By {
    /// Its greatest value.
    #[default]
    Maximum,
    /// The mean over its positions.
    Mean,
}

impl By {
    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Maximum => "maximum",
            Self::Mean => "mean",
        }
    }
}

/// A map, or one neuron of it. A class is a map with one position: its logit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// The layer.
    pub layer: LayerId,
    /// The channel.
    pub channel: usize,
    /// Row and column of the neuron; none for a map.
    pub at: Option<[usize; 2]>,
}

/// Why there are no such units.
#[derive(Debug, Error)]
pub enum UnitError {
    /// A channel beyond those of the layer.
    #[error("channel {channel}: {layer} has the channels 0 to {}", channels - 1)]
    Channel {
        /// What was asked for.
        channel: usize,
        /// The layer.
        layer: String,
        /// How many it has.
        channels: usize,
    },
    /// Not a list of channels.
    #[error("{0:?} is not a list of channels: write 0,3,5-7")]
    List(String),
    /// A target that the model does not have.
    #[error(transparent)]
    Target(#[from] TargetError),
}

impl RequestError for UnitError {
    fn is_request(&self) -> bool {
        match self {
            Self::Target(error) => error.is_request(),
            _ => true,
        }
    }
}

/// Channels as they are written: `0,3,5-7`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelList(Vec<[usize; 2]>);

impl FromStr for ChannelList {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let refused = || UnitError::List(text.to_owned());
        let number = |part: &str| part.trim().parse::<usize>().map_err(|_| refused());
        let ranges = text.split(',').map(|part| {
            let [first, last] = match part.split_once('-') {
                Some((first, last)) => [number(first)?, number(last)?],
                None => [number(part)?; 2],
            };
            (first <= last).then_some([first, last]).ok_or_else(refused)
        });
        ranges.collect::<Result<_, _>>().map(Self)
    }
}

impl Unit {
    /// Every map of a layer.
    pub fn maps(model: &FloatModel, layer: LayerId) -> Vec<Self> {
        let [channels, ..] = model.layer(layer).shape;
        let map = |channel| Self {
            layer,
            channel,
            at: None,
        };
        (0..channels).map(map).collect()
    }

    /// The maps of a layer that `list` names, each once, in the layer's order.
    ///
    /// # Errors
    /// [`UnitError::Channel`].
    pub fn listed(
        model: &FloatModel,
        layer: LayerId,
        list: &ChannelList,
    ) -> Result<Vec<Self>, UnitError> {
        let mut maps = Self::maps(model, layer);
        if let Some(&[_, channel]) = list.0.iter().find(|[_, last]| *last >= maps.len()) {
            return Err(UnitError::Channel {
                channel,
                layer: model.layer(layer).name.clone(),
                channels: maps.len(),
            });
        }
        maps.retain(|map| {
            let mut ranges = list.0.iter();
            ranges.any(|[first, last]| (first..=last).contains(&&map.channel))
        });
        Ok(maps)
    }

    /// What `target` names.
    ///
    /// # Errors
    /// The model has no such layer, channel, neuron or class.
    pub fn of_target(model: &FloatModel, target: &Target) -> Result<Self, UnitError> {
        let aim = target.aim(model, ClassValue::Logit)?;
        let [_, height, width] = aim.shape;
        let (channel, at) = match (aim.what, target) {
            (Quantity::Sum(channel), _) => (channel, None),
            (Quantity::Value(index) | Quantity::Softmax(index), target) => {
                let (channel, place) = (index / (height * width), index % (height * width));
                let is_neuron = matches!(target, Target::Neuron { .. });
                (channel, is_neuron.then_some([place / width, place % width]))
            }
        };
        Ok(Self {
            layer: aim.layer,
            channel,
            at,
        })
    }

    /// The unit's value in a layer's `values`, `[C, H, W]` of `shape`, and where the map is
    /// greatest: of equals, the first.
    pub fn read(&self, values: &[f32], shape: [usize; 3], by: By) -> (f32, [usize; 2]) {
        let [_, height, width] = shape;
        let positions = height * width;
        let map = &values[self.channel * positions..(self.channel + 1) * positions];
        if let Some([y, x]) = self.at {
            return (map[y * width + x], [y, x]);
        }
        let mut greatest = 0;
        for (at, value) in map.iter().enumerate().skip(1) {
            if *value > map[greatest] {
                greatest = at;
            }
        }
        let value = match by {
            By::Maximum => map[greatest],
            By::Mean => {
                let sum: f64 = map.iter().copied().map(f64::from).sum();
                (sum / positions as f64) as f32
            }
        };
        (value, [greatest / width, greatest % width])
    }

    /// What it is called: `conv1:3`, or `conv1:3:0:17`.
    pub fn name(&self, model: &FloatModel) -> String {
        let layer = &model.layer(self.layer).name;
        match self.at {
            Some([y, x]) => format!("{layer}:{}:{y}:{x}", self.channel),
            None => format!("{layer}:{}", self.channel),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cortexscope_explain::float_model::Overrides;

    #[test]
    fn a_map_is_read_by_its_first_greatest_value_or_its_mean() {
        let values = [9.0, 9.0, 9.0, 9.0, 1.0, 4.0, 4.0, -2.0];
        let map = Unit {
            layer: LayerId(0),
            channel: 1,
            at: None,
        };
        assert_eq!(map.read(&values, [2, 2, 2], By::Maximum), (4.0, [0, 1]));
        assert_eq!(map.read(&values, [2, 2, 2], By::Mean), (1.75, [0, 1]));
        let neuron = Unit {
            at: Some([1, 1]),
            ..map
        };
        assert_eq!(neuron.read(&values, [2, 2, 2], By::Mean), (-2.0, [1, 1]));
    }

    #[test]
    fn channels_are_lists_and_ranges() {
        let model = FloatModel::open("lenet5", &Overrides::default()).unwrap();
        let layer = model.find("pool1").unwrap();
        let listed = |text: &str| {
            let list = text.parse::<ChannelList>()?;
            let maps = Unit::listed(&model, layer, &list)?;
            Ok::<_, UnitError>(maps.iter().map(|map| map.channel).collect::<Vec<_>>())
        };
        assert_eq!(listed("5,0-2,1").unwrap(), [0, 1, 2, 5]);
        for text in ["", "a", "3-1", "1,,2", "-1"] {
            assert!(matches!(listed(text), Err(UnitError::List(_))), "{text:?}");
        }
        assert!(listed("6").unwrap_err().to_string().contains("0 to 5"));
    }

    #[test]
    fn targets_name_maps_neurons_and_classes() {
        let model = FloatModel::open("lenet5", &Overrides::default()).unwrap();
        let unit = |text: &str| Unit::of_target(&model, &text.parse().unwrap()).unwrap();
        assert_eq!(unit("pool1:3").name(&model), "pool1:3");
        assert_eq!(unit("pool1:3:2:13").at, Some([2, 13]));
        let class = unit("class:8");
        assert_eq!((class.name(&model).as_str(), class.at), ("fc3:8", None));
    }
}
