//! The greatest rate that following the gradient finds in an image space.

use std::ops::ControlFlow;

use cortexscope_net::random::Random;

use super::EvolveError;
use crate::generator::{Generator, cut};
use crate::neuron::Differentiable;
use crate::optimise::Code;

/// Where a climb begins.
#[derive(Clone, Debug, PartialEq)]
pub struct Start {
    /// What it is, in a word or two.
    pub name: String,
    /// Its code.
    pub code: Code,
}

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Optimum {
    /// The neuron's own rate.
    pub own: f64,
    /// The code.
    pub code: Code,
    /// The image, `[C, H, W]`.
    pub image: Vec<f32>,
    /// The name of the start from which it was reached.
    pub start: String,
    /// Gradients that were computed in all.
    pub gradients: usize,
}

/// Adam's step at each value of a code (Kingma and Ba 2015), which falls to a twentieth. Codes
/// of the best images lie far out, where most pixels are cut.
const RATE: f64 = 0.5;
const BETAS: [f64; 2] = [0.9, 0.999];
/// Starts that are drawn from N(0, 1) beside 0.
const DRAWN: usize = 2;

/// Climbs from 0, from two random codes and from `starts`, `steps` steps each, and gives the
/// best image on all ways. An image is cut to its range, and a slope that points out of it
/// does not count (projected gradient). It is no proof: another way may lead higher.
///
/// # Errors
/// The network or a decoder cannot be run, or `watch` ended the work; it is told after each
/// gradient.
pub fn optimum(
    neuron: &mut dyn Differentiable,
    generator: &dyn Generator,
    starts: &[Start],
    steps: usize,
    watch: &mut dyn FnMut() -> ControlFlow<()>,
) -> Result<Optimum, EvolveError> {
    let dim = generator.dim();
    let mut random = Random::new(0);
    let drawn = (0..=DRAWN).map(|index| {
        let code = (0..dim).map(|_| if index == 0 { 0.0 } else { random.normal() });
        Start {
            name: if index == 0 {
                "middle".to_owned()
            } else {
                format!("random {index}")
            },
            code: code.collect(),
        }
    });
    let all: Vec<Start> = starts.iter().cloned().chain(drawn).collect();
    let mut best: Option<Optimum> = None;
    let mut gradients = 0;
    for start in all {
        let mut code = start.code;
        let (mut first, mut second) = (vec![0.0; dim], vec![0.0; dim]);
        // The last turn looks at what the last step gave.
        for step in 0..=steps {
            let uncut = generator.uncut(&code)?;
            let image: Vec<f32> = uncut.iter().map(|&level| cut(level)).collect();
            let (own, mut slopes) = neuron.slope(&image)?;
            gradients += 1;
            if best.as_ref().is_none_or(|best| own > best.own) {
                best = Some(Optimum {
                    own,
                    code: code.clone(),
                    image,
                    start: start.name.clone(),
                    gradients: 0,
                });
            }
            if watch().is_break() {
                return Err(EvolveError::Interrupted);
            }
            for (slope, level) in slopes.iter_mut().zip(&uncut) {
                let leaves = (*level <= 0.0 && *slope < 0.0) || (*level >= 1.0 && *slope > 0.0);
                if leaves {
                    *slope = 0.0;
                }
            }
            let slopes = generator.pull(&code, &slopes)?;
            let made = step as i32 + 1;
            let rate = RATE * 0.05_f64.powf(step as f64 / steps.max(1) as f64);
            for at in 0..dim {
                first[at] += (1.0 - BETAS[0]) * (slopes[at] - first[at]);
                second[at] += (1.0 - BETAS[1]) * (slopes[at] * slopes[at] - second[at]);
                let mean = first[at] / (1.0 - BETAS[0].powi(made));
                let square: f64 = second[at] / (1.0 - BETAS[1].powi(made));
                code[at] += rate * mean / (square.sqrt() + 1e-12);
            }
        }
    }
    let best = best.ok_or(EvolveError::Interrupted)?;
    Ok(Optimum { gradients, ..best })
}
