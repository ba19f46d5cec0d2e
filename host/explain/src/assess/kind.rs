//! The measures by name: what each takes, and what is said of it.

use super::Metric;
use super::curve::{Blur, Hide};
use super::pointing::{Pointing, Score};
use super::randomise::Redraw;
use super::sensitivity::Sensitivity;
use crate::attribute::{Argument, ArgumentError, ArgumentKind, Arguments, ExplainError, Given};
use crate::attribute::{Baseline, OpenInput};
use crate::float_model::FloatModel;
use crate::target::ClassValue;

/// A measure of attributions, without its parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricKind {
    /// [`Metric::Curve`] of [`Hide::Delete`].
    Deletion,
    /// [`Metric::Curve`] of [`Hide::Insert`].
    Insertion,
    /// [`Metric::MaxSensitivity`].
    MaxSensitivity,
    /// [`Metric::Sparseness`].
    Sparseness,
    /// [`Metric::Randomisation`].
    Randomisation,
    /// [`Metric::Pointing`].
    Pointing,
}

/// What somebody may choose of the measures. Each takes what is its own.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricSettings {
    /// Deletion and insertion: pixels from one point of the curve to the next; `None` for as
    /// many as the input has columns.
    pub step: Option<usize>,
    /// Deletion and insertion: which value of the class is on the curve.
    pub value: ClassValue,
    /// Deletion: what pixels become, as the arguments of methods are written.
    pub deleted: String,
    /// Insertion: standard deviation of the blur in pixels; `None` for what suits the input's
    /// size.
    pub blur: Option<f64>,
    /// Insertion: pixels of the blur's window in each direction; `None` for what suits the
    /// input's size.
    pub blur_taps: Option<usize>,
    /// Max-sensitivity: how far a pixel may move, as a share of the range from black to white.
    pub radius: f64,
    /// Max-sensitivity: how many inputs nearby are tried.
    pub tries: usize,
    /// Randomisation: what the weights of a layer become.
    pub redraw: Redraw,
    /// Pointing: the layer whose most excited neuron is explained; `None` for that of the last
    /// maps.
    pub layer: Option<String>,
    /// Pointing: what counts.
    pub score: Score,
    /// Seed of the measure's chance.
    pub seed: u64,
}

impl Default for MetricSettings {
    fn default() -> Self {
        Self {
            step: None,
            value: ClassValue::Probability,
            deleted: DELETED.default.to_owned(),
            blur: None,
            blur_taps: None,
            radius: 0.02,
            tries: 10,
            redraw: Redraw::Permuted,
            layer: None,
            score: Score::Maximum,
            seed: 0,
        }
    }
}

/// What deleted pixels become.
const DELETED: Argument = Argument {
    name: "deleted",
    help: "",
    kind: ArgumentKind::Baseline,
    default: "zero",
};

impl MetricKind {
    /// All, in the order of the help.
    pub const ALL: [Self; 6] = [
        Self::Deletion,
        Self::Insertion,
        Self::MaxSensitivity,
        Self::Sparseness,
        Self::Randomisation,
        Self::Pointing,
    ];

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

    /// The measure of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// What it measures, in a phrase.
    pub fn summary(self) -> &'static str {
        match self {
            Self::Deletion => {
                "The class while the most important pixels are hidden first: a small area is good"
            }
            Self::Insertion => {
                "The class while the most important pixels come first into a blur: a large area is good"
            }
            Self::MaxSensitivity => "How far a map moves at most if the input moves a little",
            Self::Sparseness => "How unequally the map is shared out: its Gini index",
            Self::Randomisation => {
                "How far a map moves if weights are exchanged, layer by layer: it should"
            }
            Self::Pointing => {
                "Whether the map of a neuron lies in the neuron's receptive field: it should"
            }
        }
    }

    /// Whether it is the area under a curve.
    pub fn is_curve(self) -> bool {
        matches!(self, Self::Deletion | Self::Insertion)
    }
}

impl MetricSettings {
    /// The measure of `kind` for the maps of `model`. `open` opens an input that deleted pixels
    /// are taken from.
    ///
    /// # Errors
    /// A step of 0 pixels, or a layer or an input that cannot be used.
    pub fn metric(
        &self,
        kind: MetricKind,
        model: &FloatModel,
        open: OpenInput<'_>,
    ) -> Result<Metric, ArgumentError> {
        if self.step == Some(0) {
            let why = "--step: give a number of pixels from 1 up";
            return Err(ExplainError::Parameter(why).into());
        }
        let [_, height, width] = model.input_shape();
        let curve = |hide| Metric::Curve {
            hide,
            step: self.step.unwrap_or(width),
            value: self.value,
        };
        Ok(match kind {
            MetricKind::Deletion => curve(Hide::Delete(self.fill(model, open)?)),
            MetricKind::Insertion => {
                let suited = Blur::suited([height, width]);
                curve(Hide::Insert(Blur {
                    sigma: self.blur.unwrap_or(suited.sigma),
                    taps: self.blur_taps.unwrap_or(suited.taps),
                }))
            }
            MetricKind::MaxSensitivity => Metric::MaxSensitivity(Sensitivity {
                radius: self.radius,
                samples: self.tries,
                seed: self.seed,
            }),
            MetricKind::Sparseness => Metric::Sparseness,
            MetricKind::Randomisation => Metric::Randomisation {
                redraw: self.redraw,
                seed: self.seed,
            },
            MetricKind::Pointing => {
                let layer = match &self.layer {
                    Some(name) => model.find(name),
                    None => model.last_maps(),
                };
                Metric::Pointing(Pointing {
                    layer: layer.map_err(ExplainError::from)?,
                    score: self.score,
                })
            }
        })
    }

