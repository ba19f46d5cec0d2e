//! The int8 ONNX file: the contract that board, tract and onnxruntime execute.
//!
//! Operator set 13 (14 where HardSwish is used), IR version 8, input
//! `[N, C, H, W]` in int8, output `[N, classes]` in float. Every layer's tensor
//! is called like the layer.

use std::collections::HashSet;

use tract_onnx::pb::AttributeProto;
use tract_onnx::pb::tensor_proto::DataType;

use super::network::{Activation, Channels, Elementwise, Layer, Network, Op, Operand, Window};
use cortexscope_net::Affine;
use cortexscope_net::onnx::builder::{GraphBuilder, Size, float, int, ints};

/// Keys of the file's metadata.
pub mod key {
    /// The tensors' names, input first, as a JSON list.
    pub const TENSORS: &str = "cortexscope.tensors";
    /// The name of the last layer's accumulators.
    pub const ACCUMULATORS: &str = "cortexscope.accumulators";
    /// The input's scale, a decimal number.
    pub const INPUT_SCALE: &str = "cortexscope.input_scale";
    /// The int8 that stands for zero in the input.
    pub const INPUT_ZERO: &str = "cortexscope.input_zero";
    /// The model's `MODEL.toml`.
    pub const SPEC: &str = "cortexscope.spec";
    /// SHA-256 of the float ONNX file.
    pub const SOURCE_SHA256: &str = "cortexscope.source_sha256";
}

/// The bytes of the int8 ONNX file; the same network always gives the same.
///
/// `metadata` is written after the emitter's own, as it is and in its order.
pub fn emit(network: &Network, metadata: &[(&str, String)]) -> Vec<u8> {
    let mut emitter = Emitter {
        graph: GraphBuilder::new(&network.name),
        network,
        names: Names::of(network),
        parameters: vec![None; network.layers.len() + 1],
        opset: opset_for(&[]),
    };
    let [channels, height, width] = network.input.shape.map(Size::Fixed);
    let input = [Size::Batch, channels, height, width];
    emitter
        .graph
        .input(&network.input.name, DataType::Int8, &input);
    for (index, layer) in network.layers.iter().enumerate() {
        emitter.layer(index, layer);
    }
    if let Some(last) = network.layers.last() {
        let classes = Size::Fixed(last.output.shape.iter().product());
        let name = &last.output.name;
        emitter
            .graph
            .output(name, DataType::Float, &[Size::Batch, classes]);
    }
    let names: Vec<&String> = tensors(network).map(|tensor| &tensor.name).collect();
    let own = [
        (key::TENSORS, serde_json::json!(names).to_string()),
        (key::INPUT_SCALE, network.input.scale.to_string()),
        (key::INPUT_ZERO, network.input.zero.to_string()),
    ];
    for (key, value) in own.iter().chain(metadata) {
        emitter.graph.metadata(key, value);
    }
    emitter.graph.emit(emitter.opset)
}

fn tensors(network: &Network) -> impl Iterator<Item = &Activation> {
    let outputs = network.layers.iter().map(|layer| &layer.output);
    std::iter::once(&network.input).chain(outputs)
}

/// Names in use; layers may be called anything.
pub(super) struct Names(HashSet<String>);

impl Names {
    fn of(network: &Network) -> Self {
        Self(tensors(network).map(|tensor| tensor.name.clone()).collect())
    }

    /// No names.
    pub(super) fn none() -> Self {
        Self(HashSet::new())
    }

    /// `wanted`, with as many underscores as make it a new name.
    fn fresh(&mut self, mut wanted: String) -> String {
        while !self.0.insert(wanted.clone()) {
            wanted.push('_');
        }
        wanted
    }
}

/// Names of the initializers with a tensor's quantisation.
#[derive(Clone, Debug)]
pub(super) struct Parameters {
    scale: String,
    zero: String,
}

impl Parameters {
    /// Writes the quantisation of the tensor called `tensor`.
    pub(super) fn emit(
        graph: &mut GraphBuilder,
        names: &mut Names,
        tensor: &str,
        affine: Affine,
    ) -> Self {
        let scale = names.fresh(format!("{tensor}.scale"));
        let zero = names.fresh(format!("{tensor}.zero"));
        graph.f32s(&scale, &[], &[affine.scale]);
        graph.i8s(&zero, &[], &[affine.zero]);
        Self { scale, zero }
    }
}

