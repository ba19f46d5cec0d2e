//! An image by gradient ascent through network and readout.
//!
//! The settings are those of the authors' program (dicarlolab/npc, synthesizer.py): grey levels
//! v from −1 to 1 that begin uniform in ±½, 200 steps of size .01 along the gradient of the
//! whole loss over its standard deviation, the image shifted around its edges before each step.
//! The loss is minus the score plus 500 times the total variation, half the mean square
//! difference of neighbours along each axis. Scores are of z-scored responses, so that the
//! weight means the same for every neuron. Shifts and weight are those of 224 pixels: the same
//! structure on a smaller image has greater differences of neighbours, in proportion to the
//! size of a pixel, so the weight falls with the square of the side.

use std::ops::ControlFlow;

use cortexscope_explain::attribute::{Backward, Rules, Wrt};
use cortexscope_net::input::InputSpec;
use cortexscope_net::random::Random;
use image::{GrayImage, Luma};
use tract_adjoint::vector::{add, wide_dot};

use super::error::ControlError;
use super::population::{softmax, unit};
use crate::encode::Stored;
use crate::neuron::NeuronError;

/// What an image is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// The neuron's response, as high as possible.
    Stretch,
    /// The neuron's response alone: the softmax over all neurons of the fit.
    OneHot,
}

/// How an image is made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// What for.
    pub goal: Goal,
    /// Steps.
    pub steps: usize,
    /// Size of a step, in v.
    pub rate: f64,
    /// Pixels by which the image is shifted at most.
    pub jitter: usize,
    /// Weight of the total variation.
    pub variation: f64,
}

/// An image that was made.
#[derive(Clone, Debug)]
pub struct Synthesis {
    /// The image, rounded to the levels that a file has.
    pub picture: GrayImage,
    /// The score before each step, of z-scored responses.
    pub scores: Vec<f64>,
}

impl Settings {
    /// The authors' settings for 224 pixels, for the input's own side: a shift of 19 of them, and
    /// the weight 500.
    pub fn new(goal: Goal, spec: &InputSpec) -> Self {
        let side = spec.size[0].max(spec.size[1]);
        let scale = side as f64 / 224.0;
        Self {
            goal,
            steps: 200,
            rate: 0.01,
            jitter: (side * 19 + 112) / 224,
            variation: 500.0 * scale * scale,
        }
    }
}

/// Makes an image for `neuron` of a fit.
///
/// # Errors
/// There is no such neuron, the network cannot be differentiated, or the work was ended.
pub fn synthesise(
    fit: &Stored,
    neuron: usize,
    settings: &Settings,
    seed: u64,
    watch: &mut dyn FnMut(usize) -> ControlFlow<()>,
) -> Result<Synthesis, ControlError> {
    let neurons = fit.readout.neurons();
    if neuron >= neurons {
        return Err(NeuronError::NoNeuron {
            who: "the fit".to_owned(),
            neuron,
            last: neurons - 1,
        }
        .into());
    }
    if settings.goal == Goal::OneHot && neurons < 2 {
        return Err(ControlError::OneNeuron);
    }
    let spec = &fit.model.spec.input;
    let size = spec.size;
    let [height, width] = size;
    let mut random = Random::new(seed);
    let mut v: Vec<f32> = (0..height * width)
        .map(|_| (random.uniform() - 0.5) as f32)
        .collect();
    let mut backward = Backward::new(&fit.model, fit.layer, Wrt::Input, &Rules::Gradient)?;
    let slopes: Vec<Vec<f32>> = match settings.goal {
        Goal::Stretch => vec![fit.readout.slopes(neuron)],
        Goal::OneHot => (0..neurons).map(|n| fit.readout.slopes(n)).collect(),
    };
    let shape = fit.model.layer(fit.layer).shape;
    let objective = |values: &[f32]| -> (f64, Vec<f32>) {
        let cells = fit.pooling.pool(values.to_vec(), shape);
        let (score, slope) = score(fit, neuron, settings.goal, &slopes, &cells);
        (score, fit.pooling.spread(&slope, shape))
    };
    let mut scores = Vec::with_capacity(settings.steps);
    for step in 0..settings.steps {
        if watch(step) == ControlFlow::Break(()) {
            return Err(ControlError::Interrupted);
        }
        let shift = [(); 2].map(|()| random.shift(settings.jitter));
        let shifted = rolled(&v, size, shift);
        let pass = backward.run_objective(&input(&shifted, spec), &objective)?;
        scores.push(pass.score);
        let mut gradient = vec![0.0; height * width];
        for (channel, plane) in pass.gradient.chunks_exact(height * width).enumerate() {
            let half = (spec.value(channel, 255) - spec.value(channel, 0)) / 2.0;
            let plane = gradient.iter_mut().zip(plane);
            plane.for_each(|(sum, slope)| *sum -= half * slope);
        }
        add_variation(&mut gradient, &shifted, size, settings.variation as f32);
        let gradient = rolled(&gradient, size, shift.map(|by| -by));
        let deviation = deviation(&gradient) + 1e-8;
        for (level, slope) in v.iter_mut().zip(&gradient) {
            *level = (*level - settings.rate as f32 * slope / deviation).clamp(-1.0, 1.0);
        }
    }
    let picture = GrayImage::from_fn(width as u32, height as u32, |x, y| {
        let level = v[y as usize * width + x as usize];
        Luma([(127.5 + 127.5 * level).round().clamp(0.0, 255.0) as u8])
    });
    Ok(Synthesis { picture, scores })
}

