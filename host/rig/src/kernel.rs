//! Which loop computes a layer on a Cortex-M4F, and what that takes in cycles by the
//! processor's manual.
//!
//! An emulator counts instructions, and instructions are not cycles. The Cortex-M4
//! Technical Reference Manual (section 3.3.1) gives these: products and sums in registers
//! 1, a load 2 and directly after another load 1, `LDM` and `LDRD` one more than the words
//! that they load, a branch that is taken 1 and 1 to 3 for the pipeline, of which 2 are
//! taken here. What flash and its cache add is left out, and so is all that is outside of
//! the innermost loop.

use cortexscope_core::image::{Conv2d, MaxPool, Op, Shape};
use cortexscope_core::{Layer, Mode, Model};

/// How a layer is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kernel {
    /// Products of polynomials, pooled before they are requantised.
    PooledSums,
    /// Rows of five taps of one input channel.
    FiveTaps,
    /// Two filters with two unfolded windows.
    Pairs,
    /// Four rows of a dense layer.
    FourRows,
    /// Any other.
    Plain,
}

/// A branch that is taken.
const BRANCH: usize = 3;

impl Kernel {
    /// The kernel of a layer in a step of `mode`, whose convolutions are not tapped.
    pub fn of(model: &Model<'_>, layer: &Layer<'_>, mode: Mode) -> Self {
        match &layer.op {
            Op::Conv2d(conv) if mode == Mode::Fused && !conv.polynomials.is_empty() => {
                Self::PooledSums
            }
            Op::Conv2d(conv) if is_by_rows(conv) && conv.window.kernel_w == 5 => {
                if layer.output < model.layer_count() {
                    Self::FiveTaps
                } else {
                    Self::Plain
                }
            }
            Op::Conv2d(conv) if is_by_rows(conv) => Self::Plain,
            Op::Conv2d(_) => Self::Pairs,
            Op::Dense(_) => Self::FourRows,
            Op::MaxPool(_) | Op::Lookup(_) | Op::Concat | Op::Add(_) | Op::Mul(_) => Self::Plain,
        }
    }

    /// Its name in a table.
    pub fn name(self) -> &'static str {
        match self {
            Self::PooledSums => "pooled sums",
            Self::FiveTaps => "five taps",
            Self::Pairs => "pairs",
            Self::FourRows => "four rows",
            Self::Plain => "plain",
        }
    }

    /// Cycles of the innermost loop in one inference; `None` where none was estimated.
    pub fn loop_cycles(self, model: &Model<'_>, layer: &Layer<'_>) -> Option<u64> {
        let cycles = match (self, &layer.op) {
            (Self::PooledSums, Op::Conv2d(conv)) => {
                let next = model.layer(layer.output);
                let Some(Op::MaxPool(pool)) = next.as_ref().map(|next| &next.op) else {
                    return None;
                };
                pooled_sums(conv, pool)
            }
            (Self::FiveTaps, Op::Conv2d(conv)) => {
                let Shape { height, width, .. } = conv.output;
                let tiles = height * conv.output.channels * width.div_ceil(4);
                // Two loads, one, one; 22 in registers; the branch.
                tiles * conv.window.kernel_h * (3 + 2 + 2 + 22 + BRANCH)
            }
            (Self::Pairs, Op::Conv2d(conv)) => {
                let Shape { height, width, .. } = conv.output;
                let group = conv.output.channels / conv.groups.max(1);
                let pairs = height * width.div_ceil(2) * conv.groups * group.div_ceil(2);
                // Two loads, two of two words; 13 in registers; the branch.
                pairs * conv.weights_per_output().div_ceil(4) * (3 + 3 + 3 + 13 + BRANCH)
            }
            (Self::FourRows, Op::Dense(dense)) => {
                let fours = dense.bias.len().div_ceil(4) * dense.inputs().div_ceil(4);
                // One load of two words, four; 17 in registers; the branch.
                fours * (3 + 4 * 2 + 17 + BRANCH)
            }
            _ => return None,
        };
        Some(cycles as u64)
    }
}

/// Whether a convolution that is not pooled as sums is computed from padded rows.
fn is_by_rows(conv: &Conv2d<'_>) -> bool {
    let window = &conv.window;
    conv.input.channels == 1 && window.stride_w == 1 && window.dilation_w == 1
}

fn pooled_sums(conv: &Conv2d<'_>, pool: &MaxPool) -> usize {
    let depth = conv.input.channels;
    let of_kernel = |kernel: usize| {
        if kernel == 5 {
            // LDM of 6, 2 and 3 words; ten products. Three input channels' worth end with
            // a load, a comparison and the branch, or each with a move for the load.
            let block = 7 + 3 + 4 + 10;
            let ends = depth * (2 + 1 + BRANCH);
            (3 * depth * block + ends, 2 * depth * (block + 2 + BRANCH))
        } else {
            // LDM of 4 and 3 words; six products. Two or four end with a comparison and
            // the branch.
            let block = 5 + 4 + 6;
            let blocks = 2 * depth;
            let ends = blocks / if depth.is_multiple_of(2) { 4 } else { 2 };
            (
                blocks * block + ends * (1 + BRANCH),
                depth * (block + 1 + BRANCH),
            )
        }
    };
    let (tile, outside) = of_kernel(conv.window.kernel_h);
    let Shape { height, width, .. } = pool.output;
    height * conv.output.channels * (width * tile + outside)
}

/// Bytes that a layer's kernel has of the image for itself alone.
pub fn packed_bytes(layer: &Layer<'_>) -> u64 {
    match &layer.op {
        Op::Conv2d(conv) => size_of_val(conv.polynomials) as u64,
        Op::Dense(_) | Op::MaxPool(_) | Op::Lookup(_) | Op::Concat | Op::Add(_) | Op::Mul(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cortexscope_compile::board_image::BoardImage;

    fn image() -> BoardImage {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../models/lenet5/lenet5.ctx"
        );
        BoardImage::from_bytes(&std::fs::read(path).expect("a shipped model")).expect("sound")
    }

    /// By hand from the loops: a tile of conv1 is 3 · 24 + 6 cycles, and a row has 14 and
    /// two thirds; a tile of conv2 is six of these.
    #[test]
    fn loops_of_lenet5() {
        let image = image();
        let model = image.model();
        let of = |mode, index| {
            let layer = model.layer(index).expect("a layer");
            let kernel = Kernel::of(&model, &layer, mode);
            (kernel, kernel.loop_cycles(&model, &layer))
        };
        assert_eq!(
            of(Mode::Fused, 0),
            (Kernel::PooledSums, Some(14 * 6 * (14 * 78 + 2 * 29)))
        );
        assert_eq!(
            of(Mode::Fused, 2),
            (Kernel::PooledSums, Some(5 * 16 * 6 * (5 * 78 + 2 * 29)))
        );
        assert_eq!(
            of(Mode::Tapped, 0),
            (Kernel::FiveTaps, Some(28 * 6 * 7 * 5 * 32))
        );
        assert_eq!(
            of(Mode::Tapped, 2),
            (Kernel::Pairs, Some(10 * 5 * 8 * 38 * 25))
        );
        assert_eq!(of(Mode::Fused, 1), (Kernel::Plain, None));
        assert_eq!(of(Mode::Fused, 4), (Kernel::FourRows, Some(30 * 100 * 31)));
        let words = |index| packed_bytes(&model.layer(index).expect("a layer"));
        assert_eq!([words(0), words(2), words(4)], [6 * 16 * 4, 16 * 91 * 4, 0]);
    }
}
