//! One small network as different exporters write it.
//!
//! The network is drawn from a seed: two convolutions with poolings, two dense layers and
//! a softmax, of random sizes and weights. Each [`Exporter`] writes the same numbers in
//! the shape of graph that its files have: channels last, weights turned, shapes
//! computed, biases that stand alone. So what is true of one file must be
//! true of all.

use cortexscope_net::onnx::GraphBuilder;
use cortexscope_net::onnx::builder::{Size, int, ints, text};
use cortexscope_net::onnx::pb::AttributeProto;
use cortexscope_net::onnx::pb::tensor_proto::DataType;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Who writes the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exporter {
    /// As ONNX has it, without detours.
    Plain,
    /// PyTorch up to 1.13: shapes that are computed, Pad by nothing, Dropout.
    OldTorch,
    /// PyTorch from 2.5 on: means for global poolings, Identity, Constant nodes.
    NewTorch,
    /// tf2onnx: channels last, MatMul and Add, SAME padding.
    Tf2Onnx,
    /// keras2onnx: a Transpose on each side of each convolution, nodes out of order.
    Keras,
    /// CNTK: biases that stand alone, weights that are reshaped.
    Cntk,
    /// Caffe2: nodes without names, operator set 7.
    Caffe2,
    /// MATLAB: dense layers as convolutions over the whole map.
    Matlab,
}

/// All of them.
pub const EXPORTERS: [Exporter; 8] = [
    Exporter::Plain,
    Exporter::OldTorch,
    Exporter::NewTorch,
    Exporter::Tf2Onnx,
    Exporter::Keras,
    Exporter::Cntk,
    Exporter::Caffe2,
    Exporter::Matlab,
];

/// The network of a seed.
#[derive(Clone, Debug)]
pub struct Exported {
    /// `[C, H, W]` of the input.
    pub shape: [usize; 3],
    /// Output channels of the convolutions.
    outputs: [usize; 2],
    kernel: usize,
    /// Whether the second pooling is over the whole map.
    is_global: bool,
    hidden: usize,
    /// Classes.
    pub classes: usize,
    convolutions: [Weights; 2],
    dense: [Weights; 2],
}

/// Weights in ONNX's order, `[O, I, …]`, and biases.
#[derive(Clone, Debug)]
struct Weights {
    weights: Vec<f32>,
    bias: Vec<f32>,
}

/// The network of `seed`.
pub fn draw(seed: u64) -> Exported {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let channels = random.random_range(1..5);
    let shape = [
        channels,
        4 * random.random_range(2..5),
        4 * random.random_range(2..5),
    ];
    let outputs = [random.random_range(2..6), random.random_range(2..7)];
    let kernel = if random.random_bool(0.5) { 3 } else { 5 };
    let is_global = random.random_bool(0.4);
    let (hidden, classes) = (random.random_range(3..9), random.random_range(2..6));
    let positions = if is_global {
        1
    } else {
        shape[1] / 4 * (shape[2] / 4)
    };
    let mut weights = |outputs: usize, fan_in: usize| {
        let reach = (3.0 / fan_in as f32).sqrt();
        let mut values = |count: usize, reach: f32| -> Vec<f32> {
            (0..count)
                .map(|_| random.random_range(-reach..reach))
                .collect()
        };
        Weights {
            weights: values(outputs * fan_in, reach),
            bias: values(outputs, 0.3),
        }
    };
    let area = kernel * kernel;
    Exported {
        convolutions: [
            weights(outputs[0], channels * area),
            weights(outputs[1], outputs[0] * area),
        ],
        dense: [
            weights(hidden, outputs[1] * positions),
            weights(classes, hidden),
        ],
        shape,
        outputs,
        kernel,
        is_global,
        hidden,
        classes,
    }
}

impl Exported {
    /// The bytes of the file that `exporter` writes.
    pub fn file(&self, exporter: Exporter) -> Vec<u8> {
        let (graph, opset) = self.graph(exporter);
        graph.emit(opset)
    }

    /// Whether the file has its input with channels last.
    pub fn is_channels_last(exporter: Exporter) -> bool {
        matches!(exporter, Exporter::Tf2Onnx | Exporter::Keras)
    }

    fn graph(&self, exporter: Exporter) -> (GraphBuilder, i64) {
        let [channels, height, width] = self.shape.map(Size::Fixed);
        let sizes = if Self::is_channels_last(exporter) {
            [Size::Batch, height, width, channels]
        } else {
            [Size::Batch, channels, height, width]
        };
        let sizes = if exporter == Exporter::Cntk {
            [Size::Fixed(1), sizes[1], sizes[2], sizes[3]]
        } else {
            sizes
        };
        let mut writer = Writer {
            net: self,
            exporter,
            graph: GraphBuilder::new("main"),
            nodes: 0,
        };
        writer.graph.input("x", DataType::Float, &sizes);
        let last = writer.network();
        let classes = Size::Fixed(self.classes);
        writer
            .graph
            .output(&last, DataType::Float, &[Size::Batch, classes]);
        let opset = match exporter {
            Exporter::Caffe2 => 7,
            Exporter::Cntk => 8,
            Exporter::OldTorch | Exporter::Matlab => 9,
            Exporter::Keras => 11,
            Exporter::Plain | Exporter::Tf2Onnx => 13,
            Exporter::NewTorch => 18,
        };
        (writer.graph, opset)
    }
}