struct Emitter<'a> {
    graph: GraphBuilder,
    network: &'a Network,
    names: Names,
    /// Per tensor, where its quantisation has been written.
    parameters: Vec<Option<Parameters>>,
    opset: i64,
}

impl Emitter<'_> {
    fn layer(&mut self, index: usize, layer: &Layer) {
        let network = self.network;
        let inputs: Vec<&str> = layer
            .inputs
            .iter()
            .map(|&input| network.tensor(input).name.as_str())
            .collect();
        let output = layer.output.name.as_str();
        let is_last = index + 1 == network.layers.len();
        match &layer.op {
            Op::Conv {
                window,
                groups,
                weights,
                channels,
            } => {
                let [outputs, ..] = layer.output.shape;
                let depth = network.tensor(layer.inputs[0]).shape[0] / groups;
                let conv = Convolution {
                    dims: [outputs, depth, window.kernel[0], window.kernel[1]],
                    attributes: conv_attributes(*window, *groups),
                    weights,
                    channels,
                };
                self.convolution(index, layer, conv, is_last);
            }
            Op::Dense { weights, channels } => {
                let [depth, height, width] = network.tensor(layer.inputs[0]).shape;
                let window = Window {
                    kernel: [height, width],
                    ..Window::POINT
                };
                let conv = Convolution {
                    dims: [layer.output.shape[0], depth, height, width],
                    attributes: conv_attributes(window, 1),
                    weights,
                    channels,
                };
                self.convolution(index, layer, conv, is_last);
            }
            Op::MaxPool(window) => {
                let attributes = window_attributes(*window);
                self.graph.node("MaxPool", &inputs, output, attributes);
            }
            Op::Concat => self
                .graph
                .node("Concat", &inputs, output, vec![int("axis", 1)]),
            Op::DepthToSpace => self.depth_to_space(layer),
            Op::Add(sum) => {
                let scales = sum.scales();
                self.pair(index, layer, scales, layer.output.scale.recip(), "Add");
            }
            Op::Mul => {
                let factor = layer.factor(network);
                self.pair(index, layer, [1.0; 2], factor, "Mul");
            }
            Op::Lookup { function, .. } => {
                self.opset = self.opset.max(opset_for(function));
                let from = self.affine(layer.inputs[0]);
                let to = self.affine(index + 1);
                let nodes = FunctionGraph {
                    functions: function,
                    input: inputs[0],
                    from: &from,
                    output,
                    to: &to,
                };
                nodes.emit(&mut self.graph, &mut self.names);
            }
        }
    }

    /// Reshape → Transpose → Reshape: not all engines have DepthToSpace on int8.
    fn depth_to_space(&mut self, layer: &Layer) {
        let from = self.network.tensor(layer.inputs[0]);
        let [[_, height, width], [channels, rows, columns]] = [from.shape, layer.output.shape];
        let block = [rows / height.max(1), columns / width.max(1)];
        let output = layer.output.name.as_str();
        let mut own = |what: &str| self.names.fresh(format!("{output}.{what}"));
        let [blocks, turned] = [own("blocks"), own("turned")];
        let [block_sizes, sizes] = [own("blocks.sizes"), own("sizes")];
        let int64s = |sizes: &[usize]| -> Vec<i64> {
            let sizes = sizes.iter().map(|&size| size as i64);
            std::iter::once(-1).chain(sizes).collect()
        };
        let apart = int64s(&[block[0], block[1], channels, height, width]);
        let whole = int64s(&layer.output.shape);
        self.graph.i64s(&block_sizes, &[apart.len()], &apart);
        self.graph.i64s(&sizes, &[whole.len()], &whole);
        let inputs = [from.name.as_str(), block_sizes.as_str()];
        self.graph.node("Reshape", &inputs, &blocks, Vec::new());
        let order = vec![ints("perm", &[0, 3, 4, 1, 5, 2])];
        self.graph.node("Transpose", &[&blocks], &turned, order);
        let inputs = [turned.as_str(), sizes.as_str()];
        self.graph.node("Reshape", &inputs, output, Vec::new());
    }

    /// DequantizeLinear of both inputs by `scales` → `op_type` → Mul by `factor` →
    /// QuantizeLinear of scale 1. What comes before the factor is exact, and so there is one
    /// rounding, whatever an optimiser makes of it. A QuantizeLinear of the output's scale
    /// would divide by it in some engines and multiply by its reciprocal in others.
    fn pair(&mut self, index: usize, layer: &Layer, scales: [f32; 2], factor: f32, op_type: &str) {
        let output = layer.output.name.as_str();
        let mut own = |what: &str| self.names.fresh(format!("{output}.{what}"));
        let [real_a, real_b] = [own("a"), own("b")];
        let (combined, steps) = (own("combined"), own("steps"));
        let [scale_a, scale_b] = [own("a.scale"), own("b.scale")];
        let [name, unit] = [own("factor"), own("unit")];
        let sides = layer.inputs.iter().zip([&real_a, &real_b]);
        for ((&input, real), (scale, value)) in
            sides.zip([&scale_a, &scale_b].into_iter().zip(scales))
        {
            let zero = self.zero(input);
            self.graph.f32s(scale, &[], &[value]);
            let operands = [self.network.tensor(input).name.as_str(), scale, &zero];
            self.graph.node("DequantizeLinear", &operands, real, vec![]);
        }
        self.graph
            .node(op_type, &[&real_a, &real_b], &combined, vec![]);
        self.graph.f32s(&name, &[], &[factor]);
        self.graph.node("Mul", &[&combined, &name], &steps, vec![]);
        let zero = self.zero(index + 1);
        self.graph.f32s(&unit, &[], &[1.0]);
        self.graph
            .node("QuantizeLinear", &[&steps, &unit, &zero], output, vec![]);
    }

    fn convolution(&mut self, index: usize, layer: &Layer, conv: Convolution<'_>, is_last: bool) {
        let output = layer.output.name.as_str();
        let outputs = conv.dims[0];
        let input = self.network.tensor(layer.inputs[0]);
        let mut own = |what: &str| self.names.fresh(format!("{output}.{what}"));
        let (weight, bias, scale) = (own("weight"), own("bias"), own("weight_scale"));
        let Convolution {
            dims,
            attributes,
            weights,
            channels,
        } = conv;
        if !is_last {
            let zero = own("weight_zero");
            let from = self.affine(layer.inputs[0]);
            let to = self.affine(index + 1);
            self.graph.i8s(&weight, &dims, weights);
            self.graph.f32s(&scale, &[outputs], &channels.weight_scales);
            self.graph.i8s(&zero, &[outputs], &vec![0; outputs]);
            self.graph.i32s(&bias, &[outputs], &channels.bias);
            let x = [&input.name, &from.scale, &from.zero];
            let w = [&weight, &scale, &zero];
            let y = [&to.scale, &to.zero, &bias];
            let operands: Vec<&str> = [x, w, y]
                .as_flattened()
                .iter()
                .map(|s| s.as_str())
                .collect();
            self.graph
                .node("QLinearConv", &operands, output, attributes);
            return;
        }
        let (products, accumulators, map) = (own("products"), own("accumulators"), own("map"));
        let steps: Vec<f32> = channels
            .weight_scales
            .iter()
            .map(|weight_scale| weight_scale * input.scale)
            .collect();
        self.graph.i8s(&weight, &dims, weights);
        self.graph.f32s(&scale, &[outputs], &steps);
        self.graph.i32s(&bias, &[1, outputs, 1, 1], &channels.bias);
        let zero = self.zero(layer.inputs[0]);
        let operands = [&input.name, &weight, &zero].map(String::as_str);
        self.graph
            .node("ConvInteger", &operands, &products, attributes);
        self.graph
            .node("Add", &[&products, &bias], &accumulators, vec![]);
        let axis = || vec![int("axis", 1)];
        self.graph
            .node("DequantizeLinear", &[&accumulators, &scale], &map, axis());
        self.graph.node("Flatten", &[&map], output, axis());
        self.graph.metadata(key::ACCUMULATORS, &accumulators);
    }

    /// A tensor's zero point alone, for a tensor whose scale nothing may read.
    fn zero(&mut self, tensor: usize) -> String {
        if let Some(parameters) = &self.parameters[tensor] {
            return parameters.zero.clone();
        }
        let activation = self.network.tensor(tensor);
        let zero = self.names.fresh(format!("{}.zero", activation.name));
        self.graph.i8s(&zero, &[], &[activation.zero]);
        zero
    }

    /// A tensor's quantisation, written at its first use.
    fn affine(&mut self, tensor: usize) -> Parameters {
        if let Some(parameters) = &self.parameters[tensor] {
            return parameters.clone();
        }
        let activation = self.network.tensor(tensor);
        let affine = activation.affine();
        let (graph, names) = (&mut self.graph, &mut self.names);
        let parameters = Parameters::emit(graph, names, &activation.name, affine);
        self.parameters[tensor] = Some(parameters.clone());
        parameters
    }
}

