//! Gradient descent by finite differences, as in XDREAM (Xiao and Kreiman 2020): the slope
//! along random directions on both sides of a centre.

use super::{Code, Optimiser, length, normal_code};
use cortexscope_net::random::Random;

/// FDGD with antithetic samples.
#[derive(Clone, Debug)]
pub struct Fdgd {
    dim: usize,
    centre: Code,
    directions: Vec<Code>,
}

/// Queries of a step: both ends of half as many directions.
const SAMPLES: usize = 20;
/// Standard deviation of a direction at each value.
const RADIUS: f64 = 0.5;
/// The length of a step at each value. XDREAM multiplies the slope by a rate that was tuned
/// for each network; a step of given length needs no tuning to a neuron's units.
const STEP: f64 = 0.15;

impl Fdgd {
    /// For codes of `dim` values, from 0.
    pub fn new(dim: usize) -> Self {
        Self {
            dim,
            centre: vec![0.0; dim],
            directions: Vec::new(),
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
            ("step", STEP),
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

    fn tell(&mut self, _: &[Code], scores: &[f64], _: &mut Random) {
        let (ahead, behind) = scores.split_at(self.directions.len());
        let slope = slope(&self.directions, RADIUS, ahead, behind);
        let norm = length(&slope);
        if norm > 0.0 {
            let scale = STEP * (self.dim as f64).sqrt() / norm;
            for (centre, slope) in self.centre.iter_mut().zip(&slope) {
                *centre += scale * slope;
            }
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
