//! Rows of one convolution or dense layer.

use crate::filters::{Block, Parameters, blocks};
use crate::instructions::{Instructions, Range, Work};
use crate::taps::{Padded, Taps};
use cortexscope_core::image::{Conv2d, Dense, MaxPool, Quantiser, Shape, Window};
use cortexscope_core::ops::Output;
use std::array;
use std::mem::size_of;

/// Output pixels that are computed together: as many as a 2×2 max-pool makes one of.
const PIXELS: usize = 4;

/// A layer with its weights repacked, and its input.
pub(crate) struct Layer<I: Instructions> {
    input: Shape,
    input_zero: i8,
    output: Shape,
    window: Window,
    padded: Padded,
    /// [`Padded::numbers`] of them. The padding was put there once.
    numbers: Vec<I::Number>,
    taps: Taps,
    blocks: Vec<Block<I>>,
    range: Range,
    /// Columns of a 2×2 max-pool after this layer.
    pooled_width: Option<usize>,
}

/// What is to be computed.
pub(crate) enum Rows<'a, 'o> {
    /// Nothing yet: the input is kept, `[H, W, I]`.
    Take(&'a [i8]),
    /// Row `y` of the layer, `[W, O]`.
    Row(usize, Output<'o>),
    /// Row `y` of the max-pool after it, `[W, O]`.
    Pooled(usize, &'o mut [i8]),
}

/// Rows of a layer.
struct Task<'l, 'a, 'o, I: Instructions> {
    layer: &'l mut Layer<I>,
    rows: Rows<'a, 'o>,
}

impl<I: Instructions> Work<I> for Task<'_, '_, '_, I> {
    #[inline(always)]
    fn done_by(self, instructions: I) {
        let Self { layer, rows } = self;
        match rows {
            Rows::Take(input) => layer.take(input),
            Rows::Row(y, Output::Int8(row)) => layer.row(instructions, y, Target::Int8(row)),
            Rows::Row(y, Output::Sums(row)) => layer.row(instructions, y, Target::Sums(row)),
            Rows::Pooled(y, row) => layer.pooled_row(instructions, y, row),
        }
    }
}

/// The requantised pixels of a row, or their sums.
enum Target<'o> {
    Int8(&'o mut [i8]),
    Sums(&'o mut [i32]),
}

impl<I: Instructions> Layer<I> {
    /// A convolution and the max-pool that is the next layer, if it is one; `None` for a
    /// convolution in groups.
    pub fn conv(conv: &Conv2d<'_>, pool: Option<&MaxPool>) -> Option<Self> {
        if conv.groups != 1 {
            return None;
        }
        let parameters = Parameters {
            input_zero: conv.input_zero,
            bias: conv.bias,
            multipliers: conv.quantiser.multipliers,
        };
        let shapes = [conv.input, conv.output];
        let layer = Self::new(
            shapes,
            conv.window,
            conv.weights(),
            &parameters,
            &conv.quantiser,
        );
        let pool = pool.filter(|pool| is_two_by_two(&pool.window));
        Some(Self {
            pooled_width: pool.map(|pool| pool.output.width),
            ..layer
        })
    }

    /// A dense layer: a convolution of one pixel.
    pub fn dense(dense: &Dense<'_>) -> Self {
        let pixel = |channels| Shape {
            height: 1,
            width: 1,
            channels,
        };
        let parameters = Parameters {
            input_zero: dense.input_zero,
            bias: dense.bias,
            multipliers: dense.quantiser.multipliers,
        };
        let shapes = [pixel(dense.inputs()), pixel(dense.bias.len())];
        Self::new(
            shapes,
            Window::POINT,
            dense.weights(),
            &parameters,
            &dense.quantiser,
        )
    }

    fn new(
        [input, output]: [Shape; 2],
        window: Window,
        weights: &[i8],
        parameters: &Parameters<'_>,
        quantiser: &Quantiser<'_>,
    ) -> Self {
        let padded = Padded::new(input, &window, output, size_of::<I::Number>());
        let (taps, order) = Taps::new(&window, input.channels, &padded);
        let zero = I::number(parameters.input_zero, parameters.input_zero);
        Self {
            input,
            input_zero: parameters.input_zero,
            output,
            window,
            padded,
            numbers: vec![zero; padded.numbers()],
            taps,
            blocks: blocks(weights, &order, parameters),
            range: Range {
                zero: quantiser.zero,
                min: quantiser.min,
                max: quantiser.max,
            },
            pooled_width: None,
        }
    }

    /// Whether it computes rows of the max-pool after it.
    pub fn is_pooled(&self) -> bool {
        self.pooled_width.is_some()
    }

    /// Does what `rows` asks for.
    pub fn compute(&mut self, instructions: I, rows: Rows<'_, '_>) {
        instructions.switched_on(Task { layer: self, rows });
    }

    #[inline(always)]
    fn take(&mut self, input: &[i8]) {
        let left = self.window.pad_left * self.input.channels;
        let rows = input.chunks_exact(self.input.row_elements().max(1));
        let padded = self
            .numbers
            .chunks_exact_mut(self.padded.row_numbers.max(1));
        for (row, padded) in rows.zip(padded.skip(self.window.pad_top)) {
            let padded = padded.get_mut(left..).unwrap_or_default();
            for (number, &x) in padded.iter_mut().zip(row) {
                *number = I::number(x, self.input_zero);
            }
        }
    }

    #[inline(always)]
    fn row(&self, instructions: I, y: usize, mut row: Target<'_>) {
        for block in &self.blocks {
            match block.vectors {
                1 => self.block::<1>(instructions, y, block, &mut row),
                2 => self.block::<2>(instructions, y, block, &mut row),
                3 => self.block::<3>(instructions, y, block, &mut row),
                _ => self.block::<4>(instructions, y, block, &mut row),
            }
        }
    }

    #[inline(always)]
    fn block<const VECTORS: usize>(
        &self,
        instructions: I,
        y: usize,
        block: &Block<I>,
        row: &mut Target<'_>,
    ) {
        if self.output.width == 1 {
            let sums = self.sums::<1, VECTORS>(instructions, block, [self.at(y, 0)]);
            self.put(instructions, 0, block, sums, row);
            return;
        }
        for x in (0..self.output.width).step_by(PIXELS) {
            // Of the last pixels, those that there are not are the last one again.
            let pixels = array::from_fn(|pixel| (x + pixel).min(self.output.width - 1));
            let pixels = pixels.map(|x| self.at(y, x));
            let sums = self.sums::<PIXELS, VECTORS>(instructions, block, pixels);
            self.put(instructions, x, block, sums, row);
        }
    }

    #[inline(always)]
    fn pooled_row(&self, instructions: I, y: usize, row: &mut [i8]) {
        for block in &self.blocks {
            match block.vectors {
                1 => self.pooled_block::<1>(instructions, y, block, row),
                2 => self.pooled_block::<2>(instructions, y, block, row),
                3 => self.pooled_block::<3>(instructions, y, block, row),
                _ => self.pooled_block::<4>(instructions, y, block, row),
            }
        }
    }

    /// Requantisation never decreases, so the largest of four sums becomes the largest of
    /// four outputs.
    #[inline(always)]
    fn pooled_block<const VECTORS: usize>(
        &self,
        instructions: I,
        y: usize,
        block: &Block<I>,
        row: &mut [i8],
    ) {
        for x in 0..self.pooled_width.unwrap_or_default() {
            let corners = [[0, 0], [0, 1], [1, 0], [1, 1]];
            let pixels = corners.map(|[down, right]| self.at(2 * y + down, 2 * x + right));
            let [a, b, c, d] = self.sums::<PIXELS, VECTORS>(instructions, block, pixels);
            let largest: [_; VECTORS] = array::from_fn(|vector| {
                let upper = instructions.larger(a[vector], b[vector]);
                instructions.larger(upper, instructions.larger(c[vector], d[vector]))
            });
            self.put(instructions, x, block, [largest], &mut Target::Int8(row));
        }
    }

    /// Where the window of output pixel `y`, `x` begins, in bytes.
    #[inline(always)]
    fn at(&self, y: usize, x: usize) -> usize {
        let pixel_bytes = self.input.channels * size_of::<I::Number>();
        y * self.window.stride_h * self.padded.row_bytes() + x * self.window.stride_w * pixel_bytes
    }

    #[inline(always)]
    fn sums<const COUNT: usize, const VECTORS: usize>(
        &self,
        instructions: I,
        block: &Block<I>,
        pixels: [usize; COUNT],
    ) -> [[I::Sums; VECTORS]; COUNT] {
        let numbers = bytemuck::must_cast_slice(&self.numbers);
        let weights = block.weights.as_chunks().0;
        self.taps
            .sums(instructions, numbers, pixels, weights, &block.start)
    }

    /// Puts the sums of pixels from `x` on into their row, as far as that goes.
    #[inline(always)]
    fn put<const COUNT: usize, const VECTORS: usize>(
        &self,
        instructions: I,
        x: usize,
        block: &Block<I>,
        sums: [[I::Sums; VECTORS]; COUNT],
        row: &mut Target<'_>,
    ) {
        let channels = self.output.channels;
        for (x, sums) in (x..).zip(sums) {
            let mut at = x * channels + block.first;
            let end = at + block.count;
            for (sums, multipliers) in sums.into_iter().zip(block.multipliers.chunks(I::LANES)) {
                let place = at..end.min(at + I::LANES);
                match row {
                    Target::Int8(row) => {
                        let to = row.get_mut(place).unwrap_or_default();
                        instructions.requantise(sums, multipliers, &self.range, to);
                    }
                    Target::Sums(row) => {
                        instructions.write(sums, row.get_mut(place).unwrap_or_default());
                    }
                }
                at += I::LANES;
            }
        }
    }
}

/// Whether a max-pool makes one pixel of each square of four, side by side.
fn is_two_by_two(pool: &Window) -> bool {
    *pool == Window::square(2, 2, 0)
}
