//! The measures of `cortexscope assess`, and their parameters.

use super::common::blame;
use super::explain::ClassValueArg;
use super::full::one_input;
use super::preparation::ShowInputArgs;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use cortexscope_explain::assess::{Metric, MetricKind, MetricSettings, Redraw, Score};
use cortexscope_explain::float_model::FloatModel;

/// The parameters of all measures.
#[derive(Args)]
pub(super) struct MeasureArgs {
    /// deletion, insertion: pixels from one point of the curve to the next [default: as many
    /// as the input has columns].
    #[arg(long, value_name = "N", help_heading = "Measure")]
    step: Option<usize>,
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

/// The names of the measures, for the command line.
pub(super) fn metrics() -> impl TypedValueParser<Value = MetricKind> {
    let values = MetricKind::ALL;
    let values = values.map(|kind| PossibleValue::new(kind.name()).help(kind.summary()));
    let named = |name: String| MetricKind::named(&name).unwrap_or(MetricKind::Deletion);
    PossibleValuesParser::new(values).map(named)
}

impl MeasureArgs {
    /// The measure with its parameters.
    pub fn metric(&self, kind: MetricKind, model: &FloatModel) -> anyhow::Result<Metric> {
        let settings = MetricSettings {
            step: self.step,
            value: self.curve_value.into(),
            deleted: self.deleted.clone(),
            blur: self.blur,
            blur_taps: self.blur_taps,
            radius: self.radius,
            tries: self.tries,
            redraw: match self.weights {
                RedrawArg::Permuted => Redraw::Permuted,
                RedrawArg::Initial => Redraw::Initial,
            },
            layer: self.field_of.clone(),
            score: match self.points {
                PointsArg::Maximum => Score::Maximum,
                PointsArg::Energy => Score::Energy,
            },
            seed: self.chance,
        };
        let open = |text: &str| match one_input(text, model, &ShowInputArgs::default()) {
            Ok(input) => Ok(input.values),
            Err(error) => Err(format!("{error:#}")),
        };
        settings.metric(kind, model, &open).map_err(blame)
    }
}
