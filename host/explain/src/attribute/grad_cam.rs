//! Grad-CAM (Selvaraju et al. 2017).

use std::collections::BTreeSet;

use tract_adjoint::AdjointError;

use super::argument::{Argument, ArgumentKind};
use super::attribution::{Attribution, NamedMap, Note};
use super::backward::{Rules, Wrt};
use super::error::ExplainError;
use super::method::{Explainer, MethodInfo, ParameterValue, Parameters, ValueKind};
use super::run::Run;
use super::upsample::bilinear;
use crate::float_model::{FloatModel, LayerId};
use crate::target::Aim;

/// Grad-CAM.
pub const INFO: MethodInfo = MethodInfo {
    name: "grad-cam",
    summary: "Maps of a layer, summed with their mean derivatives as weights, then rectified.",
    paper: "Selvaraju et al. 2017",
    arguments: &[LAYER],
    build: |arguments| {
        let layer = arguments.text(&LAYER)?.map(str::to_owned);
        Ok(GradCam { layer }.into())
    },
};

/// The layer that a method reads maps from.
pub const LAYER: Argument = Argument {
    name: "layer",
    help: "The layer whose maps are weighted, by the name of its node or of its tensor [default: the last convolution, after its rectifier].",
    kind: ArgumentKind::Layer,
    default: "",
};

/// Grad-CAM and its layer.
#[derive(Clone, Debug, Default)]
pub struct GradCam {
    /// The layer whose maps are weighted; the last convolution's, rectified, by
    /// default.
    pub layer: Option<String>,
}

impl GradCam {
    /// The layer in `model`, whose maps have more than one position and lie before the
    /// target.
    fn layer_in(&self, model: &FloatModel, aim: &Aim) -> Result<LayerId, ExplainError> {
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
            target: aim.words.clone(),
            layer: model.layer(layer).name.clone(),
            have: maps.map(|layer| layer.name.clone()).collect(),
        })
    }

    /// What the layer is called, for a picture.
    pub fn place(&self) -> String {
        match &self.layer {
            Some(layer) => format!("maps of {layer}"),
            None => "maps of the last convolution".to_owned(),
        }
    }
}

impl Explainer for GradCam {
    fn info(&self) -> &'static MethodInfo {
        &INFO
    }

    /// Weights αₖ = 1/Z ΣᵢΣⱼ ∂y/∂Aₖᵢⱼ over the Z positions of a map Aₖ; the map
    /// ReLU(Σₖ αₖ Aₖ), upsampled to the input.
    fn run(&self, run: &mut Run<'_>) -> Result<Attribution, ExplainError> {
        let (model, input, aim) = (run.model, run.input, run.aim);
        let layer = self.layer_in(model, aim)?;
        let wrt = Wrt::Layer(layer);
        let planned = run.plans.backward(model, aim.layer, wrt, Rules::Gradient);
        let backward = planned.map_err(|error| match error {
            ExplainError::Backward(AdjointError::Unrelated(_)) => ExplainError::Folded {
                layer: model.layer(layer).name.clone(),
            },
            error => error,
        })?;
        let pass = backward.run(input, aim)?;
        let [channels, height, width] = model.layer(layer).shape;
        let positions = height * width;
        let slopes = pass.gradient.chunks_exact(positions);
        let weights: Vec<f64> = slopes
            .map(|map| map.iter().copied().map(f64::from).sum::<f64>() / positions as f64)
            .collect();
        let mut sums = vec![0.0_f64; positions];
        for (map, weight) in pass.values.chunks_exact(positions).zip(&weights) {
            for (sum, &value) in sums.iter_mut().zip(map) {
                *sum += weight * f64::from(value);
            }
        }
        let coarse: Vec<f32> = sums.iter().map(|&sum| sum.max(0.0) as f32).collect();
        let is_cut = coarse.iter().all(|&sum| sum == 0.0) && sums.iter().any(|&sum| sum < 0.0);
        let [_, rows, columns] = model.input_shape();
        let values = bilinear(&coarse, [height, width], [rows, columns]);
        let mut attribution = Attribution::of([1, rows, columns], values, pass.score);
        attribution.maps = vec![
            NamedMap {
                name: "cam",
                shape: [1, height, width],
                values: coarse,
            },
            NamedMap {
                name: "weights",
                shape: [channels, 1, 1],
                values: weights.iter().map(|&weight| weight as f32).collect(),
            },
        ];
        if is_cut {
            let layer = model.layer(layer).name.clone();
            attribution.notes.push(Note::NowherePositive { layer });
        }
        Ok(attribution)
    }

    fn variant(&self) -> String {
        "rectified sum, upsampled bilinearly".to_owned()
    }

    fn statement(&self) -> String {
        self.place()
    }

    fn caption(&self) -> String {
        "last convolution".to_owned()
    }

    fn parameters(&self) -> Parameters {
        vec![("layer", ParameterValue::Optional(self.layer.clone()))]
    }

    fn values(&self) -> ValueKind {
        ValueKind::Signals
    }

    fn is_signed(&self) -> bool {
        false
    }

    fn is_coarse(&self) -> bool {
        true
    }
}
