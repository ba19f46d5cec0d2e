//! SmoothGrad: derivatives at noisy inputs, averaged (Smilkov et al. 2017).

use crate::attribute::argument::{Argument, ArgumentKind, Choice};
use crate::attribute::attribution::Attribution;
use crate::attribute::backward::Rules;
use crate::attribute::error::ExplainError;
use crate::attribute::method::{Explainer, MethodInfo, ParameterValue, Parameters, ValueKind};
use crate::attribute::run::Run;
use cortexscope_net::random::Random;

/// SmoothGrad.
pub(super) const INFO: MethodInfo = MethodInfo {
    name: "smooth-grad",
    summary: "Derivative, averaged over noisy copies of the input.",
    paper: "Smilkov et al. 2017; the squares are those of Hooker et al. 2019",
    arguments: &[OF, SAMPLES, LEVEL, SEED],
    build: |arguments| {
        Ok(SmoothGrad {
            of: SmoothGradOf::ALL[arguments.choice(&OF)?],
            samples: arguments.count(&SAMPLES)?,
            level: arguments.number(&LEVEL)?,
            seed: arguments.seed(&SEED)?,
        }
        .into())
    },
};

const OF: Argument = Argument {
    name: "of",
    help: "What is averaged.",
    kind: ArgumentKind::Choice(&[
        Choice {
            name: "gradient",
            help: "The signed derivative, as in the paper",
        },
        Choice {
            name: "magnitude",
            help: "Its magnitude",
        },
        Choice {
            name: "square",
            help: "Its square",
        },
    ]),
    default: "gradient",
};

const SAMPLES: Argument = Argument {
    name: "samples",
    help: "How many noisy copies.",
    kind: ArgumentKind::Count { least: 1 },
    default: "50",
};

const LEVEL: Argument = Argument {
    name: "level",
    help: "Standard deviation of the noise, as a share of the input's range.",
    kind: ArgumentKind::Number { least: 0.0 },
    default: "0.15",
};

const SEED: Argument = Argument {
    name: "seed",
    help: "Seed of the noise.",
    kind: ArgumentKind::Seed,
    default: "0",
};

/// SmoothGrad and its parameters.
#[derive(Clone, Copy, Debug)]
pub struct SmoothGrad {
    /// What is averaged.
    pub of: SmoothGradOf,
    /// Noisy inputs.
    pub samples: usize,
    /// Standard deviation of the noise as a share of the input's range:
    /// σ = level × (greatest − least value of this input).
    pub level: f64,
    /// Seed of the noise.
    pub seed: u64,
}

/// What SmoothGrad averages over noisy inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmoothGradOf {
    /// The signed derivative, as in the paper's formula.
    Gradient,
    /// Its magnitude.
    Magnitude,
    /// Its square ("SmoothGrad-squared", Hooker et al. 2019).
    Square,
}

impl SmoothGradOf {
    /// In the order of the choices.
    const ALL: [Self; 3] = [Self::Gradient, Self::Magnitude, Self::Square];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gradient => "gradient",
            Self::Magnitude => "magnitude",
            Self::Square => "square",
        }
    }
}

impl Explainer for SmoothGrad {
    fn info(&self) -> &'static MethodInfo {
        &INFO
    }

    /// M(x) = 1/n Σ g(x + N(0, σ²)), with σ = level × (greatest − least value of x),
    /// as the paper gives noise levels: σ / (greatest − least).
    fn run(&self, run: &mut Run<'_>) -> Result<Attribution, ExplainError> {
        let (input, aim) = (run.input, run.aim);
        if self.samples == 0 {
            return Err(ExplainError::Parameter("samples is a number from 1 up"));
        }
        if !(self.level.is_finite() && self.level >= 0.0) {
            return Err(ExplainError::Parameter(
                "the noise level is a number from 0 up",
            ));
        }
        let [least, greatest] = input
            .iter()
            .fold([f32::INFINITY, f32::NEG_INFINITY], |[low, high], &value| {
                [low.min(value), high.max(value)]
            });
        let sigma = self.level * f64::from(greatest - least);
        let mut random = Random::new(self.seed);
        let mut sums = vec![0.0_f64; input.len()];
        for sample in 0..self.samples {
            let noisy: Vec<f32> = input
                .iter()
                .map(|&value| (f64::from(value) + sigma * random.normal()) as f32)
                .collect();
            let pass = run.backward(Rules::Gradient)?.run(&noisy, aim)?;
            for (sum, &g) in sums.iter_mut().zip(&pass.gradient) {
                let g = f64::from(g);
                *sum += match self.of {
                    SmoothGradOf::Gradient => g,
                    SmoothGradOf::Magnitude => g.abs(),
                    SmoothGradOf::Square => g * g,
                };
            }
            run.step(sample + 1, self.samples)?;
        }
        let mean = |sum: &f64| (sum / self.samples as f64) as f32;
        let values = sums.iter().map(mean).collect();
        // The value at the input itself, not at a noisy one.
        let score = run.value_for(input)?;
        Ok(Attribution::whole(run.model, score, values))
    }

    fn variant(&self) -> String {
        self.of.name().to_owned()
    }

    fn statement(&self) -> String {
        let what = match self.of {
            SmoothGradOf::Gradient => "mean derivative",
            SmoothGradOf::Magnitude => "mean magnitude of the derivative",
            SmoothGradOf::Square => "mean square of the derivative",
        };
        let Self {
            samples,
            level,
            seed,
            ..
        } = self;
        format!("{what}, {samples} samples, noise {level} of the input’s range, seed {seed}")
    }

    fn caption(&self) -> String {
        format!("{}, {} samples", self.of.name(), self.samples)
    }

    fn parameters(&self) -> Parameters {
        vec![
            ("of", ParameterValue::Text(self.of.name().to_owned())),
            ("samples", ParameterValue::Count(self.samples)),
            ("level", ParameterValue::Number(self.level)),
        ]
    }

    fn seed(&self) -> Option<u64> {
        Some(self.seed)
    }

    fn values(&self) -> ValueKind {
        match self.of {
            SmoothGradOf::Square => ValueKind::SquaredSlopes,
            SmoothGradOf::Gradient | SmoothGradOf::Magnitude => ValueKind::Slopes,
        }
    }

    fn is_signed(&self) -> bool {
        self.of == SmoothGradOf::Gradient
    }
}
