//! Neurons that are known: filters of oriented waves, as simple and complex cells of V1 are
//! modelled. A fit of them can be compared with the truth, and a made image with the neuron
//! itself, which no recording allows.
//!
//! A simple cell answers max(0, e), a complex cell √(e² + o²) (Adelson and Bergen 1985), where e
//! and o are the products of an image with a Gabor function and with the same a quarter of a
//! wave on. Both functions have mean 0 and length 1.

use std::f64::consts::{FRAC_PI_2, PI, TAU};
use std::path::{Path, PathBuf};

use cortexscope_net::RequestError;
use cortexscope_net::random::Random;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::neuron::{Neuron, NeuronError};
use crate::noise::Noise;
use crate::stimuli::Stimuli;

/// One known neuron.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// Row and column of its middle, in pixels.
    pub centre: [f64; 2],
    /// Direction along which the wave goes, in radians from the rows' direction.
    pub orientation: f64,
    /// Length of the wave in pixels.
    pub wavelength: f64,
    /// Standard deviation of its envelope in pixels.
    pub sigma: f64,
    /// Phase of a simple cell in radians; a complex cell has none.
    pub phase: Option<f64>,
    /// Spikes without a stimulus.
    pub baseline: f64,
    /// Spikes for a product of 1.
    pub gain: f64,
}

/// A population of known neurons.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Planted {
    /// Rows and columns of the grey images that they see.
    pub size: [usize; 2],
    /// The neurons.
    pub cells: Vec<Cell>,
    #[serde(skip)]
    filters: Vec<[Vec<f32>; 2]>,
}

/// Why planted neurons cannot be used.
#[derive(Debug, Error)]
pub enum PlantedError {
    /// A file cannot be read or written.
    #[error("cannot use {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file does not describe planted neurons.
    #[error("{} does not describe planted neurons: {why}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
}

impl RequestError for PlantedError {
    fn is_request(&self) -> bool {
        false
    }
}

/// The file of a folder that describes planted neurons.
pub const FILE: &str = "planted.json";
/// Spikes without a stimulus.
const BASELINE: f64 = 1.0;
/// Spikes for the natural image that a neuron prefers.
const MOST_SPIKES: f64 = 30.0;
/// Bytes of a description.
const MOST_BYTES: u64 = 1 << 26;
/// Neurons that a file may describe, and pixels of their images.
const MOST_CELLS: usize = 10_000;
const MOST_PIXELS: usize = 1 << 20;

impl Planted {
    /// Draws `count` neurons for images of `stimuli`, every second of them a complex cell. Their
    /// gains are such that each answers 30 spikes at most to these images.
    ///
    /// # Errors
    /// The images are not grey.
    pub fn draw(stimuli: &Stimuli, count: usize, seed: u64) -> Result<Self, NeuronError> {
        let [_, height, width] = stimuli.shape;
        let mut random = Random::new(seed);
        let side = height.min(width) as f64;
        // Waves of a quarter of the image in its middle half: there the shipped digits are.
        let mut between = |low: f64, high: f64| low + (high - low) * random.uniform();
        let cells = (0..count).map(|number| Cell {
            centre: [height, width].map(|side| between(0.3, 0.7) * (side as f64 - 1.0)),
            orientation: between(0.0, PI),
            wavelength: between(0.2, 0.35) * side,
            sigma: between(0.08, 0.13) * side,
            phase: number.is_multiple_of(2).then(|| between(0.0, TAU)),
            baseline: 0.0,
            gain: 1.0,
        });
        let cells = cells.collect();
        let mut planted = Self::of([height, width], cells);
        let images: Vec<&[f32]> = stimuli.images.iter().map(Vec::as_slice).collect();
        let rates = planted.rates(&images)?;
        for (neuron, cell) in planted.cells.iter_mut().enumerate() {
            let own = rates.iter().skip(neuron).step_by(count.max(1));
            let most = own.copied().fold(0.0, f64::max);
            // A neuron that none of the images drives keeps its gain of 1.
            if most <= 0.0 {
                cell.baseline = BASELINE;
                continue;
            }
            cell.gain = (MOST_SPIKES - BASELINE) / most;
            cell.baseline = BASELINE;
        }
        Ok(planted)
    }

    /// These neurons, for grey images of `size`.
    pub fn of(size: [usize; 2], cells: Vec<Cell>) -> Self {
        let filters = cells.iter().map(|cell| {
            let phase = cell.phase.unwrap_or(0.0);
            [phase, phase + FRAC_PI_2].map(|phase| filter(cell, phase, size))
        });
        Self {
            size,
            filters: filters.collect(),
            cells,
        }
    }

