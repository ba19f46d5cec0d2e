//! Inverted representations (Mahendran and Vedaldi 2015): an input that a layer cannot tell
//! from another one, found from noise.
//!
//! The variable is z = x / σ, an input from which the model's own preparation has subtracted
//! its mean, in units of the range of pixels. What is lowered is
//! ‖Φ(σz) − Φ₀‖² / ‖Φ₀‖² + λ_α Σ|z|^α + λ_TV Σ ((z_{i+1,j} − z_{ij})² + (z_{i,j+1} − z_{ij})²)^{β/2}.

#[cfg(test)]
mod tests;

use std::ops::ControlFlow;

use crate::ascend::Penalty;
use crate::attribute::{Backward, ExplainError, Rules, Wrt};
use crate::float_model::{FloatModel, FloatModelError, LayerId};
use cortexscope_net::described;
use cortexscope_net::input::InputSpec;
use cortexscope_net::random::Random;

/// Everything that an inversion depends on.
#[derive(Clone, Debug, PartialEq)]
pub struct Inversion {
    /// The layer that remembers.
    pub layer: LayerId,
    /// σ, what z is multiplied with to be an input.
    pub sigma: f64,
    /// α of the norm.
    pub alpha: f64,
    /// λ_α.
    pub alpha_weight: f64,
    /// β of the total variation. At the last row and column the missing difference counts as
    /// 0 and the other one counts; where both are 0 the derivative is taken as 0.
    pub beta: f64,
    /// λ_TV.
    pub tv_weight: f64,
    /// Root mean square of the first step, in units of z; it fixes the rate of all.
    pub first_step: f64,
    /// The share of the last step that is kept.
    pub momentum: f64,
    /// Steps; the rate is a tenth after half of them, and a hundredth after four fifths.
    pub steps: usize,
    /// Standard deviation of the noise that is begun with, in units of z.
    pub noise: f64,
    /// Its seed.
    pub seed: u64,
}

/// The range of pixels, as the mean over the channels.
fn span(spec: &InputSpec) -> f64 {
    let channels = spec.shape()[0];
    let spans = (0..channels)
        .map(|channel| f64::from(spec.value(channel, 255) - spec.value(channel, 0)).abs());
    spans.sum::<f64>() / channels as f64
}

impl Inversion {
    /// The paper's α, β and momentum; weights that do not depend on the size.
    pub fn of(model: &FloatModel, layer: LayerId) -> Self {
        let values = model.input_shape().iter().product::<usize>() as f64;
        Self {
            layer,
            sigma: span(&model.spec.input),
            alpha: 6.0,
            alpha_weight: 0.01 / values,
            beta: 2.0,
            tv_weight: 0.1 / values,
            first_step: 0.01,
            momentum: 0.9,
            steps: 400,
            noise: 0.1,
            seed: 0,
        }
    }

    /// Checks the parameters.
    ///
    /// # Errors
    /// [`ExplainError::Parameter`] says which cannot be used.
    pub fn check(&self) -> Result<(), ExplainError> {
        let refused = |why| Err(ExplainError::Parameter(why));
        let positive = |value: f64| value.is_finite() && value > 0.0;
        let weight = |value: f64| value.is_finite() && value >= 0.0;
        if !(positive(self.sigma) && positive(self.first_step)) {
            return refused("sigma and the first step are numbers greater than 0");
        }
        if !(self.alpha.is_finite() && self.alpha >= 1.0 && positive(self.beta)) {
            return refused("alpha is a number from 1 up, beta is greater than 0");
        }
        if !(weight(self.alpha_weight) && weight(self.tv_weight) && weight(self.noise)) {
            return refused("weights and noise are numbers from 0 up");
        }
        if !(0.0..1.0).contains(&self.momentum) {
            return refused("the momentum is from 0 up to, but not, 1");
        }
        Ok(())
    }
}

