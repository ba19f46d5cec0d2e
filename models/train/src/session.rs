//! A training run: epochs one after the other, each a function of what the
//! last one left and of the recipe.

use burn::{
    module::Module,
    nn::loss::{CrossEntropyLoss, CrossEntropyLossConfig},
    optim::{AdamWConfig, GradientsParams, ModuleOptimizer},
    tensor::{Device, Int, Tensor, TensorData},
};
use cortexscope_net::{input::MnistSet, scores::first_greatest};
use serde::{Deserialize, Serialize};

use crate::{
    architecture::Architecture,
    batches::{self, Batch},
    mnist::CLASSES,
    network::{Network, image_tensor},
    recipe::Recipe,
};

/// Images measured at once; has no effect on the results.
const MEASURE_BATCH: usize = 500;

/// A run between two epochs.
pub struct Session {
    /// What the run was asked for.
    pub recipe: Recipe,
    /// What each finished epoch gave.
    pub history: Vec<EpochRecord>,
    pub(crate) network: Network,
    pub(crate) optimizer: ModuleOptimizer,
    device: Device,
}

/// What one epoch gave.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct EpochRecord {
    /// Mean cross-entropy over the distorted training digits, in nats.
    pub training_loss: f64,
    /// Validation digits that were classified rightly.
    pub validation: Score,
}

/// Rightly classified digits of all that were shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Score {
    /// Right ones.
    pub correct: usize,
    /// All.
    pub total: usize,
}

impl Score {
    /// The share of right ones, in per cent.
    pub fn percent(self) -> f64 {
        100.0 * self.correct as f64 / self.total as f64
    }
}

/// What a step tells a progress bar.
#[derive(Debug, Clone, Copy)]
pub struct StepReport {
    /// Steps done in this epoch.
    pub done: u64,
    /// Steps of this epoch.
    pub total: u64,
    /// Mean cross-entropy of this step's batch, in nats.
    pub loss: f64,
}

impl Session {
    /// A run before its first epoch.
    pub fn start(recipe: Recipe, architecture: &Architecture) -> Self {
        let device = Device::flex().autodiff();
        Self {
            network: Network::new(architecture, recipe.seed, &device),
            optimizer: AdamWConfig::new()
                .with_epsilon(1e-8)
                .with_weight_decay(recipe.weight_decay)
                .init(),
            recipe,
            history: Vec::new(),
            device,
        }
    }

    /// Whether the recipe's last epoch is done.
    pub fn is_finished(&self) -> bool {
        self.history.len() >= self.recipe.epochs as usize
    }

    /// The network as it is now, without what training needs.
    pub fn trained(&self) -> Network {
        self.network.valid()
    }

    /// Trains for one epoch, measures on `validation`, and records both.
    pub fn run_epoch(
        &mut self,
        training: &MnistSet,
        validation: &MnistSet,
        mut on_step: impl FnMut(StepReport),
    ) -> EpochRecord {
        let epoch = self.history.len() as u32;
        let steps = self.recipe.steps_per_epoch(training.len());
        let loss_function = CrossEntropyLossConfig::new().init(&self.device);
        let augmentation = self.recipe.augmentation;
        let epoch_batches = batches::Epoch::new(
            training,
            &augmentation,
            self.recipe.batch_size,
            self.recipe.seed,
            epoch,
        );
        let mut loss_sum = 0.0;
        for (step, batch) in (0..).zip(epoch_batches) {
            let rate = self.recipe.schedule.rate(
                u64::from(epoch) * steps + step,
                u64::from(self.recipe.epochs) * steps,
            );
            let loss = self.step(&batch, &loss_function, rate);
            loss_sum += loss * batch.labels.len() as f64;
            on_step(StepReport {
                done: step + 1,
                total: steps,
                loss,
            });
        }
        let record = EpochRecord {
            training_loss: loss_sum / training.len() as f64,
            validation: measure(&self.trained(), validation),
        };
        self.history.push(record);
        record
    }

    fn step(&mut self, batch: &Batch, loss_function: &CrossEntropyLoss, rate: f64) -> f64 {
        let logits = self.network.forward(image_tensor(batch, &self.device));
        let labels: Vec<i32> = batch.labels.iter().map(|&label| label.into()).collect();
        let labels = TensorData::new(labels, [batch.labels.len()]);
        let labels = Tensor::<1, Int>::from_data(labels, &self.device);
        let loss = loss_function.forward(logits, labels);
        let loss_value = f64::from(loss.clone().into_scalar::<f32>());
        let gradients = GradientsParams::from_grads(loss.backward(), &self.network);
        self.network = self.optimizer.step(rate, self.network.clone(), gradients);
        loss_value
    }
}

/// Counts the digits that burn classifies rightly.
pub fn measure(network: &Network, digits: &MnistSet) -> Score {
    let device = Device::flex();
    let correct = batches::plain(digits, MEASURE_BATCH)
        .map(|batch| {
            let logits = network.forward(image_tensor(&batch, &device)).into_data();
            let logits: Vec<f32> = logits.iter().collect();
            count_correct(&logits, &batch.labels)
        })
        .sum();
    Score {
        correct,
        total: digits.len(),
    }
}

/// Counts rows of `[N, 10]` logits whose first largest value is at the label.
pub fn count_correct(logits: &[f32], labels: &[u8]) -> usize {
    logits
        .chunks_exact(CLASSES)
        .zip(labels)
        .filter(|(row, label)| first_greatest(row) == Some(usize::from(**label)))
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_equal_logits_counts() {
        let mut logits = vec![0.0; 2 * CLASSES];
        logits[4] = 1.0;
        logits[6] = 1.0;
        assert_eq!(count_correct(&logits, &[4, 0]), 2);
        assert_eq!(count_correct(&logits, &[6, 1]), 0);
    }
}
