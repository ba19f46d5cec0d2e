//! The factorised readout: a mask over the positions times weights of the channels, fitted
//! by gradient descent, all neurons at a time.
//!
//! ŷ = Σ_p Ws[p] Σ_c Wd[c] X[c, p] + b (Bashivan, Kar and DiCarlo 2019, equation 1). The
//! loss is the error Le plus λs ΣWs² + λd ΣWd² + λL ‖Ws ∗ L‖ with the Laplacian
//! L = [0 −1 0; −1 4 −1; 0 −1 0], zero beyond the edge (equations 2 to 5). The paper gives
//! neither its optimiser nor its λ: Adam and the candidates here are this program's choice.

mod adam;
mod checkpoint;
mod gradient;
#[cfg(test)]
mod reference;

pub use checkpoint::Checkpoint;

use std::ops::ControlFlow;

use cortexscope_net::random::Random;
use sha2::{Digest, Sha256};

use super::{EncodeError, Features, Stage, Watch};
use adam::Adam;
use checkpoint::{Best, Training};
use gradient::{Batch, Gradient};

/// What of the error is in the loss of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DataTerm {
    /// The mean of squares over the batch.
    #[default]
    MeanSquares,
    /// √Σ(ŷ − y)² as the lecture's equation 3 has it: the same λ count for more as the fit
    /// improves.
    Norm,
}

/// Weights of the penalties.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lambda {
    /// λs, of the squares of the mask.
    pub space: f64,
    /// λd, of the squares of the channels' weights.
    pub depth: f64,
    /// λL, of the norm of the mask's Laplacian.
    pub laplace: f64,
}

impl Lambda {
    /// Checks that these are weights.
    ///
    /// # Errors
    /// [`EncodeError::Lambda`].
    pub fn check(self) -> Result<(), EncodeError> {
        let weights = [self.space, self.depth, self.laplace];
        if weights.iter().all(|w| w.is_finite() && *w >= 0.0) {
            Ok(())
        } else {
            Err(EncodeError::Lambda)
        }
    }
}

/// How factorised readouts are fitted.
#[derive(Clone, Debug, PartialEq)]
pub struct Factorised {
    /// Which error.
    pub data_term: DataTerm,
    /// Candidates; each neuron has the one with the least error on the held images.
    pub lambdas: Vec<Lambda>,
    /// Adam's step.
    pub rate: f64,
    /// Images in a batch.
    pub batch: usize,
    /// Passes over the images at most.
    pub epochs: usize,
    /// Passes without a better error on the held images after which a neuron is done.
    pub patience: usize,
    /// Every so many training images one is held back, to choose λ and the pass.
    pub held_every: usize,
    /// Seed of the first weights and of the batches.
    pub seed: u64,
}

/// Masks, weights of channels and constants of neurons, for standardised features and
/// responses.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    /// Ws, `[neurons, H·W]`.
    pub masks: Vec<f32>,
    /// Wd, `[neurons, C]`.
    pub channels: Vec<f32>,
    /// b of each neuron.
    pub bias: Vec<f32>,
}

/// What was fitted.
#[derive(Clone, Debug, PartialEq)]
pub struct FactorisedFit {
    /// The weights.
    pub weights: Weights,
    /// The λ of each neuron.
    pub lambdas: Vec<Lambda>,
    /// Passes over the images before each neuron's weights.
    pub epochs: Vec<usize>,
}

impl Factorised {
    /// Three candidates for λ, Adam with steps of 10⁻³, at most 60 passes in batches of 64.
    pub fn new(seed: u64) -> Self {
        let lambda = |space, depth, laplace| Lambda {
            space,
            depth,
            laplace,
        };
        Self {
            data_term: DataTerm::MeanSquares,
            lambdas: vec![
                lambda(0.1, 0.1, 0.03),
                lambda(0.3, 0.3, 0.1),
                lambda(1.0, 1.0, 0.3),
            ],
            rate: 1e-3,
            batch: 64,
            epochs: 60,
            patience: 8,
            held_every: 5,
            seed,
        }
    }

