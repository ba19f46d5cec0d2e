//! What may help, tried.

use super::float_answers::FloatAnswers;
use super::{DoctorError, Noise, Patient, Report, Subject, interrupted};
use cortexscope_compile::{Options, RangeRule, Weights};
use cortexscope_net::described;
use cortexscope_net::scores::first_greatest;
use cortexscope_rig::board;
use cortexscope_rig::session::{Cancel, Mode, TensorSet};

described! {
    /// A way to compile the network, and what came of it on the same inputs.
    pub struct Remedy {
        /// What was done.
        pub name: String,
        /// Signal to quantisation noise of the logits, in decibels; `null` where nothing
        /// differs.
        pub sqnr_db: Option<f64>,
        /// Inputs whose class is another than the float network's.
        pub changed: usize,
        /// Right answers; `null` where an input has no label.
        pub right: Option<usize>,
    }
}

/// The logits of an int8 network against the float network's, over all inputs.
#[derive(Clone, Copy, Debug)]
pub struct Outcome {
    noise: Noise,
    changed: usize,
    right: Option<usize>,
}

impl Outcome {
    pub(super) fn new() -> Self {
        Self {
            noise: Noise::default(),
            changed: 0,
            right: Some(0),
        }
    }

    pub(super) fn add(&mut self, float: &[f32], int8: &[f32], label: Option<usize>) {
        for (&expected, &found) in float.iter().zip(int8) {
            self.noise.add(expected, found);
        }
        let class = first_greatest(int8);
        self.changed += usize::from(class != first_greatest(float));
        let is_right = |right: usize| label.map(|label| right + usize::from(class == Some(label)));
        self.right = self.right.and_then(is_right);
    }

    fn named(self, name: &str) -> Remedy {
        Remedy {
            name: name.to_owned(),
            sqnr_db: self.noise.decibels(),
            changed: self.changed,
            right: self.right,
        }
    }
}

/// Ways to compile, beside the default.
const WAYS: [(&str, Options); 3] = [
    (
        "channels equalised (compile --equalise)",
        Options {
            equalise: true,
            ranges: RangeRule::LeastSquareError,
            weights: Weights::AsKernelsRead,
        },
    ),
    (
        "ranges from least to greatest value (compile --ranges extremes)",
        Options {
            equalise: false,
            ranges: RangeRule::Extremes,
            weights: Weights::AsKernelsRead,
        },
    ),
    (
        "both",
        Options {
            equalise: true,
            ranges: RangeRule::Extremes,
            weights: Weights::AsKernelsRead,
        },
    ),
];

/// Compiles the network in every way, and runs it in the boards' engine on this machine:
/// every board gives the same bytes.
pub(super) fn try_all(
    subject: &Subject<'_>,
    by_default: Outcome,
    float: &FloatAnswers,
    cancel: &Cancel,
    report: Report<'_>,
) -> Result<Vec<Remedy>, DoctorError> {
    let mut remedies = vec![by_default.named("as compiled")];
    let native = board::find(board::NATIVE).unwrap_or(subject.board);
    for (name, options) in WAYS {
        let mut patient = Patient::new(subject, options, native, cancel, report)?;
        let mut outcome = Outcome::new();
        for (index, case) in subject.inputs.iter().enumerate() {
            let input = patient.rig.model.quantise(&case.values);
            let found = patient
                .rig
                .infer(&input, Mode::Fused, TensorSet::NONE, &mut |_| {})?;
            outcome.add(&float.logits[index], &found.logits, case.label);
            interrupted(report(name, index + 1, subject.inputs.len()))?;
        }
        remedies.push(outcome.named(name));
    }
    Ok(remedies)
}
