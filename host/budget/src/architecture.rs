//! The lecture's architectures, as tables.

use super::{Layer, Network, Op, Window};

/// Names that [`find`] knows.
pub const NAMES: [&str; 6] = [
    "lecture-lenet",
    "lenet5",
    "lenet5-1998",
    "alexnet",
    "alexnet-grouped",
    "vgg16",
];

/// The architecture of this name.
pub fn find(name: &str) -> Option<Network> {
    match name {
        "lecture-lenet" => Some(lecture_lenet()),
        "lenet5" => Some(lenet5()),
        "lenet5-1998" => Some(lenet5_1998()),
        "alexnet" => Some(alexnet("alexnet", 1)),
        "alexnet-grouped" => Some(alexnet("alexnet-grouped", 2)),
        "vgg16" => Some(vgg16()),
        _ => None,
    }
}

/// A network that grows layer by layer, each reading the one before.
struct Chain(Network);

impl Chain {
    fn new(name: &str, input: [usize; 3]) -> Self {
        Self(Network {
            name: name.to_owned(),
            input,
            layers: Vec::new(),
            not_on_a_board: Vec::new(),
            on_board: None,
        })
    }

    fn conv(self, name: &str, channels: usize, window: Window, groups: usize) -> Self {
        let weights_per_output = {
            let [input, ..] = self.shape();
            window.kernel[0] * window.kernel[1] * (input / groups)
        };
        let shape = self.slide(channels, &window);
        let outputs: usize = shape.iter().product();
        self.push(Layer {
            name: name.to_owned(),
            op: Op::Conv { window, groups },
            inputs: Vec::new(),
            shape,
            weights: (channels * weights_per_output) as u64,
            biases: channels as u64,
            macs: (outputs * weights_per_output) as u64,
            in_place: Vec::new(),
        })
    }

    fn pool(self, name: &str, op: fn(Window) -> Op, window: Window) -> Self {
        let [channels, ..] = self.shape();
        let shape = self.slide(channels, &window);
        self.push(Layer {
            name: name.to_owned(),
            op: op(window),
            inputs: Vec::new(),
            shape,
            weights: 0,
            biases: 0,
            macs: 0,
            in_place: Vec::new(),
        })
    }

    fn dense(self, name: &str, outputs: usize) -> Self {
        let inputs: usize = self.shape().iter().product();
        let weights = (inputs * outputs) as u64;
        self.push(Layer {
            name: name.to_owned(),
            op: Op::Dense,
            inputs: Vec::new(),
            shape: [outputs, 1, 1],
            weights,
            biases: outputs as u64,
            macs: weights,
            in_place: Vec::new(),
        })
    }

    /// What is done to the last layer's output where it lies.
    fn then(mut self, what: &str) -> Self {
        if let Some(layer) = self.0.layers.last_mut() {
            layer.in_place.push(what.to_owned());
        }
        self
    }

    fn shape(&self) -> [usize; 3] {
        self.0.shape(self.0.layers.len())
    }

    fn slide(&self, channels: usize, window: &Window) -> [usize; 3] {
        let [_, height, width] = self.shape();
        let [rows, columns] = window.slide([height, width], false).unwrap_or([0, 0]);
        [channels, rows, columns]
    }

    fn push(mut self, layer: Layer) -> Self {
        let inputs = vec![self.0.layers.len()];
        self.0.layers.push(Layer { inputs, ..layer });
        self
    }
}

const HALVE: Window = Window::square(2, 2, 0);

fn lecture_lenet() -> Network {
    Chain::new("lecture-lenet", [1, 28, 28])
        .conv("conv1", 20, Window::square(5, 1, 0), 1)
        .pool("pool1", Op::MaxPool, HALVE)
        .conv("conv2", 50, Window::square(3, 1, 0), 1)
        .pool("pool2", Op::MaxPool, HALVE)
        .dense("fc", 10)
        .0
}

