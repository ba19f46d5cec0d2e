//! What is explained or raised: a map, a neuron or a class.
//!
//! On the command line `LAYER:CHANNEL`, `LAYER:CHANNEL:Y:X` or `class:K`.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::float_model::{FloatModel, FloatModelError, LayerId};
use cortexscope_net::RequestError;
use cortexscope_net::scores::{first_greatest, softmax};

/// A target as it is written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// The sum of a channel's map.
    Channel {
        /// The layer, by node or tensor.
        layer: String,
        /// The channel, from 0.
        channel: usize,
    },
    /// One neuron.
    Neuron {
        /// The layer, by node or tensor.
        layer: String,
        /// Channel, row and column, from 0.
        at: [usize; 3],
    },
    /// A class, by its number or by one of its names.
    Class(String),
}

/// Which value of a class is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ClassValue {
    /// The score before the softmax (Simonyan et al. 2014, "Class Model
    /// Visualisation": a probability also rises where the other classes' scores fall).
    #[default]
    Logit,
    /// The softmax's probability.
    Probability,
}

/// Why a target cannot be used.
#[derive(Debug, Error)]
pub enum TargetError {
    /// It is not written as one.
    #[error("{0:?} is not a target: write LAYER:CHANNEL, LAYER:CHANNEL:Y:X or class:K")]
    Syntax(String),
    /// The layer has no such channel or position.
    #[error("{target} is outside {layer}, which is {shape:?} [C, H, W]")]
    Outside {
        /// What was asked for.
        target: String,
        /// The layer.
        layer: String,
        /// Its shape.
        shape: [usize; 3],
    },
    /// There is no such class.
    #[error("there is no class {class:?}: give a number from 0 to {} or one of the model's labels", classes - 1)]
    NoClass {
        /// What was asked for.
        class: String,
        /// Classes that there are.
        classes: usize,
    },
    /// The model has no such layer, or no classes.
    #[error(transparent)]
    Model(#[from] FloatModelError),
}

impl RequestError for TargetError {
    fn is_request(&self) -> bool {
        match self {
            Self::Model(error) => error.is_request(),
            _ => true,
        }
    }
}

/// A target in a model: a scalar function of one layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Aim {
    /// The layer that it is read from.
    pub layer: LayerId,
    /// `[C, H, W]` of that layer.
    pub shape: [usize; 3],
    /// What is read.
    pub what: Quantity,
    /// The target in words, for a picture: `class 8 (eight), logit`.
    pub words: String,
}

/// A scalar function of a layer's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// The sum over the map of a channel.
    Sum(usize),
    /// One value, by its index in `[C, H, W]`.
    Value(usize),
    /// The softmax over all values, at one index.
    Softmax(usize),
}

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        let syntax = || TargetError::Syntax(text.to_owned());
        if let Some(class) = text.strip_prefix("class:") {
            let class = class.trim();
            return if class.is_empty() {
                Err(syntax())
            } else {
                Ok(Self::Class(class.to_owned()))
            };
        }
        // From the right, because names of layers may hold colons.
        let mut parts: Vec<&str> = text.rsplitn(4, ':').collect();
        parts.reverse();
        if let [layer, channel, y, x] = parts.as_slice()
            && let (Ok(channel), Ok(y), Ok(x)) = (channel.parse(), y.parse(), x.parse())
            && !layer.is_empty()
        {
            let layer = (*layer).to_owned();
            return Ok(Self::Neuron {
                layer,
                at: [channel, y, x],
            });
        }
        let (layer, channel) = text.rsplit_once(':').ok_or_else(syntax)?;
        let channel = channel.parse().map_err(|_| syntax())?;
        if layer.is_empty() {
            return Err(syntax());
        }
        let layer = layer.to_owned();
        Ok(Self::Channel { layer, channel })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Channel { layer, channel } => write!(f, "{layer}:{channel}"),
            Self::Neuron {
                layer,
                at: [channel, y, x],
            } => write!(f, "{layer}:{channel}:{y}:{x}"),
            Self::Class(class) => write!(f, "class:{class}"),
        }
    }
}

impl Target {
    /// The target in `model`; `value` says what of a class is meant.
    ///
    /// # Errors
    /// The model has no such layer, channel, neuron or class.
    pub fn aim(&self, model: &FloatModel, value: ClassValue) -> Result<Aim, TargetError> {
        match self {
            Self::Channel { layer, channel } => self.at(model, layer, *channel, None),
            Self::Neuron {
                layer,
                at: [channel, y, x],
            } => self.at(model, layer, *channel, Some([*y, *x])),
            Self::Class(class) => {
                let layer = model.logits()?;
                let shape = model.layer(layer).shape;
                let classes = shape[0];
                let index = class_index(model, class, classes)?;
                Ok(Aim::class(model, layer, index, value))
            }
        }
    }

