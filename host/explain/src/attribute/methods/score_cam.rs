//! Score-CAM (Wang et al. 2020): maps weighted by what the network says of the input behind
//! each of them.

use crate::attribute::argument::{Argument, ArgumentKind, Choice};
use crate::attribute::attribution::Attribution;
use crate::attribute::baseline::Baseline;
use crate::attribute::class_score::probability;
use crate::attribute::error::ExplainError;
use crate::attribute::map_layer::{COARSE, LAYER, MapLayer, Slopes, rectified};
use crate::attribute::method::{Explainer, MethodInfo, ParameterValue, Parameters, ValueKind};
use crate::attribute::run::Run;
use crate::attribute::upsample::bilinear;

/// Score-CAM.
pub(super) const INFO: MethodInfo = MethodInfo {
    name: "score-cam",
    summary: "Maps of a layer, each weighted by the score of the input seen through it; no gradients.",
    paper: "Wang et al. 2020",
    arguments: &[LAYER, VARIANT, FILL, COARSE],
    build: |arguments| {
        Ok(ScoreCam {
            maps: MapLayer::given(arguments)?,
            variant: ScoreCamVariant::ALL[arguments.choice(&VARIANT)?],
            fill: arguments.baseline(&FILL)?,
        }
        .into())
    },
};

const VARIANT: Argument = Argument {
    name: "variant",
    help: "What the weight of a map is.",
    kind: ArgumentKind::Choice(&[
        Choice {
            name: "increase",
            help: "The target's value behind the mask less that of the hidden input: definitions 2 and 3 of the paper",
        },
        Choice {
            name: "softmax",
            help: "The softmax over the maps of the target's value behind each mask: algorithm 1 of the paper",
        },
        Choice {
            name: "probability",
            help: "The probability of the class behind the mask, nothing subtracted: the authors' code",
        },
        Choice {
            name: "scaled",
            help: "As probability, and the map is scaled to 0..1: pytorch-cnn-visualizations",
        },
    ]),
    default: "increase",
};

const FILL: Argument = Argument {
    name: "fill",
    help: "What hidden pixels become: zero (in the model's units, the paper's input times mask), black, white, mean, a grey level from 0 to 255, or an input.",
    kind: ArgumentKind::Baseline,
    default: "zero",
};

/// Score-CAM and its parameters.
#[derive(Clone, Debug)]
pub struct ScoreCam {
    /// The layer, and the grid of the result.
    pub maps: MapLayer,
    /// What the weight of a map is.
    pub variant: ScoreCamVariant,
    /// What hidden pixels become.
    pub fill: Baseline,
}

/// What the weight of a map is: the paper has two forms, and published code two more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScoreCamVariant {
    /// f(x ∘ m) − f(hidden), definitions 2 and 3.
    Increase,
    /// The softmax over the channels of f(x ∘ m), algorithm 1.
    Softmax,
    /// The class probability of x ∘ m, the authors' code.
    Probability,
    /// The same, and the map scaled to 0..1 by its least and its greatest value.
    Scaled,
}

impl ScoreCamVariant {
    /// In the order of the choices.
    const ALL: [Self; 4] = [
        Self::Increase,
        Self::Softmax,
        Self::Probability,
        Self::Scaled,
    ];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Increase => "increase",
            Self::Softmax => "softmax",
            Self::Probability => "probability",
            Self::Scaled => "scaled",
        }
    }
}

impl ScoreCam {
    /// The weights of the maps: 0 where a map is constant and hides nothing.
    fn weights(&self, run: &mut Run<'_>, of: &Slopes) -> Result<(Vec<f64>, usize), ExplainError> {
        let input = run.input;
        let [channels, height, width] = of.shape;
        let [_, rows, columns] = run.model.input_shape();
        let fill = self.fill.values(&run.model.spec.input, input)?;
        let mut scores = Vec::with_capacity(channels);
        for (channel, (map, _)) in of.channels().enumerate() {
            let large = bilinear(map, [height, width], [rows, columns]);
            let score = match mask(&large) {
                Some(mask) => {
                    let layer = run.layer_for(&seen(input, &fill, &mask))?;
                    Some(self.score(run, &layer))
                }
                None => None,
            };
            scores.push(score);
            run.step(channel + 1, channels)?;
        }
        let constant = scores.iter().filter(|score| score.is_none()).count();
        let weights = match self.variant {
            ScoreCamVariant::Increase => {
                let hidden = run.value_for(&fill)?;
                let increase = |score: &Option<f64>| score.map_or(0.0, |score| score - hidden);
                scores.iter().map(increase).collect()
            }
            ScoreCamVariant::Softmax => {
                let known = scores.iter().flatten();
                let greatest = known.clone().copied().fold(f64::NEG_INFINITY, f64::max);
                let total: f64 = known.map(|score| (score - greatest).exp()).sum();
                let share = |score: &Option<f64>| {
                    score.map_or(0.0, |score| (score - greatest).exp() / total)
                };
                scores.iter().map(share).collect()
            }
            ScoreCamVariant::Probability | ScoreCamVariant::Scaled => {
                scores.into_iter().map(Option::unwrap_or_default).collect()
            }
        };
        Ok((weights, constant))
    }