described! {
    /// One of the numbers that an objective adds up.
    #[derive(Copy)]
    pub struct Term {
        /// What it is: `distance`, `alpha` or `tv`.
        pub name: &'static str,
        /// What it adds to the objective, its weight included.
        pub value: f64,
        /// Its weight.
        pub weight: f64,
    }
}

/// The objective of an input.
#[derive(Clone, Debug, PartialEq)]
pub struct Objective {
    /// Distance, α-norm, total variation.
    pub terms: [Term; 3],
    /// Its derivative with respect to each value of the input x.
    pub gradient: Vec<f32>,
}

impl Objective {
    /// The sum of the terms.
    pub fn value(&self) -> f64 {
        self.terms.iter().map(|term| term.value).sum()
    }
}

/// What a layer remembers of one input, and how far other inputs are from it.
#[derive(Debug)]
pub struct Memory<'a> {
    inversion: &'a Inversion,
    backward: Backward,
    wanted: Vec<f32>,
    length: f64,
    size: [usize; 2],
}

impl<'a> Memory<'a> {
    /// What `inversion`'s layer makes of `input`, `[C, H, W]`.
    ///
    /// # Errors
    /// A parameter, the model, or a layer that is 0 everywhere.
    pub fn of(
        model: &FloatModel,
        input: &[f32],
        inversion: &'a Inversion,
    ) -> Result<Self, ExplainError> {
        inversion.check()?;
        let layer = inversion.layer;
        let wanted = model.activations(&[layer], input)?.remove(0);
        let length: f64 = wanted.iter().map(|&a| f64::from(a) * f64::from(a)).sum();
        if !length.is_finite() {
            return Err(ExplainError::NotFinite("what the layer writes"));
        }
        if length == 0.0 {
            return Err(ExplainError::Parameter(
                "the layer is 0 everywhere for this input, so it remembers nothing: take an earlier layer",
            ));
        }
        let [_, height, width] = model.input_shape();
        Ok(Self {
            inversion,
            backward: Backward::new(model, layer, Wrt::Input, &Rules::Gradient)?,
            wanted,
            length,
            size: [height, width],
        })
    }

    /// The objective at `input`, `[C, H, W]` as the model wants it.
    ///
    /// # Errors
    /// The model cannot be run.
    pub fn objective(&mut self, input: &[f32]) -> Result<Objective, ExplainError> {
        let Self { wanted, length, .. } = self;
        let length = *length;
        let pass = self.backward.run_objective(input, &|values| {
            let pairs = values.iter().zip(&*wanted);
            let away = pairs.map(|(&a, &b)| f64::from(a) - f64::from(b));
            let value = away.clone().map(|d| d * d).sum::<f64>() / length;
            (value, away.map(|d| (2.0 * d / length) as f32).collect())
        })?;
        let of = self.inversion;
        let z: Vec<f32> = input
            .iter()
            .map(|&x| (f64::from(x) / of.sigma) as f32)
            .collect();
        // The penalty subtracts its derivative.
        let mut slopes = vec![0.0_f32; z.len()];
        let penalty = Penalty {
            tv: of.tv_weight,
            tv_beta: of.beta,
            ..Penalty::default()
        };
        let tv = penalty.subtract(&z, self.size, &mut slopes);
        let mut norm = 0.0;
        let mut gradient = Vec::with_capacity(z.len());
        for ((&value, &slope), &by_tv) in z.iter().zip(&pass.gradient).zip(&slopes) {
            let size = f64::from(value).abs();
            norm += size.powf(of.alpha);
            let sign = if value == 0.0 {
                0.0
            } else {
                f64::from(value.signum())
            };
            let by_norm = of.alpha_weight * of.alpha * size.powf(of.alpha - 1.0) * sign;
            let whole = f64::from(slope) + (by_norm - f64::from(by_tv)) / of.sigma;
            gradient.push(whole as f32);
        }
        let term = |name, value, weight| Term {
            name,
            value,
            weight,
        };
        let terms = [
            term("distance", pass.score, 1.0),
            term("alpha", of.alpha_weight * norm, of.alpha_weight),
            term("tv", tv, of.tv_weight),
        ];
        if !terms.iter().all(|term| term.value.is_finite()) {
            return Err(ExplainError::NotFinite("the objective"));
        }
        Ok(Objective { terms, gradient })
    }
}

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Inverted {
    /// `[C, H, W]`, as the model wants it: the best one.
    pub input: Vec<f32>,
    /// The terms at the start.
    pub start: [Term; 3],
    /// The terms of the result.
    pub terms: [Term; 3],
    /// The objective before each step.
    pub values: Vec<f64>,
}