struct Writer<'n> {
    net: &'n Exported,
    exporter: Exporter,
    graph: GraphBuilder,
    nodes: usize,
}

/// From `[N, H, W, C]` to `[N, C, H, W]`.
const TO_FIRST: [usize; 4] = [0, 3, 1, 2];
/// From `[N, C, H, W]` to `[N, H, W, C]`.
const TO_LAST: [usize; 4] = [0, 2, 3, 1];

impl Writer<'_> {
    fn node(&mut self, op_type: &str, inputs: &[&str], attributes: Vec<AttributeProto>) -> String {
        self.nodes += 1;
        let name = format!("{}_{}", op_type.to_lowercase(), self.nodes);
        self.graph.node(op_type, inputs, &name, attributes);
        name
    }

    fn floats(&mut self, dims: &[usize], values: &[f32]) -> String {
        self.nodes += 1;
        let name = format!("weights_{}", self.nodes);
        self.graph.f32s(&name, dims, values);
        name
    }

    fn integers(&mut self, values: &[i64]) -> String {
        self.nodes += 1;
        let name = format!("sizes_{}", self.nodes);
        self.graph.i64s(&name, &[values.len()], values);
        name
    }

    fn transposed(&mut self, from: &str, perm: &[usize; 4]) -> String {
        self.node("Transpose", &[from], vec![ints("perm", perm)])
    }

    fn network(&mut self) -> String {
        let mut map = "x".to_owned();
        let is_last = Exported::is_channels_last(self.exporter);
        if is_last {
            map = self.transposed(&map, &TO_FIRST);
        }
        let mut depth = self.net.shape[0];
        for index in 0..2 {
            map = self.convolution(&map, index, depth);
            depth = self.net.outputs[index];
            map = if index == 1 && self.net.is_global {
                self.global(&map)
            } else {
                self.max_pool(&map)
            };
        }
        let logits = if self.exporter == Exporter::Matlab {
            self.dense_as_convolutions(&map)
        } else {
            let flat = self.flat(&map);
            let hidden = self.dense(&flat, 0);
            let hidden = self.node("Relu", &[&hidden], vec![]);
            let hidden = match self.exporter {
                Exporter::OldTorch => self.node("Dropout", &[&hidden], vec![]),
                Exporter::NewTorch => self.node("Identity", &[&hidden], vec![]),
                _ => hidden,
            };
            self.dense(&hidden, 1)
        };
        let softmax = self.node("Softmax", &[&logits], vec![int("axis", 1)]);
        match self.exporter {
            Exporter::Matlab => self.node("Flatten", &[&softmax], vec![int("axis", 1)]),
            Exporter::Keras => self.node("Identity", &[&softmax], vec![]),
            _ => softmax,
        }
    }

    fn convolution(&mut self, map: &str, index: usize, depth: usize) -> String {
        let net = self.net;
        let (outputs, kernel) = (net.outputs[index], net.kernel);
        let Weights { weights, bias } = &net.convolutions[index];
        let dims = [outputs, depth, kernel, kernel];
        let mut kernel_name = self.floats(&dims, weights);
        if self.exporter == Exporter::Cntk {
            let to = self.integers(&dims.map(|size| size as i64));
            kernel_name = self.node("Reshape", &[&kernel_name, &to], vec![]);
        }
        let shape = ints("kernel_shape", &[kernel, kernel]);
        let padding = match self.exporter {
            Exporter::Tf2Onnx | Exporter::Cntk => text("auto_pad", "SAME_UPPER"),
            _ => ints("pads", &[kernel / 2; 4]),
        };
        let attributes = vec![shape, padding];
        let stands_alone = matches!(self.exporter, Exporter::Cntk | Exporter::Keras);
        let mut made = if stands_alone {
            self.node("Conv", &[map, &kernel_name], attributes)
        } else {
            let bias = self.floats(&[outputs], bias);
            self.node("Conv", &[map, &kernel_name, &bias], attributes)
        };
        match self.exporter {
            Exporter::Cntk => {
                let bias = self.floats(&[outputs, 1, 1], bias);
                made = self.node("Add", &[&made, &bias], vec![]);
            }
            Exporter::Keras => {
                let last = self.transposed(&made, &TO_LAST);
                let bias = self.floats(&[outputs], bias);
                let sum = self.node("Add", &[&last, &bias], vec![]);
                let relu = self.node("Relu", &[&sum], vec![]);
                return self.transposed(&relu, &TO_FIRST);
            }
            _ => {}
        }
        self.node("Relu", &[&made], vec![])
    }

    fn max_pool(&mut self, map: &str) -> String {
        let mut map = map.to_owned();
        if self.exporter == Exporter::OldTorch {
            let nothing = vec![ints("pads", &[0; 8]), text("mode", "constant")];
            map = self.node("Pad", &[&map], nothing);
        }
        let window = vec![ints("kernel_shape", &[2, 2]), ints("strides", &[2, 2])];
        self.node("MaxPool", &[&map], window)
    }

    fn global(&mut self, map: &str) -> String {
        match self.exporter {
            Exporter::NewTorch => {
                let axes = self.integers(&[-1, -2]);
                self.node("ReduceMean", &[map, &axes], vec![int("keepdims", 1)])
            }
            Exporter::Keras => {
                let last = self.transposed(map, &TO_LAST);
                let axes = vec![ints("axes", &[1, 2]), int("keepdims", 1)];
                let mean = self.node("ReduceMean", &[&last], axes);
                self.transposed(&mean, &TO_FIRST)
            }
            _ => self.node("GlobalAveragePool", &[map], vec![]),
        }
    }

    fn features(&self) -> usize {
        self.net.dense[0].weights.len() / self.net.hidden
    }

    fn flat(&mut self, map: &str) -> String {
        let features = self.features() as i64;
        match self.exporter {
            Exporter::OldTorch | Exporter::NewTorch => {
                // `x.view(x.size(0), -1)`.
                let shape = self.node("Shape", &[map], vec![]);
                let first = self.integers(&[0]);
                let batch = self.node("Gather", &[&shape, &first], vec![int("axis", 0)]);
                let rest = self.integers(&[-1]);
                let to = self.node("Concat", &[&batch, &rest], vec![int("axis", 0)]);
                self.node("Reshape", &[map, &to], vec![])
            }
            Exporter::Tf2Onnx | Exporter::Keras => {
                let last = self.transposed(map, &TO_LAST);
                let to = self.integers(&[-1, features]);
                self.node("Reshape", &[&last, &to], vec![])
            }
            Exporter::Cntk => {
                let to = self.integers(&[1, features]);
                self.node("Reshape", &[map, &to], vec![])
            }
            Exporter::Caffe2 => {
                let to = self.integers(&[0, -1]);
                self.node("Reshape", &[map, &to], vec![])
            }
            _ => self.node("Flatten", &[map], vec![int("axis", 1)]),
        }
    }

    fn dense(&mut self, from: &str, index: usize) -> String {
        let net = self.net;
        let Weights { weights, bias } = &net.dense[index];
        let outputs = bias.len();
        let inputs = weights.len() / outputs;
        // Where each feature lies in the file's order.
        let order: Vec<usize> = if index == 0 && Exported::is_channels_last(self.exporter) {
            let positions = inputs / net.outputs[1];
            let at = |place: usize| place % net.outputs[1] * positions + place / net.outputs[1];
            (0..inputs).map(at).collect()
        } else {
            (0..inputs).collect()
        };
        let multiplies = matches!(
            self.exporter,
            Exporter::Tf2Onnx | Exporter::Keras | Exporter::Cntk
        );
        if multiplies {
            let columns: Vec<f32> = order
                .iter()
                .flat_map(|&at| (0..outputs).map(move |output| weights[output * inputs + at]))
                .collect();
            let matrix = self.floats(&[inputs, outputs], &columns);
            let product = self.node("MatMul", &[from, &matrix], vec![]);
            let bias = self.floats(&[outputs], bias);
            return self.node("Add", &[&product, &bias], vec![]);
        }
        let matrix = self.floats(&[outputs, inputs], weights);
        let bias = self.floats(&[outputs], bias);
        self.node("Gemm", &[from, &matrix, &bias], vec![int("transB", 1)])
    }

    fn dense_as_convolutions(&mut self, map: &str) -> String {
        let net = self.net;
        let [_, height, width] = net.shape;
        let side = if net.is_global {
            [1, 1]
        } else {
            [height / 4, width / 4]
        };
        let mut map = map.to_owned();
        for (index, depth, side) in [(0, net.outputs[1], side), (1, net.hidden, [1, 1])] {
            let Weights { weights, bias } = &net.dense[index];
            let dims = [bias.len(), depth, side[0], side[1]];
            let kernel = self.floats(&dims, weights);
            let bias = self.floats(&[bias.len()], bias);
            let shape = vec![ints("kernel_shape", &side)];
            map = self.node("Conv", &[&map, &kernel, &bias], shape);
            if index == 0 {
                map = self.node("Relu", &[&map], vec![]);
            }
        }
        map
    }
}
