//! The arithmetic of int8 networks in `f32`, with straight-through derivatives (Bengio,
//! Léonard and Courville 2013, section 4; Jacob et al. 2018, section 3, for saturation).
//!
//! A value is a real number that an int8 stands for, `real = (int8 − zero) · scale`.
//! [`Steps`] makes `int8 − zero` of it, a whole number that `f32` holds, so that tract's
//! convolution with whole weights gives the exact sum as long as no sum exceeds 2²⁴
//! ([`EXACT`]). [`Rescale`] makes an int8 of the sum, by the rule of every `QLinear`
//! operator, and gives the real number that it stands for. Forward these are the int8
//! network's own values, to the bit.
//!
//! Backward, rounding has the derivative 1: what is left is the float network of the
//! dequantised weights. Where a value saturates, the derivative is 0.

use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::*;

/// Whole numbers up to this magnitude are exact in `f32`, and so are their sums.
pub const EXACT: f64 = 16_777_216.0;

/// Real numbers as whole steps of one scale: `round(x / scale)`, the derivative is
/// `1 / scale`.
#[derive(Clone, Debug, PartialEq)]
pub struct Steps {
    scale: f32,
}

impl Eq for Steps {}

impl Steps {
    /// Steps of `scale`, which is greater than 0.
    pub fn of(scale: f32) -> Self {
        Self { scale }
    }

    /// The derivative.
    pub fn slope(&self) -> f32 {
        self.scale.recip()
    }
}

impl Op for Steps {
    fn name(&self) -> StaticName {
        "Steps".into()
    }

    op_as_typed_op!();
}

impl EvalOp for Steps {
    op_out_of_plan!();

    fn eval(&self, _: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let mut values = args_1!(inputs).into_tensor();
        let recip = self.scale.recip();
        {
            let mut plain = values.try_as_plain_ram_mut()?;
            for value in plain.as_slice_mut::<f32>()? {
                *value = (*value * recip).round_ties_even();
            }
        }
        Ok(tvec!(values.into_tvalue()))
    }
}

impl TypedOp for Steps {
    as_op!();

    fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        Ok(tvec!(f32::fact(inputs[0].shape.clone())))
    }
}

/// The int8 that a sum becomes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Int8 {
    /// What one step is worth.
    pub scale: f32,
    /// The int8 that stands for zero.
    pub zero: i8,
    /// Whether saturation at −128 stands for a rectifier, so that rules for rectifiers
    /// hold, and so that the derivative is 0 at the kink itself.
    pub is_rectifier: bool,
}

/// From the parts of a sum to what it stands for: the parts and a bias are added without
/// rounding, multiplied by the channel's multiplier and, unless they are a network's
/// logits, made an int8: `clamp(round_ties_even(f32(sum) · m) + zero, −128, 127)`.
///
/// Values are `[N, C, …]`, or of any shape where there is one multiplier for all.
#[derive(Clone, Debug, PartialEq)]
pub struct Rescale {
    /// Added to the sum, one for each channel, or one for all.
    pub bias: Vec<i32>,
    /// By what the sum is multiplied, one for each channel, or one for all.
    pub multipliers: Vec<f32>,
    /// The derivative of the real number for the sum where nothing saturates, one for
    /// each multiplier.
    pub slopes: Vec<f32>,
    /// The int8 that it becomes; `None` for real numbers.
    pub to: Option<Int8>,
}

impl Eq for Rescale {}

/// What one number becomes.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Scaled {
    real: f32,
    saturates: bool,
}

impl Rescale {
    /// A real number made an int8, as `QuantizeLinear` does: the derivative is 1 from the
    /// least number that an int8 stands for to the greatest, both included.
    pub fn quantise(scale: f32, zero: i8) -> Self {
        Self {
            bias: vec![0],
            multipliers: vec![scale.recip()],
            slopes: vec![1.0],
            to: Some(Int8 {
                scale,
                zero,
                is_rectifier: false,
            }),
        }
    }

    fn scaled(&self, sum: f32, multiplier: f32) -> Scaled {
        let product = sum * multiplier;
        let Some(to) = self.to else {
            return Scaled {
                real: product,
                saturates: false,
            };
        };
        // `as` saturates, and makes 0 of NaN.
        let int8 = (product.round_ties_even() + f32::from(to.zero)) as i8;
        let [least, most] = [i8::MIN, i8::MAX].map(|bound| i16::from(bound) - i16::from(to.zero));
        let [least, most] = [least, most].map(f32::from);
        // Rounding and clamping to whole bounds may change places: what is clamped is the
        // product as it is, before it is rounded.
        let is_below = if to.is_rectifier {
            product <= least
        } else {
            product < least
        };
        Scaled {
            real: f32::from(i16::from(int8) - i16::from(to.zero)) * to.scale,
            saturates: is_below || product > most,
        }
    }

