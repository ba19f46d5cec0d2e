//! Typed views of the records: what kernels and planners read.

/// Rows, columns and channels of a tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// Channels, innermost in memory.
    pub channels: usize,
}

impl Shape {
    /// No pixels.
    pub(crate) const EMPTY: Self = Self {
        height: 0,
        width: 0,
        channels: 0,
    };

    /// Elements of the tensor.
    pub const fn elements(self) -> usize {
        self.height * self.width * self.channels
    }

    /// Elements of one row.
    pub const fn row_elements(self) -> usize {
        self.width * self.channels
    }
}

/// One tensor of the network.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tensor<'a> {
    /// Name of the layer that writes it.
    pub name: &'a str,
    /// `[H, W, C]`.
    pub shape: Shape,
    /// What one step of the int8 is worth; 1 for logits.
    pub scale: f32,
    /// The int8 that stands for zero; 0 for logits.
    pub zero: i8,
    /// Whether it holds `f32` logits instead of int8 activations.
    pub is_logits: bool,
}

impl Tensor<'_> {
    /// Bytes of the tensor where it is materialised.
    pub const fn bytes(&self) -> usize {
        self.shape.elements() * if self.is_logits { 4 } else { 1 }
    }
}

/// One layer of the network.
#[derive(Clone, Copy, Debug)]
pub struct Layer<'a> {
    /// Numbers of the tensors it reads.
    pub inputs: &'a [u16],
    /// Number of the tensor it writes.
    pub output: usize,
    /// Shape of that tensor.
    pub shape: Shape,
    /// What it computes.
    pub op: Op<'a>,
}

impl Layer<'_> {
    /// The first input; every operator has one.
    pub fn input(&self) -> usize {
        self.inputs.first().map_or(0, |&tensor| usize::from(tensor))
    }
}