    fn at(
        &self,
        model: &FloatModel,
        name: &str,
        channel: usize,
        position: Option<[usize; 2]>,
    ) -> Result<Aim, TargetError> {
        let id = model.find(name)?;
        let layer = model.layer(id);
        let [channels, height, width] = layer.shape;
        let outside = position.is_some_and(|[y, x]| y >= height || x >= width);
        if channel >= channels || outside {
            return Err(TargetError::Outside {
                target: self.to_string(),
                layer: layer.name.clone(),
                shape: layer.shape,
            });
        }
        let name = &layer.name;
        let (what, words) = match position {
            Some([y, x]) => (
                Quantity::Value(layer.index([channel, y, x])),
                format!("neuron {name}:{channel}:{y}:{x}"),
            ),
            None if layer.is_map() => (
                Quantity::Sum(channel),
                format!("sum of map {channel} of {name}"),
            ),
            None => (
                Quantity::Value(channel),
                format!("neuron {channel} of {name}"),
            ),
        };
        Ok(Aim {
            layer: id,
            shape: layer.shape,
            what,
            words,
        })
    }
}

impl Aim {
    /// Class `index` of `model`, whose logits are `layer`.
    pub fn class(model: &FloatModel, layer: LayerId, index: usize, value: ClassValue) -> Self {
        let label = model.short_label(index);
        let name = if label == index.to_string() {
            format!("class {index}")
        } else {
            format!("class {index} ({label})")
        };
        let (what, kind) = match value {
            ClassValue::Logit => (Quantity::Value(index), "logit"),
            ClassValue::Probability => (Quantity::Softmax(index), "probability"),
        };
        Self {
            layer,
            shape: model.layer(layer).shape,
            what,
            words: format!("{name}, {kind}"),
        }
    }

    /// The class with the greatest logit for `input`; of a model that ends in maps, the
    /// sum of the greatest one.
    ///
    /// # Errors
    /// The model cannot be run.
    pub fn predicted(
        model: &FloatModel,
        input: &[f32],
        value: ClassValue,
    ) -> Result<Self, FloatModelError> {
        match model.logits() {
            Ok(layer) => {
                let logits = model.activations(&[layer], input)?.remove(0);
                let index = first_greatest(&logits).unwrap_or_default();
                Ok(Self::class(model, layer, index, value))
            }
            Err(FloatModelError::NoClasses { .. }) => Self::greatest_map(model, input),
            Err(error) => Err(error),
        }
    }

    /// The sum of the map with the greatest sum, of those that the model gives.
    fn greatest_map(model: &FloatModel, input: &[f32]) -> Result<Self, FloatModelError> {
        let id = model.last();
        let layer = model.layer(id);
        let [channels, height, width] = layer.shape;
        let values = model.activations(&[id], input)?.remove(0);
        let sums = values.chunks_exact((height * width).max(1));
        let sums: Vec<f32> = sums.map(|map| map.iter().sum()).collect();
        let channel = first_greatest(&sums).unwrap_or_default().min(channels - 1);
        Ok(Self {
            layer: id,
            shape: layer.shape,
            what: Quantity::Sum(channel),
            words: format!("sum of map {channel} of {}", layer.name),
        })
    }

    /// The class that it is, where its layer has the classes of `model`.
    pub fn class_in(&self, model: &FloatModel) -> Option<usize> {
        let is_logits = model.logits().is_ok_and(|logits| logits == self.layer);
        match self.what {
            Quantity::Value(index) | Quantity::Softmax(index) if is_logits => Some(index),
            _ => None,
        }
    }

    /// The probability of the class that it is, for `input`; `None` where it is no
    /// class.
    ///
    /// # Errors
    /// The model cannot be run.
    pub fn probability(
        &self,
        model: &FloatModel,
        input: &[f32],
    ) -> Result<Option<f64>, FloatModelError> {
        let Some(class) = self.class_in(model) else {
            return Ok(None);
        };
        let logits = model.activations(&[self.layer], input)?.remove(0);
        Ok(softmax(&logits).get(class).copied())
    }

    /// The scalar, from the layer's values `[C, H, W]`.
    pub fn value(&self, values: &[f32]) -> f64 {
        match self.what {
            Quantity::Sum(channel) => self
                .map(channel, values)
                .iter()
                .copied()
                .map(f64::from)
                .sum(),
            Quantity::Value(index) => values.get(index).copied().map_or(f64::NAN, f64::from),
            Quantity::Softmax(index) => softmax(values).get(index).copied().unwrap_or(f64::NAN),
        }
    }

