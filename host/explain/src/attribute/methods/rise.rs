//! RISE, randomised input sampling (Petsiuk et al. 2018).

use super::score_cam::seen;
use crate::attribute::argument::{Argument, ArgumentKind, Choice};
use crate::attribute::attribution::Attribution;
use crate::attribute::baseline::Baseline;
use crate::attribute::class_score::probability;
use crate::attribute::error::ExplainError;
use crate::attribute::method::{Explainer, MethodInfo, ParameterValue, Parameters, ValueKind};
use crate::attribute::run::Run;
use crate::attribute::upsample::bilinear;
use cortexscope_net::random::Random;

/// RISE.
pub(super) const INFO: MethodInfo = MethodInfo {
    name: "rise",
    summary: "Mean of random masks, weighted by the score of the input seen through each; no gradients.",
    paper: "Petsiuk et al. 2018",
    arguments: &[SAMPLES, CELLS, SHARE, VARIANT, FILL, SEED],
    build: |arguments| {
        Ok(Rise {
            masks: Masks {
                samples: arguments.count(&SAMPLES)?,
                cells: arguments.count(&CELLS)?,
                share: arguments.number(&SHARE)?,
                seed: arguments.seed(&SEED)?,
            },
            variant: RiseVariant::ALL[arguments.choice(&VARIANT)?],
            fill: arguments.baseline(&FILL)?,
        }
        .into())
    },
};

const SAMPLES: Argument = Argument {
    name: "samples",
    help: "How many masks.",
    kind: ArgumentKind::Count { least: 1 },
    default: "4000",
};

const CELLS: Argument = Argument {
    name: "cells",
    help: "Rows and columns of the random grid that a mask is made from.",
    kind: ArgumentKind::Count { least: 1 },
    default: "7",
};

const SHARE: Argument = Argument {
    name: "share",
    help: "Probability that a cell is seen: greater than 0, at most 1.",
    kind: ArgumentKind::Number { least: 0.0 },
    default: "0.5",
};

const VARIANT: Argument = Argument {
    name: "variant",
    help: "Which score weighs a mask.",
    kind: ArgumentKind::Choice(&[
        Choice {
            name: "probability",
            help: "The probability of the class, as in the paper; for a target other than a class, its value",
        },
        Choice {
            name: "value",
            help: "The target's value: a logit, or what --class-value names",
        },
    ]),
    default: "probability",
};

const FILL: Argument = Argument {
    name: "fill",
    help: "What hidden pixels become: zero (in the model's units, the paper's input times mask), black, white, mean, a grey level from 0 to 255, or an input.",
    kind: ArgumentKind::Baseline,
    default: "zero",
};

const SEED: Argument = Argument {
    name: "seed",
    help: "Seed of the masks.",
    kind: ArgumentKind::Seed,
    default: "0",
};

/// Random masks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Masks {
    /// How many.
    pub samples: usize,
    /// s, rows and columns of a grid.
    pub cells: usize,
    /// p, the probability that a cell is seen.
    pub share: f64,
    /// Seed.
    pub seed: u64,
}

/// The masks of one seed, one after the other.
#[derive(Clone, Debug)]
pub struct MaskStream {
    random: Random,
    masks: Masks,
    size: [usize; 2],
}

impl Masks {
    /// Masks of `size`, rows and columns.
    ///
    /// # Errors
    /// A number is outside its range.
    pub fn stream(&self, size: [usize; 2]) -> Result<MaskStream, ExplainError> {
        let refused = |why| Err(ExplainError::Parameter(why));
        if self.samples == 0 || self.cells == 0 {
            return refused("samples and cells are numbers from 1 up");
        }
        if self.cells > size[0].min(size[1]) {
            return refused(
                "the grid has more cells than the input has rows or columns: give fewer --cells",
            );
        }
        if !(self.share > 0.0 && self.share <= 1.0) {
            return refused("the share of what is seen is greater than 0, at most 1");
        }
        Ok(MaskStream {
            random: Random::new(self.seed),
            masks: *self,
            size,
        })
    }
}

