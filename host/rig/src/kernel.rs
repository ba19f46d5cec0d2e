//! Which loop computes a layer on a Cortex-M4F, and what that takes: instructions as the
//! loop is written, and cycles by the processor's manual.
//!
//! An emulator counts instructions, and instructions are not cycles. The Cortex-M4
//! Technical Reference Manual (section 3.3.1) gives these: products and sums in registers
//! 1, a load 2 and directly after another load 1, `LDM` and `LDRD` one more than the words
//! that they load, a branch that is taken 1 and 1 to 3 for the pipeline, of which 2 are
//! taken here. What flash and its cache add is left out, and so is all that is outside of
//! the innermost loop.

use cortexscope_compile::board_image::FEWEST_PIXELS;
use cortexscope_core::image::format::kernel as format;
use cortexscope_core::image::{Conv2d, MaxPool, Op, Shape};
use cortexscope_core::ops::conv2d::{Way, polynomials, wide, winograd};
use cortexscope_core::{Layer, Mode, Model};

/// The core that these kernels are for, as a board's facts name it.
pub const M4F: &str = "Cortex-M4F";

/// How a layer is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kernel {
    /// Products of polynomials, pooled before they are requantised.
    PooledSums,
    /// Sums of what lies under a window.
    Sums,
    /// Nine taps of a depthwise convolution, from turned columns.
    NineTaps,
    /// Two filters with two unfolded windows.
    Pairs,
    /// The same from weights in 16 bits.
    WidePairs,
    /// Winograd's products of two filters with two tiles of four pixels.
    Winograd,
    /// Four rows of a dense layer.
    FourRows,
    /// Any other.
    Plain,
}

/// What the innermost loop of a layer takes in one inference.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LoopCost {
    /// Instructions, as the loop is written.
    pub instructions: u64,
    /// Cycles of a Cortex-M4F, by its manual and not measured.
    pub cycles: u64,
}

impl LoopCost {
    const fn new(instructions: usize, cycles: usize) -> Self {
        Self {
            instructions: instructions as u64,
            cycles: cycles as u64,
        }
    }

    const fn plus(self, other: Self) -> Self {
        Self {
            instructions: self.instructions + other.instructions,
            cycles: self.cycles + other.cycles,
        }
    }

    const fn times(self, count: usize) -> Self {
        Self {
            instructions: self.instructions * count as u64,
            cycles: self.cycles * count as u64,
        }
    }
}

/// A branch that is taken.
const BRANCH: usize = 3;

impl Kernel {
    /// The kernel of a layer in a step of `mode`, whose convolutions are not tapped.
    pub fn of(model: &Model<'_>, layer: &Layer<'_>, mode: Mode) -> Self {
        match &layer.op {
            Op::Conv2d(conv)
                if mode == Mode::Fused && !conv.packed_for(format::POLYNOMIALS).is_empty() =>
            {
                Self::PooledSums
            }
            Op::Conv2d(conv) if conv.kernel == format::SUMS => Self::Sums,
            Op::Conv2d(conv) => {
                // The last layer's sums are not requantised by a loop.
                let is_last = layer.output == model.layer_count();
                match Way::of(conv) {
                    Way::Depthwise if !is_last => Self::NineTaps,
                    Way::Winograd if !is_last => Self::Winograd,
                    Way::Tiles | Way::Rows if !is_last && conv.kernel == format::WIDE => {
                        Self::WidePairs
                    }
                    Way::Tiles | Way::Rows if !is_last => Self::Pairs,
                    _ => Self::Plain,
                }
            }
            Op::Dense(_) => Self::FourRows,
            Op::MaxPool(_)
            | Op::Lookup(_)
            | Op::Concat
            | Op::Add(_)
            | Op::Mul(_)
            | Op::DepthToSpace(_) => Self::Plain,
        }
    }

