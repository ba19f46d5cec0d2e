//! Conv: any stride, padding, dilation and groups.

use tract_onnx::pb::NodeProto;

use super::operand::{floats, per_channel};
use super::{Importer, View};
use crate::error::{MAX_WEIGHTS_PER_OUTPUT, Refusal};
use crate::float_net::{FloatOp, Origin};
use cortexscope_net::onnx::Attributes;
use cortexscope_net::reader::Refusal as ReadRefusal;
use cortexscope_net::reader::window::{Rounding, sliding};

impl Importer<'_> {
    pub(super) fn convolution(
        &mut self,
        node: &NodeProto,
        attributes: Attributes<'_>,
    ) -> Result<View, Refusal> {
        let view = self.activation(node, 0)?;
        let [channels, height, width] = view.map()?;
        let weights = self.weights(node, 1, "weights")?;
        let groups = attributes.int("group", 1)?;
        let groups = usize::try_from(groups)
            .ok()
            .filter(|&groups| groups > 0 && channels.is_multiple_of(groups))
            .ok_or(ReadRefusal::Setting {
                name: "group",
                value: groups.to_string(),
                wanted: "a divisor of the number of channels is supported",
            })?;
        let shape_error = || {
            Refusal::from(ReadRefusal::OperandShape {
                operand: "weights",
                sizes: weights.dims.clone(),
                wanted: format!(
                    "[O, {}, KH, KW] with O a multiple of {groups} fits",
                    channels / groups
                ),
            })
        };
        let &[outputs, depth, rows, columns] = weights.dims.as_slice() else {
            return Err(shape_error());
        };
        let kernel = [rows, columns];
        if depth != channels / groups || outputs == 0 || !outputs.is_multiple_of(groups) {
            return Err(shape_error());
        }
        if let Some(declared) = attributes.ints("kernel_shape")?
            && declared != kernel.map(|side| side as i64)
        {
            return Err(shape_error());
        }
        let per_output = depth * rows * columns;
        if per_output == 0 {
            return Err(shape_error());
        }
        if per_output > MAX_WEIGHTS_PER_OUTPUT {
            return Err(Refusal::Weights { have: per_output });
        }
        let bias = match self.constant(node, 2, "bias")? {
            Some(bias) => per_channel(&bias, "bias", outputs)?,
            None => vec![0.0; outputs],
        };
        let found = sliding(attributes, kernel, [height, width], Rounding::Floor)?;
        Refusal::of_padding(&found.window)?;
        let op = FloatOp::Conv {
            window: found.window,
            groups,
            weights: floats(&weights, "weights")?.to_vec(),
            bias,
            origin: Origin::Convolution,
        };
        let [height, width] = found.output;
        self.push(node, vec![view.tensor], op, [outputs, height, width])
    }
}
