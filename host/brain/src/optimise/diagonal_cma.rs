//! CMA-ES with a diagonal covariance (Ros and Hansen 2008): for spaces in which a full
//! matrix is too large to learn.

use super::cma_es::{Rates, default_lambda};
use super::{
    Beginning, Code, Optimiser, expected_length, length, normal_code, rank_weights, ranked,
};
use cortexscope_net::random::Random;

/// Separable CMA-ES.
#[derive(Clone, Debug)]
pub struct DiagonalCma {
    dim: usize,
    lambda: usize,
    first_deviation: f64,
    weights: Vec<f64>,
    rates: Rates,
    mean: Code,
    beginning: Beginning,
    deviation: f64,
    path: Code,
    step_path: Code,
    variances: Vec<f64>,
    generations: usize,
}

impl DiagonalCma {
    /// As [`CmaEs::new`](super::CmaEs::new).
    pub fn new(dim: usize, deviation: f64, lambda: Option<usize>) -> Self {
        let lambda = lambda.unwrap_or_else(|| default_lambda(dim)).max(4);
        let weights = rank_weights(lambda);
        let mut rates = Rates::of(dim, &weights);
        // A diagonal has fewer numbers, so it learns faster (section 2).
        let faster = (dim as f64 + 2.0) / 3.0;
        rates.rank_one = (rates.rank_one * faster).min(1.0);
        rates.rank_mu = (rates.rank_mu * faster).min(1.0 - rates.rank_one);
        Self {
            dim,
            lambda,
            first_deviation: deviation,
            weights,
            rates,
            mean: vec![0.0; dim],
            beginning: Beginning::default(),
            deviation,
            path: vec![0.0; dim],
            step_path: vec![0.0; dim],
            variances: vec![1.0; dim],
            generations: 0,
        }
    }
}

impl Optimiser for DiagonalCma {
    fn settings(&self) -> Vec<(&'static str, f64)> {
        vec![
            ("population", self.lambda as f64),
            ("parents", self.weights.len() as f64),
            ("first_deviation", self.first_deviation),
            ("rank_one", self.rates.rank_one),
            ("rank_mu", self.rates.rank_mu),
        ]
    }

    fn ask(&mut self, random: &mut Random) -> Vec<Code> {
        let code = |random: &mut Random| -> Code {
            let draw = normal_code(self.dim, random);
            let scaled = draw
                .iter()
                .zip(&self.variances)
                .map(|(draw, var)| draw * var.sqrt());
            let both = self.mean.iter().zip(scaled);
            both.map(|(mean, step)| mean + self.deviation * step)
                .collect()
        };
        (0..self.lambda).map(|_| code(random)).collect()
    }

    fn tell(&mut self, codes: &[Code], scores: &[f64], random: &mut Random) {
        let parents = self.weights.len();
        if let Some(start) = self.beginning.elsewhere(codes, scores, parents, random) {
            self.mean = start;
            return;
        }
        let order = ranked(scores, random);
        let rates = self.rates;
        self.generations += 1;
        let (mut step, mut squares) = (vec![0.0; self.dim], vec![0.0; self.dim]);
        for (weight, &at) in self.weights.iter().zip(&order) {
            for i in 0..self.dim {
                let single = (codes[at][i] - self.mean[i]) / self.deviation;
                step[i] += weight * single;
                squares[i] += weight * single * single;
            }
        }
        let gain = (rates.step_path * (2.0 - rates.step_path) * rates.effective).sqrt();
        for (i, step) in step.iter().enumerate() {
            self.mean[i] += self.deviation * step;
            let white = step / self.variances[i].sqrt();
            self.step_path[i] = (1.0 - rates.step_path) * self.step_path[i] + gain * white;
        }
        let expected = expected_length(self.dim);
        let norm = length(&self.step_path);
        let settled = 1.0 - (1.0 - rates.step_path).powi(2 * self.generations as i32);
        let is_short = norm / settled.sqrt() < (1.4 + 2.0 / (self.dim as f64 + 1.0)) * expected;
        let gain = (rates.path * (2.0 - rates.path) * rates.effective).sqrt();
        let lost = if is_short {
            0.0
        } else {
            rates.path * (2.0 - rates.path)
        };
        let keep = 1.0 - rates.rank_one * (1.0 - lost) - rates.rank_mu;
        for i in 0..self.dim {
            self.path[i] *= 1.0 - rates.path;
            if is_short {
                self.path[i] += gain * step[i];
            }
            let variance = keep * self.variances[i]
                + rates.rank_one * self.path[i] * self.path[i]
                + rates.rank_mu * squares[i];
            self.variances[i] = variance.max(1e-20);
        }
        let change = rates.step_path / rates.damping * (norm / expected - 1.0);
        self.deviation *= change.min(1.0).exp();
        self.deviation = self.deviation.clamp(1e-12, 1e6);
    }
}