    /// Its name in a table.
    pub fn name(self) -> &'static str {
        match self {
            Self::PooledSums => "pooled sums",
            Self::Sums => "sums",
            Self::NineTaps => "nine taps",
            Self::Pairs => "pairs",
            Self::WidePairs => "wide pairs",
            Self::Winograd => "Winograd",
            Self::FourRows => "four rows",
            Self::Plain => "plain",
        }
    }

    /// What the innermost loop takes in one inference; `None` where none was estimated.
    pub fn loop_cost(self, model: &Model<'_>, layer: &Layer<'_>) -> Option<LoopCost> {
        match (self, &layer.op) {
            (Self::PooledSums, Op::Conv2d(conv)) => {
                let next = model.layer(layer.output);
                let Some(Op::MaxPool(pool)) = next.as_ref().map(|next| &next.op) else {
                    return None;
                };
                Some(pooled_sums(conv, pool))
            }
            (_, Op::Conv2d(conv)) => self.conv_cost(conv),
            (Self::FourRows, Op::Dense(dense)) => {
                let fours = dense.bias.len().div_ceil(4) * dense.inputs().div_ceil(4);
                // One load of two words, four; 17 in registers; the branch.
                Some(LoopCost::new(23, 3 + 4 * 2 + 17 + BRANCH).times(fours))
            }
            _ => None,
        }
    }

    /// The same of a convolution that is not pooled as sums.
    fn conv_cost(self, conv: &Conv2d<'_>) -> Option<LoopCost> {
        let Shape {
            height,
            width,
            channels,
        } = conv.output;
        let quads = conv.weights_per_output().div_ceil(4);
        // Two loads of four words, eight products; of four such a move, a comparison and the
        // branch.
        let words = |quads: usize| {
            let end = LoopCost::new(3, 1 + 1 + BRANCH);
            let quad = LoopCost::new(10, 2 * 5 + 8);
            quad.times(quads).plus(end.times(quads.div_ceil(4)))
        };
        Some(match self {
            Self::NineTaps => {
                // Six loads of two words and one; 26 in registers, two moves of two numbers,
                // two stores; the branch.
                let two = LoopCost::new(38, 6 * 3 + 2 + 26 + 2 * 2 + 2 + BRANCH);
                // Three loads of two words and one; 17 in registers, a store.
                let one = LoopCost::new(22, 3 * 3 + 2 + 17 + 1);
                let row = two.times(width / 2).plus(one.times(width % 2));
                row.times(height * channels)
            }
            Self::WidePairs => words(quads).times(pairs(conv)),
            Self::Winograd => {
                let position = words(3 * conv.input.channels / 4);
                position.times(6 * height * width.div_ceil(8) * channels / 2)
            }
            Self::Pairs => {
                // Two loads and one of four words; 12 in registers; a subtraction and the
                // branch.
                let four_taps = LoopCost::new(17, 2 * 2 + 5 + 12 + 1 + BRANCH);
                four_taps.times(quads * pairs(conv))
            }
            Self::PooledSums | Self::Sums | Self::FourRows | Self::Plain => return None,
        })
    }
}

/// Pairs of pixels, each with pairs of filters.
fn pairs(conv: &Conv2d<'_>) -> usize {
    let Shape { height, width, .. } = conv.output;
    let group = conv.output.channels / conv.groups.max(1);
    height * width.div_ceil(2) * conv.groups * group.div_ceil(2)
}

fn pooled_sums(conv: &Conv2d<'_>, pool: &MaxPool) -> LoopCost {
    let depth = conv.input.channels;
    // A load into the program counter leads into a tile.
    let enter = LoopCost::new(1, 2 + 2);
    let (tile, outside) = if conv.window.kernel_h == 5 {
        // LDM of 6, 2 and 3 words; ten products. Three input channels' worth end with a
        // load, a comparison and the branch.
        let block = LoopCost::new(13, 7 + 3 + 4 + 10);
        let end = LoopCost::new(3, 2 + 1 + BRANCH);
        (
            block.times(3).plus(end).times(depth).plus(enter),
            // Right of the last tile: a move, a comparison and the branch after each block.
            block.plus(LoopCost::new(3, 2 + BRANCH)).times(2 * depth),
        )
    } else {
        // LDM of 4 and 3 words; six products. Four end with a comparison and the branch. A
        // load leads into them, and a branch if there are two at first; a branch leads out.
        let block = LoopCost::new(8, 5 + 4 + 6);
        let end = LoopCost::new(2, 1 + BRANCH);
        let blocks = 2 * depth;
        let branches = if blocks.is_multiple_of(4) { 1 } else { 2 };
        let around = LoopCost::new(1 + branches, 2 + branches * BRANCH);
        let loops = block.times(blocks).plus(end.times(blocks.div_ceil(4)));
        (loops.plus(enter).plus(around), block.plus(end).times(depth))
    };
    let Shape { height, width, .. } = pool.output;
    let row = tile.times(width).plus(outside);
    row.times(height * conv.output.channels)
}

