//! One unit of Caffe's LeNet, written out: convolution 20@5×5, max-pool 2×2, convolution
//! 50@5×5, at row and column 4 of 8. Only what the unit sees is computed, so that hundreds
//! of thousands of queries take a minute.

use cortexscope_brain::neuron::{Differentiable, FloatNeuron, Neuron, NeuronError};
use cortexscope_explain::float_model::FloatModel;
use cortexscope_explain::target::{ClassValue, Target};

const SIDE: usize = 28;
/// The pooled rows and columns that the unit reads begin here, and it reads as many.
const FIRST: usize = 4;
const KERNEL: usize = 5;
const MAPS: usize = 20;

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
        let pooled = second.chunks_exact(KERNEL * KERNEL).enumerate();
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
    }

    /// The rate; `visit` sees each pooled value's map, the image place of its window and the
    /// weight of the value.
    fn rate(&self, image: &[f32], visit: &mut dyn FnMut(usize, usize, f32)) -> f64 {
        let mut sum = self.second_bias;
        for map in 0..MAPS {
            let taps = &self.first[map * KERNEL * KERNEL..][..KERNEL * KERNEL];
            for y in 0..KERNEL {
                for x in 0..KERNEL {
                    let (mut most, mut place) = (f32::NEG_INFINITY, 0);
                    for at in 0..4 {
                        let row = 2 * (FIRST + y) + at / 2;
                        let column = 2 * (FIRST + x) + at % 2;
                        let mut value = self.first_bias[map];
                        for (line, taps) in taps.chunks_exact(KERNEL).enumerate() {
                            let pixels = &image[(row + line) * SIDE + column..][..KERNEL];
                            value += pixels.iter().zip(taps).map(|(a, b)| a * b).sum::<f32>();
                        }
                        if value > most {
                            (most, place) = (value, row * SIDE + column);
                        }
                    }
                    let weight = self.second[(map * KERNEL + y) * KERNEL + x];
                    sum += weight * most;
                    visit(map, place, weight);
                }
            }
        }
        f64::from(sum)
    }
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
            .map(|image| self.rate(image, &mut |_, _, _| {}))
            .collect())
    }
}

impl Differentiable for ConvUnit {
    fn slope(&mut self, image: &[f32]) -> Result<(f64, Vec<f32>), NeuronError> {
        let mut slopes = vec![0.0; SIDE * SIDE];
        let rate = self.rate(image, &mut |map, place, weight| {
            let taps = &self.first[map * KERNEL * KERNEL..][..KERNEL * KERNEL];
            for (at, tap) in taps.iter().enumerate() {
                slopes[place + at / KERNEL * SIDE + at % KERNEL] += weight * tap;
            }
        });
        Ok((rate, slopes))
    }
}
