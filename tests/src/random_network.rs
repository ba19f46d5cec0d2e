//! Small float networks of every supported operator, drawn from a seed.
//!
//! What they compute means nothing; sizes, strides, padding, dilation, groups,
//! branches and constants are drawn so that every path of importer, emitter and
//! engine is walked on some seed, and weights so that activations keep their
//! magnitude.

use cortexscope_net::input::ModelSpec;
use cortexscope_net::onnx::GraphBuilder;
use cortexscope_net::onnx::builder::{Size, float, int, ints, text};
use cortexscope_net::onnx::pb::tensor_proto::DataType;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeSet;

/// Operator set of the files.
const OPSET: i64 = 14;

/// A float network and inputs for it.
#[derive(Clone, Debug)]
pub struct RandomNetwork {
    /// The bytes of the ONNX file.
    pub onnx: Vec<u8>,
    /// How it wants its input.
    pub spec: ModelSpec,
    /// `[C, H, W]` each, within what `spec` says.
    pub inputs: Vec<Vec<f32>>,
    /// The ONNX operators in it.
    pub operators: BTreeSet<String>,
}

/// The network of `seed`, with `inputs` inputs.
pub fn draw(seed: u64, inputs: usize) -> RandomNetwork {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let channels = if random.random_bool(0.5) { 1 } else { 3 };
    let shape = [
        channels,
        random.random_range(5..13),
        random.random_range(5..13),
    ];
    let mut drawer = Drawer::new(random, shape);
    let mut map = Map {
        name: "image".to_owned(),
        shape,
    };
    for _ in 0..drawer.random.random_range(1..5) {
        map = drawer.block(map);
    }
    drawer.head(map);
    drawer.finish(shape, inputs)
}

/// A network of convolutions that a max-pool of 2×2 follows, as pooled sums are made for,
/// with `inputs` inputs.
pub fn draw_pooled(seed: u64, inputs: usize) -> RandomNetwork {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let shape = [
        random.random_range(1..5),
        random.random_range(12..20),
        random.random_range(12..20),
    ];
    let mut drawer = Drawer::new(random, shape);
    let mut map = Map {
        name: "image".to_owned(),
        shape,
    };
    for _ in 0..2 {
        let kernel = [3, 5][drawer.random.random_range(0..2)];
        let outputs = drawer.random.random_range(1..8);
        let pads = [(); 4].map(|()| drawer.random.random_range(0..kernel) / 2);
        let pads = vec![ints("pads", &pads)];
        map = drawer.convolution_with(&map, outputs, [kernel; 2], 1, pads);
        if drawer.random.random_bool(0.7) {
            map.name = drawer.node("Relu", &[&map.name], vec![]);
        }
        let attributes = vec![ints("kernel_shape", &[2; 2]), ints("strides", &[2; 2])];
        let sizes = slid([map.shape[1], map.shape[2]], [2; 2], &attributes);
        map = Map {
            name: drawer.node("MaxPool", &[&map.name], attributes),
            shape: [outputs, sizes[0], sizes[1]],
        };
    }
    drawer.head(map);
    drawer.finish(shape, inputs)
}

/// A network of convolutions that read many channels, with `inputs` inputs: by 3×3 windows at
/// stride 1, as Winograd's products are made for, and by others.
pub fn draw_wide(seed: u64, inputs: usize) -> RandomNetwork {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let shape = [
        random.random_range(1..5),
        random.random_range(6..12),
        random.random_range(6..24),
    ];
    let mut drawer = Drawer::new(random, shape);
    let mut map = Map {
        name: "image".to_owned(),
        shape,
    };
    for _ in 0..3 {
        let kernel = [1, 3, 3, 3][drawer.random.random_range(0..4)];
        let outputs = [4, 8, 9, 12, 16][drawer.random.random_range(0..5)];
        // At least one window.
        let pads = [0, 1, 2, 3].map(|side| {
            let short = map.shape[1 + side % 2] < kernel;
            drawer.random.random_range(usize::from(short)..kernel)
        });
        let stride = [1, 1, 1, 2][drawer.random.random_range(0..4)];
        let attributes = vec![ints("pads", &pads), ints("strides", &[stride; 2])];
        map = drawer.convolution_with(&map, outputs, [kernel; 2], 1, attributes);
        if drawer.random.random_bool(0.7) {
            map.name = drawer.node("Relu", &[&map.name], vec![]);
        }
    }
    drawer.head(map);
    drawer.finish(shape, inputs)
}

