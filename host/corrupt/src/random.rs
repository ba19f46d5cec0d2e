//! Random numbers from a seed, the same in every run.

use rand::{Rng, RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::ziggurat;

/// Words that are drawn at once.
pub const WORDS: usize = 128;
/// Normal deviates that are drawn at once.
pub const NORMALS: usize = 256;

/// Random numbers of one stream of a seed.
#[derive(Clone, Debug)]
pub struct Random(ChaCha8Rng);

impl Random {
    /// Stream `stream` of `seed`.
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream(stream);
        Self(generator)
    }

    /// From `low` up to and without `high`, all equally likely.
    pub fn uniform(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.0.random::<f64>()
    }

    /// As many words as fit, all equally likely, at once.
    pub fn words(&mut self, words: &mut [u64; WORDS]) {
        self.0.fill(words);
    }

    /// A whole number from `low` up to and without `high`, all equally likely.
    pub fn integer(&mut self, low: i64, high: i64) -> i64 {
        self.0.random_range(low..high)
    }

    /// −1 or 1.
    pub fn sign(&mut self) -> f64 {
        if self.0.random() { 1.0 } else { -1.0 }
    }

    /// Yes with a probability.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.0.random::<f64>() < probability
    }

    /// Normally distributed.
    pub fn normal(&mut self, mean: f64, deviation: f64) -> f64 {
        let word = self.0.next_u64();
        mean + deviation * ziggurat::normal(word, &mut self.0)
    }

    /// As many normal deviates around 0 with deviation 1 as fit, at once. They are others than
    /// single draws would give.
    pub fn normals(&mut self, normals: &mut [f64; NORMALS]) {
        let mut words = [0_u64; NORMALS];
        self.0.fill(&mut words);
        ziggurat::fill(normals, &words, &mut self.0);
    }

    /// Poisson distributed, for a mean below some hundred (Knuth 1969, section 3.4.1).
    pub fn poisson(&mut self, mean: f64) -> f64 {
        let limit = (-mean).exp();
        let mut product = self.0.random::<f64>();
        let mut count = 0.0;
        while product > limit {
            product *= self.0.random::<f64>();
            count += 1.0;
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(mut draw: impl FnMut(&mut Random) -> f64) -> [f64; 2] {
        let mut random = Random::new(3, 0);
        let values: Vec<f64> = (0..20_000).map(|_| draw(&mut random)).collect();
        let mean = values.iter().sum::<f64>() / 20_000.0;
        let square = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 20_000.0;
        [mean, square]
    }

    /// Five standard errors of each moment over 20,000 draws.
    #[test]
    fn distributions_have_their_moments() {
        let [mean, variance] = moments(|random| random.poisson(12.0));
        assert!((mean - 12.0).abs() < 5.0 * (12.0_f64 / 20_000.0).sqrt());
        // The fourth central moment is 3·12² + 12.
        assert!((variance - 12.0).abs() < 5.0 * (300.0_f64 / 20_000.0).sqrt());
        let [mean, variance] = moments(|random| random.normal(0.5, 2.0));
        assert!((mean - 0.5).abs() < 5.0 * (4.0_f64 / 20_000.0).sqrt());
        assert!((variance - 4.0).abs() < 5.0 * (32.0_f64 / 20_000.0).sqrt());
    }

    /// What is drawn at once has the moments too, and no value of one block returns in another.
    #[test]
    fn blocks_of_normals_have_their_moments_and_share_no_value() {
        let mut random = Random::new(4, 1);
        let mut values = Vec::new();
        let mut normals = [0.0; NORMALS];
        for _ in 0..200 {
            random.normals(&mut normals);
            values.extend(normals);
        }
        let count = values.len() as f64;
        let moment = |power| values.iter().map(|x: &f64| x.powi(power)).sum::<f64>() / count;
        assert!(moment(1).abs() < 5.0 / count.sqrt());
        assert!((moment(2) - 1.0).abs() < 5.0 * (2.0 / count).sqrt());
        assert!((moment(4) - 3.0).abs() < 5.0 * (96.0 / count).sqrt());
        // What lies 1, 2 … 256 places on is not alike: five standard errors, 1/√n.
        for apart in [1, 2, 3, 128, NORMALS - 1, NORMALS, NORMALS + 1] {
            let pairs = values.iter().zip(&values[apart..]);
            let alike = pairs.map(|(a, b)| a * b).sum::<f64>() / count;
            assert!(alike.abs() < 5.0 / count.sqrt(), "{apart} apart: {alike}");
        }
        values.sort_by(f64::total_cmp);
        assert!(values.windows(2).all(|pair| pair[0] != pair[1]));
    }

    #[test]
    fn streams_of_a_seed_differ_and_repeat() {
        let draw = |seed, stream| Random::new(seed, stream).uniform(0.0, 1.0).to_bits();
        assert_eq!(draw(1, 2), draw(1, 2));
        assert_ne!(draw(1, 2), draw(1, 3));
        assert_ne!(draw(1, 2), draw(2, 2));
    }
}