/// How one layer is computed, and what that takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KernelChoice {
    /// The layer's name.
    pub layer: String,
    /// How it is computed where it is not tapped.
    pub kernel: Kernel,
    /// Bytes of the image that only this kernel reads.
    pub packed_bytes: u64,
    /// What its innermost loop takes in one inference; none where none was estimated.
    pub loop_cost: Option<LoopCost>,
    /// Why it is not the fastest kernel for the layer's windows; none if it is, and for
    /// windows that no other kernel is for.
    pub fallback: Option<&'static str>,
}

/// The kernel of each layer that has weights, on a Cortex-M4F with fused layers, as the
/// compiler of models chose it.
pub fn choices(model: &Model<'_>) -> Vec<KernelChoice> {
    let with_weights = model.layers().filter(|layer| layer.op.macs() > 0);
    let choice = |layer: Layer<'_>| {
        let kernel = Kernel::of(model, &layer, Mode::Fused);
        Some(KernelChoice {
            layer: model.tensor(layer.output)?.name.to_owned(),
            kernel,
            packed_bytes: packed_bytes(&layer),
            loop_cost: kernel.loop_cost(model, &layer),
            fallback: fallback(model, &layer),
        })
    };
    with_weights.filter_map(choice).collect()
}

/// Why a convolution has not the fastest kernel for its windows.
fn fallback(model: &Model<'_>, layer: &Layer<'_>) -> Option<&'static str> {
    let Op::Conv2d(conv) = &layer.op else {
        return None;
    };
    let fits = |fits: fn(&[i8]) -> bool| {
        let mut filters = conv.weights().chunks_exact(conv.weights_per_output());
        filters.all(fits)
    };
    let next = model.layer(layer.output)?;
    let has_pooled_sums = match &next.op {
        Op::MaxPool(pool) => polynomials::suits(&conv.window, conv.groups, &pool.window),
        _ => false,
    };
    let has_winograd = winograd::suits(conv.input, conv.output, &conv.window, conv.groups);
    match conv.kernel {
        format::POLYNOMIALS | format::WINOGRAD | format::SUMS => None,
        _ if has_pooled_sums && !fits(polynomials::fits) => {
            Some("a filter's sums do not fit 21 bits")
        }
        _ if has_winograd && !fits(winograd::fits) => {
            Some("a filter's sums do not fit 32 bits 24 times")
        }
        format::GENERAL if has_pooled_sums || has_winograd || is_wide(conv) => {
            Some("the image holds each weight once")
        }
        _ if has_pooled_sums => Some("something else reads it before it is pooled"),
        _ => None,
    }
}

/// Whether there is a loop for the weights of a convolution in 16 bits.
fn is_wide(conv: &Conv2d<'_>) -> bool {
    let pixels = conv.output.height * conv.output.width;
    wide::suits(conv.groups) && conv.output.channels >= 2 && pixels >= FEWEST_PIXELS
}

