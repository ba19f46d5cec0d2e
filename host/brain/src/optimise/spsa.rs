//! Simultaneous perturbation stochastic approximation (Spall 1992): the slope along one
//! random diagonal, from two queries.

use super::{Code, Optimiser, normal_code};
use cortexscope_net::random::Random;

/// SPSA with the gains of Spall (1998).
#[derive(Clone, Debug)]
pub struct Spsa {
    dim: usize,
    centre: Code,
    /// +1 or −1 at each value.
    diagonal: Code,
    steps: usize,
    /// The part of the gain that does not fall, a, once it is known.
    gain: Option<f64>,
    /// Magnitudes of the first slopes, from which a is computed.
    first: Vec<f64>,
    /// A: steps that are made before the gain falls fast.
    stability: f64,
}

/// Exponents of the falling gains.
const ALPHA: f64 = 0.602;
const GAMMA: f64 = 0.101;
/// The first distance of the two queries from the centre, at each value.
const DISTANCE: f64 = 0.3;
/// What the first steps change each value by (Spall 1998: a is chosen by that).
const FIRST_STEP: f64 = 0.1;
/// Slopes that are measured before the first step.
const FIRST_SLOPES: usize = 5;

impl Spsa {
    /// For codes of `dim` values, from 0, and `queries` in all.
    pub fn new(dim: usize, queries: usize) -> Self {
        Self {
            dim,
            centre: vec![0.0; dim],
            diagonal: vec![1.0; dim],
            steps: 0,
            gain: None,
            first: Vec::new(),
            // A tenth of all steps, of two queries each.
            stability: queries as f64 / 20.0,
        }
    }

    fn distance(&self) -> f64 {
        DISTANCE / (self.steps as f64 + 1.0).powf(GAMMA)
    }
}

impl Optimiser for Spsa {
    fn settings(&self) -> Vec<(&'static str, f64)> {
        vec![
            ("population", 2.0),
            ("distance", DISTANCE),
            ("first_step", FIRST_STEP),
            ("stability", self.stability),
            ("alpha", ALPHA),
            ("gamma", GAMMA),
        ]
    }

    fn ask(&mut self, random: &mut Random) -> Vec<Code> {
        let sign = |_| if random.uniform() < 0.5 { -1.0 } else { 1.0 };
        self.diagonal = (0..self.dim).map(sign).collect();
        let distance = self.distance();
        let moved = |by: f64| {
            let both = self.centre.iter().zip(&self.diagonal);
            both.map(|(centre, sign)| centre + by * sign).collect()
        };
        vec![moved(distance), moved(-distance)]
    }

    fn tell(&mut self, _: &[Code], scores: &[f64], random: &mut Random) {
        let slope = (scores[0] - scores[1]) / (2.0 * self.distance());
        let first_gain = (self.stability + 1.0).powf(ALPHA);
        let Some(gain) = self.gain else {
            if slope == 0.0 {
                // A rate of 0 on both sides says nothing: it begins elsewhere.
                self.centre = normal_code(self.dim, random);
            } else {
                self.first.push(slope.abs());
            }
            if self.first.len() == FIRST_SLOPES {
                let mean = self.first.iter().sum::<f64>() / FIRST_SLOPES as f64;
                self.gain = Some(FIRST_STEP * first_gain / mean);
            }
            return;
        };
        let rate = gain / (self.steps as f64 + 1.0 + self.stability).powf(ALPHA);
        for (centre, sign) in self.centre.iter_mut().zip(&self.diagonal) {
            *centre += rate * slope * sign;
        }
        self.steps += 1;
    }
}
