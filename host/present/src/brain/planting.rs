//! Known neurons, planted and recorded for those who have no recorded ones: images, responses
//! and what the neurons are.

use crate::documents::brain_plant::{BrainPlant, PlantedNeuron};
use crate::results::{ResultFolder, SaveError};
use cortexscope_brain::neuron::NeuronError;
use cortexscope_brain::planted::{Planted, PlantedError};
use cortexscope_brain::stimuli::{Stimuli, StimuliError};
use cortexscope_net::RequestError;
use cortexscope_net::input::{ModelSpec, Pick};
use std::path::PathBuf;
use thiserror::Error;

/// Neurons that are to be planted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlantRequest {
    /// Images: every set that [`Stimuli::open`] takes.
    pub images: String,
    /// Rows and columns of the images.
    pub size: [usize; 2],
    /// Images to record with, from the first on.
    pub count: usize,
    /// Neurons.
    pub neurons: usize,
    /// Repeats of each image.
    pub repeats: usize,
    /// Seed of neurons and spikes.
    pub seed: u64,
    /// The folder for images, responses and what the neurons are.
    pub folder: PathBuf,
}

/// Why no neurons were planted, or they were not saved.
#[derive(Debug, Error)]
pub enum PlantError {
    /// No image, no neuron or no repeat.
    #[error("--count, --neurons and --repeats are numbers from 1 up")]
    Nothing,
    /// More spike counts than are kept in memory.
    #[error("--count, --neurons and --repeats: at most {most} spike counts")]
    Many {
        /// Spike counts that are kept.
        most: usize,
    },
    /// The images cannot be used.
    #[error(transparent)]
    Stimuli(#[from] StimuliError),
    /// The neurons cannot be planted or kept.
    #[error(transparent)]
    Planted(#[from] PlantedError),
    /// The neurons do not answer.
    #[error(transparent)]
    Neuron(#[from] NeuronError),
    /// The results cannot be saved.
    #[error(transparent)]
    Save(#[from] SaveError),
}

impl RequestError for PlantError {
    fn is_request(&self) -> bool {
        match self {
            Self::Nothing | Self::Many { .. } => true,
            Self::Stimuli(error) => error.is_request(),
            Self::Planted(error) => error.is_request(),
            Self::Neuron(error) => error.is_request(),
            Self::Save(error) => error.is_request(),
        }
    }
}

/// Spikes that are kept in memory.
const MOST_COUNTS: usize = 1 << 27;

impl PlantRequest {
    fn check(&self) -> Result<(), PlantError> {
        if self.count == 0 || self.neurons == 0 || self.repeats == 0 {
            return Err(PlantError::Nothing);
        }
        let counts = self.count.checked_mul(self.neurons);
        let counts = counts.and_then(|counts| counts.checked_mul(self.repeats));
        if counts.is_none_or(|counts| counts > MOST_COUNTS) {
            return Err(PlantError::Many { most: MOST_COUNTS });
        }
        Ok(())
    }
}

/// Plants simple and complex cells, records spikes of them, and writes `images.npy`,
/// `responses.npy` and what [`Planted::open`] reads into the folder.
///
/// # Errors
/// [`PlantError`].
pub fn plant_neurons(request: &PlantRequest) -> Result<BrainPlant, PlantError> {
    request.check()?;
    let [height, width] = request.size;
    let spec = ModelSpec::assumed([1, height, width]).input;
    let stimuli = Stimuli::open(&request.images, &spec, Pick::First(request.count))?;
    let results = ResultFolder::begin(&request.folder)?;
    let mut planted = Planted::draw(&stimuli, request.neurons, request.seed)?;
    let count = stimuli.images.len();
    let shown: Vec<&[f32]> = stimuli.images.iter().map(Vec::as_slice).collect();
    // Another stream than that of the neurons.
    let spikes = planted.record(&shown, request.repeats, request.seed.wrapping_add(1))?;
    planted.save(results.staging())?;
    let pixels = stimuli.images.iter().flatten();
    let pixels = pixels.map(|level| (level * 255.0).round().clamp(0.0, 255.0) as u8);
    let pixels: Vec<u8> = pixels.collect();
    let images = results.array("images.npy", &[count, height, width], &pixels)?;
    let sizes = [request.neurons, count, request.repeats];
    let responses = results.array("responses.npy", &sizes, &spikes)?;
    results.commit()?;
    let neurons = planted.cells.iter().enumerate();
    let neurons = neurons.map(|(index, cell)| PlantedNeuron {
        index,
        kind: match cell.phase {
            Some(_) => "simple".to_owned(),
            None => "complex".to_owned(),
        },
        centre: cell.centre,
        orientation: cell.orientation.to_degrees(),
        wavelength: cell.wavelength,
        sigma: cell.sigma,
    });
    Ok(BrainPlant {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        folder: request.folder.display().to_string(),
        images: images.display().to_string(),
        responses: responses.display().to_string(),
        count,
        repeats: request.repeats,
        seed: request.seed,
        neurons: neurons.collect(),
    })
}
