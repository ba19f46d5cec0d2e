//! The float network in the terms of [`Network`](super::network::Network):
//! what `import` reads and `fuse` simplifies, before anything is quantised.

use tract_onnx::pb::{ModelProto, NodeProto};

use super::network::{Elementwise, Window};
use cortexscope_net::onnx::{Constant, Values};

/// A float network. Tensor 0 is the input, layer `i` writes tensor `i + 1`.
#[derive(Clone, Debug)]
pub struct FloatNet {
    /// The input's name in the file.
    pub input: String,
    /// `[C, H, W]`.
    pub input_shape: [usize; 3],
    /// Sizes of the input in the file, the batch of one included.
    pub input_dims: Vec<usize>,
    /// Layers in topological order; the last one gives the logits.
    pub layers: Vec<FloatLayer>,
    /// The nodes that the logits depend on, with a batch of one, for tract.
    pub reference: ModelProto,
    /// Whether the network has one score, which ends in a Sigmoid: two classes.
    pub is_binary: bool,
    /// What was decided that the file does not say, for the user to read.
    pub notes: Vec<String>,
}

/// One layer.
#[derive(Clone, Debug)]
pub struct FloatLayer {
    /// Name of the node that it is named after.
    pub name: String,
    /// That node's ONNX operator.
    pub operator: String,
    /// Tensors read, by number.
    pub inputs: Vec<usize>,
    /// What it computes.
    pub op: FloatOp,
    /// `[C, H, W]` of what it writes.
    pub shape: [usize; 3],
    /// The tensor of the file that holds what `op` computes, before `clamp`.
    pub value: String,
    /// What Relu and Clip, fused into it, leave of the value.
    pub clamp: Option<Clamp>,
    /// What each channel is multiplied by beside `value`, after equalisation; empty where
    /// nothing is.
    pub channel_scales: Vec<f32>,
}

/// Least and greatest value; zero lies between them.
#[derive(Clone, Debug, PartialEq)]
pub struct Clamp {
    /// Least value.
    pub low: f32,
    /// Greatest value.
    pub high: f32,
    /// Name of the node that clamps.
    pub node: String,
}

/// What a layer computes, in `f32`.
#[derive(Clone, Debug, PartialEq)]
pub enum FloatOp {
    /// Convolution.
    Conv {
        /// The sliding window.
        window: Window,
        /// Channel groups.
        groups: usize,
        /// `[O, I / groups, KH, KW]`.
        weights: Vec<f32>,
        /// One per output channel.
        bias: Vec<f32>,
        /// What it was in the file.
        origin: Origin,
    },
    /// Fully connected.
    Dense {
        /// `[O, C, H, W]` of the input.
        weights: Vec<f32>,
        /// One per output.
        bias: Vec<f32>,
    },
    /// Maximum over a window.
    MaxPool(Window),
    /// Element-wise functions, in order.
    Elementwise(Vec<Elementwise>),
    /// Concatenation over channels.
    Concat,
    /// Sum of two tensors of one shape.
    Add,
    /// Product of two tensors of one shape.
    Mul,
    /// Channels as rows and columns: DepthToSpace of order DCR.
    DepthToSpace,
    /// A factor and a summand for each value `[C, H, W]`; a board has it only in the dense
    /// layer after it.
    ValueAffine {
        /// Factors.
        factors: Vec<f32>,
        /// Summands.
        summands: Vec<f32>,
    },
}

/// What a convolution was in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A convolution.
    Convolution,
    /// An average over a window: every weight is the same.
    Average,
    /// A factor and a summand per channel: depthwise, 1×1.
    ChannelAffine,
}

impl FloatNet {
    /// `[C, H, W]` of tensor `index`.
    ///
    /// # Panics
    /// If there is no such tensor.
    pub fn shape(&self, index: usize) -> [usize; 3] {
        index
            .checked_sub(1)
            .map_or(self.input_shape, |layer| self.layers[layer].shape)
    }

    /// Takes layers out that tensor `last` does not depend on.
    pub fn keep_what_is_read_by(&mut self, last: usize) {
        let mut needed = vec![false; self.layers.len() + 1];
        needed[last] = true;
        for index in (0..self.layers.len()).rev() {
            if needed[index + 1] {
                for &input in &self.layers[index].inputs {
                    needed[input] = true;
                }
            }
        }
        let mut number = 0;
        let numbers: Vec<usize> = (0..needed.len())
            .map(|tensor| {
                let own = number;
                number += usize::from(needed[tensor] || tensor == 0);
                own
            })
            .collect();
        let layers = std::mem::take(&mut self.layers).into_iter().enumerate();
        let kept = layers.filter(|(index, _)| needed[index + 1]);
        self.layers = kept
            .map(|(_, mut layer)| {
                let inputs = layer.inputs.iter_mut();
                inputs.for_each(|input| *input = numbers[*input]);
                layer
            })
            .collect();
    }

