//! MaxPool, averages, Concat and DepthToSpace.

use tract_onnx::pb::NodeProto;

use super::{Importer, Value, View};
use crate::error::{MAX_WEIGHTS_PER_OUTPUT, Refusal};
use crate::float_net::{FloatOp, Origin};
use crate::network::Window;
use cortexscope_net::onnx::Attributes;
use cortexscope_net::reader::Refusal as ReadRefusal;
use cortexscope_net::reader::window::{Rounding, Sliding, kernel, sliding};

impl Importer<'_> {
    pub(super) fn max_pool(
        &mut self,
        node: &NodeProto,
        attributes: Attributes<'_>,
    ) -> Result<View, Refusal> {
        let view = self.activation(node, 0)?;
        let [channels, height, width] = view.map()?;
        let found = pooling(attributes, [height, width])?;
        Refusal::of_padding(&found.window)?;
        let [height, width] = found.output;
        let op = FloatOp::MaxPool(found.window);
        self.push(node, vec![view.tensor], op, [channels, height, width])
    }

    pub(super) fn global_max_pool(&mut self, node: &NodeProto) -> Result<View, Refusal> {
        let view = self.activation(node, 0)?;
        let [channels, height, width] = view.map()?;
        let op = FloatOp::MaxPool(Window {
            kernel: [height, width],
            ..Window::POINT
        });
        self.push(node, vec![view.tensor], op, [channels, 1, 1])
    }

    pub(super) fn average_pool(
        &mut self,
        node: &NodeProto,
        attributes: Attributes<'_>,
    ) -> Result<View, Refusal> {
        let view = self.activation(node, 0)?;
        let [_, height, width] = view.map()?;
        let found = pooling(attributes, [height, width])?;
        let padded = [found.window.pad_before, found.window.pad_after] != [[0; 2]; 2];
        let counts_padding = attributes.int("count_include_pad", 0)? != 0;
        // A window that was added to round up never counts what lies outside.
        if padded && (!counts_padding || found.rounded_up) {
            return Err(Refusal::AverageEdge);
        }
        self.average(node, &view, found.window, found.output)
    }

    pub(super) fn global_average_pool(&mut self, node: &NodeProto) -> Result<View, Refusal> {
        let view = self.activation(node, 0)?;
        let [_, height, width] = view.map()?;
        let window = Window {
            kernel: [height, width],
            ..Window::POINT
        };
        self.average(node, &view, window, [1; 2])
    }

    fn average(
        &mut self,
        node: &NodeProto,
        view: &View,
        window: Window,
        [height, width]: [usize; 2],
    ) -> Result<View, Refusal> {
        let [channels, ..] = view.map()?;
        let per_output = window.kernel[0] * window.kernel[1];
        if per_output > MAX_WEIGHTS_PER_OUTPUT {
            return Err(Refusal::Weights { have: per_output });
        }
        Refusal::of_padding(&window)?;
        let op = FloatOp::Conv {
            window,
            groups: channels,
            weights: vec![1.0 / per_output as f32; per_output * channels],
            bias: vec![0.0; channels],
            origin: Origin::Average,
        };
        self.push(node, vec![view.tensor], op, [channels, height, width])
    }

    pub(super) fn concat(
        &mut self,
        node: &NodeProto,
        attributes: Attributes<'_>,
    ) -> Result<View, Refusal> {
        let mut inputs = Vec::new();
        let mut channels = 0;
        let mut size = None;
        let axis = attributes.int("axis", i64::MIN)?;
        for index in 0..node.input.len() {
            let view = match self.operand(node, index)? {
                Some(Value::Activation(view)) => view,
                _ => {
                    return Err(ReadRefusal::Setting {
                        name: "input",
                        value: "a constant".to_owned(),
                        wanted: "activations are supported",
                    }
                    .into());
                }
            };
            let [own, height, width] = match *view.dims.as_slice() {
                [1, features] => [features, 1, 1],
                _ => view.map()?,
            };
            let rank = view.dims.len() as i64;
            if (axis != 1 && axis != 1 - rank) || self.shape(view.tensor) != [own, height, width] {
                return Err(Refusal::concat_axis(axis, &view.dims));
            }
            if *size.get_or_insert((rank, height, width)) != (rank, height, width) {
                return Err(ReadRefusal::InputShape {
                    have: view.dims,
                    wanted: "the first input's rank, rows and columns",
                }
                .into());
            }
            channels += own;
            inputs.push(view.tensor);
        }
        let (rank, height, width) = size.ok_or(ReadRefusal::Missing("input"))?;
        let mut made = self.push(node, inputs, FloatOp::Concat, [channels, height, width])?;
        made.dims.truncate(rank as usize);
        Ok(made)
    }

    /// Channels as rows and columns, in the order that a board has.
    pub(super) fn depth_to_space(
        &mut self,
        node: &NodeProto,
        attributes: Attributes<'_>,
    ) -> Result<View, Refusal> {
        let view = self.activation(node, 0)?;
        let [channels, height, width] = view.map()?;
        let block = usize::try_from(attributes.int("blocksize", 0)?).unwrap_or_default();
        let is_deep_first = attributes.text("mode")?.unwrap_or("DCR") == "DCR";
        let pixels = block.saturating_mul(block);
        if !is_deep_first || pixels == 0 || channels % pixels != 0 {
            return Err(Refusal::of_operator(&node.op_type));
        }
        let shape = [channels / pixels, height * block, width * block];
        self.push(node, vec![view.tensor], FloatOp::DepthToSpace, shape)
    }
}

fn pooling(attributes: Attributes<'_>, size: [usize; 2]) -> Result<Sliding, Refusal> {
    let rounding = if attributes.int("ceil_mode", 0)? == 0 {
        Rounding::Floor
    } else {
        Rounding::Ceil
    };
    Ok(sliding(attributes, kernel(attributes)?, size, rounding)?)
}
