//! The CMA-ES of Wang and Ponce (2022) for codes of thousands of values: the covariance is
//! kept as a factor A, has a rank-one update alone, and is updated every tenth generation.
//! Its first generation is one image, the start.

use super::{
    Code, Optimiser, effective, expected_length, length, normal_code, rank_weights, ranked,
};
use cortexscope_net::random::Random;

/// Cholesky CMA-ES.
#[derive(Clone, Debug)]
pub struct CholeskyCma {
    dim: usize,
    weights: Vec<f64>,
    mean: Code,
    deviation: f64,
    path: Code,
    step_path: Code,
    /// Rows of A and of its inverse; a step is draw · A.
    factor: Vec<Code>,
    inverse: Vec<Code>,
    draws: Vec<Code>,
    generations: usize,
    queries: usize,
    updated_at: usize,
}

/// Codes of a generation after the first.
const LAMBDA: usize = 40;
/// The first standard deviation.
const DEVIATION: f64 = 3.0;
/// Generations from one update of A to the next.
const EVERY: usize = 10;

impl CholeskyCma {
    /// For codes of `dim` values, from 0.
    pub fn new(dim: usize) -> Self {
        let unit = |at: usize| {
            (0..dim)
                .map(|other| f64::from(u8::from(at == other)))
                .collect()
        };
        let unit: Vec<Code> = (0..dim).map(unit).collect();
        Self {
            dim,
            weights: rank_weights(LAMBDA),
            mean: vec![0.0; dim],
            deviation: DEVIATION,
            path: vec![0.0; dim],
            step_path: vec![0.0; dim],
            factor: unit.clone(),
            inverse: unit,
            draws: Vec::new(),
            generations: 0,
            queries: 0,
            updated_at: 0,
        }
    }

    fn rank_one(&self) -> f64 {
        2.0 / (self.dim as f64 + 2.0_f64.sqrt()).powi(2)
    }

    /// A and its inverse after a step along the path (Igel, Suttorp and Hansen 2006).
    fn update(&mut self) {
        let rate = self.rank_one();
        let white = times(&self.path, &self.inverse);
        let square: f64 = white.iter().map(|value| value * value).sum();
        if square <= 0.0 {
            return;
        }
        let keep = (1.0 - rate).sqrt();
        let root = (1.0 + square * rate / (1.0 - rate)).sqrt();
        for (row, &along) in self.factor.iter_mut().zip(&white) {
            let along = keep / square * (root - 1.0) * along;
            for (value, path) in row.iter_mut().zip(&self.path) {
                *value = keep * *value + along * path;
            }
        }
        let back = (1.0 - 1.0 / root) / (keep * square);
        for row in &mut self.inverse {
            let along: f64 = row.iter().zip(&white).map(|(a, b)| a * b).sum();
            for (value, white) in row.iter_mut().zip(&white) {
                *value = *value / keep - back * along * white;
            }
        }
    }
}

/// Row vector times matrix.
fn times(vector: &[f64], rows: &[Code]) -> Code {
    let mut product = vec![0.0; vector.len()];
    for (weight, row) in vector.iter().zip(rows) {
        for (to, value) in product.iter_mut().zip(row) {
            *to += weight * value;
        }
    }
    product
}

impl Optimiser for CholeskyCma {
    fn settings(&self) -> Vec<(&'static str, f64)> {
        vec![
            ("population", LAMBDA as f64),
            ("first_population", 1.0),
            ("parents", self.weights.len() as f64),
            ("first_deviation", DEVIATION),
            ("rank_one", self.rank_one()),
            ("generations_between_updates", EVERY as f64),
        ]
    }

    fn ask(&mut self, random: &mut Random) -> Vec<Code> {
        if self.generations == 0 {
            self.draws.clear();
            return vec![self.mean.clone()];
        }
        self.draws = (0..LAMBDA).map(|_| normal_code(self.dim, random)).collect();
        let code = |draw: &Code| {
            let step = times(draw, &self.factor);
            let both = self.mean.iter().zip(&step);
            both.map(|(mean, step)| mean + self.deviation * step)
                .collect()
        };
        self.draws.iter().map(code).collect()
    }

    fn tell(&mut self, codes: &[Code], scores: &[f64], random: &mut Random) {
        self.generations += 1;
        if self.draws.is_empty() {
            return;
        }
        self.queries += codes.len();
        let order = ranked(scores, random);
        let (mut mean, mut draw) = (vec![0.0; self.dim], vec![0.0; self.dim]);
        for (weight, &at) in self.weights.iter().zip(&order) {
            for i in 0..self.dim {
                mean[i] += weight * codes[at][i];
                draw[i] += weight * self.draws[at][i];
            }
        }
        self.mean = mean;
        let (n, mu) = (self.dim as f64, effective(&self.weights));
        let path_rate = 4.0 / (n + 4.0);
        let step_rate = mu.sqrt() / (mu.sqrt() + n.sqrt());
        let damping = 1.0 + step_rate + 2.0 * (((mu - 1.0) / (n + 1.0)).sqrt() - 1.0).max(0.0);
        let step = times(&draw, &self.factor);
        for i in 0..self.dim {
            self.step_path[i] = (1.0 - step_rate) * self.step_path[i]
                + (step_rate * (2.0 - step_rate) * mu).sqrt() * draw[i];
            self.path[i] = (1.0 - path_rate) * self.path[i]
                + (path_rate * (2.0 - path_rate) * mu).sqrt() * step[i];
        }
        let change =
            step_rate / damping * (length(&self.step_path) / expected_length(self.dim) - 1.0);
        self.deviation = (self.deviation * change.min(1.0).exp()).clamp(1e-12, 1e6);
        if self.queries - self.updated_at > EVERY * LAMBDA {
            self.updated_at = self.queries;
            self.update();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_inverse_stays_one() {
        let mut cma = CholeskyCma::new(5);
        let mut random = Random::new(2);
        for _ in 0..7 {
            cma.path = normal_code(5, &mut random);
            cma.update();
        }
        for (at, row) in cma.factor.iter().enumerate() {
            for (other, value) in times(row, &cma.inverse).iter().enumerate() {
                let expected = f64::from(u8::from(at == other));
                assert!((value - expected).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn the_first_generation_is_the_start_alone() {
        let mut cma = CholeskyCma::new(3);
        let mut random = Random::new(2);
        let first = cma.ask(&mut random);
        assert_eq!(first, [[0.0; 3]]);
        cma.tell(&first, &[1.0], &mut random);
        assert_eq!(cma.ask(&mut random).len(), 40);
    }
}
