//! One epoch's training digits: shuffled, distorted, in batches.

use cortexscope_net::input::MnistSet;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::{
    augment::Augmentation,
    mnist::PIXELS,
    randomness::{Purpose, generator},
};

/// Digits as a network takes them.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// `[count, 1, 28, 28]`, row-major, 0.0 to 1.0.
    pub images: Vec<f32>,
    /// `[count]`, 0 to 9.
    pub labels: Vec<u8>,
}

/// The batches of one epoch; the same seed and epoch give the same batches.
pub struct Epoch<'a> {
    digits: &'a MnistSet,
    augmentation: &'a Augmentation,
    order: Vec<u32>,
    batch_size: usize,
    position: usize,
    rng: ChaCha8Rng,
}

impl<'a> Epoch<'a> {
    /// Shuffles `digits` for `epoch` (from 0).
    pub fn new(
        digits: &'a MnistSet,
        augmentation: &'a Augmentation,
        batch_size: usize,
        seed: u64,
        epoch: u32,
    ) -> Self {
        let mut rng = generator(seed, Purpose::Epoch, epoch);
        let mut order: Vec<u32> = (0..digits.len() as u32).collect();
        order.shuffle(&mut rng);
        Self {
            digits,
            augmentation,
            order,
            batch_size,
            position: 0,
            rng,
        }
    }
}

impl Iterator for Epoch<'_> {
    type Item = Batch;

    fn next(&mut self) -> Option<Batch> {
        let end = self.order.len().min(self.position + self.batch_size);
        let chosen = &self.order[self.position..end];
        if chosen.is_empty() {
            return None;
        }
        let digits = chosen
            .iter()
            .filter_map(|&index| self.digits.digit(index as usize));
        let mut batch = Batch {
            images: vec![0.0; chosen.len() * PIXELS],
            labels: Vec::with_capacity(chosen.len()),
        };
        for ((image, label), out) in digits.zip(batch.images.chunks_exact_mut(PIXELS)) {
            self.augmentation.apply(image, &mut self.rng, out);
            batch.labels.push(label);
        }
        self.position = end;
        Some(batch)
    }
}

/// `digits` in their own order, undistorted, for measuring.
pub fn plain(digits: &MnistSet, batch_size: usize) -> impl Iterator<Item = Batch> + '_ {
    (0..digits.len()).step_by(batch_size).map(move |start| {
        let range = start..digits.len().min(start + batch_size);
        Batch {
            images: range
                .clone()
                .filter_map(|index| digits.image(index))
                .flatten()
                .map(|&pixel| f32::from(pixel) / 255.0)
                .collect(),
            labels: range.filter_map(|index| digits.label(index)).collect(),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{mnist::SIDE, recipe::Recipe};
    use cortexscope_net::input::idx::IdxArray;

    fn digits() -> MnistSet {
        let images = IdxArray {
            sizes: [10, SIDE, SIDE],
            values: (0..10).flat_map(|label| vec![label * 20; PIXELS]).collect(),
        };
        let labels = IdxArray {
            sizes: [10],
            values: (0..10).collect(),
        };
        MnistSet::from_arrays(images, labels).unwrap()
    }

    #[test]
    fn an_epoch_has_every_digit_once_and_repeats() {
        let digits = digits();
        let augmentation = Recipe::published("lenet5").unwrap().augmentation;
        let epoch =
            |number| -> Vec<Batch> { Epoch::new(&digits, &augmentation, 4, 1, number).collect() };
        let mut labels: Vec<u8> = epoch(0).iter().flat_map(|b| b.labels.clone()).collect();
        labels.sort_unstable();
        assert_eq!(labels, (0..10).collect::<Vec<u8>>());
        assert_eq!(epoch(0), epoch(0));
        assert_ne!(epoch(0), epoch(1));
    }

    #[test]
    fn plain_batches_keep_order_and_pixels() {
        let digits = digits();
        let batches: Vec<Batch> = plain(&digits, 4).collect();
        assert_eq!(batches.iter().map(|b| b.labels.len()).sum::<usize>(), 10);
        assert_eq!(batches[2].labels, [8, 9]);
        assert_eq!(batches[2].images[0], 160.0 / 255.0);
    }
}