    /// The neurons that a file of `folder` describes.
    ///
    /// # Errors
    /// [`PlantedError`].
    pub fn open(folder: &Path) -> Result<Self, PlantedError> {
        let path = folder.join(FILE);
        let text = match cortexscope_net::file::read(&path, MOST_BYTES) {
            Ok(text) => text,
            Err(source) => return Err(PlantedError::File { path, source }),
        };
        let damaged = |why: String| PlantedError::Damaged {
            path: path.clone(),
            why,
        };
        let read: Self =
            serde_json::from_slice(&text).map_err(|error| damaged(error.to_string()))?;
        let pixels = read.size[0].checked_mul(read.size[1]);
        if pixels.is_none_or(|pixels| pixels == 0 || pixels > MOST_PIXELS) {
            return Err(damaged(format!("images of {:?} pixels", read.size)));
        }
        if read.cells.is_empty() || read.cells.len() > MOST_CELLS {
            return Err(damaged(format!("{} neurons", read.cells.len())));
        }
        let is_sound = |cell: &Cell| {
            let numbers = [
                cell.centre[0],
                cell.centre[1],
                cell.orientation,
                cell.phase.unwrap_or(0.0),
                cell.baseline,
                cell.gain,
            ];
            let lengths = [cell.wavelength, cell.sigma];
            numbers.iter().all(|number| number.is_finite())
                && lengths
                    .iter()
                    .all(|length| length.is_finite() && *length > 0.0)
        };
        if !read.cells.iter().all(is_sound) {
            return Err(damaged("a number out of its range".to_owned()));
        }
        Ok(Self::of(read.size, read.cells))
    }

    /// Writes what they are into `folder`, which exists.
    ///
    /// # Errors
    /// [`PlantedError::File`].
    pub fn save(&self, folder: &Path) -> Result<(), PlantedError> {
        let path = folder.join(FILE);
        let text = serde_json::to_vec_pretty(self).map_err(std::io::Error::from);
        let written = text.and_then(|text| std::fs::write(&path, text));
        written.map_err(|source| PlantedError::File { path, source })
    }

    /// Counts of spikes `[neurons, images, repeats]`: each is drawn from the Poisson
    /// distribution around the neuron's rate.
    ///
    /// # Errors
    /// An image has another size.
    pub fn record(
        &mut self,
        images: &[&[f32]],
        repeats: usize,
        seed: u64,
    ) -> Result<Vec<f64>, NeuronError> {
        let rates = self.rates(images)?;
        let mut random = Random::new(seed);
        let noise = Noise::Poisson { scale: 1.0 };
        let mut counts = Vec::with_capacity(rates.len() * repeats);
        for neuron in 0..self.cells.len() {
            for of_image in rates.chunks_exact(self.cells.len()) {
                counts.extend((0..repeats).map(|_| noise.measure(of_image[neuron], &mut random)));
            }
        }
        Ok(counts)
    }
}

impl Neuron for Planted {
    fn shape(&self) -> [usize; 3] {
        [1, self.size[0], self.size[1]]
    }

    fn description(&self) -> String {
        format!("{} planted neurons", self.cells.len())
    }

    fn neurons(&self) -> usize {
        self.cells.len()
    }

    fn rates(&mut self, images: &[&[f32]]) -> Result<Vec<f64>, NeuronError> {
        let need = self.size[0] * self.size[1];
        if let Some(odd) = images.iter().find(|image| image.len() != need) {
            let have = odd.len();
            return Err(NeuronError::Size { have, need });
        }
        let product = |filter: &[f32], image: &[f32]| -> f64 {
            let both = filter.iter().zip(image);
            both.map(|(w, x)| f64::from(*w) * f64::from(*x)).sum()
        };
        let all = images.iter().flat_map(|image| {
            let both = self.cells.iter().zip(&self.filters);
            both.map(|(cell, [even, odd])| {
                let even = product(even, image);
                let drive = match cell.phase {
                    Some(_) => even.max(0.0),
                    None => even.hypot(product(odd, image)),
                };
                cell.baseline + cell.gain * drive
            })
        });
        Ok(all.collect())
    }
}

