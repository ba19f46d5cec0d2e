//! Steps, and when to stop.

use burn::{
    module::Module,
    optim::{AdamConfig, GradientsParams, ModuleOptimizer},
    tensor::Device,
};
use cortexscope_brain::autoencode::{Arm, PlantedSession, TRAINING, VALIDATION};
use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

use super::data::{Batch, Data};
use super::loss::{data_loss, penalties};
use super::network::Network;
use super::recipe::{Recipe, Schedule};
use super::table::Table;
use crate::randomness::{Purpose, generator};

/// What a run came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Steps made.
    pub steps: u32,
    /// The least loss on the validation images, without penalties; that network was kept.
    pub validation_loss: f32,
    /// The step that it was reached at.
    pub best_step: u32,
}

/// Trains an arm.
pub fn train(arm: Arm, recipe: &Recipe, session: &PlantedSession) -> (Network, Record) {
    let table = Table::of(arm);
    let data = Data::new(session, arm.neurons.range());
    let device = Device::flex().autodiff();
    let plain = Device::flex();
    let held_back = data.batch(&VALIDATION.collect::<Vec<usize>>(), &plain);
    let network = Network::new(&table, &data.means(TRAINING), recipe.seed, &device);
    let mut batches = Batches::new(recipe.seed, recipe.schedule.batch);
    let step = |network: Network, optimizer: &mut ModuleOptimizer, rate: f64| {
        let batch = data.batch(&batches.take(), &device);
        let answer = network.forward(&table, batch.images.clone());
        let loss =
            data_loss(answer, &batch, &recipe.loss) + penalties(&network, &recipe.loss, &device);
        let gradients = GradientsParams::from_grads(loss.backward(), &network);
        optimizer.step(rate, network, gradients)
    };
    let judge = |network: &Network| validation_loss(&network.valid(), &table, &held_back, recipe);
    descend(network, &recipe.schedule, step, judge)
}

fn validation_loss(network: &Network, table: &Table, held_back: &Batch, recipe: &Recipe) -> f32 {
    let answer = network.forward(table, held_back.images.clone());
    data_loss(answer, held_back, &recipe.loss).into_scalar::<f32>()
}

/// Descends until the schedule ends, and gives the network with the least loss of `judge`, on a
/// device without gradients.
pub fn descend<N: Module + Clone>(
    mut network: N,
    schedule: &Schedule,
    mut step: impl FnMut(N, &mut ModuleOptimizer, f64) -> N,
    judge: impl Fn(&N) -> f32,
) -> (N, Record) {
    let mut record = Record {
        steps: 0,
        validation_loss: judge(&network),
        best_step: 0,
    };
    // Not a clone: clones share the running means of a normalisation.
    let mut best = network.valid();
    let mut rate = schedule.rate;
    for _ in 0..schedule.rounds {
        let mut optimizer = AdamConfig::new().with_epsilon(1e-8).init();
        let mut bad = 0;
        let end = record.steps + schedule.most_steps;
        while bad < schedule.patience && record.steps < end {
            network = step(network, &mut optimizer, rate);
            record.steps += 1;
            if !record.steps.is_multiple_of(schedule.look_every) {
                continue;
            }
            let loss = judge(&network);
            if loss < record.validation_loss {
                record.validation_loss = loss;
                record.best_step = record.steps;
                best = network.valid();
                bad = 0;
            } else {
                bad += 1;
            }
        }
        network = best.clone().train();
        rate /= schedule.divisor;
    }
    (best, record)
}

/// Shuffled training images, batch after batch.
pub struct Batches {
    seed: u64,
    size: usize,
    epoch: u32,
    left: Vec<usize>,
}

impl Batches {
    /// Batches of `size` images of [`TRAINING`].
    pub fn new(seed: u64, size: usize) -> Self {
        Self {
            seed,
            size,
            epoch: 0,
            left: Vec::new(),
        }
    }

    /// The next images.
    pub fn take(&mut self) -> Vec<usize> {
        if self.left.len() < self.size {
            self.left = TRAINING.collect();
            let mut rng = generator(self.seed, Purpose::Epoch, self.epoch);
            self.left.shuffle(&mut rng);
            self.epoch += 1;
        }
        self.left
            .split_off(self.left.len().saturating_sub(self.size))
    }
}
