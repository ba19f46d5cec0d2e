//! BatchNormalization: a factor and a summand per channel.

use tract_onnx::pb::NodeProto;

use super::operand::per_channel;
use super::{Importer, View};
use crate::error::Refusal;
use crate::float_net::FloatOp;
use cortexscope_net::onnx::Attributes;
use cortexscope_net::reader::Refusal as ReadRefusal;

impl Importer<'_> {
    pub(super) fn batch_norm(
        &mut self,
        node: &NodeProto,
        attributes: Attributes<'_>,
    ) -> Result<View, Refusal> {
        let view = self.activation(node, 0)?;
        let shape = self.shape(view.tensor);
        let channels = self.channels(&view)?;
        let parameter = |index, operand| -> Result<Vec<f32>, Refusal> {
            per_channel(&*self.weights(node, index, operand)?, operand, channels)
        };
        let (scale, shift) = (parameter(1, "scale")?, parameter(2, "bias")?);
        let (mean, variance) = (parameter(3, "mean")?, parameter(4, "variance")?);
        let epsilon = f64::from(attributes.float("epsilon", 1e-5)?);
        let mut factors = Vec::with_capacity(channels);
        let mut summands = Vec::with_capacity(channels);
        for channel in 0..channels {
            let at = |values: &[f32]| f64::from(values[channel]);
            let factor = at(&scale) / (at(&variance) + epsilon).sqrt();
            factors.push(factor as f32);
            summands.push((at(&shift) - at(&mean) * factor) as f32);
        }
        let op = FloatOp::channel_affine(factors, summands);
        self.push_like(node, &view, op, shape)
    }

    /// Channels of an activation that is a map, or has one value per channel.
    pub(super) fn channels(&self, view: &View) -> Result<usize, Refusal> {
        let [channels, height, width] = self.shape(view.tensor);
        let is_map = view.dims == [1, channels, height, width];
        if is_map || (height, width) == (1, 1) {
            Ok(channels)
        } else {
            Err(ReadRefusal::InputShape {
                have: view.dims.clone(),
                wanted: "one value per channel of a map, before it is flattened,",
            }
            .into())
        }
    }

    /// Adds a layer whose output has the sizes of its input.
    pub(super) fn push_like(
        &mut self,
        node: &NodeProto,
        view: &View,
        op: FloatOp,
        shape: [usize; 3],
    ) -> Result<View, Refusal> {
        let made = self.push(node, vec![view.tensor], op, shape)?;
        Ok(View {
            tensor: made.tensor,
            dims: view.dims.clone(),
        })
    }
}
