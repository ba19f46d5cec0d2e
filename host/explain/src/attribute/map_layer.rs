//! What the methods that weigh a layer's maps have in common: the layer, its slopes, and
//! the way from its grid to the input.

use std::collections::BTreeSet;
use std::fmt;

use tract_adjoint::AdjointError;

use super::argument::{Argument, ArgumentError, ArgumentKind, Arguments};
use super::attribution::{Attribution, NamedMap};
use super::backward::{Rules, Wrt};
use super::error::ExplainError;
use super::method::{Explainer, MethodInfo, ParameterValue, Parameters, ValueKind};
use super::run::Run;
use super::upsample::bilinear;
use crate::float_model::{FloatModel, LayerId};
use crate::target::Aim;

/// The layer that a method reads maps from.
pub const LAYER: Argument = Argument {
    name: "layer",
    help: "The layer whose maps are weighted, by the name of its node or of its tensor [default: the last convolution, after its rectifier].",
    kind: ArgumentKind::Layer,
    default: "",
};

/// Whether the map stays on its layer's grid.
pub const COARSE: Argument = Argument {
    name: "coarse",
    help: "Give the map on the layer's own grid, before it is upsampled to the input.",
    kind: ArgumentKind::Flag,
    default: "",
};

/// A layer whose maps are weighted, and the grid that the result is given on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MapLayer {
    /// The layer; the last convolution's, rectified, by default.
    pub layer: Option<String>,
    /// Whether the result stays on the layer's grid instead of the input's.
    pub coarse: bool,
}

/// A method that weighs the maps of a layer. What such methods have in common as
/// [`Explainer`]s is said once, below.
pub trait MapExplainer: fmt::Debug + Send + Sync {
    /// As [`Explainer::info`].
    fn info(&self) -> &'static MethodInfo;

    /// As [`Explainer::run`].
    ///
    /// # Errors
    /// As there.
    fn run(&self, run: &mut Run<'_>) -> Result<Attribution, ExplainError>;

    /// As [`Explainer::variant`].
    fn variant(&self) -> String;

    /// The layer.
    fn maps(&self) -> &MapLayer;

    /// Whether its sum is rectified, so that no value is below 0.
    fn is_rectified(&self) -> bool;

    /// As [`Explainer::statement`].
    fn statement(&self) -> String {
        self.maps().place()
    }

    /// As [`Explainer::caption`].
    fn caption(&self) -> String {
        self.maps().caption()
    }
}

impl<T: MapExplainer> Explainer for T {
    fn info(&self) -> &'static MethodInfo {
        MapExplainer::info(self)
    }

    fn run(&self, run: &mut Run<'_>) -> Result<Attribution, ExplainError> {
        MapExplainer::run(self, run)
    }

    fn variant(&self) -> String {
        MapExplainer::variant(self)
    }

    fn statement(&self) -> String {
        MapExplainer::statement(self)
    }

    fn caption(&self) -> String {
        MapExplainer::caption(self)
    }

    fn parameters(&self) -> Parameters {
        self.maps().parameters()
    }

    fn values(&self) -> ValueKind {
        ValueKind::Signals
    }

    fn is_signed(&self) -> bool {
        !self.is_rectified()
    }

    fn is_coarse(&self) -> bool {
        true
    }
}

/// What a layer wrote, and the slope of the target at each of its values.
#[derive(Clone, Debug)]
pub struct Slopes {
    /// `[K, h, w]` of the layer.
    pub shape: [usize; 3],
    /// The target's value.
    pub score: f64,
    /// A, as many values as the product of `shape`.
    pub maps: Vec<f32>,
    /// g = ∂y/∂A, as many.
    pub slopes: Vec<f32>,
}

impl From<Option<String>> for MapLayer {
    fn from(layer: Option<String>) -> Self {
        Self {
            layer,
            coarse: false,
        }
    }
}

impl MapLayer {
    /// What was given as `--layer` and `--coarse`.
    ///
    /// # Errors
    /// One of them was given twice.
    pub fn given(arguments: &Arguments<'_>) -> Result<Self, ArgumentError> {
        Ok(Self {
            layer: arguments.text(&LAYER)?.map(str::to_owned),
            coarse: arguments.flag(&COARSE)?,
        })
    }

    /// The layer in `model`, whose maps have more than one position and lie before the
    /// target.
    ///
    /// # Errors
    /// There is no such layer, or `method` cannot use it.
    pub fn id(
        &self,
        method: &'static str,
        model: &FloatModel,
        aim: &Aim,
    ) -> Result<LayerId, ExplainError> {
        let layer = match &self.layer {
            Some(name) => model.find(name)?,
            None => model.last_maps()?,
        };
        let before: BTreeSet<LayerId> = model.ancestors(aim.layer);
        if before.contains(&layer) && model.layer(layer).is_map() {
            return Ok(layer);
        }
        let maps = before.iter().map(|&id| model.layer(id));
        let maps = maps.filter(|layer| layer.is_map());
        Err(ExplainError::NoMaps {
            method,
            target: aim.words.clone(),
            layer: model.layer(layer).name.clone(),
            have: maps.map(|layer| layer.name.clone()).collect(),
        })
    }

