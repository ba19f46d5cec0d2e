//! The derivative of normalisation over neighbouring channels.

use super::zeros;
use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::*;
use tract_onnx_opl::lrn::Lrn;

/// From the arriving signal `g` and the input `x`, both `[N, C, …]`: with
/// `d_c = k + α/n · Σ x²` over the window of channel `c` and `y = x · d^−β`,
/// `dx_j = g_j d_j^−β − 2αβ/n · x_j Σ_c g_c x_c d_c^(−β−1)` over the channels whose
/// window contains `j` (Krizhevsky et al. 2012, "Local Response Normalization", with ONNX's `α/n`).
#[derive(Clone, Debug, PartialEq)]
pub struct LrnGradient {
    op: Lrn,
}

impl Eq for LrnGradient {}

impl LrnGradient {
    /// The way back through `op`.
    pub fn new(op: &Lrn) -> Self {
        Self { op: op.clone() }
    }
}

impl Op for LrnGradient {
    fn name(&self) -> StaticName {
        "LrnGradient".into()
    }

    op_as_typed_op!();
}

impl EvalOp for LrnGradient {
    op_out_of_plan!();

    fn eval(&self, _: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let (g, x) = args_2!(inputs);
        let mut output = zeros(x.shape())?;
        let [batch, channels] = [x.shape()[0], x.shape()[1]];
        let positions: usize = x.shape()[2..].iter().product();
        {
            let (g, x) = (g.try_as_plain_ram()?, x.try_as_plain_ram()?);
            let (g, x) = (g.as_slice::<f32>()?, x.as_slice::<f32>()?);
            let mut output = output.try_as_plain_ram_mut()?;
            let output = output.as_slice_mut::<f32>()?;
            let image = channels * positions;
            // `d` of every channel, then `g x d^(−β−1)` in its place.
            let mut pulls = vec![0.0_f32; image];
            for n in 0..batch {
                let range = n * image..(n + 1) * image;
                let (g, x) = (&g[range.clone()], &x[range.clone()]);
                self.image(g, x, &mut pulls, &mut output[range], [channels, positions]);
            }
        }
        Ok(tvec!(output.into_tvalue()))
    }
}

impl LrnGradient {
    fn image(
        &self,
        g: &[f32],
        x: &[f32],
        pulls: &mut [f32],
        output: &mut [f32],
        [channels, positions]: [usize; 2],
    ) {
        let Lrn {
            alpha,
            beta,
            bias,
            size,
        } = self.op;
        let share = alpha / size as f32;
        let (before, after) = ((size - 1) / 2, (size - 1).div_ceil(2));
        let map = |c: usize| c * positions..(c + 1) * positions;
        for c in 0..channels {
            let window = c.saturating_sub(before)..(c + after + 1).min(channels);
            for (i, at) in map(c).enumerate() {
                let squares: f32 = window.clone().map(|c| x[c * positions + i].powi(2)).sum();
                let d = bias + share * squares;
                let scale = d.powf(-beta);
                output[at] = g[at] * scale;
                pulls[at] = g[at] * x[at] * scale / d;
            }
        }
        for j in 0..channels {
            // Channels whose window holds `j`: the window mirrored.
            let readers = j.saturating_sub(after)..(j + before + 1).min(channels);
            for (i, at) in map(j).enumerate() {
                let pull: f32 = readers.clone().map(|c| pulls[c * positions + i]).sum();
                output[at] -= 2.0 * share * beta * x[at] * pull;
            }
        }
    }
}

impl TypedOp for LrnGradient {
    as_op!();

    fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        Ok(tvec!(f32::fact(inputs[1].shape.clone())))
    }
}
