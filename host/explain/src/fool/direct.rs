//! The direct encoding: a gene for each pixel.

use super::map_elites::Genome;
use super::polynomial::mutated;
use cortexscope_net::random::Random;

/// A level for each pixel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectGenome {
    levels: Vec<u8>,
}

/// Share of the pixels that a mutation changes at first; it is halved every
/// [`HALVED_AFTER`] generations (Nguyen et al. 2015, "direct encoding").
const RATE: f64 = 0.1;
const HALVED_AFTER: usize = 1000;
/// Strength of the polynomial mutation (same place).
const STRENGTH: f64 = 15.0;

impl Genome for DirectGenome {
    /// Noise: each level equally likely.
    fn first(shape: [usize; 3], random: &mut Random) -> Self {
        let pixels = shape.iter().product();
        Self {
            levels: (0..pixels).map(|_| random.index(256) as u8).collect(),
        }
    }

    fn mutate(&mut self, generation: usize, random: &mut Random) {
        let rate = rate(generation);
        for level in &mut self.levels {
            if random.uniform() < rate {
                let value = mutated(f64::from(*level) / 255.0, STRENGTH, random);
                *level = (value * 255.0).round() as u8;
            }
        }
    }

    fn picture(&self, _: [usize; 3]) -> Vec<u8> {
        self.levels.clone()
    }
}

fn rate(generation: usize) -> f64 {
    let halvings = i32::try_from(generation / HALVED_AFTER).unwrap_or(i32::MAX);
    RATE * 0.5_f64.powi(halvings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenth_of_the_pixels_change_and_later_fewer() {
        let mut random = Random::new(6);
        let mut changed = |generation| {
            let first = DirectGenome::first([1, 100, 100], &mut random);
            let mut child = first.clone();
            child.mutate(generation, &mut random);
            let pixels = first.picture([1, 100, 100]);
            let pixels = pixels.iter().zip(&child.levels).filter(|(a, b)| a != b);
            pixels.count()
        };
        // A twentieth of the mutations rounds to no change, more at the ends; five
        // standard errors are 150.
        let early = changed(0);
        assert!((700..=1150).contains(&early), "{early}");
        let late = changed(1000);
        assert!((330..=600).contains(&late), "{late}");
        // 1 − (2u)^(1/16), and the same upwards: 1/17 of the range on average, without a side.
        let grey = DirectGenome {
            levels: vec![128; 1_000_000],
        };
        let mut child = grey.clone();
        child.mutate(0, &mut random);
        let changes = || child.levels.iter().map(|&level| f64::from(level) - 128.0);
        let size = changes().map(f64::abs).sum::<f64>() / 100_000.0;
        assert!((size - 255.0 / 17.0).abs() < 0.5, "{size}");
        let side = changes().sum::<f64>() / 100_000.0;
        assert!(side.abs() < 0.3, "{side}");
        assert_eq!(DirectGenome::first([2, 3, 4], &mut random).levels.len(), 24);
        assert_eq!(rate(1999), 0.05);
        assert_eq!(rate(2000), 0.025);
        assert_eq!(rate(usize::MAX), 0.0);
    }
}
