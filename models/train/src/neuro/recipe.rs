//! Every choice of a run.

use cortexscope_brain::autoencode::{Arm, Family};
use serde::{Deserialize, Serialize};

use super::loss::LossWeights;

/// The loss of an auto-encoder alone.
const RECONSTRUCTION: LossWeights = LossWeights {
    reconstruction: 1.0,
    neurons: 0.0,
    smooth: 0.0,
    sparse: 0.0,
    readout: 0.0,
};
/// The schedule of all arms.
const SCHEDULE: Schedule = Schedule {
    batch: 16,
    rate: 6e-3,
    divisor: 3.0,
    rounds: 3,
    look_every: 50,
    patience: 5,
    most_steps: 300,
};

/// Goes up whenever the same recipe would give another file.
pub const VERSION: u32 = 1;

/// The choices of one arm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    /// [`VERSION`] of the code that wrote it.
    pub version: u32,
    /// Seed of first weights and of the order of images.
    pub seed: u64,
    /// Weights of the loss's parts.
    pub loss: LossWeights,
    /// When to stop.
    pub schedule: Schedule,
}

/// Adam's learning rate, lowered whenever validation stops improving, as Klindt et al. (2017) do;
/// they take 10⁻³, batches of 256, and a patience of 10.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Schedule {
    /// Images of a step.
    pub batch: usize,
    /// The first learning rate.
    pub rate: f64,
    /// What it is divided by.
    pub divisor: f64,
    /// Learning rates in all.
    pub rounds: u32,
    /// Steps between two looks at the validation images.
    pub look_every: u32,
    /// Looks without improvement that end a round.
    pub patience: u32,
    /// Steps of a round, at most.
    pub most_steps: u32,
}

impl Recipe {
    /// The recipe of the shipped decoder.
    pub fn of_decoder() -> Self {
        Self {
            version: VERSION,
            seed: 0,
            loss: RECONSTRUCTION,
            schedule: Schedule {
                batch: 32,
                most_steps: 400,
                ..SCHEDULE
            },
        }
    }

    /// The recipe of a shipped arm.
    pub fn of(arm: Arm) -> Self {
        let loss = match arm.family {
            Family::Dae => RECONSTRUCTION,
            Family::DaeNr(_) => LossWeights {
                neurons: 1e-3,
                readout: 1e-5,
                ..RECONSTRUCTION
            },
            Family::CnnFr => LossWeights {
                reconstruction: 0.0,
                neurons: 1.0,
                smooth: 0.03,
                sparse: 0.01,
                readout: 0.02,
            },
        };
        Self {
            version: VERSION,
            seed: u64::from(arm.seed),
            loss,
            schedule: SCHEDULE,
        }
    }
}
