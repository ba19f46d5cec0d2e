//! The derivative of the loss with respect to the weights of all neurons.
//!
//! An image's features, a quarter of a megabyte for AlexNet's third layer, are read once:
//! prediction, error and derivative are made of them while they are in the cache.

use rayon::prelude::*;
use tract_adjoint::vector::{add, dot, transpose};

use super::{DataTerm, Lambda, Weights};
use crate::encode::Features;
use crate::linear::{Matrix, product};

/// Images and the responses to them.
pub struct Batch {
    /// Their numbers in the features.
    pub images: Vec<usize>,
    /// `[images, neurons]`.
    pub responses: Vec<f32>,
}

/// A derivative for each weight.
#[derive(Clone, Debug, PartialEq)]
pub struct Gradient(Weights);

/// Images whose derivatives are summed in one place before the sums are added: a fixed
/// number, so that the result does not depend on the number of threads.
const IMAGES_AT_A_TIME: usize = 8;

/// Room for one image's products.
struct Scratch {
    /// The image's features, `[H · W, C]`.
    by_position: Vec<f32>,
    /// Σ_p Ws[p] X[c, p], `[neurons, C]`.
    by_channel: Vec<f32>,
    /// Wd times the error, `[neurons, C]`.
    pull: Vec<f32>,
}

impl Scratch {
    fn new(neurons: usize, [channels, height, width]: [usize; 3]) -> Self {
        Self {
            by_position: vec![0.0; height * width * channels],
            by_channel: vec![0.0; neurons * channels],
            pull: vec![0.0; neurons * channels],
        }
    }

    /// The predictions for one image; leaves Σ_p Ws[p] X[c, p] in `by_channel`.
    fn predict(&mut self, features: &Features, image: usize, weights: &Weights) -> Vec<f32> {
        let [channels, height, width] = features.shape;
        let positions = height * width;
        let x = features.row(image);
        let masks = Matrix::by_rows(&weights.masks, positions);
        transpose(x, channels, &mut self.by_position);
        let turned = Matrix::by_rows(&self.by_position, channels);
        product(&mut self.by_channel, false, masks, turned);
        let rows = self.by_channel.chunks_exact(channels);
        let rows = rows.zip(weights.channels.chunks_exact(channels));
        let sums = rows.map(|(seen, weights)| dot(seen, weights));
        sums.zip(&weights.bias)
            .map(|(sum, bias)| sum + bias)
            .collect()
    }
}

/// Each neuron's prediction for each image, `[images][neurons]`.
pub fn predictions(features: &Features, weights: &Weights) -> Vec<Vec<f32>> {
    let images = features.values.len() / features.size().max(1);
    let images = (0..images).into_par_iter();
    images
        .map_init(
            || Scratch::new(weights.bias.len(), features.shape),
            |scratch, image| scratch.predict(features, image, weights),
        )
        .collect()
}

/// Each neuron's mean squared error.
pub fn errors(features: &Features, weights: &Weights, batch: &Batch) -> Vec<f64> {
    let neurons = weights.bias.len();
    let rows = batch
        .images
        .par_iter()
        .zip(batch.responses.par_chunks(neurons));
    let squares: Vec<Vec<f64>> = rows
        .map_init(
            || Scratch::new(neurons, features.shape),
            |scratch, (&image, wanted)| {
                let predicted = scratch.predict(features, image, weights);
                let errors = predicted.iter().zip(wanted);
                errors
                    .map(|(predicted, wanted)| f64::from(predicted - wanted).powi(2))
                    .collect()
            },
        )
        .collect();
    let mut means = vec![0.0; neurons];
    for row in &squares {
        means
            .iter_mut()
            .zip(row)
            .for_each(|(mean, square)| *mean += square);
    }
    means
        .iter_mut()
        .for_each(|mean| *mean /= batch.images.len().max(1) as f64);
    means
}