    /// The layer's maps, and the slopes of the target at them.
    ///
    /// # Errors
    /// As [`MapLayer::id`], or the pass cannot be made.
    pub fn slopes(&self, method: &'static str, run: &mut Run<'_>) -> Result<Slopes, ExplainError> {
        let (model, input, aim) = (run.model, run.input, run.aim);
        let layer = self.id(method, model, aim)?;
        let wrt = Wrt::Layer(layer);
        let planned = run.plans.backward(model, aim.layer, wrt, Rules::Gradient);
        let backward = planned.map_err(|error| match error {
            ExplainError::Backward(AdjointError::Unrelated(_)) => ExplainError::Folded {
                method,
                layer: model.layer(layer).name.clone(),
            },
            error => error,
        })?;
        let pass = backward.run(input, aim)?;
        Ok(Slopes {
            shape: model.layer(layer).shape,
            score: pass.score,
            maps: pass.values,
            slopes: pass.gradient,
        })
    }

    /// The attribution of `coarse`, one value for each position of the layer: upsampled
    /// bilinearly to the input, unless the layer's grid was asked for. Besides, the coarse
    /// map and the weights of the channels, where there are any.
    pub fn attribution(
        &self,
        model: &FloatModel,
        of: &Slopes,
        coarse: Vec<f32>,
        weights: Option<&[f64]>,
    ) -> Attribution {
        let [channels, height, width] = of.shape;
        let [_, rows, columns] = model.input_shape();
        let mut attribution = if self.coarse {
            Attribution::of([1, height, width], coarse.clone(), of.score)
        } else {
            let values = bilinear(&coarse, [height, width], [rows, columns]);
            Attribution::of([1, rows, columns], values, of.score)
        };
        attribution.maps.push(NamedMap {
            name: "cam",
            shape: [1, height, width],
            values: coarse,
        });
        attribution.maps.extend(weights.map(|weights| NamedMap {
            name: "weights",
            shape: [channels, 1, 1],
            values: weights.iter().map(|&weight| weight as f32).collect(),
        }));
        attribution
    }

    /// What the layer is called, for a picture.
    pub fn place(&self) -> String {
        match &self.layer {
            Some(layer) => format!("maps of {layer}"),
            None => "maps of the last convolution".to_owned(),
        }
    }

    /// What of it the literature disagrees about.
    pub fn caption(&self) -> String {
        match &self.layer {
            Some(layer) => layer.clone(),
            None => "last convolution".to_owned(),
        }
    }

    /// The parameters by name.
    pub fn parameters(&self) -> Parameters {
        vec![
            ("layer", ParameterValue::Optional(self.layer.clone())),
            ("coarse", ParameterValue::Flag(self.coarse)),
        ]
    }
}

impl Slopes {
    /// Positions of a map.
    pub fn positions(&self) -> usize {
        self.shape[1] * self.shape[2]
    }

    /// Each channel's map and slopes.
    pub fn channels(&self) -> impl Iterator<Item = (&[f32], &[f32])> {
        let maps = self.maps.chunks_exact(self.positions());
        maps.zip(self.slopes.chunks_exact(self.positions()))
    }

    /// A weight for each channel from its map and its slopes.
    pub fn weights(&self, weight: impl Fn(&[f32], &[f32]) -> f64) -> Vec<f64> {
        self.channels().map(|(map, g)| weight(map, g)).collect()
    }

    /// Σₖ wₖ Aₖ at each position.
    pub fn weighted(&self, weights: &[f64]) -> Vec<f64> {
        let mut sums = vec![0.0; self.positions()];
        for ((map, _), weight) in self.channels().zip(weights) {
            for (sum, &value) in sums.iter_mut().zip(map) {
                *sum += weight * f64::from(value);
            }
        }
        sums
    }

    /// Σₖ of `term` of the slope and the value, at each position.
    pub fn summed(&self, term: impl Fn(f64, f64) -> f64) -> Vec<f64> {
        let mut sums = vec![0.0; self.positions()];
        for (map, slopes) in self.channels() {
            for (sum, (&value, &slope)) in sums.iter_mut().zip(map.iter().zip(slopes)) {
                *sum += term(f64::from(slope), f64::from(value));
            }
        }
        sums
    }
}

/// What is positive of each value.
pub fn rectified(sums: &[f64]) -> Vec<f32> {
    sums.iter().map(|&sum| sum.max(0.0) as f32).collect()
}
