//! Shipped digits and planted neurons as tensors.

use std::ops::Range;

use burn::tensor::{Device, Tensor, TensorData};
use cortexscope_brain::autoencode::{NEURONS, PlantedSession};

use super::table::{BLOCK, SIDE};

/// Images and what some neurons answered, on a device.
#[derive(Clone)]
pub struct Batch {
    /// `[N, 1, 28, 28]`, from black 0 to white 1.
    pub images: Tensor<4>,
    /// The same as [`blocks`].
    pub blocks: Tensor<4>,
    /// Spikes, `[N, neurons]`.
    pub counts: Tensor<2>,
}

/// The session as a run reads it.
pub struct Data<'a> {
    session: &'a PlantedSession,
    neurons: Range<usize>,
}

impl<'a> Data<'a> {
    /// `neurons` of a session.
    pub fn new(session: &'a PlantedSession, neurons: Range<usize>) -> Self {
        Self { session, neurons }
    }

    /// Mean spikes of each neuron over `images`.
    pub fn means(&self, images: Range<usize>) -> Vec<f32> {
        let count = images.len() as f32;
        let mean = |neuron: usize| {
            let counts = images.clone().map(|image| self.count(image, neuron));
            counts.sum::<f32>() / count
        };
        self.neurons.clone().map(mean).collect()
    }

    /// These images.
    pub fn batch(&self, images: &[usize], device: &Device) -> Batch {
        let pixels = || images.iter().map(|&image| &self.session.images[image]);
        let plain: Vec<f32> = pixels().flatten().copied().collect();
        let blocks_of: Vec<f32> = pixels().flat_map(|image| blocks(image)).collect();
        let counts = images.iter().flat_map(|&image| {
            let neurons = self.neurons.clone();
            neurons.map(move |neuron| self.count(image, neuron))
        });
        let count = images.len();
        let side = SIDE / BLOCK;
        let on = |values: Vec<f32>, shape: [usize; 4]| {
            Tensor::from_data(TensorData::new(values, shape), device)
        };
        let counts = TensorData::new(counts.collect::<Vec<f32>>(), [count, self.neurons.len()]);
        Batch {
            images: on(plain, [count, 1, SIDE, SIDE]),
            blocks: on(blocks_of, [count, BLOCK * BLOCK, side, side]),
            counts: Tensor::from_data(counts, device),
        }
    }

    fn count(&self, image: usize, neuron: usize) -> f32 {
        self.session.counts[image * NEURONS + neuron]
    }
}

/// An image `[28, 28]` as `[16, 7, 7]`: the channels at a place are its 4 × 4 pixels.
pub fn blocks(image: &[f32]) -> Vec<f32> {
    let side = SIDE / BLOCK;
    let mut blocks = Vec::with_capacity(image.len());
    for channel in 0..BLOCK * BLOCK {
        let [down, across] = [channel / BLOCK, channel % BLOCK];
        for place in 0..side * side {
            let [y, x] = [place / side, place % side];
            blocks.push(image[(y * BLOCK + down) * SIDE + x * BLOCK + across]);
        }
    }
    blocks
}
