//! A unit of a float network.

use cortexscope_explain::attribute::{Backward, Rules, Wrt};
use cortexscope_explain::float_model::{FloatModel, Forward};
use cortexscope_explain::target::Aim;
use cortexscope_net::input::InputSpec;

use super::{Differentiable, Neuron, NeuronError, check_rates, check_sizes, to_shares};
use crate::stimuli::values;

/// A map, a unit or a class of a float network.
pub struct FloatNeuron {
    spec: InputSpec,
    forward: Forward,
    backward: Backward,
    aim: Aim,
}

/// Images that are worth a second thread.
const MANY_IMAGES: usize = 8;

impl FloatNeuron {
    /// The unit that `aim` is in `model`.
    ///
    /// # Errors
    /// tract cannot plan the network, or an operator has no derivative.
    pub fn new(model: &FloatModel, aim: Aim) -> Result<Self, NeuronError> {
        Ok(Self {
            spec: model.spec.input.clone(),
            forward: Forward::new(model, &[aim.layer])?,
            backward: Backward::new(model, aim.layer, Wrt::Input, &Rules::Gradient)?,
            aim,
        })
    }
}

impl Differentiable for FloatNeuron {
    fn slope(&mut self, image: &[f32]) -> Result<(f64, Vec<f32>), NeuronError> {
        check_sizes(&[image], self.spec.shape())?;
        let pass = self.backward.run(&values(&self.spec, image), &self.aim)?;
        let rate = check_rates(vec![pass.score])?[0];
        Ok((rate, to_shares(&self.spec, &pass.gradient)))
    }
}

/// What a thread runs images with.
#[derive(Clone, Copy)]
struct Reader<'a> {
    spec: &'a InputSpec,
    forward: &'a Forward,
    aim: &'a Aim,
}

impl Reader<'_> {
    fn rates(self, images: &[&[f32]]) -> Result<Vec<f64>, NeuronError> {
        let rates = images.iter().map(|image| {
            let layers = self.forward.run(&values(self.spec, image))?;
            let layer = layers.first().map(Vec::as_slice).unwrap_or_default();
            Ok(self.aim.value(layer))
        });
        rates.collect()
    }
}

impl Neuron for FloatNeuron {
    fn shape(&self) -> [usize; 3] {
        self.spec.shape()
    }

    fn description(&self) -> String {
        self.aim.words.clone()
    }

    fn rates(&mut self, images: &[&[f32]]) -> Result<Vec<f64>, NeuronError> {
        check_sizes(images, self.spec.shape())?;
        let Self {
            spec, forward, aim, ..
        } = self;
        let reader = Reader { spec, forward, aim };
        if images.len() < MANY_IMAGES {
            return check_rates(reader.rates(images)?);
        }
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let share = images.len().div_ceil(threads);
        let parts = std::thread::scope(|scope| {
            let runs: Vec<_> = images
                .chunks(share)
                .map(|part| scope.spawn(move || reader.rates(part)))
                .collect();
            let parts = runs.into_iter().map(|run| match run.join() {
                Ok(part) => part,
                Err(panic) => std::panic::resume_unwind(panic),
            });
            parts.collect::<Result<Vec<_>, _>>()
        })?;
        check_rates(parts.concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cortexscope_explain::float_model::Overrides;
    use cortexscope_explain::target::{ClassValue, Target};

    #[test]
    fn a_slope_is_the_difference_of_rates() {
        let model = FloatModel::open("lenet5", &Overrides::default()).unwrap();
        let aim = "class:3".parse::<Target>().unwrap();
        let aim = aim.aim(&model, ClassValue::Logit).unwrap();
        let mut neuron = FloatNeuron::new(&model, aim).unwrap();
        let size: usize = neuron.shape().iter().product();
        let image: Vec<f32> = (0..size).map(|at| (at % 17) as f32 / 17.0).collect();
        let (rate, slopes) = neuron.slope(&image).unwrap();
        assert!((neuron.rates(&[&image]).unwrap()[0] - rate).abs() < 1e-3);
        // Along the slope: the rate rises by its squared length per step.
        let length: f32 = slopes.iter().map(|slope| slope * slope).sum();
        let step = 1e-3 / length.sqrt();
        let moved = |by: f32| -> Vec<f32> {
            let both = image.iter().zip(&slopes);
            both.map(|(value, slope)| value + by * slope).collect()
        };
        let (up, down) = (moved(step), moved(-step));
        let rates = neuron.rates(&[&up, &down]).unwrap();
        let found = (rates[0] - rates[1]) / f64::from(2.0 * step);
        assert!(
            (found / f64::from(length) - 1.0).abs() < 0.02,
            "{found} {length}"
        );
    }

    #[test]
    fn many_images_are_answered_in_their_order() {
        let model = FloatModel::open("lenet5", &Overrides::default()).unwrap();
        let aim = "class:3".parse::<Target>().unwrap();
        let aim = aim.aim(&model, ClassValue::Logit).unwrap();
        let mut neuron = FloatNeuron::new(&model, aim).unwrap();
        let size: usize = neuron.shape().iter().product();
        let images: Vec<Vec<f32>> = (0..11).map(|k| vec![k as f32 / 10.0; size]).collect();
        let all: Vec<&[f32]> = images.iter().map(Vec::as_slice).collect();
        let single: Vec<f64> = all
            .iter()
            .map(|image| neuron.rates(&[image]).unwrap()[0])
            .collect();
        assert_eq!(neuron.rates(&all).unwrap(), single);
        let error = neuron.rates(&[&images[0][1..]]).unwrap_err();
        assert!(matches!(error, NeuronError::Size { .. }));
    }
}