    /// What deleted pixels become.
    fn fill(&self, model: &FloatModel, open: OpenInput<'_>) -> Result<Baseline, ArgumentError> {
        let given = [Given {
            name: DELETED.name.to_owned(),
            text: self.deleted.clone(),
        }];
        let arguments = Arguments {
            given: &given,
            input_shape: model.input_shape(),
            open,
        };
        arguments.baseline(&DELETED)
    }
}

impl Metric {
    /// Which measure it is.
    pub fn kind(&self) -> MetricKind {
        match self {
            Self::Curve { hide, .. } => match hide {
                Hide::Delete(_) => MetricKind::Deletion,
                Hide::Insert(_) => MetricKind::Insertion,
            },
            Self::MaxSensitivity(_) => MetricKind::MaxSensitivity,
            Self::Sparseness => MetricKind::Sparseness,
            Self::Pointing(_) => MetricKind::Pointing,
            Self::Randomisation { .. } => MetricKind::Randomisation,
        }
    }

    /// Where it was published.
    pub fn paper(&self) -> &'static str {
        match self {
            Self::Curve { .. } => "Petsiuk et al. 2018, section 4.2",
            Self::MaxSensitivity(_) => "Yeh et al. 2019, section 4.1",
            Self::Sparseness => "Chalasani et al. 2020, section 5",
            Self::Randomisation { .. } => "Adebayo et al. 2018, section 3",
            Self::Pointing(of) => match of.score {
                Score::Maximum => "Zhang et al. 2018, section 4.1; here at a receptive field",
                Score::Energy => "Wang et al. 2020, section 4.3; here at a receptive field",
            },
        }
    }

    /// Its variant and parameters, in words.
    pub fn setting(&self, model: &FloatModel) -> String {
        match self {
            Self::Pointing(of) => {
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
            Self::Curve { hide, step, value } => {
                let value = match value {
                    ClassValue::Probability => "probability",
                    ClassValue::Logit => "logit",
                };
                format!(
                    "{value} of the predicted class, {step} pixels a step, ties by index, {}, area by the trapezoid rule",
                    hide.description()
                )
            }
            Self::MaxSensitivity(of) => format!(
                "greatest relative change (2-norm) over {} random inputs, no pixel moved by more than {} of its range",
                of.samples, of.radius
            ),
            Self::Sparseness => "Gini index of the magnitudes of all values".to_owned(),
            Self::Randomisation { redraw, .. } => {
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::float_model::Overrides;

    #[test]
    fn every_measure_has_its_name_and_what_suits_the_input() {
        let model = FloatModel::open("lenet5", &Overrides::default()).expect("it is shipped");
        let open = |_: &str| Err("nothing to open".to_owned());
        let settings = MetricSettings::default();
        for kind in MetricKind::ALL {
            assert_eq!(MetricKind::named(kind.name()), Some(kind));
            let metric = settings.metric(kind, &model, &open).expect("a measure");
            assert_eq!(metric.kind(), kind);
        }
        let insertion = settings.metric(MetricKind::Insertion, &model, &open);
        let said = insertion.expect("a measure").setting(&model);
        assert_eq!(
            said,
            "probability of the predicted class, 28 pixels a step, ties by index, inserted into \
             a blur of sigma 2, 5 taps, zero-padded, area by the trapezoid rule"
        );
    }

    #[test]
    fn what_no_measure_takes_is_refused() {
        let model = FloatModel::open("lenet5", &Overrides::default()).expect("it is shipped");
        let open = |_: &str| Err("nothing to open".to_owned());
        let refused = |settings: MetricSettings, kind| {
            let refused = settings.metric(kind, &model, &open);
            refused.expect_err("it is refused").to_string()
        };
        let settings = MetricSettings::default;
        let step = MetricSettings {
            step: Some(0),
            ..settings()
        };
        assert!(refused(step, MetricKind::Deletion).starts_with("--step"));
        let deleted = MetricSettings {
            deleted: "mnist:3".to_owned(),
            ..settings()
        };
        let said = refused(deleted, MetricKind::Deletion);
        assert_eq!(said, "--deleted mnist:3: nothing to open");
        let layer = MetricSettings {
            layer: Some("nowhere".to_owned()),
            ..settings()
        };
        assert!(refused(layer, MetricKind::Pointing).contains("nowhere"));
    }
}