/// A step that is about to be made.
pub struct InvertStep<'a> {
    /// Steps made before it.
    pub step: usize,
    /// The objective.
    pub value: f64,
    /// `[C, H, W]`, as the model wants it.
    pub input: &'a [f32],
}

/// Where a search begins: noise, as the model wants it.
pub fn noise(model: &FloatModel, inversion: &Inversion) -> Vec<f32> {
    let mut random = Random::new(inversion.seed);
    let count = model.input_shape().iter().product();
    let value = |_| (inversion.sigma * inversion.noise * random.normal()) as f32;
    (0..count).map(value).collect()
}

/// Finds an input that the layer cannot tell from `input`: gradient descent with momentum
/// from `start`, or from noise.
///
/// # Errors
/// A parameter, the model, or an interruption.
pub fn invert(
    model: &FloatModel,
    input: &[f32],
    start: Option<&[f32]>,
    inversion: &Inversion,
    watch: &mut dyn FnMut(InvertStep<'_>) -> ControlFlow<()>,
) -> Result<Inverted, ExplainError> {
    let mut memory = Memory::of(model, input, inversion)?;
    let mut x = match start {
        Some(start) if start.len() != input.len() => {
            let (have, need) = (start.len(), input.len());
            return Err(FloatModelError::InputSize { have, need }.into());
        }
        Some(start) => start.to_vec(),
        None => noise(model, inversion),
    };
    let mut now = memory.objective(&x)?;
    let begun = now.terms;
    let mut best = (now.value(), x.clone(), now.terms);
    let mut speed = vec![0.0_f64; x.len()];
    let mut values = Vec::with_capacity(inversion.steps);
    let rate = first_rate(&now.gradient, inversion);
    for step in 0..inversion.steps {
        let value = now.value();
        values.push(value);
        let input = &x;
        if watch(InvertStep { step, value, input }).is_break() {
            return Err(ExplainError::Interrupted);
        }
        let share = step as f64 / inversion.steps as f64;
        let slower = match share {
            share if share < 0.5 => 1.0,
            share if share < 0.8 => 0.1,
            _ => 0.01,
        };
        for ((value, speed), &g) in x.iter_mut().zip(&mut speed).zip(&now.gradient) {
            // In units of z: dE/dz = σ dE/dx.
            *speed = inversion.momentum * *speed - slower * rate * inversion.sigma * f64::from(g);
            *value += (inversion.sigma * *speed) as f32;
        }
        now = memory.objective(&x)?;
        if now.value() < best.0 {
            best = (now.value(), x.clone(), now.terms);
        }
    }
    let (_, input, terms) = best;
    Ok(Inverted {
        input,
        start: begun,
        terms,
        values,
    })
}

/// The rate at which the first step has its root mean square; 0 where nothing slopes.
fn first_rate(gradient: &[f32], inversion: &Inversion) -> f64 {
    let squares: f64 = gradient
        .iter()
        .map(|&g| (inversion.sigma * f64::from(g)).powi(2))
        .sum();
    let rms = (squares / gradient.len().max(1) as f64).sqrt();
    if rms > 0.0 {
        inversion.first_step / rms
    } else {
        0.0
    }
}
