//! From a checked board image to tract's typed model.
//!
//! Every layer becomes the node that tract makes of the same layer in the int8 ONNX
//! file, so that the bytes are the same. Activations are `[1, H, W, C]` here, as on
//! the wire; weights, `[O, KH, KW, I / groups]` in the image, are turned into ONNX's
//! `[O, I / groups, KH, KW]`, because tract does not split the former into groups.

use cortexscope_core::image::{Conv2d, Dense, DepthToSpace, Quantiser, Shape, Window};
use cortexscope_core::{Model, Op};
use tract_core::internal::*;
use tract_core::ops::array::TypedConcat;
use tract_core::ops::cast::cast;
use tract_core::ops::cnn::conv::KernelFormat;
use tract_core::ops::cnn::{Conv, MaxPool, PaddingSpec, PoolSpec};
use tract_core::ops::math::{add, max, min, mul, round_half_to_even};
use tract_core::ops::nn::DataFormat;
use tract_core::ops::quant::lookup_table;

/// A graph that computes every tensor of the network.
///
/// Its outputs are the tensors between input and logits, then the last layer's
/// accumulators, then the logits. What belongs to the layer that writes tensor `n`
/// has a name that begins with `n`.
///
/// # Errors
/// What tract refuses.
pub fn build(model: &Model<'_>) -> TractResult<TypedModel> {
    let mut typed = TypedModel::default();
    let zero = typed.add_const("0.zero", tensor0(0_i32))?;
    let one = typed.add_const("0.one", tensor0(1_f32))?;
    let mut graph = Graph {
        typed,
        tensors: Vec::new(),
        zero,
        one,
    };
    let input = graph
        .typed
        .add_source("0", i8::fact(dims(model.input().shape)))?;
    graph.tensors.push(input);
    let logits = model.tensor_count().saturating_sub(1);
    let mut accumulators = input;
    for layer in model.layers() {
        let inputs: TVec<OutletId> = layer
            .inputs
            .iter()
            .filter_map(|&tensor| graph.tensors.get(usize::from(tensor)).copied())
            .collect();
        let x = *inputs.first().context("a layer without an input")?;
        let name = layer.output.to_string();
        let output = model
            .tensor(layer.output)
            .context("a layer without an output")?;
        let is_last = layer.output == logits;
        let wire = match &layer.op {
            Op::Conv2d(conv) => graph.convolution(&name, x, &convolution(conv), is_last)?,
            Op::Dense(dense) => {
                let from = model
                    .tensor(layer.input())
                    .context("a layer without an input")?;
                graph.convolution(&name, x, &whole_map(dense, from.shape), is_last)?
            }
            Op::MaxPool(pool) => {
                let spec = pool_spec(&pool.window, pool.input, pool.output);
                graph.node(&name, MaxPool::new(spec, None), &[x])?
            }
            Op::Lookup(table) => {
                let lookup = tract_core::tract_linalg::routines::lut_u8(&by_bits(table))?;
                graph.node(&name, lookup_table(lookup), &[x])?
            }
            Op::Concat => graph.node(&name, TypedConcat::new(3), &inputs)?,
            Op::DepthToSpace(map) => graph.depth_to_space(&name, x, map)?,
            Op::Add(sum) => {
                let factors = sum.factors.map(f32::from);
                graph.pair(&name, &inputs, (sum.zeros, factors), &sum.quantiser, add())?
            }
            Op::Mul(product) => {
                let zeros = (product.zeros, [1.0; 2]);
                graph.pair(&name, &inputs, zeros, &product.quantiser, mul())?
            }
        };
        if is_last {
            accumulators = wire;
        }
        debug_assert!(is_last == output.is_logits);
        graph.tensors.push(wire);
    }
    let last = model.layers().last().context("a network without layers")?;
    let scales = last
        .op
        .quantiser()
        .map_or(&[][..], |quantiser| quantiser.multipliers);
    let name = logits.to_string();
    let sums = graph.node(
        &format!("{name}.real"),
        cast(f32::datum_type()),
        &[accumulators],
    )?;
    let scales = graph.constant(&format!("{name}.scale"), &[1, 1, 1, scales.len()], scales)?;
    let real = graph.node(&format!("{name}.logits"), mul(), &[sums, scales])?;

    let between = graph.tensors.get(1..logits).unwrap_or_default();
    let mut outputs = between.to_vec();
    outputs.extend([accumulators, real]);
    graph.typed.select_output_outlets(&outputs)?;
    Ok(graph.typed)
}

struct Graph {
    typed: TypedModel,
    /// Where each tensor comes from.
    tensors: Vec<OutletId>,
    /// Constants that every convolution reads.
    zero: OutletId,
    one: OutletId,
}