    fn score(&self, run: &Run<'_>, layer: &[f32]) -> f64 {
        match self.variant {
            ScoreCamVariant::Increase | ScoreCamVariant::Softmax => run.aim.value(layer),
            ScoreCamVariant::Probability | ScoreCamVariant::Scaled => probability(run, layer),
        }
    }
}

/// A map, scaled to 0..1 by its own least and greatest value; `None` where it is constant.
fn mask(map: &[f32]) -> Option<Vec<f32>> {
    let [least, greatest] = ends(map);
    let range = greatest - least;
    (range > 0.0).then(|| map.iter().map(|value| (value - least) / range).collect())
}

/// The least and the greatest value.
fn ends(map: &[f32]) -> [f32; 2] {
    map.iter()
        .fold([f32::INFINITY, f32::NEG_INFINITY], |[low, high], &value| {
            [low.min(value), high.max(value)]
        })
}

/// `input` through a mask of one value for each pixel: where it is 0, `fill` is seen.
pub fn seen(input: &[f32], fill: &[f32], mask: &[f32]) -> Vec<f32> {
    let planes = input.chunks_exact(mask.len());
    let planes = planes.zip(fill.chunks_exact(mask.len()));
    let values = planes.flat_map(|(plane, hidden)| {
        let values = plane.iter().zip(hidden).zip(mask);
        values.map(|((&x, &hidden), &m)| m * x + (1.0 - m) * hidden)
    });
    values.collect()
}

impl Explainer for ScoreCam {
    fn info(&self) -> &'static MethodInfo {
        &INFO
    }

    /// ReLU(Σₖ αₖ Aₖ), where αₖ comes from the input seen through Aₖ: the map is first
    /// upsampled bilinearly and then scaled to 0..1, each by itself.
    fn run(&self, run: &mut Run<'_>) -> Result<Attribution, ExplainError> {
        let (model, input, aim) = (run.model, run.input, run.aim);
        let layer = self.maps.id("Score-CAM", model, aim)?;
        let maps = run.maps(layer)?;
        let of = Slopes {
            shape: model.layer(layer).shape,
            score: run.value_for(input)?,
            slopes: vec![0.0; maps.len()],
            maps,
        };
        let (weights, constant) = self.weights(run, &of)?;
        let mut coarse = rectified(&of.weighted(&weights));
        if self.variant == ScoreCamVariant::Scaled {
            coarse = mask(&coarse).unwrap_or_else(|| vec![0.0; coarse.len()]);
        }
        let found = self.maps.attribution(model, &of, coarse, Some(&weights));
        Ok(found.with([("constant maps, without a mask", constant as f64)]))
    }

    fn variant(&self) -> String {
        self.variant.name().to_owned()
    }

    fn statement(&self) -> String {
        let (maps, fill) = (self.maps.place(), self.fill.description());
        format!(
            "{maps}, weights by {}, hidden pixels {fill}",
            self.variant.name()
        )
    }

    fn caption(&self) -> String {
        format!("{}, {}", self.maps.caption(), self.variant.name())
    }

    fn parameters(&self) -> Parameters {
        let mut parameters = self.maps.parameters();
        parameters.push(("fill", ParameterValue::Text(self.fill.description())));
        parameters
    }

    fn values(&self) -> ValueKind {
        ValueKind::Signals
    }

    fn is_signed(&self) -> bool {
        false
    }

    fn only_asks(&self) -> bool {
        true
    }

    fn is_coarse(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::mask;

    #[test]
    fn a_mask_goes_from_0_to_1_whatever_the_maps_range() {
        assert_eq!(mask(&[0.5, 0.25, 0.75]), Some(vec![0.5, 0.0, 1.0]));
        assert_eq!(mask(&[-6.0, 2.0, 0.0]), Some(vec![0.0, 1.0, 0.75]));
        assert_eq!(mask(&[3.0, 3.0]), None);
    }
}