/// A Gabor function of `cell` with mean 0 and length 1, over `[H, W]`.
fn filter(cell: &Cell, phase: f64, [height, width]: [usize; 2]) -> Vec<f32> {
    let [down, across] = [cell.orientation.cos(), cell.orientation.sin()];
    let places = (0..height).flat_map(|y| (0..width).map(move |x| [y, x]));
    let parts = places.map(|[y, x]| {
        let [y, x] = [y as f64 - cell.centre[0], x as f64 - cell.centre[1]];
        let envelope = (-(y * y + x * x) / (2.0 * cell.sigma * cell.sigma)).exp();
        let wave = (TAU * (y * down + x * across) / cell.wavelength + phase).cos();
        [envelope, wave]
    });
    let parts: Vec<[f64; 2]> = parts.collect();
    // The mean is taken out under the envelope, so that nothing is added far away.
    let weight: f64 = parts.iter().map(|[envelope, _]| envelope).sum();
    let mean: f64 = parts
        .iter()
        .map(|[envelope, wave]| envelope * wave)
        .sum::<f64>()
        / weight;
    let values = parts
        .iter()
        .map(|[envelope, wave]| envelope * (wave - mean));
    let values: Vec<f64> = values.collect();
    let length = values.iter().map(|value| value * value).sum::<f64>().sqrt();
    let length = length.max(f64::MIN_POSITIVE);
    values.iter().map(|value| (value / length) as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(phase: Option<f64>) -> Cell {
        Cell {
            centre: [8.0, 10.0],
            orientation: 0.0,
            wavelength: 6.0,
            sigma: 2.5,
            phase,
            baseline: 1.0,
            gain: 2.0,
        }
    }

    /// A wave along the rows with `phase` at row 8, of amplitude ½ around grey.
    fn grating(phase: f64, angle: f64) -> Vec<f32> {
        let places = (0..17).flat_map(|y| (0..21).map(move |x| [f64::from(y), f64::from(x)]));
        let levels = places.map(|[y, x]| {
            let along = (y - 8.0) * angle.cos() + (x - 10.0) * angle.sin();
            0.5 + 0.5 * (TAU * along / 6.0 + phase).cos()
        });
        levels.map(|level| level as f32).collect()
    }

    /// An image to which every cell answers something.
    fn noise(seed: u64) -> Vec<f32> {
        let mut random = Random::new(seed);
        (0..357).map(|_| random.uniform() as f32).collect()
    }

    /// A complex cell answers every phase alike, a simple cell its own alone, and neither an
    /// even image or a wave across its own.
    #[test]
    fn phases_matter_to_simple_cells_alone() {
        let mut planted = Planted::of([17, 21], vec![cell(Some(0.0)), cell(None)]);
        let images = [
            grating(0.0, 0.0),
            grating(PI, 0.0),
            grating(1.1, 0.0),
            grating(0.0, FRAC_PI_2),
            vec![0.7; 357],
        ];
        let shown: Vec<&[f32]> = images.iter().map(Vec::as_slice).collect();
        let rates = planted.rates(&shown).unwrap();
        let [simple, complex]: [Vec<f64>; 2] =
            [0, 1].map(|n| rates.iter().skip(n).step_by(2).copied().collect());
        // A wave of amplitude ½ times the envelope times the same wave is ½ Σ e cos²; over the
        // length √(Σ e² cos²) that is ½ (πσ²) / √(πσ²/2) = σ √(π/2) = 3.133 for a small envelope.
        assert!((simple[0] - 1.0 - 2.0 * 3.133).abs() < 0.1, "{simple:?}");
        assert!((simple[1] - 1.0).abs() < 1e-3 && simple[2] < 0.6 * simple[0]);
        assert!((complex[0] - complex[1]).abs() < 1e-3, "{complex:?}");
        assert!((complex[2] - complex[0]).abs() < 0.05 * complex[0]);
        assert!(simple[3] < 1.2 && complex[3] < 1.2 && complex[4] < 1.001);
    }

    #[test]
    fn a_recording_has_the_rates_as_its_means_and_their_variance() {
        let mut planted = Planted::of([17, 21], vec![cell(Some(0.0)), cell(None)]);
        let images = [grating(0.0, 0.0), vec![0.2; 357]];
        let shown: Vec<&[f32]> = images.iter().map(Vec::as_slice).collect();
        let rates = planted.rates(&shown).unwrap();
        let counts = planted.record(&shown, 4000, 3).unwrap();
        for (neuron, image) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            let own = &counts[(neuron * 2 + image) * 4000..][..4000];
            let mean = own.iter().sum::<f64>() / 4000.0;
            let variance = own.iter().map(|n| (n - mean).powi(2)).sum::<f64>() / 3999.0;
            let rate = rates[image * 2 + neuron];
            assert!((mean / rate - 1.0).abs() < 0.1, "{mean} {rate}");
            assert!((variance / rate - 1.0).abs() < 0.15, "{variance} {rate}");
        }
    }

    #[test]
    fn what_was_saved_is_read_and_what_is_damaged_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let stimuli = Stimuli {
            shape: [1, 17, 21],
            images: vec![noise(1), noise(2)],
            ..Stimuli::default()
        };
        let mut planted = Planted::draw(&stimuli, 5, 1).unwrap();
        let rates = planted
            .rates(&[&stimuli.images[0], &stimuli.images[1]])
            .unwrap();
        let most = rates.iter().copied().fold(0.0, f64::max);
        assert!((most - MOST_SPIKES).abs() < 1e-9, "{rates:?}");
        planted.save(folder.path()).unwrap();
        let mut read = Planted::open(folder.path()).unwrap();
        let again = read
            .rates(&[&stimuli.images[0], &stimuli.images[1]])
            .unwrap();
        // Numbers of a text may differ in their last digit.
        let both = rates.iter().zip(&again);
        assert!(both.clone().count() == 10 && both.into_iter().all(|(a, b)| (a - b).abs() < 1e-5));
        let path = folder.path().join(FILE);
        for text in [
            "{}",
            "{\"size\":[0,3],\"cells\":[]}",
            "{\"size\":[99999999,99999999],\"cells\":[]}",
            "{\"size\":[3,3],\"cells\":[]}",
        ] {
            std::fs::write(&path, text).unwrap();
            assert!(Planted::open(folder.path()).is_err(), "{text}");
        }
    }
}
