//! Which kernel each layer gets, and its weights in the order in which that reads them.

use super::weights::channels_last;
use crate::layout::{core_shape, core_window};
use crate::network::{Network, Op};
use cortexscope_core::image::Window;
use cortexscope_core::image::format::kernel;
use cortexscope_core::ops::conv2d::wide::Packing;
use cortexscope_core::ops::conv2d::{self, polynomials, sums, wide, winograd};

/// What a board image holds of the weights.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Weights {
    /// Where a kernel takes fewer instructions so, once more as it reads them: in up to four
    /// times the bytes, beside the weights themselves.
    #[default]
    AsKernelsRead,
    /// Each weight once, in a byte: the smallest image.
    Once,
}

/// The fewest output pixels of a convolution whose weights are worth twice as many bytes
/// more: each weight then saves one instruction and a quarter.
pub const FEWEST_PIXELS: usize = 4;

/// The kernel of layer `layer`, one of [`kernel`], and its words.
pub(super) fn packed(network: &Network, layer: usize, weights: Weights) -> (u8, Vec<u32>) {
    let chosen = chosen(network, layer, weights);
    let Some(filters) = Filters::of(network, layer).filter(|_| chosen != kernel::GENERAL) else {
        return (kernel::GENERAL, Vec::new());
    };
    let Shapes { window, input, .. } = &filters.shapes;
    let (all, channels, taps) = (&filters.weights, input[0], filters.shapes.taps());
    let words = match chosen {
        kernel::POLYNOMIALS => {
            let words = |filter| polynomials::words(filter, window, channels, filters.zero);
            all.chunks_exact(taps).flat_map(words).collect()
        }
        kernel::SUMS => Vec::new(),
        kernel::WINOGRAD => Packing::of_winograd(channels).words(all).collect(),
        _ => Packing::of_taps(taps).words(all).collect(),
    };
    (chosen, words)
}

/// The kernel of layer `layer`: of those for its windows whose sums all fit, the one that
/// takes the fewest instructions on a Cortex-M4F.
pub(super) fn chosen(network: &Network, layer: usize, weights: Weights) -> u8 {
    let is_logits = layer + 1 == network.layers.len();
    let Some(filters) = Filters::of(network, layer) else {
        return kernel::GENERAL;
    };
    if filters.is_sum() {
        // There are no words for it.
        kernel::SUMS
    } else if weights == Weights::Once {
        kernel::GENERAL
    } else if filters.is_polynomial(network, layer) {
        kernel::POLYNOMIALS
    } else if is_logits || !filters.shapes.is_wide() {
        kernel::GENERAL
    } else if filters.shapes.is_winograd() && filters.all(winograd::fits) {
        kernel::WINOGRAD
    } else {
        kernel::WIDE
    }
}

/// Bytes of scratch of a convolution from `input` to `output`, `[C, H, W]`, which is neither
/// the last layer nor pooled as sums, and whose filters' sums all fit, in an image that holds
/// the weights as kernels read them.
pub fn scratch_bytes(
    input: [usize; 3],
    output: [usize; 3],
    window: Window,
    groups: usize,
) -> usize {
    let shapes = Shapes {
        window,
        groups,
        input,
        output,
    };
    if shapes.is_wide() && shapes.is_winograd() {
        return winograd::scratch_bytes(input[0]);
    }
    conv2d::scratch_bytes(core_shape(input), core_shape(output), &window, groups)
}

/// What decides about the kernel beside the weights.
struct Shapes {
    window: Window,
    groups: usize,
    /// `[C, H, W]`.
    input: [usize; 3],
    output: [usize; 3],
}

impl Shapes {
    fn taps(&self) -> usize {
        self.window.kernel_h * self.window.kernel_w * self.input[0] / self.groups.max(1)
    }

    fn is_wide(&self) -> bool {
        let [filters, height, width] = self.output;
        wide::suits(self.groups) && filters >= 2 && height * width >= FEWEST_PIXELS
    }

    fn is_winograd(&self) -> bool {
        let (input, output) = (core_shape(self.input), core_shape(self.output));
        winograd::suits(input, output, &self.window, self.groups)
            && self.winograd_instructions() < self.wide_instructions()
    }

    /// Instructions of an output row from unfolded windows and weights in 16 bits, about: of
    /// two pixels, two filters at a time.
    fn wide_instructions(&self) -> usize {
        let [filters, _, width] = self.output;
        let windows = 2 * (150 + 9 * self.taps() / 4);
        let pair = 45 + 43 * self.taps().div_ceil(4) / 4;
        width.div_ceil(2) * (windows + filters / 2 * pair)
    }

    /// The same by Winograd's products: of two tiles of four pixels.
    fn winograd_instructions(&self) -> usize {
        let ([channels, ..], [filters, _, width]) = (self.input, self.output);
        let windows = 6 * (100 + 45 * channels / 2);
        let pair = 340 + 99 * channels / 2;
        width.div_ceil(8) * (windows + filters / 2 * pair)
    }
}

/// The filters of a convolution, `[O, KH, KW, I / groups]`.
struct Filters {
    shapes: Shapes,
    weights: Vec<i8>,
    /// The input's zero point.
    zero: i8,
}

impl Filters {
    fn of(network: &Network, layer: usize) -> Option<Self> {
        let Op::Conv {
            window,
            groups,
            weights,
            ..
        } = &network.layers[layer].op
        else {
            return None;
        };
        let source = network.tensor(network.layers[layer].inputs[0]);
        let window = core_window(window);
        let depth = source.shape[0] / (*groups).max(1);
        Some(Self {
            weights: channels_last(weights, [depth, window.kernel_h, window.kernel_w]),
            zero: source.zero,
            shapes: Shapes {
                window,
                groups: *groups,
                input: source.shape,
                output: network.layers[layer].output.shape,
            },
        })
    }

    fn all(&self, fits: impl Fn(&[i8]) -> bool) -> bool {
        self.weights
            .chunks_exact(self.shapes.taps().max(1))
            .all(fits)
    }

    /// Whether it is an average pool, or a convolution of equal weights that comes to the same.
    /// Of neighbouring windows of 3×3 taps the kernel that turns columns is the faster.
    fn is_sum(&self) -> bool {
        let Shapes {
            window,
            groups,
            input,
            output,
        } = &self.shapes;
        let is_turned =
            [window.kernel_h, window.kernel_w, window.dilation_w] == [3, 3, 1] && output[2] > 1;
        sums::suits(window, [input[0], output[0], *groups])
            && sums::are_equal(&self.weights)
            && !is_turned
    }

    /// Whether a max-pool follows that sums can be pooled for.
    fn is_polynomial(&self, network: &Network, layer: usize) -> bool {
        let groups = self.shapes.groups;
        pooled(network, layer).is_some_and(|(window, pool)| {
            polynomials::suits(&window, groups, &pool) && self.all(polynomials::fits)
        })
    }
}

/// The windows of a convolution that nothing but the max-pool after it reads, and of that.
pub(super) fn pooled(network: &Network, layer: usize) -> Option<(Window, Window)> {
    let tensor = layer + 1;
    let readers = network.layers.iter();
    let readers = readers.filter(|other| other.inputs.contains(&tensor));
    let next = network.layers.get(layer + 1)?;
    match (&network.layers[layer].op, &next.op) {
        (Op::Conv { window, .. }, Op::MaxPool(pool))
            if next.inputs == [tensor] && readers.count() == 1 =>
        {
            Some((core_window(window), core_window(pool)))
        }
        _ => None,
    }
}
