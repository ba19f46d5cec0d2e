//! Sums over channels at each position, on several threads: a convolution with kernels of one
//! tap, which tract writes as a product over axes.

use std::ops::Range;

use rayon::prelude::*;
use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::*;
use tract_onnx::tract_core::ops::einsum::EinSum;

use super::Scratch;
use super::pages::uninitialized;
use crate::matrix::{Matrix, product_at};

/// From values `[N…, I, P…]` and weights `[O, I]` or `[I, O]`, in either order: the sums over `I`,
/// `[N…, O, P…]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pointwise {
    /// Which input the values are.
    slot: usize,
    batch: usize,
    /// Channels of the values and of the sums.
    inputs: usize,
    outputs: usize,
    /// Positions of a channel.
    plane: usize,
    /// From an output of the weights to the next, and from an input to the next.
    strides: [usize; 2],
    /// Of the sums.
    shape: TVec<usize>,
    scratch: Scratch,
}

/// Positions below which rows are too short for the kernels of a matrix product.
const WORTH_ROWS: usize = 64;

/// Positions of a part are a multiple of what the kernels of a matrix product take at once.
const STEP: usize = 64;

/// Where threads write, each its own positions.
struct Sums(*mut f32);

// SAFETY: threads write disjoint parts, and the tensor outlives them.
unsafe impl Sync for Sums {}

impl Pointwise {
    /// The product `op` of operands of these shapes, if it is of this kind, large, and there are
    /// threads for it.
    pub fn if_worth(op: &EinSum, shapes: [&[usize]; 2], scratch: &Scratch) -> Option<Self> {
        if op.q_params.is_some() || op.operating_dt != f32::datum_type() {
            return None;
        }
        let own = [0, 1]
            .into_iter()
            .find_map(|slot| Self::of(op, shapes, slot, scratch))?;
        let is_worth = own.plane >= WORTH_ROWS && scratch.threads(own.multiplications()) > 1;
        (is_worth && own.inputs > 0).then_some(own)
    }

    /// The product with the values in `slot`.
    fn of(op: &EinSum, shapes: [&[usize]; 2], slot: usize, scratch: &Scratch) -> Option<Self> {
        let (operands, sums) = op.axes.to_strs();
        let (values, weights) = (operands.get(slot)?, operands.get(1 - slot)?);
        let (shape, weight_shape) = (shapes[slot], shapes[1 - slot]);
        let sums = sums.first()?;
        let [first, second] = <[char; 2]>::try_from(weights.chars().collect::<Vec<_>>()).ok()?;
        let summed = |&letter: &char| values.contains(letter) && !sums.contains(letter);
        let written = |&letter: &char| sums.contains(letter) && !values.contains(letter);
        let (output, input, strides) = if written(&first) && summed(&second) {
            (first, second, [weight_shape[1], 1])
        } else if written(&second) && summed(&first) {
            (second, first, [1, weight_shape[1]])
        } else {
            return None;
        };
        let [outputs, inputs] =
            if output == first { [0, 1] } else { [1, 0] }.map(|at: usize| weight_shape[at]);
        let (before, after) = values.split_once(input)?;
        let (sums_before, sums_after) = sums.split_once(output)?;
        let size = |letter: char| {
            let axis = values.chars().position(|other| other == letter);
            axis.map_or(1, |axis| shape[axis])
        };
        // Axes of size 1 may come and go.
        let wide = |letters: &str| {
            letters
                .chars()
                .filter(|&letter| size(letter) > 1)
                .collect::<String>()
        };
        if after != sums_after || wide(before) != wide(sums_before) || size(input) != inputs {
            return None;
        }
        let count = |letters: &str| letters.chars().map(size).product();
        let sizes = sums.chars().map(|letter| {
            if letter == output {
                outputs
            } else {
                size(letter)
            }
        });
        Some(Self {
            slot,
            batch: count(before),
            inputs,
            outputs,
            plane: count(after),
            strides,
            shape: sizes.collect(),
            scratch: scratch.clone(),
        })
    }

    fn multiplications(&self) -> usize {
        self.batch * self.inputs * self.outputs * self.plane
    }

    /// The sums of one image at some positions.
    ///
    /// # Safety
    /// `sums` is one image, and nobody else reads or writes these positions.
    unsafe fn at(&self, positions: Range<usize>, values: &[f32], weights: &[f32], sums: &Sums) {
        let weights = Matrix {
            numbers: weights,
            sizes: [self.outputs, self.inputs],
            strides: self.strides,
        };
        let values = Matrix {
            numbers: &values[positions.start..],
            sizes: [self.inputs, positions.len()],
            strides: [self.plane, 1],
        };
        // SAFETY: the positions are inside the image, whose channels are a plane apart.
        unsafe {
            let into = sums.0.add(positions.start);
            product_at(into, [self.plane, 1], false, weights, values);
        }
    }
}

impl Op for Pointwise {
    fn name(&self) -> StaticName {
        "Pointwise".into()
    }

