//! The loss of one neuron, written plainly in f64: the definition that the fast gradient
//! is compared with.

use super::{DataTerm, Lambda};

/// One neuron's weights.
#[derive(Clone, Debug)]
pub struct Neuron {
    pub mask: Vec<f64>,
    pub channels: Vec<f64>,
    pub bias: f64,
    /// Rows and columns of the mask.
    pub size: [usize; 2],
}

impl Neuron {
    pub fn predict(&self, image: &[f64]) -> f64 {
        let positions = self.mask.len();
        let mut sum = self.bias;
        for (channel, weight) in self.channels.iter().enumerate() {
            for (position, mask) in self.mask.iter().enumerate() {
                sum += mask * weight * image[channel * positions + position];
            }
        }
        sum
    }

    pub fn loss(
        &self,
        images: &[Vec<f64>],
        responses: &[f64],
        data_term: DataTerm,
        lambda: Lambda,
    ) -> f64 {
        let errors = images.iter().zip(responses);
        let squares: f64 = errors
            .map(|(image, wanted)| (self.predict(image) - wanted).powi(2))
            .sum();
        let data = match data_term {
            DataTerm::MeanSquares => squares / images.len() as f64,
            DataTerm::Norm => squares.sqrt(),
        };
        let sum = |values: &[f64]| values.iter().map(|value| value * value).sum::<f64>();
        let [height, width] = self.size.map(|side| side as isize);
        let at = |y: isize, x: isize| {
            let inside = (0..height).contains(&y) && (0..width).contains(&x);
            if inside {
                self.mask[(y * width + x) as usize]
            } else {
                0.0
            }
        };
        let mut edges = 0.0;
        for y in 0..height {
            for x in 0..width {
                let around = at(y - 1, x) + at(y + 1, x) + at(y, x - 1) + at(y, x + 1);
                edges += (4.0 * at(y, x) - around).powi(2);
            }
        }
        data + lambda.space * sum(&self.mask)
            + lambda.depth * sum(&self.channels)
            + lambda.laplace * edges.sqrt()
    }

    /// Weight `index`: masks first, then channels, then the constant.
    pub fn weight(&mut self, index: usize) -> &mut f64 {
        let masks = self.mask.len();
        if index < masks {
            &mut self.mask[index]
        } else if index < masks + self.channels.len() {
            &mut self.channels[index - masks]
        } else {
            &mut self.bias
        }
    }

    /// The derivative by central differences, extrapolated once (Richardson).
    pub fn slope(&self, index: usize, loss: &dyn Fn(&Self) -> f64) -> f64 {
        let central = |step: f64| {
            let moved = |by: f64| {
                let mut moved = self.clone();
                *moved.weight(index) += by;
                loss(&moved)
            };
            (moved(step) - moved(-step)) / (2.0 * step)
        };
        (4.0 * central(5e-4) - central(1e-3)) / 3.0
    }
}
