//! One unit of Caffe's LeNet, written out: convolution 20@5×5, max-pool 2×2, convolution
//! 50@5×5, at row and column 4 of 8. Only what the unit sees is computed, so that hundreds
//! of thousands of queries take seconds.

use cortexscope_brain::neuron::{Differentiable, FloatNeuron, Neuron, NeuronError};
use cortexscope_explain::float_model::FloatModel;
use cortexscope_explain::target::{ClassValue, Target};
use tract_adjoint::matrix::{Matrix, product};

const SIDE: usize = 28;
/// The pooled rows and columns that the unit reads begin here, and it reads as many.
const FIRST: usize = 4;
const KERNEL: usize = 5;
const TAPS: usize = KERNEL * KERNEL;
const MAPS: usize = 20;
/// Pooled values that the unit reads, `[map, row, column]`.
const READ: usize = MAPS * TAPS;
/// Values of which the greatest is a pooled one.
const WINDOW: usize = 4;

/// The unit of one channel.
#[derive(Clone)]
pub struct ConvUnit {
    channel: usize,
    first: Vec<f32>,
    first_bias: Vec<f32>,
    second: Vec<f32>,
    second_bias: f32,
}

impl ConvUnit {
    pub fn new(model: &FloatModel, channel: usize) -> Self {
        let [c1, p1, c2] = ["c1", "p1", "c2"].map(|name| model.find(name).unwrap());
        let black = vec![0.0; SIDE * SIDE];
        let read = model.activations(&[c1, p1, c2], &black).unwrap();
        let of_map = |map: usize| read[0][map * 24 * 24];
        let second = model.conv_weights(c2).unwrap();
        let second = second.filters().nth(channel).unwrap().to_vec();
        // On black every pooled value is its map's bias.
        let pooled = second.chunks_exact(TAPS).enumerate();
        let without: f32 = pooled
            .map(|(map, taps)| taps.iter().sum::<f32>() * of_map(map))
            .sum();
        Self {
            channel,
            first: model.conv_weights(c1).unwrap().values,
            first_bias: (0..MAPS).map(of_map).collect(),
            second,
            second_bias: read[2][(channel * 8 + 4) * 8 + 4] - without,
        }
    }

    /// Compares rate and slope with those of the network.
    pub fn check(&mut self, model: &FloatModel, image: &[f32]) {
        let target = format!("c2:{}:4:4", self.channel)
            .parse::<Target>()
            .unwrap();
        let mut whole =
            FloatNeuron::new(model, target.aim(model, ClassValue::Logit).unwrap()).unwrap();
        let (there, slopes) = whole.slope(image).unwrap();
        let (here, own) = self.slope(image).unwrap();
        assert!((there - here).abs() < 1e-4, "{there} {here}");
        assert!(slopes.iter().zip(&own).all(|(a, b)| (a - b).abs() < 1e-4));
        assert_eq!(self.rates(&[image]).unwrap(), [here]);
    }

    /// The first convolution without its bias, `[place in the window, map, row, column]`.
    fn convolved(&self, image: &[f32]) -> Vec<f32> {
        let mut patches = [0.0; TAPS * TAPS];
        let mut all = vec![0.0; WINDOW * READ];
        let filters = Matrix::by_rows(&self.first, TAPS);
        for (place, part) in all.chunks_exact_mut(READ).enumerate() {
            for (position, patch) in patches.chunks_exact_mut(TAPS).enumerate() {
                let from = corner(position, place);
                for (line, taps) in patch.chunks_exact_mut(KERNEL).enumerate() {
                    taps.copy_from_slice(&image[from + line * SIDE..][..KERNEL]);
                }
            }
            let patches = Matrix::by_rows(&patches, TAPS).transposed();
            product(part, [TAPS, 1], false, filters, patches);
        }
        all
    }

    /// The rate; `visit` is told each pooled value's number and the place of the greatest value
    /// of its window.
    fn rate(&self, image: &[f32], mut visit: impl FnMut(usize, usize)) -> f64 {
        let all = self.convolved(image);
        let mut sum = self.second_bias;
        let mut at = 0;
        // By hand: tests are not optimised, and iterators cost ten times as much there.
        while at < READ {
            let (mut most, mut place) = (all[at], 0);
            let mut other = 1;
            while other < WINDOW {
                let value = all[other * READ + at];
                if value > most {
                    (most, place) = (value, other);
                }
                other += 1;
            }
            sum += self.second[at] * (most + self.first_bias[at / TAPS]);
            visit(at, place);
            at += 1;
        }
        f64::from(sum)
    }
}

/// The first pixel of what a value of the first convolution sees: the value at `place` of the
/// window of a pooled value at `position` of those that the unit reads of a map.
fn corner(position: usize, place: usize) -> usize {
    let row = 2 * (FIRST + position / KERNEL) + place / 2;
    let column = 2 * (FIRST + position % KERNEL) + place % 2;
    row * SIDE + column
}

impl Neuron for ConvUnit {
    fn shape(&self) -> [usize; 3] {
        [1, SIDE, SIDE]
    }

    fn description(&self) -> String {
        format!("c2:{}:4:4", self.channel)
    }

    fn rates(&mut self, images: &[&[f32]]) -> Result<Vec<f64>, NeuronError> {
        Ok(images
            .iter()
            .map(|image| self.rate(image, |_, _| {}))
            .collect())
    }
}

impl Differentiable for ConvUnit {
    fn slope(&mut self, image: &[f32]) -> Result<(f64, Vec<f32>), NeuronError> {
        let mut slopes = vec![0.0; SIDE * SIDE];
        let rate = self.rate(image, |at, place| {
            let (map, from) = (at / TAPS, corner(at % TAPS, place));
            for tap in 0..TAPS {
                slopes[from + tap / KERNEL * SIDE + tap % KERNEL] +=
                    self.second[at] * self.first[map * TAPS + tap];
            }
        });
        Ok((rate, slopes))
    }
}
