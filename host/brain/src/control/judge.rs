//! Who says what an image does to a neuron.

use std::path::Path;

use cortexscope_explain::float_model::{FloatModel, Forward, LayerId, Overrides};
use cortexscope_net::input::InputSpec;
use cortexscope_net::input::Picture;
use image::DynamicImage;

use super::error::ControlError;
use super::population::{softmax, unit};
use crate::data::Images;
use crate::encode::Stored;

/// A model of neurons that answers images.
#[derive(Debug)]
pub struct Judge {
    kind: Kind,
    forward: Forward,
    /// Responses to natural images, `[neurons][images]`.
    natural: Vec<Vec<f64>>,
}

#[derive(Debug)]
enum Kind {
    Fit(Box<Stored>),
    Network(Box<FloatModel>),
}

impl Judge {
    /// A fit; natural images are those of its session.
    ///
    /// # Errors
    /// The network cannot be run.
    pub fn of_fit(fit: Stored) -> Result<Self, ControlError> {
        Ok(Self {
            forward: Forward::new(&fit.model, &[fit.layer])?,
            natural: fit.predictions.clone(),
            kind: Kind::Fit(Box::new(fit)),
        })
    }

    /// A fit's folder, or a network that ends in one value for each neuron, such as a published
    /// model of a neuron; then `images` are the natural ones. `spec` says how the network wants
    /// its input, instead of the file beside it.
    ///
    /// # Errors
    /// There is neither, or it cannot be run.
    pub fn open(
        name: &str,
        spec: Option<&Path>,
        images: &dyn Fn() -> Result<Images, ControlError>,
    ) -> Result<Self, ControlError> {
        if Path::new(name).is_dir() {
            return Self::of_fit(Stored::open(Path::new(name))?);
        }
        let overrides = Overrides {
            spec: spec.map(Path::to_owned),
            ..Overrides::default()
        };
        let model = FloatModel::open(name, &overrides)?;
        let last: LayerId = model.last();
        let shape = model.layer(last).shape;
        if shape[1] * shape[2] > 1 {
            let model = model.name.clone();
            return Err(ControlError::JudgeMaps { model, shape });
        }
        let forward = Forward::new(&model, &[last])?;
        let images = images()?;
        let mut natural = vec![Vec::new(); shape[0]];
        for image in 0..images.stimuli.len() {
            let input = images.input(image, &model.spec.input)?;
            let values = forward.run(&input)?.pop().unwrap_or_default();
            let all = natural.iter_mut().zip(values);
            all.for_each(|(own, value)| own.push(f64::from(value)));
        }
        Ok(Self {
            kind: Kind::Network(Box::new(model)),
            forward,
            natural,
        })
    }

    /// Neurons.
    pub fn neurons(&self) -> usize {
        self.natural.len()
    }

    /// Natural images.
    pub fn images(&self) -> usize {
        self.natural.first().map_or(0, Vec::len)
    }

    fn spec(&self) -> &InputSpec {
        match &self.kind {
            Kind::Fit(fit) => &fit.model.spec.input,
            Kind::Network(model) => &model.spec.input,
        }
    }

    /// The neuron of this judge that stands for `neuron`: its only one, or the one of the same
    /// number.
    ///
    /// # Errors
    /// It has several, and none of that number.
    pub fn twin(&self, neuron: usize) -> Result<usize, ControlError> {
        if self.neurons() == 1 {
            return Ok(0);
        }
        if neuron < self.neurons() {
            return Ok(neuron);
        }
        Err(ControlError::NoNeuron {
            who: "the judge".to_owned(),
            neuron,
            last: self.neurons() - 1,
        })
    }

    /// Each neuron's response to a picture, which is fitted to the judge's own input.
    ///
    /// # Errors
    /// The network fails.
    pub fn respond(&self, picture: &DynamicImage) -> Result<Vec<f64>, ControlError> {
        let input = self.spec().prepare(&Picture::of(picture.clone())).values;
        let values = self.forward.run(&input)?.pop().unwrap_or_default();
        Ok(match &self.kind {
            Kind::Fit(fit) => {
                let shape = fit.model.layer(fit.layer).shape;
                fit.readout.predict(&fit.pooling.pool(values, shape))
            }
            Kind::Network(_) => values.into_iter().map(f64::from).collect(),
        })
    }

    /// The softmax of z-scored responses at `neuron`: z by mean and standard deviation of the
    /// training responses of a fit, or of a network's responses to the natural images. `None` for
    /// a single neuron.
    pub fn one_hot(&self, responses: &[f64], neuron: usize) -> Option<f64> {
        if self.neurons() < 2 {
            return None;
        }
        let z = responses.iter().enumerate().map(|(n, response)| {
            let [mean, deviation] = match &self.kind {
                Kind::Fit(fit) => [fit.about.means[n], fit.about.deviations[n]],
                Kind::Network(_) => mean_and_deviation(&self.natural[n]),
            };
            (response - mean) / unit(deviation)
        });
        Some(softmax(&z.collect::<Vec<_>>())[neuron])
    }

    /// The greatest response of `neuron` to a natural image, and the image.
    pub fn natural_best(&self, neuron: usize) -> (usize, f64) {
        let own = self.natural[neuron].iter().copied().enumerate();
        own.fold((0, f64::NEG_INFINITY), |best, (image, response)| {
            if response > best.1 {
                (image, response)
            } else {
                best
            }
        })
    }

    /// The greatest softmax at `neuron` over the natural images; `None` for a single neuron.
    pub fn natural_one_hot(&self, neuron: usize) -> Option<f64> {
        let all = (0..self.images()).filter_map(|image| {
            let column: Vec<f64> = self.natural.iter().map(|own| own[image]).collect();
            self.one_hot(&column, neuron)
        });
        all.max_by(f64::total_cmp)
    }
}

fn mean_and_deviation(values: &[f64]) -> [f64; 2] {
    let count = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    [mean, (squares / count).sqrt()]
}
