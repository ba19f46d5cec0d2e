//! Searches that see rates alone: they ask about a generation of codes, and are told what
//! was measured.
//!
//! A greater score is better. Scores that are equal are ordered at random: a board's int8
//! rates often are equal, and the order of codes must not decide.

mod cholesky_cma;
mod cma_es;
mod diagonal_cma;
mod fdgd;
mod genetic;
mod preset;
mod random_search;
mod sphere;
mod spsa;
#[cfg(test)]
mod tests;

pub use cholesky_cma::CholeskyCma;
pub use cma_es::CmaEs;
pub use diagonal_cma::DiagonalCma;
pub use fdgd::Fdgd;
pub use genetic::Genetic;
pub use preset::{OPTIMISERS, OptimiserError, Preset, optimiser, preset};
pub use random_search::RandomSearch;
pub use sphere::Sphere;
pub use spsa::Spsa;

use cortexscope_net::random::Random;

/// Parameters of an image.
pub type Code = Vec<f64>;

/// A search.
pub trait Optimiser {
    /// Its parameters by name, for the receipt.
    fn settings(&self) -> Vec<(&'static str, f64)>;

    /// The next generation.
    fn ask(&mut self, random: &mut Random) -> Vec<Code>;

    /// What was measured of the generation that was asked about last, one score for each
    /// code.
    fn tell(&mut self, codes: &[Code], scores: &[f64], random: &mut Random);
}

/// The places of scores, the best first; equal ones in random order.
fn ranked(scores: &[f64], random: &mut Random) -> Vec<usize> {
    let lots: Vec<f64> = scores.iter().map(|_| random.uniform()).collect();
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| {
        let better = scores[b].total_cmp(&scores[a]);
        better.then(lots[a].total_cmp(&lots[b]))
    });
    order
}

/// Where a search begins that moves one centre: grey, until there is something to climb.
///
/// A neuron that answers grey with no rate often answers everything near it with none. A
/// generation in which fewer codes than `need` are better than the worst has no order to
/// learn from. The search then goes to the best code that it has seen, or to a random
/// texture where no code was better than another (Ponce et al. 2019 begin with textures).
/// Once a generation had an order the search is on its own.
#[derive(Clone, Debug, Default)]
struct Beginning {
    is_over: bool,
    best: Option<(f64, Code)>,
}

impl Beginning {
    /// Where to begin anew; `None` where the scores have an order, or had one before.
    fn elsewhere(
        &mut self,
        codes: &[Code],
        scores: &[f64],
        need: usize,
        random: &mut Random,
    ) -> Option<Code> {
        if self.is_over {
            return None;
        }
        let least = scores.iter().copied().fold(f64::INFINITY, f64::min);
        let better = scores.iter().filter(|&&score| score > least).count();
        if better >= need {
            self.is_over = true;
            self.best = None;
            return None;
        }
        let first = ranked(scores, random).first().copied();
        let is_better = |score: f64| match &self.best {
            Some((best, _)) => score > *best,
            None => score > least,
        };
        if let Some(at) = first.filter(|&at| is_better(scores[at])) {
            self.best = Some((scores[at], codes[at].clone()));
        }
        Some(match &self.best {
            Some((_, code)) => code.clone(),
            None => codes
                .first()
                .map_or_else(Vec::new, |code| normal_code(code.len(), random)),
        })
    }
}

/// A code of values from N(0, 1).
fn normal_code(dim: usize, random: &mut Random) -> Code {
    (0..dim).map(|_| random.normal()).collect()
}

/// Length of a code.
fn length(code: &[f64]) -> f64 {
    code.iter().map(|value| value * value).sum::<f64>().sqrt()
}

/// Weights of the better half of `lambda` codes, the best first: ln(μ + ½) − ln(i) with
/// μ = λ / 2, divided by their sum (Hansen 2016, with λ even). None where there is no half.
fn rank_weights(lambda: usize) -> Vec<f64> {
    let half = lambda as f64 / 2.0;
    let mut weights: Vec<f64> = (1..=lambda / 2)
        .map(|rank| (half + 0.5).ln() - (rank as f64).ln())
        .collect();
    let sum: f64 = weights.iter().sum();
    weights.iter_mut().for_each(|weight| *weight /= sum);
    weights
}

/// How many codes weights stand for: 1 / Σ w².
fn effective(weights: &[f64]) -> f64 {
    1.0 / weights.iter().map(|weight| weight * weight).sum::<f64>()
}

/// The expected length of a code from N(0, I), in the expansion that CMA-ES uses.
fn expected_length(dim: usize) -> f64 {
    let n = dim as f64;
    n.sqrt() * (1.0 - 1.0 / (4.0 * n) + 1.0 / (21.0 * n * n))
}