struct Convolution<'a> {
    /// `[O, I / groups, KH, KW]`.
    dims: [usize; 4],
    attributes: Vec<AttributeProto>,
    weights: &'a [i8],
    channels: &'a Channels,
}

/// DequantizeLinear → `functions` → QuantizeLinear, from one tensor to another.
pub(super) struct FunctionGraph<'a> {
    pub functions: &'a [Elementwise],
    pub input: &'a str,
    pub from: &'a Parameters,
    pub output: &'a str,
    pub to: &'a Parameters,
}

impl FunctionGraph<'_> {
    /// Adds the nodes; gives the name of what is not yet quantised.
    pub(super) fn emit(&self, graph: &mut GraphBuilder, names: &mut Names) -> String {
        let output = self.output;
        let (from, to) = (self.from, self.to);
        let mut last = names.fresh(format!("{output}.real"));
        let operands = [self.input, &from.scale, &from.zero];
        graph.node("DequantizeLinear", &operands, &last, vec![]);
        let mut values = vec![last.clone()];
        for (index, function) in self.functions.iter().enumerate() {
            let mut own = |what: &str| names.fresh(format!("{output}.{index}{what}"));
            let name = own("");
            let mut operands = Vec::with_capacity(function.operands.len());
            let mut attributes = Vec::new();
            for operand in &function.operands {
                operands.push(match *operand {
                    Operand::Before => last.clone(),
                    Operand::Value(at) => values.get(at).unwrap_or(&last).clone(),
                    Operand::Constant(value) => {
                        let constant = own(".constant");
                        graph.f32s(&constant, &[1], &[value]);
                        constant
                    }
                });
            }
            if function.op_type == "Cast" {
                attributes.push(int("to", DataType::Float as i64));
            }
            for (key, value) in &function.attributes {
                if function.op_type == "Clip" {
                    let bound = own(&format!(".{key}"));
                    graph.f32s(&bound, &[], &[*value]);
                    operands.push(bound);
                } else {
                    attributes.push(float(key, *value));
                }
            }
            let operands: Vec<&str> = operands.iter().map(String::as_str).collect();
            graph.node(&function.op_type, &operands, &name, attributes);
            values.push(name.clone());
            last = name;
        }
        graph.node(
            "QuantizeLinear",
            &[&last, &to.scale, &to.zero],
            output,
            vec![],
        );
        last
    }
}

/// The operator set that has all these functions.
pub(super) fn opset_for(functions: &[Elementwise]) -> i64 {
    let newer = functions
        .iter()
        .any(|function| function.op_type == "HardSwish");
    if newer { 14 } else { 13 }
}

fn conv_attributes(window: Window, groups: usize) -> Vec<AttributeProto> {
    let mut attributes = window_attributes(window);
    attributes.push(int("group", groups as i64));
    attributes
}

fn window_attributes(window: Window) -> Vec<AttributeProto> {
    let ([top, left], [bottom, right]) = (window.pad_before, window.pad_after);
    vec![
        ints("dilations", &window.dilation),
        ints("kernel_shape", &window.kernel),
        ints("pads", &[top, left, bottom, right]),
        ints("strides", &window.stride),
    ]
}
