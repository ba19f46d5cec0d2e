//! CMA-ES with a full covariance matrix (Hansen 2016, "The CMA Evolution Strategy: A
//! Tutorial"), rank-one and rank-μ, weights of the better half.

use super::{
    Beginning, Code, Optimiser, effective, expected_length, length, normal_code, rank_weights,
    ranked,
};
use crate::symmetric::eigen;
use cortexscope_net::random::Random;
use tract_adjoint::vector::add_f64;

/// CMA-ES.
#[derive(Clone, Debug)]
pub struct CmaEs {
    dim: usize,
    lambda: usize,
    first_deviation: f64,
    weights: Vec<f64>,
    rates: Rates,
    mean: Code,
    beginning: Beginning,
    deviation: f64,
    /// Evolution paths of the covariance and of the step.
    path: Code,
    step_path: Code,
    /// C, `[dim, dim]`; its axes and their lengths.
    covariance: Vec<f64>,
    axes: Vec<Vec<f64>>,
    lengths: Vec<f64>,
    generations: usize,
    /// Generations from one decomposition to the next.
    every: usize,
}

/// Learning rates, as the tutorial's table 1 gives them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rates {
    pub path: f64,
    pub step_path: f64,
    pub rank_one: f64,
    pub rank_mu: f64,
    pub damping: f64,
    pub effective: f64,
}

impl Rates {
    pub fn of(dim: usize, weights: &[f64]) -> Self {
        let (n, mu) = (dim as f64, effective(weights));
        let step_path = (mu + 2.0) / (n + mu + 5.0);
        let rank_one = 2.0 / ((n + 1.3).powi(2) + mu);
        let rank_mu = 2.0 * (mu - 2.0 + 1.0 / mu) / ((n + 2.0).powi(2) + mu);
        Self {
            path: (4.0 + mu / n) / (n + 4.0 + 2.0 * mu / n),
            step_path,
            rank_one,
            rank_mu: rank_mu.clamp(0.0, 1.0 - rank_one),
            damping: 1.0 + 2.0 * (((mu - 1.0) / (n + 1.0)).sqrt() - 1.0).max(0.0) + step_path,
            effective: mu,
        }
    }
}

/// The default number of codes: 4 + ⌊3 ln n⌋.
pub(super) fn default_lambda(dim: usize) -> usize {
    4 + (3.0 * (dim.max(1) as f64).ln()) as usize
}

impl CmaEs {
    /// For codes of `dim` values, from 0 where that is answered, with the first standard deviation `deviation`;
    /// `lambda` codes of a generation, or the tutorial's default.
    pub fn new(dim: usize, deviation: f64, lambda: Option<usize>) -> Self {
        let lambda = lambda.unwrap_or_else(|| default_lambda(dim)).max(4);
        let weights = rank_weights(lambda);
        let rates = Rates::of(dim, &weights);
        let n = dim as f64;
        let slow = 1.0 / (10.0 * n * (rates.rank_one + rates.rank_mu));
        let unit = |at: usize| {
            (0..dim)
                .map(|other| f64::from(u8::from(at == other)))
                .collect()
        };
        let axes: Vec<Vec<f64>> = (0..dim).map(unit).collect();
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
            covariance: axes.concat(),
            axes,
            lengths: vec![1.0; dim],
            generations: 0,
            // A decomposition takes about dim³ steps; the covariance changes slowly.
            every: (slow as usize).max(dim / 8).max(1),
        }
    }

    /// C^(-½) · vector.
    fn whiten(&self, vector: &[f64]) -> Code {
        let mut white = vec![0.0; self.dim];
        for (axis, length) in self.axes.iter().zip(&self.lengths) {
            let along: f64 = axis.iter().zip(vector).map(|(a, b)| a * b).sum();
            for (to, value) in white.iter_mut().zip(axis) {
                *to += along / length * value;
            }
        }
        white
    }

    fn decompose(&mut self) {
        let (values, axes) = eigen(&self.covariance, self.dim);
        // Rounding may leave a small negative one.
        self.lengths = values.iter().map(|value| value.max(1e-20).sqrt()).collect();
        self.axes = axes;
    }
}

impl Optimiser for CmaEs {
    fn settings(&self) -> Vec<(&'static str, f64)> {
        vec![
            ("population", self.lambda as f64),
            ("parents", self.weights.len() as f64),
            ("first_deviation", self.first_deviation),
            ("rank_one", self.rates.rank_one),
            ("rank_mu", self.rates.rank_mu),
            ("generations_between_decompositions", self.every as f64),
        ]
    }

    fn ask(&mut self, random: &mut Random) -> Vec<Code> {
        let code = |random: &mut Random| {
            let draw = normal_code(self.dim, random);
            let mut code = self.mean.clone();
            for ((axis, length), value) in self.axes.iter().zip(&self.lengths).zip(draw) {
                let step = self.deviation * length * value;
                add_f64(&mut code, step, axis);
            }
            code
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
        let steps: Vec<Code> = order
            .iter()
            .take(self.weights.len())
            .map(|&at| {
                let both = codes[at].iter().zip(&self.mean);
                both.map(|(code, mean)| (code - mean) / self.deviation)
                    .collect()
            })
            .collect();
        let mut step = vec![0.0; self.dim];
        for (weight, single) in self.weights.iter().zip(&steps) {
            for (to, value) in step.iter_mut().zip(single) {
                *to += weight * value;
            }
        }
        for (mean, step) in self.mean.iter_mut().zip(&step) {
            *mean += self.deviation * step;
        }
        self.generations += 1;
        let rates = self.rates;
        let white = self.whiten(&step);
        let gain = (rates.step_path * (2.0 - rates.step_path) * rates.effective).sqrt();
        for (path, white) in self.step_path.iter_mut().zip(&white) {
            *path = (1.0 - rates.step_path) * *path + gain * white;
        }
        let expected = expected_length(self.dim);
        let norm = length(&self.step_path);
        let settled = 1.0 - (1.0 - rates.step_path).powi(2 * self.generations as i32);
        let is_short = norm / settled.sqrt() < (1.4 + 2.0 / (self.dim as f64 + 1.0)) * expected;
        let gain = (rates.path * (2.0 - rates.path) * rates.effective).sqrt();
        for (path, step) in self.path.iter_mut().zip(&step) {
            *path *= 1.0 - rates.path;
            if is_short {
                *path += gain * step;
            }
        }
        let lost = if is_short {
            0.0
        } else {
            rates.path * (2.0 - rates.path)
        };
        let keep = 1.0 - rates.rank_one * (1.0 - lost) - rates.rank_mu;
        for row in 0..self.dim {
            let to = &mut self.covariance[row * self.dim..][..self.dim];
            let along = rates.rank_one * self.path[row];
            for (value, path) in to.iter_mut().zip(&self.path) {
                *value = keep * *value + along * path;
            }
            for (weight, single) in self.weights.iter().zip(&steps) {
                let along = rates.rank_mu * weight * single[row];
                add_f64(to, along, single);
            }
        }
        // A step no more than e times longer: flat scores must not end in infinity.
        let change = rates.step_path / rates.damping * (norm / expected - 1.0);
        self.deviation *= change.min(1.0).exp();
        self.deviation = self.deviation.clamp(1e-12, 1e6);
        if self.generations.is_multiple_of(self.every) {
            self.decompose();
        }
    }
}