    op_as_typed_op!();
}

impl EvalOp for Pointwise {
    op_out_of_plan!();

    fn eval(&self, _: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let (values, weights) = (&inputs[self.slot], &inputs[1 - self.slot]);
        let (values, weights) = (values.try_as_plain_ram()?, weights.try_as_plain_ram()?);
        let (values, weights) = (values.as_slice::<f32>()?, weights.as_slice::<f32>()?);
        let image = self.inputs * self.plane;
        ensure!(values.len() == self.batch * image);
        ensure!(weights.len() == self.outputs * self.inputs);
        // SAFETY: the products below write every number, and nobody reads one before that.
        let mut sums = unsafe { uninitialized::<f32>(&self.shape)? };
        {
            let mut sums = sums.try_as_plain_ram_mut()?;
            let sums = sums.as_slice_mut::<f32>()?;
            let threads = self.scratch.threads(self.multiplications());
            // More parts than threads: one that was kept waiting leaves some to the others.
            let high = self.plane.div_ceil(2 * threads).next_multiple_of(STEP);
            let images = values.chunks_exact(image);
            for (values, sums) in images.zip(sums.chunks_exact_mut(self.outputs * self.plane)) {
                let sums = Sums(sums.as_mut_ptr());
                let sums = &sums;
                (0..self.plane.div_ceil(high))
                    .into_par_iter()
                    .for_each(|part| {
                        let positions = part * high..((part + 1) * high).min(self.plane);
                        // SAFETY: the parts of an image are disjoint.
                        unsafe { self.at(positions, values, weights, sums) }
                    });
            }
        }
        Ok(tvec!(sums.into_tvalue()))
    }
}

impl TypedOp for Pointwise {
    as_op!();

    fn output_facts(&self, _: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        Ok(tvec!(f32::fact(&*self.shape)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Letters of the operands and of the sums, and the operands' shapes.
    type Case<'a> = ([&'a str; 2], &'a str, [&'a [usize]; 2]);

    fn tensor(shape: &[usize]) -> Tensor {
        let count = shape.iter().product::<usize>();
        let values: Vec<f32> = (0..count).map(|at| (at * 7919 % 17) as f32 - 8.0).collect();
        Tensor::from_shape(shape, &values).unwrap()
    }

    fn product(operands: [&str; 2], sums: &str) -> EinSum {
        let axes = AxesMapping::from_strs(&operands, &[sums]).unwrap();
        EinSum::new(axes, f32::datum_type())
    }

    /// Sums of small whole numbers are exact in any order.
    #[test]
    fn sums_are_those_of_the_product_over_axes() {
        let (image, back) = ([24, 48, 49], [40, 48, 49]);
        let batch = [2, 24, 48, 49];
        let cases: [Case<'_>; 6] = [
            (["IHW", "OI"], "OHW", [&image, &[40, 24]]),
            (["OI", "IHW"], "OHW", [&[40, 24], &image]),
            (["IHW", "IO"], "OHW", [&image, &[24, 40]]),
            (["IHW", "OI"], "NOHW", [&image, &[40, 24]]),
            (["NIHW", "OI"], "NOHW", [&batch, &[40, 24]]),
            (["OI", "OHW"], "IHW", [&[40, 24], &back]),
        ];
        for (operands, sums, shapes) in cases {
            let op = product(operands, sums);
            let own = Pointwise::if_worth(&op, shapes, &Scratch::new(2)).unwrap();
            let inputs: TVec<TValue> = shapes
                .iter()
                .map(|shape| tensor(shape).into_tvalue())
                .collect();
            let context = EvalContext::out_of_plan();
            let found = own.eval(&context, inputs.clone()).unwrap();
            let expected = op.eval(&context, inputs).unwrap();
            assert_eq!(found[0], expected[0], "{operands:?} {sums}");
        }
    }

    #[test]
    fn other_products_stay() {
        let (image, back) = ([24, 48, 49], [40, 48, 49]);
        let batch = [2, 24, 48, 49];
        let cases: [Case<'_>; 4] = [
            // The derivative with respect to the weights.
            (["IHW", "OHW"], "OI", [&image, &back]),
            // A sum over the batch, and axes in another order.
            (["NIHW", "OI"], "OHW", [&batch, &[40, 24]]),
            (["IHW", "OI"], "OWH", [&image, &[40, 24]]),
            // Too small.
            (["IHW", "OI"], "OHW", [&[4, 8, 8], &[4, 4]]),
        ];
        for (operands, sums, shapes) in cases {
            let own = Pointwise::if_worth(&product(operands, sums), shapes, &Scratch::new(2));
            assert_eq!(own, None, "{operands:?} {sums}");
        }
        let op = product(["IHW", "OI"], "OHW");
        assert_eq!(
            Pointwise::if_worth(&op, [&image, &[40, 24]], &Scratch::new(1)),
            None
        );
    }
}
