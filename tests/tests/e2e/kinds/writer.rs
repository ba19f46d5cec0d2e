//! The nodes of a small network, on a map of random sizes.

use cortexscope_net::onnx::GraphBuilder;
use cortexscope_net::onnx::builder::{Size, int, ints, text};
use cortexscope_net::onnx::pb::tensor_proto::DataType;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Channels of the input.
pub const INPUTS: usize = 2;

/// Writes a network: its bodies write nodes from the map `map` to the tensor `made`.
pub struct Writer {
    pub graph: GraphBuilder,
    pub random: ChaCha8Rng,
    /// Channels of the map, a multiple of four.
    pub channels: usize,
    /// Rows and columns of the map, even.
    pub sides: [usize; 2],
}

impl Writer {
    /// A network up to the map.
    pub fn new(seed: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut even = |from: usize, to: usize| 2 * random.random_range(from..=to);
        let (channels, sides) = (2 * even(1, 3), [even(3, 6), even(3, 6)]);
        let mut writer = Self {
            graph: GraphBuilder::new("kind"),
            random,
            channels,
            sides,
        };
        let sizes = [1, INPUTS, sides[0], sides[1]].map(Size::Fixed);
        writer.graph.input("x", DataType::Float, &sizes);
        writer.convolution("x", "map", [INPUTS, channels]);
        writer
    }

    /// An input of the network.
    pub fn input(&mut self) -> Vec<f32> {
        let count = INPUTS * self.sides[0] * self.sides[1];
        (0..count)
            .map(|_| self.random.random_range(0.0..1.0))
            .collect()
    }

    pub fn node(&mut self, op_type: &str, inputs: &[&str], output: &str) {
        self.graph.node(op_type, inputs, output, vec![]);
    }

    pub fn number(&mut self, name: &str, value: f32) {
        self.graph.f32s(name, &[], &[value]);
    }

    pub fn shape(&mut self, name: &str, sizes: &[usize]) {
        let sizes: Vec<i64> = sizes.iter().map(|&size| size as i64).collect();
        self.graph.i64s(name, &[sizes.len()], &sizes);
    }

    pub fn weights(&mut self, name: &str, dims: &[usize]) {
        let count = dims.iter().product();
        let values: Vec<f32> = (0..count)
            .map(|_| self.random.random_range(-0.4..0.4))
            .collect();
        self.graph.f32s(name, dims, &values);
    }

    pub fn each(&mut self, name: &str, dims: &[usize], value: f32) {
        self.graph
            .f32s(name, dims, &vec![value; dims.iter().product()]);
    }

    pub fn convolution(&mut self, from: &str, to: &str, [inputs, outputs]: [usize; 2]) {
        let weights = format!("{to}.weights");
        self.weights(&weights, &[outputs, inputs, 3, 3]);
        let pads = vec![ints("pads", &[1; 4])];
        self.graph.node("Conv", &[from, &weights], to, pads);
    }

    /// A second map, of a convolution of the first.
    pub fn branch(&mut self) {
        self.convolution("map", "branch", [self.channels; 2]);
    }

    /// A function of the map that is all the body there is.
    pub fn function(&mut self, op_type: &str) {
        self.node(op_type, &["map"], "made");
    }

    /// The map, where `condition` holds, else `otherwise`.
    pub fn choose(&mut self, condition: &str, otherwise: &str) {
        self.node("Where", &[condition, "map", otherwise], "made");
    }

    pub fn resize(&mut self, mode: &str, coordinates: &str) {
        self.graph.f32s("scales", &[4], &[1.0, 1.0, 2.0, 2.0]);
        let attributes = vec![
            text("mode", mode),
            text("coordinate_transformation_mode", coordinates),
            text("nearest_mode", "floor"),
        ];
        self.graph
            .node("Resize", &["map", "", "scales"], "made", attributes);
    }

    pub fn transposed(&mut self, kernel: usize, pads: usize, more: usize) {
        self.weights("larger.weights", &[self.channels, 4, kernel, kernel]);
        let attributes = vec![
            ints("strides", &[2, 2]),
            ints("pads", &[pads; 4]),
            ints("output_padding", &[more; 2]),
        ];
        let inputs = ["map", "larger.weights"];
        self.graph
            .node("ConvTranspose", &inputs, "larger", attributes);
        self.node("Relu", &["larger"], "made");
    }

    pub fn gate(&mut self, op_type: &str) {
        self.node("GlobalAveragePool", &["map"], "mean");
        self.node(op_type, &["mean"], "gate");
        self.node("Mul", &["map", "gate"], "made");
    }

    pub fn over_channels(&mut self, op_type: &str, to: &str) {
        let attributes = vec![ints("axes", &[1]), int("keepdims", 1)];
        self.graph.node(op_type, &["map"], to, attributes);
    }

    pub fn pad(&mut self, mode: &str, [top, left, bottom, right]: [i64; 4]) {
        let pads = [0, 0, top, left, 0, 0, bottom, right];
        self.graph.i64s("pads", &[8], &pads);
        self.graph
            .node("Pad", &["map", "pads"], "made", vec![text("mode", mode)]);
    }

    pub fn transpose(&mut self, from: &str, to: &str, order: &[usize]) {
        self.graph
            .node("Transpose", &[from], to, vec![ints("perm", order)]);
    }

    /// Half of the map's channels.
    pub fn half(&mut self, name: &str, is_second: bool) {
        let half = self.channels / 2;
        let start = if is_second { half } else { 0 };
        let operands = [("start", start), ("end", start + half), ("axis", 1)];
        let operands = operands.map(|(what, value)| {
            let operand = format!("{name}.{what}");
            self.shape(&operand, &[value]);
            operand
        });
        let [start, end, axis] = &operands;
        self.node("Slice", &["map", start, end, axis], name);
    }
}