    /// The tensor that the node called `name` writes, in the file.
    pub fn output_of(&self, name: &str) -> Option<String> {
        let graph = self.reference.graph.as_ref()?;
        let node = graph.node.iter().find(|node| node.name == name)?;
        node.output.first().cloned()
    }

    /// Makes the one score `z` of a Sigmoid two, `[0, z]`: their softmax is the sigmoid
    /// and what is left to one.
    pub fn score_both_classes(&mut self) {
        let Some(last) = self.layers.last_mut() else {
            return;
        };
        let (weights, bias) = match &mut last.op {
            FloatOp::Dense { weights, bias } => (weights, bias),
            FloatOp::Conv {
                weights,
                bias,
                groups: 1,
                origin: Origin::Convolution | Origin::ChannelAffine,
                ..
            } => (weights, bias),
            _ => return,
        };
        if last.shape != [1, 1, 1] {
            return;
        }
        *weights = [vec![0.0; weights.len()], std::mem::take(weights)].concat();
        *bias = [vec![0.0], std::mem::take(bias)].concat();
        last.shape = [2, 1, 1];
        let (value, both) = (last.value.clone(), format!("{}.classes", last.value));
        if let Some(graph) = &mut self.reference.graph {
            let (flat, pick) = (format!("{both}.flat"), format!("{both}.pick"));
            let node = |op_type: &str, input: Vec<String>, output: &str| NodeProto {
                name: output.to_owned(),
                op_type: op_type.to_owned(),
                input,
                output: vec![output.to_owned()],
                ..NodeProto::default()
            };
            let pick_second = Constant {
                dims: vec![1, 2],
                values: Values::Float(vec![0.0, 1.0]),
            };
            graph.initializer.push(pick_second.emit(&pick));
            graph.node.push(node("Flatten", vec![value], &flat));
            graph.node.push(node("MatMul", vec![flat, pick], &both));
            last.value = both;
        }
    }

    /// Number of layers that read tensor `index`.
    pub fn readers(&self, index: usize) -> usize {
        let inputs = self.layers.iter().flat_map(|layer| &layer.inputs);
        inputs.filter(|&&input| input == index).count()
    }
}

impl FloatLayer {
    /// Makes what the file's `value` holds what this layer gives: clamped, and its channels
    /// scaled.
    pub fn apply(&self, values: &mut [f32]) {
        if let Some(clamp) = &self.clamp {
            values
                .iter_mut()
                .for_each(|value| *value = clamp.apply(*value));
        }
        let [_, height, width] = self.shape;
        let channels = values.chunks_mut((height * width).max(1));
        for (channel, scale) in channels.zip(&self.channel_scales) {
            channel.iter_mut().for_each(|value| *value *= scale);
        }
    }
}

impl FloatOp {
    /// A convolution that scales and shifts each channel.
    pub fn channel_affine(factors: Vec<f32>, summands: Vec<f32>) -> Self {
        Self::Conv {
            window: Window::POINT,
            groups: factors.len(),
            weights: factors,
            bias: summands,
            origin: Origin::ChannelAffine,
        }
    }

    /// Whether its output is rounded into its own range, so that Relu and Clip after it are
    /// saturation.
    pub fn saturates(&self) -> bool {
        self.has_weights() || matches!(self, Self::Add | Self::Mul)
    }

    /// Whether it has weights: its output is quantised from accumulators.
    pub fn has_weights(&self) -> bool {
        matches!(self, Self::Conv { .. } | Self::Dense { .. })
    }
}

impl Clamp {
    /// What is left when `later` follows.
    pub fn and(self, later: Self) -> Self {
        Self {
            low: self.low.max(later.low),
            high: self.high.min(later.high),
            node: later.node,
        }
    }

    /// What is left of `value`.
    pub fn apply(&self, value: f32) -> f32 {
        value.max(self.low).min(self.high)
    }

    /// The clamp as a function of its own.
    pub fn function(&self) -> Elementwise {
        Elementwise::clip(self.low, self.high)
    }
}