/// A network of convolutions whose windows are mostly whole, with `inputs` inputs: of all
/// kinds of windows, with strides and dilations of their own in each direction.
pub fn draw_windows(seed: u64, inputs: usize) -> RandomNetwork {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let shape = [
        random.random_range(1..6),
        random.random_range(6..30),
        random.random_range(6..20),
    ];
    let mut drawer = Drawer::new(random, shape);
    let mut map = Map {
        name: "image".to_owned(),
        shape,
    };
    for _ in 0..2 {
        let most = [map.shape[1].min(10), map.shape[2].min(6)];
        let kernel = most.map(|most| drawer.random.random_range(1..=most));
        let stride = [(); 2].map(|()| drawer.random.random_range(1..4));
        // Rows apart, where there are as many.
        let apart = (map.shape[1] - 1) / (kernel[0] - 1).max(1);
        let apart = apart.clamp(1, drawer.random.random_range(1..4));
        let pads = [0, 1, 2, 3].map(|side| drawer.random.random_range(0..kernel[side % 2]));
        let attributes = vec![
            ints("pads", &pads),
            ints("strides", &stride),
            ints("dilations", &[apart, 1]),
        ];
        let outputs = drawer.random.random_range(2..12);
        map = drawer.convolution_with(&map, outputs, kernel, 1, attributes);
    }
    drawer.head(map);
    drawer.finish(shape, inputs)
}

/// Convolutions of a picture at stride 2, as MLPerf Tiny's networks begin, and one of single
/// pixels, and one input.
pub fn draw_first_convolutions(seed: u64) -> RandomNetwork {
    let shape = [3, 96, 96];
    let mut drawer = Drawer::new(ChaCha8Rng::seed_from_u64(seed), shape);
    let mut map = Map {
        name: "image".to_owned(),
        shape,
    };
    let attributes = vec![ints("pads", &[0, 0, 1, 1]), ints("strides", &[2; 2])];
    map = drawer.convolution_with(&map, 8, [3; 2], 1, attributes);
    map = drawer.convolution_with(&map, 16, [3; 2], 1, vec![ints("strides", &[2; 2])]);
    map = drawer.convolution_with(&map, 32, [1; 2], 1, Vec::new());
    drawer.head(map);
    drawer.finish(shape, 1)
}

/// A network of depthwise convolutions by 3×3 windows, with `inputs` inputs: some rows are
/// longer than what is computed together, and some shorter than a window.
pub fn draw_depthwise(seed: u64, inputs: usize) -> RandomNetwork {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let shape = [
        random.random_range(1..4),
        random.random_range(1..8),
        random.random_range(1..64),
    ];
    let mut drawer = Drawer::new(random, shape);
    let mut map = Map {
        name: "image".to_owned(),
        shape,
    };
    let channels = drawer.random.random_range(4..12);
    map = drawer.convolution_with(&map, channels, [1; 2], 1, Vec::new());
    for _ in 0..2 {
        let strides = [(); 2].map(|()| drawer.random.random_range(1..4));
        // At least one window.
        let pads = [0, 1, 2, 3].map(|side| {
            let short = map.shape[1 + side % 2] < 3;
            drawer.random.random_range(usize::from(short)..3)
        });
        let attributes = vec![
            ints("pads", &pads),
            ints("strides", &strides),
            int("group", channels as i64),
        ];
        map = drawer.convolution_with(&map, channels, [3; 2], channels, attributes);
        if drawer.random.random_bool(0.7) {
            map.name = drawer.node("Relu", &[&map.name], vec![]);
        }
    }
    drawer.head(map);
    drawer.finish(shape, inputs)
}

