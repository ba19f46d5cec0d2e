//! A network of the lecture LeNet's shape with weights drawn from a seed, and
//! inputs for it. What it answers means nothing; that it always answers the same
//! is what the tests of links and boards need.

use cortexscope_compile::board_image::{BoardImage, emit};
use cortexscope_compile::network::{Activation, Channels, Layer, Network, Op, Window};

/// Bytes of the input, `[28, 28, 1]`.
pub const INPUT_BYTES: usize = 28 * 28;

/// Bytes of each int8 tensor, the input first.
pub const TENSOR_BYTES: [usize; 5] = [784, 11_520, 2_880, 5_000, 1_250];

/// The board image: conv 20@5×5, pool 2, conv 50@3×3, pool 2, dense 10.
pub fn board_image(seed: u64) -> BoardImage {
    emit(&network(seed), [0; 32]).expect("the shapes fit each other")
}

/// A board image whose weights fit an engine's heap once, and not with the copies
/// that an optimiser makes.
pub fn wide_image() -> BoardImage {
    dense_image(400, [0; 32])
}

/// A board image of two layers, dense of that width and dense 10, made of an int8
/// ONNX file with that hash.
pub fn dense_image(width: usize, onnx_hash: [u8; 32]) -> BoardImage {
    let mut random = Random(1);
    let mut dense = |from: usize, name: &str, [inputs, outputs]: [usize; 2]| Layer {
        inputs: vec![from],
        op: Op::Dense {
            weights: (0..inputs * outputs).map(|_| random.int8()).collect(),
            channels: channels(outputs, 1.0e-4, &mut random),
        },
        output: activation(name, [outputs, 1, 1], 1.0),
    };
    let network = Network {
        name: "wide".to_owned(),
        labels: Vec::new(),
        input: activation("input", [1, 28, 28], 1.0),
        layers: vec![
            dense(0, "wide", [INPUT_BYTES, width]),
            dense(1, "logits", [width, 10]),
        ],
    };
    emit(&network, onnx_hash).expect("the shapes fit each other")
}

/// A board image of one dense layer for an input of four rows and five columns, made of an
/// int8 ONNX file with that hash.
pub fn small_image(onnx_hash: [u8; 32]) -> BoardImage {
    let mut random = Random(1);
    let logits = Layer {
        inputs: vec![0],
        op: Op::Dense {
            weights: (0..20 * 10).map(|_| random.int8()).collect(),
            channels: channels(10, 1.0e-3, &mut random),
        },
        output: activation("logits", [10, 1, 1], 1.0),
    };
    let network = Network {
        name: "small".to_owned(),
        labels: Vec::new(),
        input: activation("input", [1, 4, 5], 1.0),
        layers: vec![logits],
    };
    emit(&network, onnx_hash).expect("the shapes fit each other")
}

/// An input drawn from `seed`.
pub fn input(seed: u64) -> Vec<i8> {
    let mut random = Random(seed);
    (0..INPUT_BYTES).map(|_| random.int8()).collect()
}

fn network(seed: u64) -> Network {
    let mut random = Random(seed);
    let layers = vec![
        conv("conv1", 0, [1, 20, 5], [20, 24, 24], &mut random),
        pool("pool1", 1, [20, 12, 12]),
        conv("conv2", 2, [20, 50, 3], [50, 10, 10], &mut random),
        pool("pool2", 3, [50, 5, 5]),
        Layer {
            inputs: vec![4],
            op: Op::Dense {
                weights: (0..12_500).map(|_| random.int8()).collect(),
                channels: channels(10, 2.0e-4, &mut random),
            },
            output: activation("logits", [10, 1, 1], 1.0),
        },
    ];
    Network {
        name: "lecture-shape".to_owned(),
        labels: (0..10).map(|digit| digit.to_string()).collect(),
        input: activation("input", [1, 28, 28], 1.0),
        layers,
    }
}

fn conv(
    name: &str,
    from: usize,
    [inputs, outputs, kernel]: [usize; 3],
    shape: [usize; 3],
    random: &mut Random,
) -> Layer {
    let count = outputs * inputs * kernel * kernel;
    Layer {
        inputs: vec![from],
        op: Op::Conv {
            window: window(kernel, 1),
            groups: 1,
            weights: (0..count).map(|_| random.int8()).collect(),
            channels: channels(outputs, 1.0e-3, random),
        },
        output: activation(name, shape, 1.0),
    }
}

fn pool(name: &str, from: usize, shape: [usize; 3]) -> Layer {
    Layer {
        inputs: vec![from],
        op: Op::MaxPool(window(2, 2)),
        output: activation(name, shape, 1.0),
    }
}

fn window(kernel: usize, stride: usize) -> Window {
    Window {
        kernel: [kernel; 2],
        stride: [stride; 2],
        dilation: [1; 2],
        pad_before: [0; 2],
        pad_after: [0; 2],
    }
}

fn channels(count: usize, scale: f32, random: &mut Random) -> Channels {
    Channels {
        weight_scales: (0..count)
            .map(|_| scale * (1.0 + f32::from(random.int8()) / 512.0))
            .collect(),
        bias: (0..count).map(|_| 16 * i32::from(random.int8())).collect(),
    }
}

fn activation(name: &str, shape: [usize; 3], scale: f32) -> Activation {
    Activation {
        name: name.to_owned(),
        shape,
        scale,
        zero: 0,
    }
}

/// Marsaglia's 64-bit xorshift.
struct Random(u64);

impl Random {
    fn int8(&mut self) -> i8 {
        // A seed of 0 would stay 0.
        self.0 = self.0.max(1);
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 32) as i8
    }
}
