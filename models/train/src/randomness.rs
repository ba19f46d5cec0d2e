//! Every random choice, from one seed.
//!
//! Each use has its own ChaCha stream, and each epoch its own within that use.
//! Nothing is carried from one epoch to the next, so that a resumed run draws
//! what an uninterrupted one would have drawn.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// What random numbers are drawn for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Initial weights.
    Weights = 0,
    /// Order and distortion of the training digits; one stream per epoch.
    Epoch = 1,
    /// Which digits calibrate the quantisation.
    Calibration = 2,
    /// Noise on codes.
    Noise = 3,
}

/// The generator of `seed` for one purpose and, where it matters, one epoch.
pub fn generator(seed: u64, purpose: Purpose, epoch: u32) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream((purpose as u64) << 32 | u64::from(epoch));
    rng
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::RngCore;

    #[test]
    fn streams_repeat_and_differ() {
        let draw = |purpose, epoch| generator(7, purpose, epoch).next_u64();
        assert_eq!(draw(Purpose::Epoch, 3), draw(Purpose::Epoch, 3));
        assert_ne!(draw(Purpose::Epoch, 3), draw(Purpose::Epoch, 4));
        assert_ne!(draw(Purpose::Epoch, 0), draw(Purpose::Weights, 0));
    }
}