/// Two depthwise convolutions of 32 channels over maps of 24×24, at strides 1 and 2, with
/// the padding of MLPerf Tiny's networks, and one input.
pub fn draw_depthwise_maps(seed: u64) -> RandomNetwork {
    let shape = [3, 24, 24];
    let mut drawer = Drawer::new(ChaCha8Rng::seed_from_u64(seed), shape);
    let mut map = Map {
        name: "image".to_owned(),
        shape,
    };
    map = drawer.convolution_with(&map, 32, [1; 2], 1, Vec::new());
    for (stride, pads) in [(1, [1; 4]), (2, [0, 0, 1, 1])] {
        let attributes = vec![
            ints("pads", &pads),
            ints("strides", &[stride; 2]),
            int("group", 32),
        ];
        map = drawer.convolution_with(&map, 32, [3; 2], 32, attributes);
    }
    drawer.head(map);
    drawer.finish(shape, 1)
}

/// A tensor `[C, H, W]` of the graph.
#[derive(Clone, Debug)]
struct Map {
    name: String,
    shape: [usize; 3],
}

struct Drawer {
    graph: GraphBuilder,
    random: ChaCha8Rng,
    operators: BTreeSet<String>,
    nodes: usize,
}

impl Drawer {
    fn new(mut random: ChaCha8Rng, [channels, height, width]: [usize; 3]) -> Self {
        let mut graph = GraphBuilder::new("random");
        let batch = if random.random_bool(0.5) {
            Size::Batch
        } else {
            Size::Fixed(1)
        };
        let sizes = [channels, height, width].map(Size::Fixed);
        graph.input(
            "image",
            DataType::Float,
            &[batch, sizes[0], sizes[1], sizes[2]],
        );
        Self {
            graph,
            random,
            operators: BTreeSet::new(),
            nodes: 0,
        }
    }

    fn finish(self, shape: [usize; 3], inputs: usize) -> RandomNetwork {
        let Self {
            graph,
            mut random,
            operators,
            ..
        } = self;
        let elements: usize = shape.iter().product();
        let mut input = || {
            (0..elements)
                .map(|_| random.random_range(0.0..1.0))
                .collect()
        };
        RandomNetwork {
            onnx: graph.emit(OPSET),
            spec: ModelSpec::assumed(shape),
            inputs: (0..inputs).map(|_| input()).collect(),
            operators,
        }
    }

    fn node(
        &mut self,
        op_type: &str,
        inputs: &[&str],
        attributes: Vec<cortexscope_net::onnx::pb::AttributeProto>,
    ) -> String {
        self.nodes += 1;
        self.operators.insert(op_type.to_owned());
        let name = format!("{}{}", op_type.to_lowercase(), self.nodes);
        self.graph.node(op_type, inputs, &name, attributes);
        name
    }

    /// An initializer of values around zero whose squares sum up to about
    /// `1 / fan_in` each.
    fn weights(&mut self, dims: &[usize], fan_in: usize) -> String {
        let reach = (3.0 / fan_in as f32).sqrt();
        self.constant(dims, -reach..reach)
    }

    fn constant(&mut self, dims: &[usize], range: std::ops::Range<f32>) -> String {
        self.nodes += 1;
        let name = format!("constant{}", self.nodes);
        let count = dims.iter().product();
        let values: Vec<f32> = (0..count)
            .map(|_| self.random.random_range(range.clone()))
            .collect();
        self.graph.f32s(&name, dims, &values);
        name
    }

    /// One to three operators, now and then in two branches.
    fn block(&mut self, map: Map) -> Map {
        let branches = self.random.random_bool(0.25);
        let map = if branches {
            self.branches(&map)
        } else {
            self.spatial(map)
        };
        self.activation(map)
    }

    /// Two convolutions of the same input, or one and the input, concatenated.
    fn branches(&mut self, map: &Map) -> Map {
        let side = |drawer: &mut Self, kernel: usize| {
            let outputs = drawer.random.random_range(1..5);
            let same = ints("pads", &[kernel / 2; 4]);
            drawer.convolution_with(map, outputs, [kernel; 2], 1, vec![same])
        };
        let left = side(self, 1);
        let right = match self.random.random_range(0..3) {
            0 => map.clone(),
            1 => self.activation(map.clone()),
            _ => side(self, 3),
        };
        let name = self.node("Concat", &[&left.name, &right.name], vec![int("axis", 1)]);
        let [channels, height, width] = left.shape;
        Map {
            name,
            shape: [channels + right.shape[0], height, width],
        }
    }