/// What a layer computes.
#[derive(Clone, Copy, Debug)]
pub enum Op<'a> {
    /// Convolution.
    Conv2d(Conv2d<'a>),
    /// Fully connected.
    Dense(Dense<'a>),
    /// Maximum over a window.
    MaxPool(MaxPool),
    /// A table with one entry per int8.
    Lookup(&'a [i8]),
    /// Channels of the inputs, one after the other.
    Concat,
    /// Sum of two tensors.
    Add(Add<'a>),
    /// Product of two tensors.
    Mul(Mul<'a>),
    /// Channels as rows and columns.
    DepthToSpace(DepthToSpace),
}

/// What a layer that slides a window goes by.
#[derive(Clone, Copy)]
pub(crate) struct Sliding<'a> {
    pub input: &'a Shape,
    pub window: &'a Window,
    pub output: &'a Shape,
}

impl<'a> Op<'a> {
    /// Shapes and window of a layer that slides one.
    #[inline(never)]
    pub(crate) fn sliding(&self) -> Option<Sliding<'_>> {
        let (input, window, output) = match self {
            Self::Conv2d(conv) => (&conv.input, &conv.window, &conv.output),
            Self::MaxPool(pool) => (&pool.input, &pool.window, &pool.output),
            Self::DepthToSpace(map) => (&map.input, &Window::WHOLE, &map.output),
            Self::Dense(_) | Self::Lookup(_) | Self::Concat | Self::Add(_) | Self::Mul(_) => {
                return None;
            }
        };
        Some(Sliding {
            input,
            window,
            output,
        })
    }

    /// How accumulators become outputs; `None` for operators without weights.
    pub fn quantiser(&self) -> Option<Quantiser<'a>> {
        match self {
            Self::Conv2d(conv) => Some(conv.quantiser),
            Self::Dense(dense) => Some(dense.quantiser),
            Self::MaxPool(_)
            | Self::Lookup(_)
            | Self::Concat
            | Self::Add(_)
            | Self::Mul(_)
            | Self::DepthToSpace(_) => None,
        }
    }

    /// Multiplications of one whole evaluation.
    pub fn macs(&self) -> u64 {
        match self {
            Self::Conv2d(conv) => conv.output.elements() as u64 * conv.weights_per_output() as u64,
            Self::Dense(dense) => dense.weights().len() as u64,
            Self::MaxPool(_)
            | Self::Lookup(_)
            | Self::Concat
            | Self::Add(_)
            | Self::Mul(_)
            | Self::DepthToSpace(_) => 0,
        }
    }
}

/// A sliding window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the field's standard terms")]
pub struct Window {
    pub kernel_h: usize,
    pub kernel_w: usize,
    pub stride_h: usize,
    pub stride_w: usize,
    pub dilation_h: usize,
    pub dilation_w: usize,
    pub pad_top: usize,
    pub pad_left: usize,
}

impl Window {
    /// No window: zeros alone.
    pub(crate) const NONE: Self = Self {
        kernel_h: 0,
        kernel_w: 0,
        stride_h: 0,
        stride_w: 0,
        dilation_h: 0,
        dilation_w: 0,
        pad_top: 0,
        pad_left: 0,
    };

    /// All pixels, wherever it lies: each side is larger than a tensor can be.
    pub(crate) const WHOLE: Self = Self::square(1 << 17, 1, 1 << 16);

    /// One pixel.
    pub const POINT: Self = Self::square(1, 1, 0);

    /// `kernel` pixels side by side in both directions, with this stride and padding.
    pub const fn square(kernel: usize, stride: usize, pad: usize) -> Self {
        Self {
            kernel_h: kernel,
            kernel_w: kernel,
            stride_h: stride,
            stride_w: stride,
            dilation_h: 1,
            dilation_w: 1,
            pad_top: pad,
            pad_left: pad,
        }
    }

    /// The first input row under the windows of output row `y`, padding left out.
    #[inline(never)]
    pub fn first_row(&self, y: usize) -> usize {
        (y * self.stride_h).saturating_sub(self.pad_top)
    }
}

/// From accumulator to int8: `clamp(round_ties_even(acc·m) + zero)`, as in `ops/requantize.rs`.
#[derive(Clone, Copy, Debug)]
pub struct Quantiser<'a> {
    /// Per output channel: `(w_scale · x_scale) / y_scale`; for logits
    /// `w_scale · x_scale`.
    pub multipliers: &'a [f32],
    /// The output's int8 that stands for zero.
    pub zero: i8,
    /// Smallest output; ReLU is a clamp at the zero point.
    pub min: i8,
    /// Largest output.
    pub max: i8,
}

impl Quantiser<'_> {
    /// The multiplier of an output channel, and the zero point; 0 where there is no
    /// such channel.
    pub fn scale(&self, channel: usize) -> (f32, i8) {
        let multiplier = self.multipliers.get(channel).copied();
        (multiplier.unwrap_or_default(), self.zero)
    }
}

/// Bytes that an image has after all weights: kernels that read words read these, too,
/// and make nothing of them.
pub const WEIGHT_PADDING: usize = 3;

#[inline(never)]
fn unpadded(weights: &[i8]) -> &[i8] {
    let count = weights.len().saturating_sub(WEIGHT_PADDING);
    weights.get(..count).unwrap_or_default()
}

/// A convolution.
#[derive(Clone, Copy, Debug)]
pub struct Conv2d<'a> {
    /// Shape read.
    pub input: Shape,
    /// Shape written.
    pub output: Shape,
    /// The input's int8 that stands for zero; padding has this value.
    pub input_zero: i8,
    /// The window that slides over the input.
    pub window: Window,
    /// Input channels are split into this many groups.
    pub groups: usize,
    /// `[O, KH, KW, I / groups]`, and [`WEIGHT_PADDING`] bytes more.
    pub padded_weights: &'a [i8],
    /// One per output channel, at scale `x·w`.
    pub bias: &'a [i32],
    /// How the accumulators become the output.
    pub quantiser: Quantiser<'a>,
    /// How it may be computed, one of [`kernel`](super::format::kernel).
    pub kernel: u8,
    /// The weights once more, as that kernel reads them; empty where it reads
    /// none.
    pub packed: &'a [u32],
}