impl Gradient {
    /// The derivative of the data term of `batch`.
    pub fn of(features: &Features, weights: &Weights, batch: &Batch, data_term: DataTerm) -> Self {
        let neurons = weights.bias.len();
        let [channels, height, width] = features.shape;
        let positions = height * width;
        let zeros = || Weights {
            masks: vec![0.0; weights.masks.len()],
            channels: vec![0.0; weights.channels.len()],
            bias: vec![0.0; neurons],
        };
        let parts = batch.images.par_chunks(IMAGES_AT_A_TIME);
        let responses = batch.responses.par_chunks(IMAGES_AT_A_TIME * neurons);
        let parts: Vec<(Weights, Vec<f32>)> = parts
            .zip(responses)
            .map_init(
                || Scratch::new(neurons, features.shape),
                |scratch, (images, responses)| {
                    let mut sum = zeros();
                    let mut squares = vec![0.0; neurons];
                    for (&image, wanted) in images.iter().zip(responses.chunks_exact(neurons)) {
                        let predicted = scratch.predict(features, image, weights);
                        scratch.pull.fill(0.0);
                        for neuron in 0..neurons {
                            let error = predicted[neuron] - wanted[neuron];
                            squares[neuron] += error * error;
                            sum.bias[neuron] += error;
                            let own = neuron * channels..(neuron + 1) * channels;
                            let seen = &scratch.by_channel[own.clone()];
                            add(&mut sum.channels[own.clone()], error, seen);
                            let depth = &weights.channels[own.clone()];
                            add(&mut scratch.pull[own], error, depth);
                        }
                        let x = Matrix::by_rows(features.row(image), positions);
                        let pull = Matrix::by_rows(&scratch.pull, channels);
                        product(&mut sum.masks, true, pull, x);
                    }
                    (sum, squares)
                },
            )
            .collect();
        let mut whole = zeros();
        let mut squares = vec![0.0; neurons];
        for (sum, part) in &parts {
            for (whole, part) in whole.parts_mut().into_iter().zip(sum.parts()) {
                add(whole, 1.0, part);
            }
            add(&mut squares, 1.0, part);
        }
        let factors = squares.iter().map(|square: &f32| match data_term {
            DataTerm::MeanSquares => 2.0 / batch.images.len() as f32,
            // Where nothing is wrong, nothing is to be changed.
            DataTerm::Norm if *square == 0.0 => 0.0,
            DataTerm::Norm => 1.0 / square.sqrt(),
        });
        let factors: Vec<f32> = factors.collect();
        for part in whole.parts_mut() {
            let size = part.len() / neurons;
            let rows = part.chunks_exact_mut(size).zip(&factors);
            rows.for_each(|(row, factor)| row.iter_mut().for_each(|value| *value *= factor));
        }
        Self(whole)
    }

    /// The same with the derivatives of the penalties.
    pub fn with_penalties(
        mut self,
        weights: &Weights,
        [_, height, width]: [usize; 3],
        lambda: Lambda,
    ) -> Self {
        let (space, depth) = (lambda.space as f32, lambda.depth as f32);
        add(&mut self.0.masks, 2.0 * space, &weights.masks);
        add(&mut self.0.channels, 2.0 * depth, &weights.channels);
        let size = height * width;
        let rows = self.0.masks.chunks_exact_mut(size);
        for (slopes, mask) in rows.zip(weights.masks.chunks_exact(size)) {
            let edges = laplacian(mask, [height, width]);
            let norm = dot(&edges, &edges).sqrt();
            // The norm has no derivative at 0, where it is least.
            if norm > 0.0 {
                let back = laplacian(&edges, [height, width]);
                add(slopes, lambda.laplace as f32 / norm, &back);
            }
        }
        self
    }

    /// Its three lists of numbers.
    pub fn parts(&self) -> [&[f32]; 3] {
        self.0.parts()
    }
}

/// `map` ∗ [0 −1 0; −1 4 −1; 0 −1 0], zero beyond the edge.
fn laplacian(map: &[f32], [height, width]: [usize; 2]) -> Vec<f32> {
    let mut edges = vec![0.0; map.len()];
    for y in 0..height {
        for x in 0..width {
            let at = y * width + x;
            let mut sum = 4.0 * map[at];
            if y > 0 {
                sum -= map[at - width];
            }
            if y + 1 < height {
                sum -= map[at + width];
            }
            if x > 0 {
                sum -= map[at - 1];
            }
            if x + 1 < width {
                sum -= map[at + 1];
            }
            edges[at] = sum;
        }
    }
    edges
}
