//! One network judged on images that it has not seen.

use std::ops::ControlFlow;

use super::error::AutoEncodeError;
use super::network::AutoEncoder;
use super::quality::{ImageQuality, Quality};
use super::significance::Significance;
use crate::generator::{Generator, Linear};
use crate::stimuli::Stimuli;

/// What networks are judged on.
#[derive(Clone, Copy, Debug)]
pub struct Task<'a> {
    /// Test images as inputs `[C, H, W]` in the network's units.
    pub images: &'a [Vec<f32>],
    /// Mean responses `[neurons][images]`; empty where none are known.
    pub responses: &'a [Vec<f64>],
    /// From black to white in the network's units.
    pub data_range: f64,
    /// p of at most this is significant.
    pub level: f64,
    /// Shuffles of the images for what chance gives.
    pub shuffles: usize,
    /// Their seed.
    pub seed: u64,
    /// Reconstructions that are kept: the first.
    pub keep: usize,
}

/// What a network was found to be.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evaluation {
    /// Its reconstructions; `None` where it makes none.
    pub quality: Option<Quality>,
    /// Its neurons; `None` where it predicts none, or no responses are known.
    pub significance: Option<Significance>,
    /// The first reconstructions, `[C, H, W]` each.
    pub kept: Vec<Vec<f32>>,
}

/// Judges a network; `watch` is told how many images are done.
///
/// # Errors
/// There are too few images, the network has another number of neurons, cannot be run, or gives
/// what is not a number.
pub fn evaluate(
    network: &AutoEncoder,
    task: &Task<'_>,
    watch: &mut dyn FnMut(usize) -> ControlFlow<()>,
) -> Result<Evaluation, AutoEncodeError> {
    /// Fewest images: a correlation needs three.
    const LEAST: usize = 3;
    if task.images.len() < LEAST {
        let (have, need) = (task.images.len(), LEAST);
        return Err(AutoEncodeError::Few { have, need });
    }
    let neurons = network.neurons();
    if let Some(layer) = network.response
        && !task.responses.is_empty()
        && task.responses.len() != neurons
    {
        return Err(AutoEncodeError::Neurons {
            model: network.model.name.clone(),
            layer: network.model.layer(layer).name.clone(),
            have: neurons,
            wanted: task.responses.len(),
        });
    }
    let shape = network.model.input_shape();
    let mut qualities = Vec::new();
    let mut rates = vec![Vec::with_capacity(task.images.len()); neurons];
    let mut found = Evaluation::default();
    for (index, image) in task.images.iter().enumerate() {
        let [made, answered] = network.run(image)?;
        if let Some(&value) = made
            .iter()
            .chain(&answered)
            .find(|value| !value.is_finite())
        {
            let (model, image) = (network.model.name.clone(), index);
            return Err(AutoEncodeError::NotFinite {
                model,
                image,
                value,
            });
        }
        if network.reconstruction.is_some() {
            qualities.extend(ImageQuality::of(image, &made, shape, task.data_range));
            if index < task.keep {
                found.kept.push(made);
            }
        }
        for (neuron, value) in rates.iter_mut().zip(answered) {
            neuron.push(f64::from(value));
        }
        if watch(index + 1).is_break() {
            return Err(AutoEncodeError::Interrupted);
        }
    }
    found.quality = Quality::over(&qualities, task.data_range);
    if !task.responses.is_empty() {
        let (level, shuffles) = (task.level, task.shuffles);
        found.significance = Significance::test(&rates, task.responses, level, shuffles, task.seed);
    }
    Ok(found)
}

/// The quality of principal components of `training` images: what an auto-encoder with a code of
/// `components` values has to beat. `None` where the images cannot be compared.
///
/// # Errors
/// There are no more training images than components.
pub fn component_baseline(
    training: &Stimuli,
    test: &[Vec<f32>],
    components: usize,
    data_range: f64,
) -> Result<Option<Quality>, AutoEncodeError> {
    let linear = Linear::pca(training, components)?;
    let mut qualities = Vec::with_capacity(test.len());
    for image in test {
        let Some(code) = linear.encode(image) else {
            return Ok(None);
        };
        let made = linear.decode(&code)?;
        qualities.extend(ImageQuality::of(image, &made, training.shape, data_range));
    }
    Ok(Quality::over(&qualities, data_range))
}