/// A convolution, or a dense layer as the convolution over the whole map that it is.
struct Convolution<'a> {
    spec: PoolSpec,
    groups: usize,
    /// `[O, KH, KW, I / groups]`.
    weights_shape: [usize; 4],
    weights: &'a [i8],
    bias: &'a [i32],
    input_zero: i8,
    quantiser: Quantiser<'a>,
}

impl Graph {
    fn node(
        &mut self,
        name: &str,
        op: impl Into<Box<dyn TypedOp>>,
        inputs: &[OutletId],
    ) -> TractResult<OutletId> {
        let outlets = self.typed.wire_node(name, op, inputs)?;
        outlets.first().copied().context("a node without an output")
    }

    fn constant<T: Datum + Copy>(
        &mut self,
        name: &str,
        shape: &[usize],
        values: &[T],
    ) -> TractResult<OutletId> {
        let tensor = Tensor::from_shape(shape, values)?;
        self.typed.add_const(name, tensor)
    }

    /// Channels as rows and columns: `[1, H, W, BH·BW·C]` by way of `[1, H, BH, W, BW·C]`.
    fn depth_to_space(
        &mut self,
        name: &str,
        x: OutletId,
        map: &DepthToSpace,
    ) -> TractResult<OutletId> {
        let (from, to) = (map.input, map.output);
        let [rows, columns] = map.block();
        let sizes = |sizes: &[usize]| sizes.iter().map(TDim::from).collect::<TVec<TDim>>();
        let row_of_block = columns * to.channels;
        let steps = [
            AxisOp::Reshape(3, sizes(&[from.channels]), sizes(&[rows, row_of_block])),
            AxisOp::Move(3, 2),
            AxisOp::Reshape(1, sizes(&[from.height, rows]), sizes(&[to.height])),
            AxisOp::Reshape(
                2,
                sizes(&[from.width, row_of_block]),
                sizes(&[to.width, to.channels]),
            ),
        ];
        let mut last = x;
        for (at, step) in steps.into_iter().enumerate() {
            let own = if at == 3 {
                name.to_owned()
            } else {
                format!("{name}.{at}")
            };
            last = self.node(&own, step, &[last])?;
        }
        Ok(last)
    }

    /// Two tensors, each minus its zero point and times its factor, combined by `op` and
    /// requantised by the one multiplier. All before that is exact in `f32`.
    fn pair(
        &mut self,
        name: &str,
        inputs: &[OutletId],
        (zeros, factors): ([i8; 2], [f32; 2]),
        quantiser: &Quantiser<'_>,
        op: impl Into<Box<dyn TypedOp>>,
    ) -> TractResult<OutletId> {
        let mut sides = TVec::new();
        for (at, &input) in inputs.iter().enumerate() {
            let what = |what: &str| format!("{name}.{at}.{what}");
            let (zero, factor) = (zeros[at.min(1)], factors[at.min(1)]);
            let real = self.node(&what("real"), cast(f32::datum_type()), &[input])?;
            let minus = self.constant(&what("minus"), &[1; 4], &[-f32::from(zero)])?;
            let centred = self.node(&what("centred"), add(), &[real, minus])?;
            let factor = self.constant(&what("factor"), &[1; 4], &[factor])?;
            sides.push(self.node(&what("steps"), mul(), &[centred, factor])?);
        }
        let combined = self.node(&format!("{name}.combined"), op, &sides)?;
        let (multiplier, zero) = quantiser.scale(0);
        let multiplier = self.constant(&format!("{name}.multiplier"), &[1; 4], &[multiplier])?;
        let scaled = self.node(&format!("{name}.scaled"), mul(), &[combined, multiplier])?;
        let rounded = self.node(&format!("{name}.rounded"), round_half_to_even(), &[scaled])?;
        let zero = self.constant(&format!("{name}.zero"), &[1; 4], &[f32::from(zero)])?;
        let moved = self.node(&format!("{name}.moved"), add(), &[rounded, zero])?;
        let [least, most] = [quantiser.min, quantiser.max].map(f32::from);
        let least = self.constant(&format!("{name}.min"), &[1; 4], &[least])?;
        let most = self.constant(&format!("{name}.max"), &[1; 4], &[most])?;
        let above = self.node(&format!("{name}.above"), max(), &[moved, least])?;
        let within = self.node(&format!("{name}.within"), min(), &[above, most])?;
        self.node(name, cast(i8::datum_type()), &[within])
    }

