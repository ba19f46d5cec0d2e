//! The measures of `cortexscope assess`, and their parameters.

use super::common::blame;
use super::explain::ClassValueArg;
use super::full::one_input;
use super::preparation::ShowInputArgs;
use clap::{Args, ValueEnum};
use cortexscope_explain::assess::{Blur, Hide, Metric, Pointing, Redraw, Score, Sensitivity};
use cortexscope_explain::attribute::{Argument, ArgumentKind, Arguments, Baseline, Given};
use cortexscope_explain::float_model::FloatModel;

/// The parameters of all measures.
#[derive(Args)]
pub(super) struct MeasureArgs {
    /// deletion, insertion: pixels from one point of the curve to the next [default: as many
    /// as the input has columns].
    #[arg(long, value_name = "N", help_heading = "Measure")]
    pub step: Option<usize>,
    /// deletion, insertion: give the points of the curves too.
    #[arg(long, help_heading = "Measure")]
    pub curve: bool,
    /// deletion, insertion: which value of the class is on the curve.
    #[arg(
        long,
        value_enum,
        default_value = "probability",
        help_heading = "Measure"
    )]
    curve_value: ClassValueArg,
    /// deletion: what pixels become: zero (in the model's units), black, white, mean, a grey
    /// level from 0 to 255, or an input.
    #[arg(
        long,
        value_name = "FILL",
        default_value = "zero",
        help_heading = "Measure"
    )]
    deleted: String,
    /// insertion: standard deviation of the blur that is begun with [default: 5; 2 for inputs
    /// of less than 64 rows or columns].
    #[arg(long, value_name = "PIXELS", help_heading = "Measure")]
    blur: Option<f64>,
    /// insertion: pixels of the blur's window in each direction [default: 11; 5 for inputs of
    /// less than 64 rows or columns].
    #[arg(long, value_name = "N", help_heading = "Measure")]
    blur_taps: Option<usize>,
    /// max-sensitivity: how far a pixel may move, as a share of the range from black to white.
    #[arg(
        long,
        default_value_t = 0.02,
        value_name = "SHARE",
        help_heading = "Measure"
    )]
    radius: f64,
    /// max-sensitivity: how many inputs nearby are tried.
    #[arg(long, default_value_t = 10, value_name = "N", help_heading = "Measure")]
    tries: usize,
    /// randomisation: what the weights of a layer become.
    #[arg(long, value_enum, default_value_t, help_heading = "Measure")]
    weights: RedrawArg,
    /// pointing: the layer whose most excited neuron is explained [default: the last
    /// convolution's maps].
    #[arg(long, value_name = "LAYER", help_heading = "Measure")]
    field_of: Option<String>,
    /// pointing: what counts.
    #[arg(long, value_enum, default_value_t, help_heading = "Measure")]
    points: PointsArg,
    /// Seed of the measure's chance and of the random map.
    #[arg(
        long,
        default_value_t = 0,
        value_name = "SEED",
        help_heading = "Measure"
    )]
    pub chance: u64,
}

/// A measure.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum MetricArg {
    /// The class while the most important pixels are hidden first: a small area is good.
    Deletion,
    /// The class while the most important pixels come first into a blur: a large area is good.
    Insertion,
    /// How far a map moves at most if the input moves a little.
    MaxSensitivity,
    /// How unequally the map is shared out: its Gini index.
    Sparseness,
    /// How far a map moves if weights are exchanged, layer by layer: it should.
    Randomisation,
    /// Whether the map of a neuron lies in the neuron's receptive field: it should.
    Pointing,
}

/// What counts in the pointing game.
#[derive(Clone, Copy, Default, ValueEnum)]
enum PointsArg {
    /// Whether the greatest value lies in the field (Zhang et al. 2018).
    #[default]
    Maximum,
    /// The share of the positive values that lies in it (Wang et al. 2020).
    Energy,
}

/// What weights become.
#[derive(Clone, Copy, Default, ValueEnum)]
enum RedrawArg {
    /// The layer's own, in a random order.
    #[default]
    Permuted,
    /// Normal with the variance 2 / fan-in (He et al. 2015), biases 0.
    Initial,
}

impl MetricArg {
    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Deletion => "deletion",
            Self::Insertion => "insertion",
            Self::MaxSensitivity => "max-sensitivity",
            Self::Sparseness => "sparseness",
            Self::Randomisation => "randomisation",
            Self::Pointing => "pointing",
        }
    }

    /// Whether it is the area under a curve.
    pub fn is_curve(self) -> bool {
        matches!(self, Self::Deletion | Self::Insertion)
    }
}

