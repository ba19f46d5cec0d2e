//! Random numbers from a seed: the same on every machine.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A stream of random numbers.
#[derive(Clone, Debug)]
pub struct Random {
    generator: ChaCha8Rng,
}

impl Random {
    /// The stream of `seed`.
    pub fn new(seed: u64) -> Self {
        Self {
            generator: ChaCha8Rng::seed_from_u64(seed),
        }
    }

    /// Stream `stream` of `seed`: what is drawn of it does not depend on how much is drawn
    /// of the others.
    pub fn stream(seed: u64, stream: u64) -> Self {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream(stream);
        Self { generator }
    }

    /// Normally distributed, mean 0 and standard deviation 1 (Box and Muller
    /// 1958).
    pub fn normal(&mut self) -> f64 {
        // Zero has no logarithm; one has.
        let radius = 1.0 - self.generator.random::<f64>();
        let angle = std::f64::consts::TAU * self.generator.random::<f64>();
        (-2.0 * radius.ln()).sqrt() * angle.cos()
    }

    /// A number from 0 up to 1, which is left out, all equally likely.
    pub fn uniform(&mut self) -> f64 {
        self.generator.random()
    }

    /// One of `0..count`, all equally likely; 0 where `count` is 0.
    pub fn index(&mut self, count: usize) -> usize {
        self.generator.random_range(0..count.max(1))
    }

    /// Puts `values` in a random order, all orders equally likely (Fisher and Yates;
    /// Durstenfeld 1964).
    pub fn shuffle<T>(&mut self, values: &mut [T]) {
        for last in (1..values.len()).rev() {
            values.swap(last, self.index(last + 1));
        }
    }

    /// A whole number from `-reach` to `reach`, all equally likely.
    pub fn shift(&mut self, reach: usize) -> isize {
        let reach = reach as i64;
        self.generator.random_range(-reach..=reach) as isize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_a_stream_with_the_moments_of_a_normal() {
        let draw = |seed| {
            let mut random = Random::new(seed);
            (0..20_000).map(|_| random.normal()).collect::<Vec<_>>()
        };
        let values = draw(7);
        assert_eq!(values, draw(7));
        assert_ne!(values, draw(8));
        // Five standard errors of each moment over 20,000 draws.
        let moment = |power: i32| values.iter().map(|v| v.powi(power)).sum::<f64>() / 20_000.0;
        assert!(moment(1).abs() < 5.0 * 0.0071);
        assert!((moment(2) - 1.0).abs() < 5.0 * 0.01);
        assert!((moment(4) - 3.0).abs() < 5.0 * 0.07);
    }

    #[test]
    fn uniform_numbers_and_indices_fill_their_range() {
        let mut random = Random::new(3);
        let draws: Vec<f64> = (0..20_000).map(|_| random.uniform()).collect();
        assert!(draws.iter().all(|draw| (0.0..1.0).contains(draw)));
        // Five standard errors of the mean and of the mean square.
        let mean = |power: i32| draws.iter().map(|v| v.powi(power)).sum::<f64>() / 20_000.0;
        assert!((mean(1) - 0.5).abs() < 5.0 * 0.0021);
        assert!((mean(2) - 1.0 / 3.0).abs() < 5.0 * 0.0022);
        let drawn: Vec<usize> = (0..200).map(|_| random.index(3)).collect();
        assert!((0..3).all(|index| drawn.contains(&index)) && drawn.iter().all(|&i| i < 3));
        assert_eq!(random.index(0), 0);
    }

    #[test]
    fn streams_of_a_seed_differ_and_begin_with_its_own() {
        let draw = |mut random: Random| [(); 8].map(|()| random.uniform());
        let own = draw(Random::new(3));
        assert_eq!(own, draw(Random::stream(3, 0)));
        assert_ne!(own, draw(Random::stream(3, 1)));
        assert!(own.iter().all(|value| (0.0..1.0).contains(value)));
    }

    #[test]
    fn every_order_is_as_likely() {
        let mut random = Random::new(2);
        let mut counts = std::collections::BTreeMap::new();
        for _ in 0..6000 {
            let mut order = [0, 1, 2];
            random.shuffle(&mut order);
            *counts.entry(order).or_insert(0_u32) += 1;
        }
        // 1,000 each; five standard deviations of a count are 144.
        assert_eq!(counts.len(), 6);
        assert!(
            counts.values().all(|count| count.abs_diff(1000) < 144),
            "{counts:?}"
        );
    }

    #[test]
    fn shifts_reach_both_ends() {
        let mut random = Random::new(1);
        let drawn: Vec<_> = (0..200).map(|_| random.shift(2)).collect();
        for shift in -2..=2 {
            assert!(drawn.contains(&shift));
        }
        assert!(drawn.iter().all(|shift| shift.abs() <= 2));
    }
}
