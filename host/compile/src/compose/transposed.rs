//! Transposed convolutions: a convolution that makes each block of the larger map as
//! channels of one pixel, which DepthToSpace puts in their places (Shi et al. 2016, "Is the
//! deconvolution layer the same as a convolutional layer?").

use cortexscope_net::onnx::Attributes;
use cortexscope_net::onnx::builder::{int, ints};
use tract_onnx::pb::NodeProto;

use super::draft::Draft;

/// Rows or columns of a transposed convolution.
#[derive(Clone, Copy)]
struct Axis {
    /// Of what it reads, and of what it writes.
    sizes: [usize; 2],
    kernel: i64,
    stride: i64,
    pad: i64,
    /// The first pixel under the window of the convolution, counted from its own place, and
    /// the last.
    reach: [i64; 2],
}

/// Composes a ConvTranspose whose strides are the same for rows and columns.
pub fn compose(draft: &mut Draft<'_>, node: &NodeProto) -> Option<()> {
    let (x, kernels) = (node.input.first()?, node.input.get(1)?);
    let [channels, height, width] = draft.map(x)?;
    let [outputs, rows, columns] = draft.map(node.output.first()?)?;
    let attributes = Attributes(node);
    let groups = usize::try_from(attributes.int("group", 1).ok()?).ok()?;
    let pair = |name| Some(attributes.ints(name).ok()?.map_or([1; 2], first_two));
    let (strides, dilations) = (pair("strides")?, pair("dilations")?);
    let pads = attributes.ints("pads").ok()?.map_or([0; 2], first_two);
    let dims = draft.constant_sizes(kernels)?;
    let &[_, per_group, kernel_rows, kernel_columns] = dims else {
        return None;
    };
    let block = usize::try_from(strides[0])
        .ok()
        .filter(|&block| block > 0)?;
    if strides[0] != strides[1] || dilations != [1, 1] || per_group < 1 {
        return None;
    }
    let axes = [
        Axis::new([height, rows], kernel_rows, strides[0], pads[0])?,
        Axis::new([width, columns], kernel_columns, strides[1], pads[1])?,
    ];
    let filters = Filters {
        values: draft.values(kernels)?,
        channels,
        per_group: per_group as usize,
        groups,
        kernel: [kernel_rows as usize, kernel_columns as usize],
    };
    let weights = filters.of_blocks(axes, block, outputs)?;
    let made = outputs * block * block;
    let taps = axes.map(|axis| axis.taps());
    let weights = draft.floats(node, "blocks", &[made, channels, taps[0], taps[1]], weights);
    let ends = axes.map(|axis| axis.pads());
    let pads = [ends[0][0], ends[1][0], ends[0][1], ends[1][1]];
    let places = axes.map(|axis| axis.places());
    let sizes = [1, made, places[0], places[1]];
    let parts = ["Conv", x, &weights];
    let mut map = draft.add(node, "map", parts, vec![ints("pads", &pads)], &sizes);
    if let Some(bias) = node.input.get(2).filter(|bias| !bias.is_empty()) {
        let values = draft.values(bias)?.repeat(block * block);
        let bias = draft.floats(node, "bias", &[1, made, 1, 1], values);
        map = draft.add(node, "biased", ["Add", &map, &bias], Vec::new(), &sizes);
    }
    let whole = places.map(|places| places * block);
    end(draft, node, &map, block, [outputs, whole[0], whole[1]])
}

