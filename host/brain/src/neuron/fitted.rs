//! Neurons of an encoding model: a network's features, read by what was fitted.

use cortexscope_explain::attribute::{Backward, Rules, Wrt};
use cortexscope_explain::float_model::Forward;
use cortexscope_net::input::InputSpec;
use rayon::prelude::*;

use super::{
    Differentiable, Neuron, NeuronError, check_population, check_rates, check_sizes, to_shares,
};
use crate::encode::{Pooling, Readout, Stored};
use crate::stimuli::values;

/// All neurons of a fit, or one of them.
pub struct FittedNeuron {
    name: String,
    spec: InputSpec,
    forward: Forward,
    /// The way back, for one neuron.
    backward: Option<Backward>,
    /// `[C, H, W]` of the layer, before it is pooled.
    shape: [usize; 3],
    pooling: Pooling,
    readout: Readout,
    only: Option<usize>,
}

impl FittedNeuron {
    /// The neurons of `fit`, or the only one that is given.
    ///
    /// # Errors
    /// There is no such neuron, or tract cannot plan the network.
    pub fn new(fit: &Stored, only: Option<usize>) -> Result<Self, NeuronError> {
        let count = fit.readout.neurons();
        if let Some(neuron) = only.filter(|&neuron| neuron >= count) {
            return Err(NeuronError::NoNeuron {
                who: "the fit".to_owned(),
                neuron,
                last: count.saturating_sub(1),
            });
        }
        let layer = fit.model.layer(fit.layer);
        let backward = match only {
            Some(_) => Some(Backward::new(
                &fit.model,
                fit.layer,
                Wrt::Input,
                &Rules::Gradient,
            )?),
            None => None,
        };
        Ok(Self {
            backward,
            name: format!("{} {}", fit.model.name, layer.name),
            spec: fit.model.spec.input.clone(),
            forward: Forward::of_many(&fit.model, &[fit.layer])?,
            shape: layer.shape,
            pooling: fit.pooling,
            readout: fit.readout.clone(),
            only,
        })
    }
}

impl Neuron for FittedNeuron {
    fn shape(&self) -> [usize; 3] {
        self.spec.shape()
    }

    fn description(&self) -> String {
        match self.only {
            Some(neuron) => format!("neuron {neuron} fitted to {}", self.name),
            None => format!("{} neurons fitted to {}", self.readout.neurons(), self.name),
        }
    }

    fn neurons(&self) -> usize {
        match self.only {
            Some(_) => 1,
            None => self.readout.neurons(),
        }
    }

    fn rates(&mut self, images: &[&[f32]]) -> Result<Vec<f64>, NeuronError> {
        check_sizes(images, self.spec.shape())?;
        let answer = |image: &&[f32]| -> Result<Vec<f64>, NeuronError> {
            let layers = self.forward.run(&values(&self.spec, image))?;
            let layer = layers.into_iter().next().unwrap_or_default();
            let cells = self.pooling.pool(layer, self.shape);
            Ok(match self.only {
                Some(neuron) => vec![self.readout.predict_one(neuron, &cells)],
                None => self.readout.predict(&cells),
            })
        };
        let rates: Vec<Vec<f64>> = images.par_iter().map(answer).collect::<Result<_, _>>()?;
        check_population(rates.concat(), self.neurons())
    }
}

impl Differentiable for FittedNeuron {
    fn slope(&mut self, image: &[f32]) -> Result<(f64, Vec<f32>), NeuronError> {
        check_sizes(&[image], self.spec.shape())?;
        let (Some(neuron), Some(backward)) = (self.only, &mut self.backward) else {
            return Err(NeuronError::ManyNeurons {
                who: self.name.clone(),
            });
        };
        let slopes = self.readout.slopes(neuron);
        let (readout, pooling, shape) = (&self.readout, self.pooling, self.shape);
        let objective = |layer: &[f32]| {
            let cells = pooling.pool(layer.to_vec(), shape);
            (
                readout.predict_one(neuron, &cells),
                pooling.spread(&slopes, shape),
            )
        };
        let pass = backward.run_objective(&values(&self.spec, image), &objective)?;
        let rate = check_rates(vec![pass.score])?[0];
        Ok((rate, to_shares(&self.spec, &pass.gradient)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::{About, ReadoutWeights};
    use cortexscope_explain::float_model::{FloatModel, Overrides};
    use cortexscope_net::RequestError;
    use cortexscope_net::random::Random;

    /// Two neurons that read the lecture's first layer, pooled in twos.
    fn fit() -> Stored {
        let model = FloatModel::open("lecture-lenet", &Overrides::default()).unwrap();
        let layer = model.find("relu1").unwrap();
        let pooling = Pooling { window: 2 };
        let shape = pooling.shape(model.layer(layer).shape);
        let mut random = Random::new(4);
        let count = 2 * shape.iter().product::<usize>();
        let weights = (0..count).map(|_| random.normal() as f32 / 40.0);
        Stored {
            pooling,
            readout: Readout {
                shape,
                bias: vec![1.0, -1.0],
                weights: ReadoutWeights::Ridge(weights.collect()),
            },
            predictions: vec![vec![0.0]; 2],
            about: About {
                model: "lecture-lenet".to_owned(),
                model_sha256: model.sha256_hex(),
                layer: "relu1".to_owned(),
                window: 2,
                shape,
                readout: "ridge".to_owned(),
                images: "none".to_owned(),
                means: vec![0.0; 2],
                deviations: vec![1.0; 2],
                bias: vec![1.0, -1.0],
            },
            layer,
            model,
        }
    }

    #[test]
    fn one_neuron_answers_as_in_its_population_and_has_a_slope() {
        let fit = fit();
        let mut all = FittedNeuron::new(&fit, None).unwrap();
        let mut one = FittedNeuron::new(&fit, Some(1)).unwrap();
        let image: Vec<f32> = (0..784).map(|at| (at % 23) as f32 / 23.0).collect();
        let dark = vec![0.0; 784];
        let rates = all.rates(&[&dark, &image]).unwrap();
        assert_eq!(rates.len(), 4);
        assert_eq!(one.rates(&[&dark, &image]).unwrap(), [rates[1], rates[3]]);
        let (rate, slopes) = one.slope(&image).unwrap();
        assert!((rate - rates[3]).abs() < 1e-4);
        let length: f32 = slopes.iter().map(|slope| slope * slope).sum();
        let step = 1e-2 / length.sqrt();
        let moved = |by: f32| -> Vec<f32> {
            let both = image.iter().zip(&slopes);
            both.map(|(value, slope)| value + by * slope).collect()
        };
        let (up, down) = (moved(step), moved(-step));
        let rates = one.rates(&[&up, &down]).unwrap();
        let found = (rates[0] - rates[1]) / f64::from(2.0 * step);
        assert!(
            (found / f64::from(length) - 1.0).abs() < 0.05,
            "{found} {length}"
        );
        assert!(all.slope(&image).is_err());
        let none = FittedNeuron::new(&fit, Some(2)).err().unwrap();
        assert!(none.is_request() && none.to_string().contains("neurons 0 to 1"));
    }
}
