//! No search at all: every code is drawn anew.

use super::{Code, Optimiser, normal_code};
use cortexscope_net::random::Random;

/// Codes from N(0, 1).
#[derive(Clone, Copy, Debug)]
pub struct RandomSearch {
    dim: usize,
}

/// Codes of a generation, as the genetic algorithm has them.
const POPULATION: usize = 20;

impl RandomSearch {
    /// For codes of `dim` values.
    pub fn new(dim: usize) -> Self {
        Self { dim }
    }
}

impl Optimiser for RandomSearch {
    fn settings(&self) -> Vec<(&'static str, f64)> {
        vec![("population", POPULATION as f64), ("deviation", 1.0)]
    }

    fn ask(&mut self, random: &mut Random) -> Vec<Code> {
        (0..POPULATION)
            .map(|_| normal_code(self.dim, random))
            .collect()
    }

    fn tell(&mut self, _: &[Code], _: &[f64], _: &mut Random) {}
}