impl<'a> Conv2d<'a> {
    /// `[O, KH, KW, I / groups]`.
    pub fn weights(&self) -> &'a [i8] {
        unpadded(self.padded_weights)
    }

    /// Input channels that one output channel reads.
    pub const fn group_channels(&self) -> usize {
        match self.input.channels.checked_div(self.groups) {
            Some(channels) => channels,
            None => 0,
        }
    }

    /// The weights once more, as `kernel` reads them; empty where the image has another.
    #[inline(always)]
    pub fn packed_for(&self, kernel: u8) -> &'a [u32] {
        if self.kernel == kernel {
            self.packed
        } else {
            &[]
        }
    }

    /// Weights behind one output element.
    #[inline(never)]
    pub const fn weights_per_output(&self) -> usize {
        self.window.kernel_h * self.window.kernel_w * self.group_channels()
    }
}

/// A fully connected layer.
#[derive(Clone, Copy, Debug)]
pub struct Dense<'a> {
    /// The input's int8 that stands for zero.
    pub input_zero: i8,
    /// `[O, I]`, the input flattened as it lies in memory, and [`WEIGHT_PADDING`] bytes
    /// more.
    pub padded_weights: &'a [i8],
    /// One per output, at scale `x·w`.
    pub bias: &'a [i32],
    /// How the accumulators become the output.
    pub quantiser: Quantiser<'a>,
}

impl<'a> Dense<'a> {
    /// `[O, I]`.
    pub fn weights(&self) -> &'a [i8] {
        unpadded(self.padded_weights)
    }

    /// Elements read.
    pub fn inputs(&self) -> usize {
        self.weights().len()
            / if self.bias.is_empty() {
                1
            } else {
                self.bias.len()
            }
    }
}

/// Maximum over a window. Padding never wins.
#[derive(Clone, Copy, Debug)]
pub struct MaxPool {
    /// Shape read.
    pub input: Shape,
    /// Shape written.
    pub output: Shape,
    /// The window that slides over the input.
    pub window: Window,
}

/// A sum of two tensors of one shape, element by element.
///
/// `(a − zero) · factor + (b − zero) · factor` is exact: no order of evaluation and no
/// number format can round it otherwise. Then it is requantised like any accumulator.
#[derive(Clone, Copy, Debug)]
pub struct Add<'a> {
    /// The inputs' int8 that stand for zero.
    pub zeros: [i8; 2],
    /// What one step of each input is worth, in the unit of the sum.
    pub factors: [u16; 2],
    /// How the sum becomes the output; it has one multiplier.
    pub quantiser: Quantiser<'a>,
}

/// A product of two tensors of one shape, element by element: `(a − zero) · (b − zero)`,
/// requantised like any accumulator.
#[derive(Clone, Copy, Debug)]
pub struct Mul<'a> {
    /// The inputs' int8 that stand for zero.
    pub zeros: [i8; 2],
    /// How the product becomes the output; it has one multiplier.
    pub quantiser: Quantiser<'a>,
}

/// Channels as rows and columns: each pixel becomes a block of pixels, nothing is computed.
#[derive(Clone, Copy, Debug)]
pub struct DepthToSpace {
    /// Shape read.
    pub input: Shape,
    /// Shape written.
    pub output: Shape,
}

impl DepthToSpace {
    /// Rows and columns that a pixel becomes.
    #[inline(never)]
    pub fn block(&self) -> [usize; 2] {
        let times = |output: usize, input: usize| output.checked_div(input).unwrap_or_default();
        [
            times(self.output.height, self.input.height),
            times(self.output.width, self.input.width),
        ]
    }
}