    /// Fits `responses`, a list for each neuron with a value for each of the images
    /// `train`, to standardised `features`.
    ///
    /// The fit is kept in `checkpoint` before each pass, and goes on from what is there.
    ///
    /// # Errors
    /// The work was ended, or the checkpoint cannot be used.
    pub fn fit(
        &self,
        features: &Features,
        train: &[usize],
        responses: &[Vec<f64>],
        checkpoint: Option<&Checkpoint>,
        watch: Watch<'_>,
    ) -> Result<FactorisedFit, EncodeError> {
        let identity = checkpoint.map(|_| self.identity(features, train, responses));
        let before = match (checkpoint, &identity) {
            (Some(file), Some(identity)) => file.load(
                identity,
                [responses.len(), self.lambdas.len()],
                features.shape,
            )?,
            _ => None,
        };
        let (first, mut going, mut chosen) = match before {
            Some(state) => (state.lambda, Some(state.training), state.chosen),
            None => (0, None, None),
        };
        for at in first..self.lambdas.len() {
            let training = match going.take() {
                Some(training) => training,
                None => self.begin(at, features, responses.len()),
            };
            let found = self.with(at, training, features, train, responses, &mut |training| {
                if let (Some(file), Some(identity)) = (checkpoint, &identity) {
                    file.save(identity, at, training, chosen.as_ref())?;
                }
                let all = self.epochs * self.lambdas.len();
                let epoch = training.epoch.min(self.epochs.saturating_sub(1));
                match watch(Stage::Readout, at * self.epochs + epoch, all) {
                    ControlFlow::Continue(()) => Ok(()),
                    ControlFlow::Break(()) => Err(EncodeError::Interrupted),
                }
            })?;
            chosen = Some(match chosen.take() {
                None => found,
                Some(kept) => kept.or(&found),
            });
        }
        let chosen: Best = chosen.ok_or(EncodeError::Constant)?;
        Ok(FactorisedFit {
            weights: chosen.weights,
            lambdas: chosen.lambdas.iter().map(|&at| self.lambdas[at]).collect(),
            epochs: chosen.epochs,
        })
    }

    /// All that the weights depend on, as one number.
    fn identity(&self, features: &Features, train: &[usize], responses: &[Vec<f64>]) -> [u8; 32] {
        let mut all = Sha256::new();
        all.update(format!("{self:?} {:?} {train:?}\n", features.shape));
        for block in features.values.chunks(1 << 14) {
            let bytes: Vec<u8> = block.iter().flat_map(|x| x.to_le_bytes()).collect();
            all.update(&bytes);
        }
        for response in responses.iter().flatten() {
            all.update(response.to_le_bytes());
        }
        all.finalize().into()
    }

    /// One λ before its first pass.
    fn begin(&self, lambda: usize, features: &Features, neurons: usize) -> Training {
        let weights = Weights::start(neurons, features.shape, &mut Random::new(self.seed));
        Training {
            epoch: 0,
            adam: Adam::new(&weights),
            active: (0..neurons).collect(),
            found: Best {
                weights: weights.clone(),
                errors: vec![f64::INFINITY; neurons],
                epochs: vec![0; neurons],
                lambdas: vec![lambda; neurons],
            },
            weights,
        }
    }