/// Today's usual LeNet-5: ReLU, max-pooling, every map of S2 read by every map of C3.
fn lenet5() -> Network {
    Chain::new("lenet5", [1, 28, 28])
        .conv("conv1", 6, Window::square(5, 1, 2), 1)
        .then("Relu")
        .pool("pool1", Op::MaxPool, HALVE)
        .conv("conv2", 16, Window::square(5, 1, 0), 1)
        .then("Relu")
        .pool("pool2", Op::MaxPool, HALVE)
        .dense("fc1", 120)
        .then("Relu")
        .dense("fc2", 84)
        .then("Relu")
        .dense("fc3", 10)
        .0
}

/// LeCun, Bottou, Bengio, Haffner, "Gradient-based learning applied to document
/// recognition", Proc. IEEE 86 (1998), section II.B, up to F6; the output layer of
/// radial basis functions has no trained parameters.
fn lenet5_1998() -> Network {
    let mut network = Chain::new("lenet5-1998", [1, 32, 32])
        .conv("C1", 6, Window::square(5, 1, 0), 1)
        .then("Tanh")
        .pool("S2", Op::AveragePool, HALVE)
        .then("Tanh")
        .conv("C3", 16, Window::square(5, 1, 0), 1)
        .then("Tanh")
        .pool("S4", Op::AveragePool, HALVE)
        .then("Tanh")
        .conv("C5", 120, Window::square(5, 1, 0), 1)
        .then("Tanh")
        .dense("F6", 84)
        .then("Tanh")
        .0;
    // Table I: six maps of C3 read three maps of S2, nine read four, one reads six.
    const PAIRS: u64 = 6 * 3 + 9 * 4 + 6;
    for layer in &mut network.layers {
        match layer.name.as_str() {
            "C3" => {
                layer.weights = PAIRS * 25;
                layer.macs = PAIRS * 25 * 10 * 10;
            }
            // Subsampling has a trained coefficient and bias for each map.
            "S2" | "S4" => {
                layer.weights = layer.shape[0] as u64;
                layer.biases = layer.shape[0] as u64;
            }
            _ => {}
        }
    }
    network
}

/// Krizhevsky, Sutskever, Hinton, NIPS 2012; `groups` is 2 where conv2, conv4 and
/// conv5 read only the maps on their own GPU.
fn alexnet(name: &str, groups: usize) -> Network {
    let pool = Window::square(3, 2, 0);
    Chain::new(name, [3, 227, 227])
        .conv("conv1", 96, Window::square(11, 4, 0), 1)
        .then("Relu")
        .then("LRN")
        .pool("pool1", Op::MaxPool, pool)
        .conv("conv2", 256, Window::square(5, 1, 2), groups)
        .then("Relu")
        .then("LRN")
        .pool("pool2", Op::MaxPool, pool)
        .conv("conv3", 384, Window::square(3, 1, 1), 1)
        .then("Relu")
        .conv("conv4", 384, Window::square(3, 1, 1), groups)
        .then("Relu")
        .conv("conv5", 256, Window::square(3, 1, 1), groups)
        .then("Relu")
        .pool("pool5", Op::MaxPool, pool)
        .dense("fc6", 4096)
        .then("Relu")
        .dense("fc7", 4096)
        .then("Relu")
        .dense("fc8", 1000)
        .0
}

/// Simonyan, Zisserman, ICLR 2015, configuration D.
fn vgg16() -> Network {
    let mut chain = Chain::new("vgg16", [3, 224, 224]);
    for (block, (channels, convs)) in [(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)]
        .into_iter()
        .enumerate()
    {
        let block = block + 1;
        for conv in 1..=convs {
            let name = format!("conv{block}_{conv}");
            chain = chain
                .conv(&name, channels, Window::square(3, 1, 1), 1)
                .then("Relu");
        }
        chain = chain.pool(&format!("pool{block}"), Op::MaxPool, HALVE);
    }
    chain
        .dense("fc6", 4096)
        .then("Relu")
        .dense("fc7", 4096)
        .then("Relu")
        .dense("fc8", 1000)
        .0
}