    fn spatial(&mut self, map: Map) -> Map {
        let smallest = map.shape[1].min(map.shape[2]);
        match self.random.random_range(0..10) {
            0..=4 => {
                let convolved = self.convolution(&map);
                self.shifted(convolved)
            }
            5..=7 if smallest >= 2 => self.pool("MaxPool", &map),
            8 if smallest >= 2 => self.pool("AveragePool", &map),
            _ => self.shifted(map),
        }
    }

    /// A convolution with everything drawn.
    fn convolution(&mut self, map: &Map) -> Map {
        let [depth, height, width] = map.shape;
        let divisors: Vec<usize> = (1..=depth).filter(|&g| depth.is_multiple_of(g)).collect();
        let groups = if self.random.random_bool(0.6) {
            1
        } else {
            divisors[self.random.random_range(0..divisors.len())]
        };
        let outputs = groups * self.random.random_range(1..=(8 / groups).max(1));
        let (mut kernel, mut dilation) = ([1; 2], [1; 2]);
        for (axis, size) in [height, width].into_iter().enumerate() {
            kernel[axis] = self.random.random_range(1..=size.min(5));
            let room = (size - 1) / (kernel[axis] - 1).max(1);
            dilation[axis] = self.random.random_range(1..=room.clamp(1, 2));
        }
        let stride = [(); 2].map(|()| self.random.random_range(1..3));
        let mut attributes = vec![
            ints("strides", &stride),
            ints("dilations", &dilation),
            int("group", groups as i64),
        ];
        attributes.extend(self.padding(kernel, dilation));
        self.convolution_with(map, outputs, kernel, groups, attributes)
    }

    /// Explicit padding, less than the window, or `auto_pad`.
    fn padding(
        &mut self,
        kernel: [usize; 2],
        dilation: [usize; 2],
    ) -> Vec<cortexscope_net::onnx::pb::AttributeProto> {
        let most = [0, 1].map(|axis| (kernel[axis] - 1) * dilation[axis]);
        match self.random.random_range(0..6) {
            0 => vec![text("auto_pad", "SAME_UPPER")],
            1 => vec![text("auto_pad", "SAME_LOWER")],
            2 => vec![text("auto_pad", "VALID")],
            3 => vec![],
            _ => {
                let pads = [most[0], most[1], most[0], most[1]]
                    .map(|most| self.random.random_range(0..=most));
                vec![ints("pads", &pads)]
            }
        }
    }

    fn convolution_with(
        &mut self,
        map: &Map,
        outputs: usize,
        kernel: [usize; 2],
        groups: usize,
        mut attributes: Vec<cortexscope_net::onnx::pb::AttributeProto>,
    ) -> Map {
        let depth = map.shape[0] / groups;
        let weights = self.weights(
            &[outputs, depth, kernel[0], kernel[1]],
            depth * kernel[0] * kernel[1],
        );
        attributes.push(ints("kernel_shape", &kernel));
        let sizes = slid([map.shape[1], map.shape[2]], kernel, &attributes);
        let mut operands = vec![map.name.clone(), weights];
        if self.random.random_bool(0.7) {
            operands.push(self.constant(&[outputs], -0.3..0.3));
        }
        let operands: Vec<&str> = operands.iter().map(String::as_str).collect();
        Map {
            name: self.node("Conv", &operands, attributes),
            shape: [outputs, sizes[0], sizes[1]],
        }
    }