    /// Goes on with one λ, and gives the best weights of each neuron. `before` sees what there is
    /// before each pass.
    fn with(
        &self,
        lambda: usize,
        mut training: Training,
        features: &Features,
        train: &[usize],
        responses: &[Vec<f64>],
        before: &mut dyn FnMut(&Training) -> Result<(), EncodeError>,
    ) -> Result<Best, EncodeError> {
        let neurons = responses.len();
        let is_held = |place: &usize| (place + 1).is_multiple_of(self.held_every.max(2));
        let (held, mut kept): (Vec<usize>, Vec<usize>) = (0..train.len()).partition(is_held);
        // What was drawn before the pass that is next.
        let mut random = Random::new(self.seed);
        Weights::start(neurons, features.shape, &mut random);
        (0..training.epoch).for_each(|_| random.shuffle(&mut kept));
        let batch = |places: &[usize], active: &[usize]| Batch {
            images: places.iter().map(|&place| train[place]).collect(),
            responses: places
                .iter()
                .flat_map(|&place| active.iter().map(move |&n| responses[n][place] as f32))
                .collect(),
        };
        loop {
            before(&training)?;
            let Training {
                epoch,
                weights,
                adam,
                active,
                found,
            } = &mut training;
            let errors = gradient::errors(features, weights, &batch(&held, active));
            let mut stays = Vec::new();
            for (row, (&neuron, &error)) in active.iter().zip(&errors).enumerate() {
                if error < found.errors[neuron] {
                    found.errors[neuron] = error;
                    found.epochs[neuron] = *epoch;
                    found.weights.copy(neuron, weights, row, neurons);
                }
                if *epoch - found.epochs[neuron] < self.patience {
                    stays.push(row);
                }
            }
            if stays.is_empty() || *epoch >= self.epochs {
                return Ok(training.found);
            }
            if stays.len() < active.len() {
                *weights = weights.rows(&stays, active.len());
                adam.keep(&stays, active.len());
                *active = stays.iter().map(|&row| active[row]).collect();
            }
            random.shuffle(&mut kept);
            for places in kept.chunks(self.batch.max(1)) {
                let batch = batch(places, active);
                let gradient = Gradient::of(features, weights, &batch, self.data_term);
                let lambda = self.lambdas[lambda];
                let gradient = gradient.with_penalties(weights, features.shape, lambda);
                adam.step(self.rate, weights, &gradient);
            }
            *epoch += 1;
        }
    }
}

impl Best {
    /// For each neuron these, or those of `other` where its error is less.
    fn or(mut self, other: &Self) -> Self {
        let neurons = self.errors.len();
        for neuron in 0..neurons {
            if other.errors[neuron] < self.errors[neuron] {
                self.weights.copy(neuron, &other.weights, neuron, neurons);
                self.errors[neuron] = other.errors[neuron];
                self.epochs[neuron] = other.epochs[neuron];
                self.lambdas[neuron] = other.lambdas[neuron];
            }
        }
        self
    }
}

impl Weights {
    /// Each neuron's prediction for each image of standardised features,
    /// `[images][neurons]`.
    pub(super) fn predict(&self, features: &Features) -> Vec<Vec<f32>> {
        gradient::predictions(features, self)
    }

    /// Masks near 1 over the number of positions, channels near 0.
    fn start(neurons: usize, [channels, height, width]: [usize; 3], random: &mut Random) -> Self {
        let positions = height * width;
        let mut draw = |count: usize, mean: f64| -> Vec<f32> {
            let values = (0..count).map(|_| (mean + 0.01 * random.normal()) as f32);
            values.collect()
        };
        Self {
            masks: draw(neurons * positions, 1.0 / positions as f64),
            channels: draw(neurons * channels, 0.0),
            bias: vec![0.0; neurons],
        }
    }

    /// Its three lists of numbers.
    fn parts(&self) -> [&[f32]; 3] {
        [&self.masks, &self.channels, &self.bias]
    }

    fn parts_mut(&mut self) -> [&mut Vec<f32>; 3] {
        [&mut self.masks, &mut self.channels, &mut self.bias]
    }

    /// Copies row `from` of `other` to row `to` of these, which have `rows` rows.
    fn copy(&mut self, to: usize, other: &Self, from: usize, rows: usize) {
        for (own, other) in self.parts_mut().into_iter().zip(other.parts()) {
            let size = own.len() / rows;
            own[to * size..][..size].copy_from_slice(&other[from * size..][..size]);
        }
    }

    /// Some of its `count` rows.
    fn rows(&self, rows: &[usize], count: usize) -> Self {
        let [masks, channels, bias] = self.parts().map(|part| pick(part, rows, count));
        Self {
            masks,
            channels,
            bias,
        }
    }
}

/// Some of the `count` rows of `values`.
fn pick(values: &[f32], rows: &[usize], count: usize) -> Vec<f32> {
    let size = values.len() / count;
    let picked = rows.iter().flat_map(|&row| &values[row * size..][..size]);
    picked.copied().collect()
}

#[cfg(test)]
mod tests;
