//! The session that everybody has: shipped digits, and planted neurons that see them.
//!
//! Half of the neurons are simple and complex cells ([`Planted::draw`]); the other half fires at
//! a constant rate, whatever is shown, so that no model can predict it. Both halves are known,
//! which no recording offers.

use std::ops::Range;

use cortexscope_net::input::{MnistError, MnistSet};

use crate::neuron::{Neuron, NeuronError};
use crate::planted::{Cell, Planted};
use crate::stimuli::Stimuli;

/// Neurons of the session.
pub const NEURONS: usize = 20;
/// Neurons that the images drive: the first.
pub const DRIVEN: usize = 10;
/// Images to train on, as many as the recordings of Antolik et al. (2016) have.
pub const TRAINING: Range<usize> = 0..1440;
/// Images that say when to stop: a fifth of the recordings', as Klindt et al. (2017) take.
pub const VALIDATION: Range<usize> = 1440..1800;
/// Images that nothing was trained on.
pub const TEST: Range<usize> = 1800..2000;
/// Trials of each test image; a training image has one.
pub const TEST_REPEATS: usize = 10;

/// Seeds of the neurons, of the trials of training, and of the trials of the test.
const SEEDS: [u64; 3] = [17, 18, 19];
/// Rows and columns of the digits.
const SIDE: usize = 28;

/// Images, and what the planted neurons answered.
#[derive(Clone, Debug)]
pub struct PlantedSession {
    /// The neurons.
    pub planted: Planted,
    /// The images of [`TRAINING`], [`VALIDATION`] and [`TEST`], `[28, 28]` each, from black 0 to
    /// white 1.
    pub images: Vec<Vec<f32>>,
    /// Spikes in one trial, `[images before the test, NEURONS]`.
    pub counts: Vec<f32>,
    /// Mean spikes of [`TEST_REPEATS`] trials, `[NEURONS, test images]`.
    pub test_means: Vec<f64>,
}

/// Why there is no session.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The shipped digits cannot be read.
    #[error(transparent)]
    Digits(#[from] MnistError),
    /// The neurons cannot be asked.
    #[error(transparent)]
    Neurons(#[from] NeuronError),
}

impl PlantedSession {
    /// Plants the neurons and records them; the same on every machine.
    ///
    /// # Errors
    /// [`SessionError`]; none where the program is whole.
    pub fn record() -> Result<Self, SessionError> {
        let digits = MnistSet::test_digits()?;
        let levels = |digit: &[u8]| {
            digit
                .iter()
                .map(|&level| f32::from(level) / 255.0)
                .collect()
        };
        let images = (0..TEST.end).filter_map(|at| digits.image(at).map(levels));
        let images: Vec<Vec<f32>> = images.collect();
        let [of_neurons, of_training, of_test] = SEEDS;

        let seen = Stimuli {
            shape: [1, SIDE, SIDE],
            images: images[..TEST.start].to_vec(),
            ..Stimuli::default()
        };
        let mut driven = Planted::draw(&seen, DRIVEN, of_neurons)?;
        let before: Vec<&[f32]> = images[..TEST.start].iter().map(Vec::as_slice).collect();
        let rates = driven.rates(&before)?;
        let mut cells = driven.cells.clone();
        for neuron in 0..NEURONS - DRIVEN {
            // As many spikes as a driven neuron has on average.
            let own = rates.iter().skip(neuron % DRIVEN).step_by(DRIVEN);
            cells.push(Cell {
                baseline: own.sum::<f64>() / before.len() as f64,
                gain: 0.0,
                ..driven.cells[neuron % DRIVEN]
            });
        }
        let mut planted = Planted::of([SIDE, SIDE], cells);
        let by_neuron = planted.record(&before, 1, of_training)?;
        let counts = (0..before.len()).flat_map(|image| {
            let by_neuron = &by_neuron;
            (0..NEURONS).map(move |neuron| by_neuron[neuron * TEST.start + image] as f32)
        });
        let counts = counts.collect();
        let test: Vec<&[f32]> = images[TEST].iter().map(Vec::as_slice).collect();
        let trials = planted.record(&test, TEST_REPEATS, of_test)?;
        let means = trials
            .chunks_exact(TEST_REPEATS)
            .map(|trials| trials.iter().sum::<f64>() / TEST_REPEATS as f64);
        Ok(Self {
            test_means: means.collect(),
            counts,
            planted,
            images,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_half_follows_the_images_and_the_other_does_not() {
        let session = PlantedSession::record().unwrap();
        assert_eq!(session.images.len(), TEST.end);
        assert_eq!(session.counts.len(), TEST.start * NEURONS);
        let mut planted = session.planted.clone();
        let test: Vec<&[f32]> = session.images[TEST].iter().map(Vec::as_slice).collect();
        let rates = planted.rates(&test).unwrap();
        for (neuron, means) in session.test_means.chunks_exact(TEST.len()).enumerate() {
            let own: Vec<f64> = rates
                .iter()
                .skip(neuron)
                .step_by(NEURONS)
                .copied()
                .collect();
            let r = cortexscope_statistics::pearson(&own, means);
            if neuron < DRIVEN {
                assert!(r.is_some_and(|r| r > 0.9), "{neuron}: {r:?}");
            } else {
                assert_eq!(r, None, "{neuron} has a constant rate");
            }
        }
    }
}