    /// What moves or stretches channels: batch normalisation, arithmetic.
    fn shifted(&mut self, map: Map) -> Map {
        let channels = map.shape[0];
        let name = match self.random.random_range(0..6) {
            0 | 1 => {
                let scale = self.constant(&[channels], 0.5..1.5);
                let shift = self.constant(&[channels], -0.3..0.3);
                let mean = self.constant(&[channels], -0.3..0.3);
                let variance = self.constant(&[channels], 0.5..1.5);
                let operands = [map.name.as_str(), &scale, &shift, &mean, &variance];
                let epsilon = vec![float("epsilon", 1e-3)];
                self.node("BatchNormalization", &operands, epsilon)
            }
            2 => {
                let dims = if self.random.random_bool(0.5) {
                    vec![1, channels, 1, 1]
                } else {
                    vec![]
                };
                let op_type = ["Add", "Sub", "Mul", "Div"][self.random.random_range(0..4)];
                let constant = self.constant(&dims, 0.5..1.5);
                let mut operands = [map.name.as_str(), &constant];
                if op_type != "Div" && self.random.random_bool(0.3) {
                    operands.reverse();
                }
                self.node(op_type, &operands, vec![])
            }
            3 => self.node("Identity", &[&map.name], vec![]),
            4 => self.node("Dropout", &[&map.name], vec![]),
            _ => self.skipped(&map),
        };
        Map { name, ..map }
    }

    /// A convolution of a map and the map itself, added up or multiplied: a residual
    /// connection or a gate.
    fn skipped(&mut self, map: &Map) -> String {
        let same = vec![ints("pads", &[1; 4])];
        let first = self.convolution_with(map, map.shape[0], [3; 2], 1, same.clone());
        let first = self.activation(first);
        let (op_type, other) = match self.random.random_range(0..3) {
            0 => ("Add", first.name),
            1 => {
                let second = self.convolution_with(&first, map.shape[0], [3; 2], 1, same);
                ("Add", second.name)
            }
            _ => {
                let gate = self.node("Sigmoid", &[&first.name], vec![]);
                ("Mul", gate)
            }
        };
        let mut operands = [map.name.as_str(), &other];
        if self.random.random_bool(0.5) {
            operands.reverse();
        }
        self.node(op_type, &operands, vec![])
    }

    fn pool(&mut self, op_type: &str, map: &Map) -> Map {
        let [channels, height, width] = map.shape;
        let kernel = [height, width].map(|size| self.random.random_range(1..=size.min(3)));
        let stride = [(); 2].map(|()| self.random.random_range(1..=3));
        let mut attributes = vec![ints("kernel_shape", &kernel), ints("strides", &stride)];
        if op_type == "AveragePool" {
            // At padded edges only an average that counts the padding is one
            // convolution.
            attributes.push(int("count_include_pad", 1));
            let pads = [kernel[0], kernel[1], kernel[0], kernel[1]]
                .map(|extent| self.random.random_range(0..extent));
            attributes.push(ints("pads", &pads));
        } else if stride[0] <= kernel[0] && stride[1] <= kernel[1] && self.random.random_bool(0.3) {
            attributes.push(int("ceil_mode", 1));
        } else {
            attributes.extend(self.padding(kernel, [1; 2]));
        }
        let sizes = slid([height, width], kernel, &attributes);
        Map {
            name: self.node(op_type, &[&map.name], attributes),
            shape: [channels, sizes[0], sizes[1]],
        }
    }

    fn activation(&mut self, map: Map) -> Map {
        let (op_type, attributes) = match self.random.random_range(0..22) {
            0..=5 => ("Relu", vec![]),
            6 => ("Sigmoid", vec![]),
            7 => ("Tanh", vec![]),
            8 => ("HardSwish", vec![]),
            9 => ("Softplus", vec![]),
            10 => ("Softsign", vec![]),
            11 => ("Abs", vec![]),
            12 => ("Neg", vec![]),
            13 => ("LeakyRelu", vec![float("alpha", 0.1)]),
            14 => ("Elu", vec![float("alpha", 0.5)]),
            15 => ("HardSigmoid", vec![float("alpha", 0.3), float("beta", 0.4)]),
            16 | 17 => {
                let low = self.constant(&[], -0.5..0.0);
                let high = self.constant(&[], 0.3..1.0);
                let name = self.node("Clip", &[&map.name, &low, &high], vec![]);
                return Map { name, ..map };
            }
            18 => {
                let slope = self.constant(&[1], 0.0..0.5);
                let name = self.node("PRelu", &[&map.name, &slope], vec![]);
                return Map { name, ..map };
            }
            _ => return map,
        };
        Map {
            name: self.node(op_type, &[&map.name], attributes),
            ..map
        }
    }

