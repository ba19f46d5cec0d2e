//! Adam (Kingma and Ba 2015, algorithm 1), for weights whose rows may leave.

use super::gradient::Gradient;
use super::{Weights, pick};

/// Decay of the first moments.
const FIRST: f64 = 0.9;
/// Decay of the second moments.
const SECOND: f64 = 0.999;
/// Keeps a step finite where no gradient was seen.
const LEAST: f32 = 1e-8;

/// The moments of each weight.
#[derive(Clone, Debug, PartialEq)]
pub struct Adam {
    /// Steps that were made.
    pub steps: i32,
    /// Of masks, channels and constants the first and the second moments.
    pub moments: [[Vec<f32>; 2]; 3],
}

impl Adam {
    /// For weights like `weights`, before the first step.
    pub fn new(weights: &Weights) -> Self {
        let zeros = |part: &[f32]| [vec![0.0; part.len()], vec![0.0; part.len()]];
        Self {
            steps: 0,
            moments: weights.parts().map(zeros),
        }
    }

    /// Keeps some of the `count` rows.
    pub fn keep(&mut self, rows: &[usize], count: usize) {
        for moment in self.moments.iter_mut().flatten() {
            *moment = pick(moment, rows, count);
        }
    }

    /// One step of size `rate` against `gradient`.
    pub fn step(&mut self, rate: f64, weights: &mut Weights, gradient: &Gradient) {
        self.steps = self.steps.saturating_add(1);
        let first = 1.0 - FIRST.powi(self.steps);
        let second = 1.0 - SECOND.powi(self.steps);
        let rate = (rate / first) as f32;
        let scale = (1.0 / second.sqrt()) as f32;
        let [keep_first, keep_second] = [FIRST as f32, SECOND as f32];
        let parts = weights.parts_mut().into_iter().zip(gradient.parts());
        for ((part, slopes), [means, squares]) in parts.zip(&mut self.moments) {
            let moments = means.iter_mut().zip(squares);
            for ((value, slope), (mean, square)) in part.iter_mut().zip(slopes).zip(moments) {
                *mean = keep_first * *mean + (1.0 - keep_first) * slope;
                *square = keep_second * *square + (1.0 - keep_second) * slope * slope;
                *value -= rate * *mean / (square.sqrt() * scale + LEAST);
            }
        }
    }
}