    /// Calls `f` with each index, its channel's index and its sum.
    fn for_each(&self, parts: &[TValue], f: &mut dyn FnMut(usize, usize, f32)) -> TractResult<()> {
        let shape: TVec<usize> = parts[0].shape().into();
        let plain = parts.iter().map(|part| part.try_as_plain_ram());
        let plain = plain.collect::<TractResult<Vec<_>>>()?;
        let parts = plain.iter().map(|part| part.as_slice::<f32>());
        let parts = parts.collect::<TractResult<Vec<_>>>()?;
        let channels = shape.get(1).copied().unwrap_or(1);
        let plane = shape.iter().skip(2).product::<usize>().max(1);
        for index in 0..parts[0].len() {
            let channel = (index / plane) % channels.max(1);
            let bias = of_channel(&self.bias, channel);
            // Whole numbers of up to 53 bits: only the last step rounds, as from an i32.
            let sum: f64 = parts.iter().map(|part| f64::from(part[index])).sum();
            f(index, channel, (sum + f64::from(bias)) as f32);
        }
        Ok(())
    }

    fn check(&self, inputs: &[&TypedFact]) -> TractResult<()> {
        let shape = &inputs[0].shape;
        ensure!(inputs.iter().all(|input| input.shape == *shape));
        for len in [self.bias.len(), self.multipliers.len(), self.slopes.len()] {
            let fits = len == 1 || (shape.rank() > 1 && shape[1] == len.to_dim());
            ensure!(fits, "{len} channels for values of the shape {shape:?}");
        }
        Ok(())
    }
}

/// The value of `channel`, or the one for all.
fn of_channel<T: Copy>(values: &[T], channel: usize) -> T {
    if values.len() == 1 {
        values[0]
    } else {
        values[channel]
    }
}

impl Op for Rescale {
    fn name(&self) -> StaticName {
        "Rescale".into()
    }

    op_as_typed_op!();
}

impl EvalOp for Rescale {
    op_out_of_plan!();

    fn eval(&self, _: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let mut output = Tensor::zero::<f32>(inputs[0].shape())?;
        {
            let mut plain = output.try_as_plain_ram_mut()?;
            let output = plain.as_slice_mut::<f32>()?;
            self.for_each(&inputs, &mut |index, channel, sum| {
                let multiplier = of_channel(&self.multipliers, channel);
                output[index] = self.scaled(sum, multiplier).real;
            })?;
        }
        Ok(tvec!(output.into_tvalue()))
    }
}

impl TypedOp for Rescale {
    as_op!();

    fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        self.check(inputs)?;
        Ok(tvec!(f32::fact(inputs[0].shape.clone())))
    }
}

/// The way back through a [`Rescale`]: from the signal and the parts of the sum, all of
/// one shape, the signal times the slope, and 0 where the value saturated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RescaleGradient {
    /// What was computed forward.
    pub forward: Rescale,
    /// Whether nothing negative passes.
    pub only_positive: bool,
    /// Whether saturated values pass too.
    pub ignores_saturation: bool,
}

impl Op for RescaleGradient {
    fn name(&self) -> StaticName {
        "RescaleGradient".into()
    }

    op_as_typed_op!();
}

impl EvalOp for RescaleGradient {
    op_out_of_plan!();

    fn eval(&self, _: &EvalContext, mut inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let mut signal = inputs.remove(0).into_tensor();
        {
            let mut plain = signal.try_as_plain_ram_mut()?;
            let signal = plain.as_slice_mut::<f32>()?;
            let forward = &self.forward;
            forward.for_each(&inputs, &mut |index, channel, sum| {
                let multiplier = of_channel(&forward.multipliers, channel);
                let saturates = forward.scaled(sum, multiplier).saturates;
                let passes = self.ignores_saturation || !saturates;
                let value = if self.only_positive {
                    signal[index].max(0.0)
                } else {
                    signal[index]
                };
                signal[index] = if passes {
                    value * of_channel(&forward.slopes, channel)
                } else {
                    0.0
                };
            })?;
        }
        Ok(tvec!(signal.into_tvalue()))
    }
}

impl TypedOp for RescaleGradient {
    as_op!();

    fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        self.forward.check(inputs)?;
        Ok(tvec!(f32::fact(inputs[0].shape.clone())))
    }
}
