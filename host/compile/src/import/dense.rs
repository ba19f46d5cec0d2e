//! Gemm and MatMul: a flattened activation times constant weights.

use tract_onnx::pb::NodeProto;

use super::operand::{floats, per_channel};
use super::{Importer, View};
use crate::error::{MAX_WEIGHTS_PER_OUTPUT, Refusal};
use crate::float_net::FloatOp;
use cortexscope_net::onnx::{Attributes, Constant};
use cortexscope_net::reader::Refusal as ReadRefusal;

impl Importer<'_> {
    pub(super) fn gemm(
        &mut self,
        node: &NodeProto,
        attributes: Attributes<'_>,
    ) -> Result<View, Refusal> {
        let view = self.activation(node, 0)?;
        if attributes.int("transA", 0)? != 0 {
            return Err(ReadRefusal::Setting {
                name: "transA",
                value: "not 0".to_owned(),
                wanted: "an activation that is not transposed is supported",
            }
            .into());
        }
        let (alpha, beta) = (
            attributes.float("alpha", 1.0)?,
            attributes.float("beta", 1.0)?,
        );
        let matrix = self.weights(node, 1, "weights")?;
        let (mut weights, outputs) =
            rows_of_outputs(&view, &matrix, attributes.int("transB", 0)? != 0)?;
        weights.iter_mut().for_each(|weight| *weight *= alpha);
        let mut bias = match self.constant(node, 2, "bias")? {
            Some(bias) => per_channel(&bias, "bias", outputs)?,
            None => vec![0.0; outputs],
        };
        bias.iter_mut().for_each(|bias| *bias *= beta);
        self.dense(node, &view, FloatOp::Dense { weights, bias }, outputs)
    }

    pub(super) fn matmul(&mut self, node: &NodeProto) -> Result<View, Refusal> {
        let view = self.activation(node, 0)?;
        let matrix = self.weights(node, 1, "weights")?;
        let (weights, outputs) = rows_of_outputs(&view, &matrix, false)?;
        let bias = vec![0.0; outputs];
        self.dense(node, &view, FloatOp::Dense { weights, bias }, outputs)
    }

    fn dense(
        &mut self,
        node: &NodeProto,
        view: &View,
        op: FloatOp,
        outputs: usize,
    ) -> Result<View, Refusal> {
        let made = self.push(node, vec![view.tensor], op, [outputs, 1, 1])?;
        Ok(View {
            tensor: made.tensor,
            dims: vec![1, outputs],
        })
    }
}

/// Weights `[O, F]` from the file's `[F, O]`, or `[O, F]` where `transposed`.
fn rows_of_outputs(
    view: &View,
    matrix: &Constant,
    transposed: bool,
) -> Result<(Vec<f32>, usize), Refusal> {
    let &[1, features] = view.dims.as_slice() else {
        return Err(ReadRefusal::InputShape {
            have: view.dims.clone(),
            wanted: "[N, F], as Flatten makes it,",
        }
        .into());
    };
    let values = floats(matrix, "weights")?;
    let (rows, outputs) = match (matrix.dims.as_slice(), transposed) {
        (&[outputs, rows], true) | (&[rows, outputs], false) => (rows, outputs),
        _ => (0, 0),
    };
    if rows != features || outputs == 0 {
        return Err(ReadRefusal::OperandShape {
            operand: "weights",
            sizes: matrix.dims.clone(),
            wanted: if transposed {
                format!("[O, {features}] fits")
            } else {
                format!("[{features}, O] fits")
            },
        }
        .into());
    }
    if features > MAX_WEIGHTS_PER_OUTPUT {
        return Err(Refusal::Weights { have: features });
    }
    let weights = if transposed {
        values.to_vec()
    } else {
        let column = |output: usize| values.iter().skip(output).step_by(outputs);
        (0..outputs).flat_map(column).copied().collect()
    };
    Ok((weights, outputs))
}