    /// Derivative of the scalar with respect to each of the layer's values.
    pub fn derivative(&self, values: &[f32]) -> Vec<f32> {
        let mut seed = vec![0.0; values.len()];
        match self.what {
            Quantity::Sum(channel) => {
                let positions = self.shape[1] * self.shape[2];
                let map = seed.iter_mut().skip(channel * positions).take(positions);
                map.for_each(|value| *value = 1.0);
            }
            Quantity::Value(index) => {
                if let Some(value) = seed.get_mut(index) {
                    *value = 1.0;
                }
            }
            Quantity::Softmax(index) => {
                let all = softmax(values);
                let p = all.get(index).copied().unwrap_or(f64::NAN);
                for (at, (value, q)) in seed.iter_mut().zip(&all).enumerate() {
                    let own = if at == index { 1.0 } else { 0.0 };
                    *value = (p * (own - q)) as f32;
                }
            }
        }
        seed
    }

    /// The map of a channel.
    pub fn map<'a>(&self, channel: usize, values: &'a [f32]) -> &'a [f32] {
        let positions = self.shape[1] * self.shape[2];
        let from = (channel * positions).min(values.len());
        &values[from..(from + positions).min(values.len())]
    }
}

/// A class by its number, by its label, or by one of the names in its label.
fn class_index(model: &FloatModel, class: &str, classes: usize) -> Result<usize, TargetError> {
    let refused = || TargetError::NoClass {
        class: class.to_owned(),
        classes,
    };
    let labels = &model.spec.output.labels;
    let named = || {
        let is_it = |name: &str| name.trim().eq_ignore_ascii_case(class);
        let found = |label: &String| is_it(label) || label.split(',').any(is_it);
        labels.iter().take(classes).position(found)
    };
    match class.parse::<usize>() {
        Ok(index) if index < classes => Ok(index),
        Ok(_) => Err(refused()),
        Err(_) => named().ok_or_else(refused),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::float_model::Overrides;

    fn lenet() -> FloatModel {
        FloatModel::open("lecture-lenet", &Overrides::default()).expect("it is shipped")
    }

    #[test]
    fn targets_are_read_as_they_are_written() {
        for text in [
            "conv1:3",
            "conv1:3:0:17",
            "a:0:3",
            "class:tabby cat",
            "class:8",
        ] {
            assert_eq!(text.parse::<Target>().unwrap().to_string(), text);
        }
        let colon: Target = "conv/Relu:0:3".parse().unwrap();
        let layer = "conv/Relu:0".to_owned();
        assert_eq!(colon, Target::Channel { layer, channel: 3 });
        for text in ["", "conv1", "conv1:", "conv1:x", ":3", "class:", "class: "] {
            assert!(text.parse::<Target>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn what_is_not_in_the_model_is_refused_with_its_shape() {
        let model = lenet();
        let refused = |text: &str| {
            let target: Target = text.parse().unwrap();
            target
                .aim(&model, ClassValue::Logit)
                .unwrap_err()
                .to_string()
        };
        assert!(refused("conv1:20").contains("[20, 24, 24]"));
        assert!(refused("conv1:0:24:0").contains("conv1:0:24:0"));
        assert!(refused("conv9:0").contains("conv1, relu1"));
        assert!(refused("class:10").contains("0 to 9"));
        assert!(refused("class:ten").contains("ten"));
    }

    #[test]
    fn derivatives_are_those_of_the_value() {
        let model = lenet();
        let aim = |text: &str, value| text.parse::<Target>().unwrap().aim(&model, value).unwrap();
        let logits: Vec<f32> = (0..10_u8).map(|k| f32::from(k * k % 7) / 3.0).collect();
        for aim in [
            aim("class:3", ClassValue::Logit),
            aim("class:3", ClassValue::Probability),
            aim("fc:4", ClassValue::Logit),
        ] {
            let derivative = aim.derivative(&logits);
            for (at, &exact) in derivative.iter().enumerate() {
                let step = 1.0 / 64.0;
                let moved = |by: f32| {
                    let mut logits = logits.clone();
                    logits[at] += by;
                    aim.value(&logits)
                };
                // The second difference is below step² / 6 times the third
                // derivative of a softmax, which is below 1.
                let slope = (moved(step) - moved(-step)) / f64::from(2.0 * step);
                assert!((slope - f64::from(exact)).abs() < 5e-5, "{aim:?}");
            }
        }
        let map = aim("conv1:2", ClassValue::Logit);
        let values: Vec<f32> = (0..20 * 24 * 24_u16).map(f32::from).collect();
        let derivative = map.derivative(&values);
        assert_eq!(derivative.iter().sum::<f32>(), 576.0);
        assert_eq!(derivative[2 * 576], 1.0);
        assert_eq!(map.value(&values), f64::from((1152..1728).sum::<i32>()));
    }
}
