//! The quantised network: what `compile` decides, before it is written down as
//! an int8 ONNX and as a board image.
//!
//! Shapes are `[C, H, W]` and weights in ONNX order here; only the board image
//! turns them around.

use cortexscope_net::Affine;
pub use cortexscope_net::Window;

/// A quantised network. Tensor 0 is the input, layer `i` writes tensor `i + 1`.
#[derive(Clone, Debug)]
pub struct Network {
    /// The model's name, as on the command line.
    pub name: String,
    /// One label per class; may be empty.
    pub labels: Vec<String>,
    /// The input's shape and quantisation.
    pub input: Activation,
    /// Layers in topological order; the last one writes the logits.
    pub layers: Vec<Layer>,
}

/// Shape and quantisation of one tensor: `real = (int8 − zero) · scale`.
#[derive(Clone, Debug, PartialEq)]
pub struct Activation {
    /// Name of the layer that writes it, as in the float model.
    pub name: String,
    /// `[C, H, W]`.
    pub shape: [usize; 3],
    /// What one step of the int8 is worth; 1 for logits.
    pub scale: f32,
    /// The int8 that stands for zero; 0 for logits.
    pub zero: i8,
}

/// One layer.
#[derive(Clone, Debug)]
pub struct Layer {
    /// Tensors read, by number; all smaller than the one written.
    pub inputs: Vec<usize>,
    /// What it computes.
    pub op: Op,
    /// What it writes.
    pub output: Activation,
}

/// What a layer computes. ReLU and Clip are saturation, by the choice of the
/// output's scale and zero point.
#[derive(Clone, Debug)]
pub enum Op {
    /// QLinearConv, or ConvInteger where it writes the logits.
    Conv {
        /// The sliding window.
        window: Window,
        /// Channel groups.
        groups: usize,
        /// `[O, I / groups, KH, KW]`.
        weights: Vec<i8>,
        /// Scale and bias per output channel.
        channels: Channels,
    },
    /// Fully connected; in ONNX a QLinearConv over the whole map.
    Dense {
        /// `[O, C, H, W]` of the input.
        weights: Vec<i8>,
        /// Scale and bias per output.
        channels: Channels,
    },
    /// MaxPool on int8.
    MaxPool(Window),
    /// An element-wise function, from its table.
    Lookup {
        /// Entry `x + 128`.
        table: Box<[i8; 256]>,
        /// The float operators that the table stands for, in order.
        function: Vec<Elementwise>,
    },
    /// Concatenation over channels, all of one scale.
    Concat,
    /// Sum of two tensors of one shape.
    Add(Sum),
    /// Product of two tensors of one shape.
    Mul,
    /// DepthToSpace of order DCR; the shapes say how large a block is.
    DepthToSpace,
}

/// What the steps of two tensors are worth in their sum: whole multiples of a unit that is
/// a power of two, so that the sum is exact in `f32` and in integers.
///
/// ```text
/// y = round_ties_even(((a − zero) · factor · unit + (b − zero) · factor · unit) · (1 / y_scale)) + y_zero
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sum {
    /// One of each tensor, from 1 to `2^15 − 1`.
    pub factors: [u16; 2],
    /// A power of two.
    pub unit: f32,
}

impl Sum {
    /// The factors nearest to two scales: the larger one to 15 bits.
    pub fn of(scales: [f32; 2]) -> Self {
        let [a, b] = scales.map(f64::from);
        let unit = (a.max(b).log2().floor() - 14.0).exp2();
        let most = f64::from(i16::MAX);
        Self {
            factors: [a, b].map(|scale| (scale / unit).round().clamp(1.0, most) as u16),
            unit: unit as f32,
        }
    }

    /// The scales that the factors stand for; each is exact.
    pub fn scales(&self) -> [f32; 2] {
        self.factors.map(|factor| f32::from(factor) * self.unit)
    }
}

/// Per-output-channel parameters of a layer with weights.
#[derive(Clone, Debug)]
pub struct Channels {
    /// Weight scales, one per output channel.
    pub weight_scales: Vec<f32>,
    /// Bias at scale `x·w`, one per output channel.
    pub bias: Vec<i32>,
}

/// One element-wise float operator, as ONNX has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Elementwise {
    /// The ONNX operator: `Sigmoid`, `Tanh`, `LeakyRelu`, `Mul`, …
    pub op_type: String,
    /// Float attributes, such as `alpha`.
    pub attributes: Vec<(String, f32)>,
    /// What it reads, in the order of its operands.
    pub operands: Vec<Operand>,
}

/// What a function of a list reads.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Operand {
    /// What the function before it gives, or what the list reads.
    Before,
    /// A value of the list: 0 is what it reads, `i` what its function `i` gives, from 1.
    Value(usize),
    /// A number.
    Constant(f32),
}

impl Elementwise {
    /// An operator without attributes and constants.
    pub fn of(op_type: &str) -> Self {
        Self {
            op_type: op_type.to_owned(),
            attributes: Vec::new(),
            operands: vec![Operand::Before],
        }
    }

    /// A binary operator on what is computed and value `with` of the same list.
    pub fn with(op_type: &str, with: usize) -> Self {
        Self {
            operands: vec![Operand::Before, Operand::Value(with)],
            ..Self::of(op_type)
        }
    }

    /// A binary operator on what is computed and a number.
    pub fn by(op_type: &str, number: f32) -> Self {
        Self {
            operands: vec![Operand::Before, Operand::Constant(number)],
            ..Self::of(op_type)
        }
    }

    /// The number, of a binary operator on what is computed and a number.
    pub fn number(&self) -> Option<f32> {
        match *self.operands {
            [Operand::Before, Operand::Constant(number)] => Some(number),
            _ => None,
        }
    }

    /// What lies between two bounds.
    pub fn clip(low: f32, high: f32) -> Self {
        Self {
            attributes: vec![("min".to_owned(), low), ("max".to_owned(), high)],
            ..Self::of("Clip")
        }
    }
}

/// Appends functions of what `functions` give.
pub fn follow(functions: &mut Vec<Elementwise>, more: &[Elementwise]) {
    let before = functions.len();
    let moved = |operand: &Operand| match *operand {
        Operand::Value(at) => Operand::Value(at + before),
        other => other,
    };
    functions.extend(more.iter().map(|function| Elementwise {
        operands: function.operands.iter().map(moved).collect(),
        ..function.clone()
    }));
}

impl Activation {
    /// Its quantisation.
    pub fn affine(&self) -> Affine {
        Affine {
            scale: self.scale,
            zero: self.zero,
        }
    }

    /// The int8 that `real` becomes.
    pub fn quantise(&self, real: f32) -> i8 {
        self.affine().quantise(real)
    }
}

impl Layer {
    /// What a product's multiplication by one number is: `(a · b) / y` of the scales, in
    /// `f32`, in this order.
    pub fn factor(&self, network: &Network) -> f32 {
        let scales = self.inputs.iter().map(|&input| network.tensor(input).scale);
        scales.product::<f32>() / self.output.scale
    }
}

impl Network {
    /// Tensor `index`; the input is 0.
    ///
    /// # Panics
    /// If there is no such tensor.
    pub fn tensor(&self, index: usize) -> &Activation {
        index
            .checked_sub(1)
            .map_or(&self.input, |layer| &self.layers[layer].output)
    }
}