/// The score of z-scored predictions for pooled features, and its derivative with respect to
/// them. `slopes` has those of the neuron alone, or of all for a one-hot population.
fn score(
    fit: &Stored,
    neuron: usize,
    goal: Goal,
    slopes: &[Vec<f32>],
    cells: &[f32],
) -> (f64, Vec<f32>) {
    let z = |n: usize, slopes: &[f32]| {
        (wide_dot(slopes, cells) + fit.readout.bias[n] - fit.about.means[n])
            / unit(fit.about.deviations[n])
    };
    match goal {
        Goal::Stretch => {
            let scale = 1.0 / unit(fit.about.deviations[neuron]) as f32;
            let slope = slopes[0].iter().map(|slope| slope * scale);
            (z(neuron, &slopes[0]), slope.collect())
        }
        Goal::OneHot => {
            let all: Vec<f64> = slopes
                .iter()
                .enumerate()
                .map(|(n, own)| z(n, own))
                .collect();
            let p = softmax(&all);
            let mut slope = vec![0.0; cells.len()];
            for (n, own) in slopes.iter().enumerate() {
                let is_target = if n == neuron { 1.0 } else { 0.0 };
                let share = p[neuron] * (is_target - p[n]) / unit(fit.about.deviations[n]);
                add(&mut slope, share as f32, own);
            }
            (p[neuron], slope)
        }
    }
}

/// Grey levels v, the same for each channel, as the network wants them.
fn input(v: &[f32], spec: &InputSpec) -> Vec<f32> {
    let plane: Vec<f32> = v.iter().map(|v| 127.5 + 127.5 * v).collect();
    spec.of_levels(&plane.repeat(spec.channels.count()))
}

/// Adds the derivative of `weight` times half the mean square difference of neighbours, for
/// each axis.
fn add_variation(gradient: &mut [f32], v: &[f32], [height, width]: [usize; 2], weight: f32) {
    let mut along = |step: usize, count: usize, is_pair: &dyn Fn(usize) -> bool| {
        let share = weight / count.max(1) as f32;
        for at in 0..v.len() - step {
            if is_pair(at) {
                let difference = v[at + step] - v[at];
                gradient[at + step] += share * difference;
                gradient[at] -= share * difference;
            }
        }
    };
    along(width, (height - 1) * width, &|_| true);
    along(1, height * (width - 1), &|at| at % width != width - 1);
}

fn deviation(values: &[f32]) -> f32 {
    let count = values.len() as f64;
    let mean = values.iter().copied().map(f64::from).sum::<f64>() / count;
    let squares: f64 = values.iter().map(|v| (f64::from(*v) - mean).powi(2)).sum();
    (squares / count).sqrt() as f32
}

/// The image shifted down and right by `shift`, around its edges.
fn rolled(v: &[f32], [height, width]: [usize; 2], [down, across]: [isize; 2]) -> Vec<f32> {
    let from =
        |at: usize, by: isize, side: usize| (at as isize - by).rem_euclid(side as isize) as usize;
    let rows = (0..height).flat_map(|y| {
        let row = from(y, down, height) * width;
        (0..width).map(move |x| v[row + from(x, across, width)])
    });
    rows.collect()
}

#[cfg(test)]
mod tests;
