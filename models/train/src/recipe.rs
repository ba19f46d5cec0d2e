//! Every choice that shapes a training run.

use serde::{Deserialize, Serialize};

use crate::{augment::Augmentation, networks, schedule::Schedule};

/// Goes up whenever the same recipe would give another file.
pub const VERSION: u32 = 1;

/// Epochs of the shipped networks. The lecture's network costs three times
/// LeNet-5's time an epoch and, with a third of its parameters, needs fewer.
fn published_epochs(network: &str) -> u32 {
    match network {
        networks::LECTURE_LENET => 16,
        _ => 24,
    }
}

/// The choices of one run; two runs with equal recipes give equal files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    /// [`VERSION`] of the code that wrote it.
    pub version: u32,
    /// Name of the network.
    pub network: String,
    /// Source of every random number.
    pub seed: u64,
    /// Passes over the training digits, fixed before the first.
    pub epochs: u32,
    /// Digits per step.
    pub batch_size: usize,
    /// Learning rate.
    pub schedule: Schedule,
    /// AdamW's decoupled decay per unit of learning rate (Loshchilov and
    /// Hutter, *Decoupled Weight Decay Regularization*, 2019).
    pub weight_decay: f32,
    /// Distortion of the training digits.
    pub augmentation: Augmentation,
}

impl Recipe {
    /// The recipe of a shipped network, if there is one of that name.
    pub fn published(network: &str) -> Option<Self> {
        networks::by_name(network).map(|architecture| Self {
            version: VERSION,
            network: architecture.name.to_owned(),
            seed: 1998,
            epochs: published_epochs(architecture.name),
            batch_size: 64,
            schedule: Schedule {
                peak: 3e-3,
                warmup: 0.05,
            },
            weight_decay: 0.01,
            augmentation: Augmentation {
                rotation_degrees: 10.0,
                scale: 0.1,
                shear: 0.1,
                shift_pixels: 1.5,
            },
        })
    }

    /// Optimiser steps of an epoch over `digits` digits.
    pub fn steps_per_epoch(&self, digits: usize) -> u64 {
        digits.div_ceil(self.batch_size) as u64
    }
}
