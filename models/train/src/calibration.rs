//! The digits that calibrate the quantisation, drawn from those trained on.

use cortexscope_net::input::{MnistSet, idx::IdxArray};
use rand::seq::index;

use crate::{
    mnist::{PIXELS, SIDE},
    randomness::{Purpose, generator},
};

/// Digits in the sample.
pub const COUNT: usize = 512;

/// A sample without repetition, as the two arrays of an MNIST-like pair.
pub struct Sample {
    /// `[COUNT, 28, 28]` pixels.
    pub images: IdxArray<3>,
    /// `[COUNT]` classes.
    pub labels: IdxArray<1>,
}

/// Draws [`COUNT`] of `digits`, or all where there are fewer.
pub fn draw(digits: &MnistSet, seed: u64) -> Sample {
    let count = COUNT.min(digits.len());
    let mut rng = generator(seed, Purpose::Calibration, 0);
    let chosen = index::sample(&mut rng, digits.len(), count).into_vec();
    let mut pixels = Vec::with_capacity(count * PIXELS);
    let mut labels = Vec::with_capacity(count);
    for (image, label) in chosen.iter().filter_map(|&index| digits.digit(index)) {
        pixels.extend_from_slice(image);
        labels.push(label);
    }
    Sample {
        images: IdxArray {
            sizes: [count, SIDE, SIDE],
            values: pixels,
        },
        labels: IdxArray {
            sizes: [count],
            values: labels,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_keep_their_labels_and_none_repeats() {
        let labels: Vec<u8> = (0..1000).map(|i| (i % 10) as u8).collect();
        // Each image carries its own position in its first two pixels.
        let pixels = (0..1000_u16)
            .flat_map(|i| {
                let mut image = vec![0; PIXELS];
                image[..2].copy_from_slice(&i.to_be_bytes());
                image
            })
            .collect();
        let images = IdxArray {
            sizes: [1000, SIDE, SIDE],
            values: pixels,
        };
        let labels = IdxArray {
            sizes: [1000],
            values: labels,
        };
        let digits = MnistSet::from_arrays(images, labels).unwrap();
        let sample = draw(&digits, 1);
        let mut positions: Vec<u16> = sample
            .images
            .values
            .chunks_exact(PIXELS)
            .map(|image| u16::from_be_bytes([image[0], image[1]]))
            .collect();
        for (position, &label) in positions.iter().zip(&sample.labels.values) {
            assert_eq!(position % 10, u16::from(label));
        }
        positions.sort_unstable();
        positions.dedup();
        assert_eq!(positions.len(), COUNT);
        assert_eq!(draw(&digits, 1).images, sample.images);
        assert_ne!(draw(&digits, 2).images, sample.images);
    }
}