impl MeasureArgs {
    /// The measure with its parameters.
    pub fn metric(&self, metric: MetricArg, model: &FloatModel) -> anyhow::Result<Metric> {
        let [_, height, width] = model.input_shape();
        let curve = |hide| Metric::Curve {
            hide,
            step: self.step.unwrap_or(width),
            value: self.curve_value.into(),
        };
        Ok(match metric {
            MetricArg::Pointing => Metric::Pointing(Pointing {
                layer: match &self.field_of {
                    Some(name) => model.find(name).map_err(blame)?,
                    None => model.last_maps().map_err(blame)?,
                },
                score: match self.points {
                    PointsArg::Maximum => Score::Maximum,
                    PointsArg::Energy => Score::Energy,
                },
            }),
            MetricArg::Deletion => curve(Hide::Delete(self.fill(model)?)),
            MetricArg::Insertion => {
                let suited = Blur::suited([height, width]);
                curve(Hide::Insert(Blur {
                    sigma: self.blur.unwrap_or(suited.sigma),
                    taps: self.blur_taps.unwrap_or(suited.taps),
                }))
            }
            MetricArg::MaxSensitivity => Metric::MaxSensitivity(Sensitivity {
                radius: self.radius,
                samples: self.tries,
                seed: self.chance,
            }),
            MetricArg::Sparseness => Metric::Sparseness,
            MetricArg::Randomisation => Metric::Randomisation {
                redraw: match self.weights {
                    RedrawArg::Permuted => Redraw::Permuted,
                    RedrawArg::Initial => Redraw::Initial,
                },
                seed: self.chance,
            },
        })
    }

    /// What deleted pixels become, read as the arguments of methods are.
    fn fill(&self, model: &FloatModel) -> anyhow::Result<Baseline> {
        const DELETED: Argument = Argument {
            name: "deleted",
            help: "",
            kind: ArgumentKind::Baseline,
            default: "zero",
        };
        let given = [Given {
            name: DELETED.name.to_owned(),
            text: self.deleted.clone(),
        }];
        let open = |text: &str| match one_input(text, model, &ShowInputArgs::default()) {
            Ok(input) => Ok(input.values),
            Err(error) => Err(format!("{error:#}")),
        };
        let arguments = Arguments {
            given: &given,
            input_shape: model.input_shape(),
            open: &open,
        };
        arguments.baseline(&DELETED).map_err(blame)
    }

    /// The measure's variant and parameters, in words.
    pub fn setting(&self, model: &FloatModel, metric: &Metric) -> String {
        match metric {
            Metric::Pointing(of) => {
                let what = match of.score {
                    Score::Maximum => {
                        "share of the inputs whose greatest value lies in the field, no margin"
                    }
                    Score::Energy => "share of the positive values that lies in the field",
                };
                format!(
                    "{what}; the most excited neuron of {} is explained, and the field is what it sees",
                    model.layer(of.layer).name
                )
            }
            Metric::Curve { hide, step, .. } => {
                let value = match self.curve_value {
                    ClassValueArg::Probability => "probability",
                    ClassValueArg::Logit => "logit",
                };
                format!(
                    "{value} of the predicted class, {step} pixels a step, ties by index, {}, area by the trapezoid rule",
                    hide.description()
                )
            }
            Metric::MaxSensitivity(of) => format!(
                "greatest relative change (2-norm) over {} random inputs, no pixel moved by more than {} of its range",
                of.samples, of.radius
            ),
            Metric::Sparseness => "Gini index of the magnitudes of all values".to_owned(),
            Metric::Randomisation { redraw, .. } => {
                let weights = match redraw {
                    Redraw::Permuted => "permuted within the layer",
                    Redraw::Initial => "re-drawn, normal with variance 2 / fan-in",
                };
                format!(
                    "weights {weights}, from the top down and one layer at a time; SSIM of maps scaled to 0..1"
                )
            }
        }
    }

    /// Where the measure was published.
    pub fn paper(&self, metric: MetricArg) -> &'static str {
        match metric {
            MetricArg::Deletion | MetricArg::Insertion => "Petsiuk et al. 2018, section 4.2",
            MetricArg::MaxSensitivity => "Yeh et al. 2019, section 4.1",
            MetricArg::Sparseness => "Chalasani et al. 2020, section 5",
            MetricArg::Randomisation => "Adebayo et al. 2018, section 3",
            MetricArg::Pointing => match self.points {
                PointsArg::Maximum => "Zhang et al. 2018, section 4.1; here at a receptive field",
                PointsArg::Energy => "Wang et al. 2020, section 4.3; here at a receptive field",
            },
        }
    }
}