    /// From maps to logits.
    fn head(&mut self, map: Map) {
        let classes = self.random.random_range(2..7);
        let [channels, height, width] = map.shape;
        let logits = match self.random.random_range(0..6) {
            0 => {
                let filters = self.convolution_with(&map, classes, [height, width], 1, vec![]);
                self.node("Flatten", &[&filters.name], vec![int("axis", 1)])
            }
            1 => {
                let pooled = self.node("GlobalAveragePool", &[&map.name], vec![]);
                self.dense(&pooled, channels, classes)
            }
            2 => {
                let pooled = self.node("GlobalMaxPool", &[&map.name], vec![]);
                self.dense(&pooled, channels, classes)
            }
            3 => {
                let axes = vec![ints("axes", &[2, 3]), int("keepdims", 1)];
                let pooled = self.node("ReduceMean", &[&map.name], axes);
                self.dense(&pooled, channels, classes)
            }
            4 => {
                let hidden = self.random.random_range(2..12);
                let first = self.dense(&map.name, channels * height * width, hidden);
                let first = self.activation(Map {
                    name: first,
                    shape: [hidden, 1, 1],
                });
                self.dense(&first.name, hidden, classes)
            }
            _ => self.dense(&map.name, channels * height * width, classes),
        };
        let last = match self.random.random_range(0..3) {
            0 => self.node("Softmax", &[&logits], vec![int("axis", 1)]),
            _ => logits,
        };
        let sizes = [Size::Batch, Size::Fixed(classes)];
        self.graph.output(&last, DataType::Float, &sizes);
    }

    /// Flattens, and multiplies by a matrix, in one of the ways that exporters
    /// write it.
    fn dense(&mut self, input: &str, inputs: usize, outputs: usize) -> String {
        let flat = if self.random.random_bool(0.5) {
            self.node("Flatten", &[input], vec![int("axis", 1)])
        } else {
            self.nodes += 1;
            let shape = format!("shape{}", self.nodes);
            self.graph.i64s(&shape, &[2], &[-1, inputs as i64]);
            self.node("Reshape", &[input, &shape], vec![])
        };
        if self.random.random_bool(0.3) {
            let weights = self.weights(&[inputs, outputs], inputs);
            let bias = self.constant(&[outputs], -0.3..0.3);
            let product = self.node("MatMul", &[&flat, &weights], vec![]);
            return self.node("Add", &[&product, &bias], vec![]);
        }
        let transposed = self.random.random_bool(0.5);
        let dims = if transposed {
            [outputs, inputs]
        } else {
            [inputs, outputs]
        };
        let weights = self.weights(&dims, inputs);
        let mut operands = vec![flat, weights];
        if self.random.random_bool(0.8) {
            operands.push(self.constant(&[outputs], -0.3..0.3));
        }
        let operands: Vec<&str> = operands.iter().map(String::as_str).collect();
        let transposed = int("transB", transposed.into());
        self.node("Gemm", &operands, vec![transposed])
    }
}

/// Rows and columns of the output of a window, from ONNX's definition.
fn slid(
    input: [usize; 2],
    kernel: [usize; 2],
    attributes: &[cortexscope_net::onnx::pb::AttributeProto],
) -> [usize; 2] {
    let found = |name: &str| attributes.iter().find(|attribute| attribute.name == name);
    let numbers = |name: &str, default: [i64; 4]| {
        let mut numbers = default;
        if let Some(attribute) = found(name) {
            numbers[..attribute.ints.len()].copy_from_slice(&attribute.ints);
        }
        numbers.map(|number| number as usize)
    };
    let (strides, dilations) = (numbers("strides", [1; 4]), numbers("dilations", [1; 4]));
    let pads = numbers("pads", [0; 4]);
    let same = found("auto_pad").is_some_and(|attribute| attribute.s.starts_with(b"SAME"));
    [0, 1].map(|axis| {
        if same {
            return input[axis].div_ceil(strides[axis]);
        }
        let extent = (kernel[axis] - 1) * dilations[axis] + 1;
        let room = input[axis] + pads[axis] + pads[axis + 2] - extent;
        if found("ceil_mode").is_some() {
            room.div_ceil(strides[axis]) + 1
        } else {
            room / strides[axis] + 1
        }
    })
}