/// Bytes that a layer's kernel has of the image for itself alone.
pub fn packed_bytes(layer: &Layer<'_>) -> u64 {
    match &layer.op {
        Op::Conv2d(conv) => size_of_val(conv.packed) as u64,
        Op::Dense(_)
        | Op::MaxPool(_)
        | Op::Lookup(_)
        | Op::Concat
        | Op::Add(_)
        | Op::Mul(_)
        | Op::DepthToSpace(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cortexscope_compile::board_image::BoardImage;
    use cortexscope_core::image::{Quantiser, Window};

    fn image() -> BoardImage {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../models/lenet5/lenet5.ctx"
        );
        BoardImage::from_bytes(&std::fs::read(path).expect("a shipped model")).expect("sound")
    }

    /// By hand from the loops: a tile of conv1 is 3 · 13 + 3 instructions and 3 · 24 + 6
    /// cycles, and a jump of 1 and 4, and a row has 14 and two thirds, which end with 3
    /// and 5 each; a tile of conv2 is six of these, and a jump.
    #[test]
    fn loops_of_lenet5() {
        let image = image();
        let model = image.model();
        let of = |mode, index| {
            let layer = model.layer(index).expect("a layer");
            let kernel = Kernel::of(&model, &layer, mode);
            let cost = kernel.loop_cost(&model, &layer);
            (kernel, cost.map(|cost| [cost.instructions, cost.cycles]))
        };
        let pooled = |rows, columns, depth| {
            let of = |jump: u64, tile: u64, outside: u64| {
                rows * (columns * (jump + depth * tile) + 2 * depth * outside)
            };
            (Kernel::PooledSums, Some([of(1, 42, 16), of(4, 78, 29)]))
        };
        assert_eq!(of(Mode::Fused, 0), pooled(14 * 6, 14, 1));
        assert_eq!(of(Mode::Fused, 2), pooled(5 * 16, 5, 6));
        let times = |count, loops: [u64; 2]| Some(loops.map(|cost| count * cost));
        // Of two filters at two pixels four taps take 17 and 25.
        let pairs = |count| times(count, [17, 25]);
        assert_eq!(of(Mode::Tapped, 0), (Kernel::Pairs, pairs(28 * 14 * 3 * 7)));
        assert_eq!(of(Mode::Tapped, 2), (Kernel::Pairs, pairs(10 * 5 * 8 * 38)));
        assert_eq!(of(Mode::Fused, 1), (Kernel::Plain, None));
        let four_rows = times(30 * 100, [23, 31]);
        assert_eq!(of(Mode::Fused, 4), (Kernel::FourRows, four_rows));
        let words = |index| packed_bytes(&model.layer(index).expect("a layer"));
        assert_eq!([words(0), words(2), words(4)], [6 * 16 * 4, 16 * 91 * 4, 0]);
    }

    /// By hand: quads of 10 instructions, and 3 for each four of them. Of 64 taps there are 16,
    /// of Winograd's products over 16 channels 12 at each of six positions.
    #[test]
    fn loops_of_packed_words() {
        let conv = |kernel, channels, side: usize, window| Conv2d {
            input: Shape {
                height: side,
                width: side,
                channels,
            },
            output: Shape {
                height: side,
                width: side,
                channels: 8,
            },
            input_zero: 0,
            window,
            groups: 1,
            padded_weights: &[],
            bias: &[],
            quantiser: Quantiser {
                multipliers: &[],
                zero: 0,
                min: i8::MIN,
                max: i8::MAX,
            },
            kernel,
            packed: &[],
        };
        let cost = |kernel: Kernel, conv| {
            let cost = kernel.conv_cost(&conv).expect("a loop");
            [cost.instructions, cost.cycles]
        };
        let wide = conv(format::WIDE, 64, 5, Window::POINT);
        let pairs = 5 * 3 * 4;
        assert_eq!(
            cost(Kernel::WidePairs, wide),
            [pairs * (16 * 10 + 4 * 3), pairs * (16 * 18 + 4 * 5)]
        );
        let winograd = conv(format::WINOGRAD, 16, 9, Window::square(3, 1, 1));
        let pairs = 9 * 2 * 4;
        assert_eq!(
            cost(Kernel::Winograd, winograd),
            [pairs * 6 * (12 * 10 + 3 * 3), pairs * 6 * (12 * 18 + 3 * 5)]
        );
    }

    #[test]
    fn choices_are_those_of_the_image() {
        let image = image();
        let choices = choices(&image.model());
        let kernels: Vec<_> = choices.iter().map(|choice| choice.kernel).collect();
        let (pooled, rows) = (Kernel::PooledSums, Kernel::FourRows);
        assert_eq!(kernels, [pooled, pooled, rows, rows, rows]);
        assert_eq!(choices[1].packed_bytes, 16 * 91 * 4);
        assert!(choices.iter().all(|choice| choice.fallback.is_none()));
    }
}
