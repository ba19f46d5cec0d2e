//! Gradient descent by finite differences, as in XDREAM (Xiao and Kreiman 2020): the slope
//! along random directions on both sides of a centre.

use super::{Beginning, Code, Optimiser, length, normal_code};
use cortexscope_net::random::Random;

/// FDGD with antithetic samples.
#[derive(Clone, Debug)]
pub struct Fdgd {
    dim: usize,
    centre: Code,
    directions: Vec<Code>,
    beginning: Beginning,
    /// Lengths of the first slopes, from which the rate is computed.
    first: Vec<f64>,
}

/// Queries of a step: both ends of half as many directions.
const SAMPLES: usize = 20;
/// Standard deviation of a direction at each value.
const RADIUS: f64 = 0.5;
/// What the first steps change each value by, as root mean square. XDREAM's rate was tuned
/// for each network; here the first slopes say it, so that a neuron's units do not matter.
const FIRST_STEP: f64 = 0.15;
/// Slopes that are measured before the first step.
const FIRST_SLOPES: usize = 3;

impl Fdgd {
    /// For codes of `dim` values, from 0.
    pub fn new(dim: usize) -> Self {
        Self {
            dim,
            centre: vec![0.0; dim],
            directions: Vec::new(),
            beginning: Beginning::default(),
            first: Vec::new(),
        }
    }
}

/// The mean slope along `directions` of deviation `radius`, from the scores at their far
/// and near ends. Its expectation for a linear score is that score's gradient: a direction's
/// mean square is radius², where XDREAM's code divides by the square of its mean magnitude,
/// which is less by 2/π.
fn slope(directions: &[Code], radius: f64, ahead: &[f64], behind: &[f64]) -> Code {
    let dim = directions.first().map_or(0, Vec::len);
    let mut slope = vec![0.0; dim];
    let scale = 1.0 / (directions.len() as f64 * radius * radius);
    for (direction, (ahead, behind)) in directions.iter().zip(ahead.iter().zip(behind)) {
        let weight = scale * (ahead - behind) / 2.0;
        for (to, value) in slope.iter_mut().zip(direction) {
            *to += weight * value;
        }
    }
    slope
}

impl Optimiser for Fdgd {
    fn settings(&self) -> Vec<(&'static str, f64)> {
        vec![
            ("population", SAMPLES as f64),
            ("radius", RADIUS),
            ("first_step", FIRST_STEP),
        ]
    }

    fn ask(&mut self, random: &mut Random) -> Vec<Code> {
        self.directions = (0..SAMPLES / 2)
            .map(|_| {
                let draw = normal_code(self.dim, random);
                draw.iter().map(|value| RADIUS * value).collect()
            })
            .collect();
        let ends = [1.0, -1.0].into_iter().flat_map(|sign| {
            let Self {
                centre, directions, ..
            } = &*self;
            directions.iter().map(move |direction| {
                let both = centre.iter().zip(direction);
                both.map(|(centre, value)| centre + sign * value).collect()
            })
        });
        ends.collect()
    }

    fn tell(&mut self, codes: &[Code], scores: &[f64], random: &mut Random) {
        // Half of the differences say something.
        let need = self.directions.len() / 2;
        if let Some(start) = self.beginning.elsewhere(codes, scores, need, random) {
            self.centre = start;
            return;
        }
        let (ahead, behind) = scores.split_at(self.directions.len());
        let slope = slope(&self.directions, RADIUS, ahead, behind);
        if self.first.len() < FIRST_SLOPES {
            let length = length(&slope);
            if length > 0.0 {
                self.first.push(length);
            }
            return;
        }
        let mean = self.first.iter().sum::<f64>() / FIRST_SLOPES as f64;
        let rate = FIRST_STEP * (self.dim as f64).sqrt() / mean;
        for (centre, slope) in self.centre.iter_mut().zip(&slope) {
            *centre += rate * slope;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A linear score has its weights as its gradient; with XDREAM's denominator the
    /// estimate would be π/2 of it.
    #[test]
    fn the_slope_of_a_linear_score_is_its_gradient() {
        let mut random = Random::new(9);
        let weights = [2.0, -1.0, 0.5];
        let directions: Vec<Code> = (0..40_000)
            .map(|_| {
                normal_code(3, &mut random)
                    .iter()
                    .map(|value| 0.5 * value)
                    .collect()
            })
            .collect();
        let score = |code: &Code| code.iter().zip(weights).map(|(a, b)| a * b).sum::<f64>();
        let ahead: Vec<f64> = directions.iter().map(score).collect();
        let behind: Vec<f64> = ahead.iter().map(|score| -score).collect();
        // Standard error: √((|w|² + w²) / 40,000) < 0.016.
        for (found, weight) in slope(&directions, 0.5, &ahead, &behind).iter().zip(weights) {
            assert!((found - weight).abs() < 5.0 * 0.016, "{found} {weight}");
        }
    }
}