/// Gives what `node` does: the pixels of `map` as blocks, a map of the sizes `whole`, and of
/// that the upper left part.
pub fn end(
    draft: &mut Draft<'_>,
    node: &NodeProto,
    map: &str,
    block: usize,
    whole: [usize; 3],
) -> Option<()> {
    let [channels, rows, columns] = draft.map(node.output.first()?)?;
    let cut = [whole[1].checked_sub(rows)?, whole[2].checked_sub(columns)?];
    let blocks = vec![int("blocksize", block as i64)];
    if cut == [0, 0] {
        return if block == 1 {
            draft.rename(node, map)
        } else {
            draft.end(node, ["DepthToSpace", map, ""], blocks)
        };
    }
    let sizes = [1, whole[0], whole[1], whole[2]];
    let map = if block == 1 {
        map.to_owned()
    } else {
        draft.add(node, "whole", ["DepthToSpace", map, ""], blocks, &sizes)
    };
    let kernel = cut.map(|cut| cut + 1);
    let mut one = vec![0.0; kernel[0].checked_mul(kernel[1])?];
    *one.first_mut()? = 1.0;
    let dims = [channels, 1, kernel[0], kernel[1]];
    let weights = draft.floats(node, "part", &dims, one.repeat(channels));
    let attributes = vec![int("group", channels as i64)];
    draft.end(node, ["Conv", &map, &weights], attributes)
}

fn first_two(values: &[i64]) -> [i64; 2] {
    let at = |index: usize| values.get(index).copied().unwrap_or_default();
    [at(0), at(1)]
}

impl Axis {
    fn new(sizes: [usize; 2], kernel: i64, stride: i64, pad: i64) -> Option<Self> {
        if kernel < 1 || stride < 1 || !(0..kernel).contains(&pad) {
            return None;
        }
        // Output `stride · q + i` reads pixel `q + d` by tap `i + pad − stride · d`.
        Some(Self {
            sizes,
            kernel,
            stride,
            pad,
            reach: [
                -(kernel - 1 - pad).div_euclid(stride),
                (pad + stride - 1).div_euclid(stride),
            ],
        })
    }

    fn taps(&self) -> usize {
        (self.reach[1] - self.reach[0] + 1) as usize
    }

    /// Padding before and after, for all that is written.
    fn pads(&self) -> [usize; 2] {
        let [size, made] = self.sizes.map(|size| size as i64);
        let blocks = (made + self.stride - 1) / self.stride;
        let after = (blocks + self.reach[1] - size).max(0);
        [-self.reach[0] as usize, after as usize]
    }

    /// Pixels that the convolution makes.
    fn places(&self) -> usize {
        let [before, after] = self.pads();
        (self.sizes[0] + before + after + 1).saturating_sub(self.taps())
    }

    /// The tap of the transposed convolution for place `at` of a block and tap `tap` of the
    /// convolution.
    fn tap(&self, at: usize, tap: usize) -> Option<usize> {
        let pixel = self.reach[0] + tap as i64;
        let tap = at as i64 + self.pad - self.stride * pixel;
        (0..self.kernel).contains(&tap).then_some(tap as usize)
    }
}

/// `[I, O / groups, KH, KW]`.
struct Filters {
    values: Vec<f32>,
    channels: usize,
    per_group: usize,
    groups: usize,
    kernel: [usize; 2],
}

impl Filters {
    /// Weights `[BH · BW · O, I, KH, KW]` of the convolution that makes blocks.
    fn of_blocks(&self, axes: [Axis; 2], block: usize, outputs: usize) -> Option<Vec<f32>> {
        let taps = axes.map(|axis| axis.taps());
        let count = [block, block, outputs, self.channels, taps[0], taps[1]];
        let count = cortexscope_net::onnx::constant::element_count(&count)?;
        let mut weights = Vec::with_capacity(count);
        for place in 0..block * block {
            for output in 0..outputs {
                for channel in 0..self.channels {
                    for tap in 0..taps[0] * taps[1] {
                        let row = axes[0].tap(place / block, tap / taps[1]);
                        let column = axes[1].tap(place % block, tap % taps[1]);
                        let weight = row.zip(column);
                        weights.push(weight.map_or(0.0, |tap| self.at(channel, output, tap)));
                    }
                }
            }
        }
        Some(weights)
    }

    fn at(&self, channel: usize, output: usize, (row, column): (usize, usize)) -> f32 {
        let per_group = self.channels / self.groups.max(1);
        if per_group == 0 || channel / per_group != output / self.per_group {
            return 0.0;
        }
        let filter = channel * self.per_group + output % self.per_group;
        let at = (filter * self.kernel[0] + row) * self.kernel[1] + column;
        self.values.get(at).copied().unwrap_or_default()
    }
}