impl MaskStream {
    /// The next mask, a value from 0 to 1 for each pixel: a grid of s × s cells, each seen
    /// with probability p, upsampled bilinearly to s + 1 cells of ⌈side/s⌉ pixels, and cropped
    /// at a random place within a cell (section 3.2 of the paper).
    pub fn next_mask(&mut self) -> Vec<f32> {
        let Masks { cells, share, .. } = self.masks;
        let cell = self.size.map(|side| side.div_ceil(cells));
        let drawn = (0..cells * cells).map(|_| f32::from(self.random.uniform() < share));
        let grid: Vec<f32> = drawn.collect();
        let [top, left] = cell.map(|side| (self.random.uniform() * side as f64) as usize);
        let large = cell.map(|side| (cells + 1) * side);
        let whole = bilinear(&grid, [cells; 2], large);
        let [height, width] = self.size;
        let rows = (top..top + height).flat_map(|row| {
            let from = row * large[1] + left;
            whole[from..from + width].iter().copied()
        });
        rows.collect()
    }
}

/// RISE and its parameters.
#[derive(Clone, Debug)]
pub struct Rise {
    /// The masks.
    pub masks: Masks,
    /// Which score weighs a mask.
    pub variant: RiseVariant,
    /// What hidden pixels become.
    pub fill: Baseline,
}

/// Which score weighs a mask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RiseVariant {
    /// The class probability, as in the paper.
    Probability,
    /// The target's value.
    Value,
}

impl RiseVariant {
    /// In the order of the choices.
    const ALL: [Self; 2] = [Self::Probability, Self::Value];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Probability => "probability",
            Self::Value => "value",
        }
    }
}

impl Explainer for Rise {
    fn info(&self) -> &'static MethodInfo {
        &INFO
    }

    /// S(λ) = 1/(N·p) Σᵢ f(x ∘ Mᵢ) Mᵢ(λ), equation 6 of the paper.
    fn run(&self, run: &mut Run<'_>) -> Result<Attribution, ExplainError> {
        let (model, input) = (run.model, run.input);
        let [_, height, width] = model.input_shape();
        let Masks { samples, share, .. } = self.masks;
        let fill = self.fill.values(&model.spec.input, input)?;
        let mut masks = self.masks.stream([height, width])?;
        let mut sums = vec![0.0_f64; height * width];
        let mut whole = 0.0;
        for sample in 0..samples {
            let mask = masks.next_mask();
            let layer = run.layer_for(&seen(input, &fill, &mask))?;
            let score = match self.variant {
                RiseVariant::Probability => probability(run, &layer),
                RiseVariant::Value => run.aim.value(&layer),
            };
            whole += score;
            for (sum, &seen) in sums.iter_mut().zip(&mask) {
                *sum += score * f64::from(seen);
            }
            run.step(sample + 1, samples)?;
        }
        let expected = samples as f64 * share;
        let values = sums.iter().map(|sum| (sum / expected) as f32).collect();
        let score = run.value_for(input)?;
        let found = Attribution::of([1, height, width], values, score);
        Ok(found.with([("mean score behind the masks", whole / samples as f64)]))
    }

    fn variant(&self) -> String {
        self.variant.name().to_owned()
    }

    fn statement(&self) -> String {
        let Masks {
            samples,
            cells,
            share,
            seed,
        } = self.masks;
        let (score, fill) = (self.variant.name(), self.fill.description());
        format!(
            "{samples} masks of {cells}×{cells} cells, {share} seen, weighted by {score}, hidden pixels {fill}, seed {seed}"
        )
    }

    fn caption(&self) -> String {
        format!("{} masks", self.masks.samples)
    }

    fn parameters(&self) -> Parameters {
        vec![
            ("samples", ParameterValue::Count(self.masks.samples)),
            ("cells", ParameterValue::Count(self.masks.cells)),
            ("share", ParameterValue::Number(self.masks.share)),
            ("fill", ParameterValue::Text(self.fill.description())),
        ]
    }

    fn seed(&self) -> Option<u64> {
        Some(self.masks.seed)
    }

    fn values(&self) -> ValueKind {
        ValueKind::Signals
    }

    fn is_signed(&self) -> bool {
        self.variant == RiseVariant::Value
    }

    fn only_asks(&self) -> bool {
        true
    }

    fn is_coarse(&self) -> bool {
        true
    }
}
