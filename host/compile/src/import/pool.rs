//! MaxPool, averages and Concat.

use tract_onnx::pb::NodeProto;

use super::window::{Rounding, Sliding, kernel, sliding};
use super::{Importer, Value, View};
use crate::error::{MAX_WEIGHTS_PER_OUTPUT, Refusal};
use crate::float_net::{FloatOp, Origin};
use crate::network::Window;
use cortexscope_net::onnx::Attributes;

impl Importer<'_> {
    pub(super) fn max_pool(
        &mut self,
        node: &NodeProto,
        attributes: Attributes<'_>,
    ) -> Result<View, Refusal> {
        if let Some(indices) = node.output.get(1).filter(|name| self.is_used(name)) {
            return Err(Refusal::ExtraOutput(indices.clone()));
        }
        let view = self.activation(node, 0)?;
        let [channels, height, width] = view.map()?;
        let found = pooling(attributes, [height, width])?;
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

    /// ReduceMean over rows and columns, as some exporters write a global
    /// average.
    pub(super) fn reduce_mean(
        &mut self,
        node: &NodeProto,
        attributes: Attributes<'_>,
    ) -> Result<View, Refusal> {
        let view = self.activation(node, 0)?;
        view.map()?;
        let operand = self.constant(node, 1, "axes")?;
        let axes = match &operand {
            Some(axes) => axes.ints(),
            None => attributes.ints("axes")?,
        };
        let mut axes: Vec<i64> = axes.unwrap_or_default().to_vec();
        for axis in &mut axes {
            *axis += if *axis < 0 { 4 } else { 0 };
        }
        axes.sort_unstable();
        if axes != [2, 3] {
            return Err(Refusal::Setting {
                name: "axes",
                value: format!("{axes:?}"),
                wanted: "[2, 3], rows and columns, is supported",
            });
        }
        let keeps = attributes.int("keepdims", 1)? != 0;
        let mut made = self.global_average_pool(node)?;
        if !keeps {
            made.dims.truncate(2);
        }
        Ok(made)
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
                    return Err(Refusal::Setting {
                        name: "input",
                        value: "a constant".to_owned(),
                        wanted: "activations are supported",
                    });
                }
            };
            let [own, height, width] = match *view.dims.as_slice() {
                [1, features] => [features, 1, 1],
                _ => view.map()?,
            };
            let rank = view.dims.len() as i64;
            if (axis != 1 && axis != 1 - rank) || self.shape(view.tensor) != [own, height, width] {
                return Err(Refusal::Setting {
                    name: "axis",
                    value: format!("{axis} of {:?}", view.dims),
                    wanted: "axis 1, channels, is supported",
                });
            }
            if *size.get_or_insert((rank, height, width)) != (rank, height, width) {
                return Err(Refusal::InputShape {
                    have: view.dims,
                    wanted: "the first input's rank, rows and columns",
                });
            }
            channels += own;
            inputs.push(view.tensor);
        }
        let (rank, height, width) = size.ok_or(Refusal::Missing("input"))?;
        let mut made = self.push(node, inputs, FloatOp::Concat, [channels, height, width])?;
        made.dims.truncate(rank as usize);
        Ok(made)
    }

    /// `[C, H, W]` of tensor `index`.
    pub(super) fn shape(&self, index: usize) -> [usize; 3] {
        let layer = index
            .checked_sub(1)
            .and_then(|layer| self.layers.get(layer));
        layer.map_or(self.checked.input_shape, |layer| layer.shape)
    }

    /// Whether a node that matters reads the tensor.
    pub(super) fn is_used(&self, name: &String) -> bool {
        let mut nodes = self.checked.graph.node.iter();
        !name.is_empty() && nodes.any(|node| node.input.contains(name))
    }
}

fn pooling(attributes: Attributes<'_>, size: [usize; 2]) -> Result<Sliding, Refusal> {
    let rounding = if attributes.int("ceil_mode", 0)? == 0 {
        Rounding::Floor
    } else {
        Rounding::Ceil
    };
    sliding(attributes, kernel(attributes)?, size, rounding)
}