    /// The convolution's int8 output, or its accumulators if it is the last layer.
    fn convolution(
        &mut self,
        name: &str,
        x: OutletId,
        conv: &Convolution<'_>,
        is_last: bool,
    ) -> TractResult<OutletId> {
        let outputs = conv.bias.len();
        let [o, kernel_h, kernel_w, depth] = conv.weights_shape;
        let weights = channels_first(conv.weights, kernel_h * kernel_w, depth);
        let weights_shape = [o, depth, kernel_h, kernel_w];
        let weights = self.constant(&format!("{name}.weight"), &weights_shape, &weights)?;
        let bias = self.constant(&format!("{name}.bias"), &[outputs], conv.bias)?;
        let input_zero = i32::from(conv.input_zero);
        let input_zero = self.constant(&format!("{name}.x_zero"), &[], &[input_zero])?;
        let (zero, one) = (self.zero, self.one);
        let mut wires = tvec![x, weights, bias, input_zero, one, zero];
        // tract multiplies the scales of weights and input and divides by that of the
        // output. The image holds the result, which goes in as the weights' scale.
        let output_type = if is_last {
            wires.extend([one, zero, one]);
            i32::datum_type()
        } else {
            let scale = self.constant(
                &format!("{name}.scale"),
                &[outputs],
                conv.quantiser.multipliers,
            )?;
            let output_zero = i32::from(conv.quantiser.zero);
            let output_zero = self.constant(&format!("{name}.y_zero"), &[], &[output_zero])?;
            wires.extend([scale, output_zero, one]);
            i8::datum_type()
        };
        let op = Conv::new(
            conv.spec.clone(),
            KernelFormat::OIHW,
            conv.groups,
            Some(output_type),
        );
        self.node(name, op, &wires)
    }
}

fn dims(shape: Shape) -> [usize; 4] {
    [1, shape.height, shape.width, shape.channels]
}

fn convolution<'a>(conv: &Conv2d<'a>) -> Convolution<'a> {
    let Window {
        kernel_h, kernel_w, ..
    } = conv.window;
    Convolution {
        spec: pool_spec(&conv.window, conv.input, conv.output),
        groups: conv.groups,
        weights_shape: [
            conv.output.channels,
            kernel_h,
            kernel_w,
            conv.group_channels(),
        ],
        weights: conv.weights(),
        bias: conv.bias,
        input_zero: conv.input_zero,
        quantiser: conv.quantiser,
    }
}

fn whole_map<'a>(dense: &Dense<'a>, input: Shape) -> Convolution<'a> {
    let output = Shape {
        height: 1,
        width: 1,
        channels: dense.bias.len(),
    };
    let window = Window {
        kernel_h: input.height,
        kernel_w: input.width,
        stride_h: 1,
        stride_w: 1,
        dilation_h: 1,
        dilation_w: 1,
        pad_top: 0,
        pad_left: 0,
    };
    Convolution {
        spec: pool_spec(&window, input, output),
        groups: 1,
        weights_shape: [output.channels, input.height, input.width, input.channels],
        weights: dense.weights(),
        bias: dense.bias,
        input_zero: dense.input_zero,
        quantiser: dense.quantiser,
    }
}

fn pool_spec(window: &Window, input: Shape, output: Shape) -> PoolSpec {
    // The padding behind follows from the output's size; where the window does not
    // reach the end there is none.
    let behind =
        |size: usize, stride: usize, kernel: usize, dilation: usize, made: usize, before| {
            ((made.saturating_sub(1)) * stride + (kernel.saturating_sub(1)) * dilation + 1)
                .saturating_sub(size + before)
        };
    let after = tvec![
        behind(
            input.height,
            window.stride_h,
            window.kernel_h,
            window.dilation_h,
            output.height,
            window.pad_top,
        ),
        behind(
            input.width,
            window.stride_w,
            window.kernel_w,
            window.dilation_w,
            output.width,
            window.pad_left,
        ),
    ];
    PoolSpec {
        data_format: DataFormat::NHWC,
        kernel_shape: tvec![window.kernel_h, window.kernel_w],
        padding: PaddingSpec::Explicit(tvec![window.pad_top, window.pad_left], after),
        dilations: Some(tvec![window.dilation_h, window.dilation_w]),
        strides: Some(tvec![window.stride_h, window.stride_w]),
        input_channels: input.channels,
        output_channels: output.channels,
    }
}

/// Weights with each output's `pixels` kernel taps innermost instead of outermost.
fn channels_first(weights: &[i8], pixels: usize, depth: usize) -> Vec<i8> {
    let outputs = weights.chunks_exact((pixels * depth).max(1));
    outputs
        .flat_map(|output| {
            (0..depth)
                .flat_map(move |channel| output.iter().skip(channel).step_by(depth.max(1)).copied())
        })
        .collect()
}

/// The table by the input's bits; the image has it by `x + 128`.
fn by_bits(table: &[i8]) -> Vec<u8> {
    let (negative, positive) = table.split_at(table.len() / 2);
    positive.iter().chain(negative).map(|&y| y as u8).collect()
}
