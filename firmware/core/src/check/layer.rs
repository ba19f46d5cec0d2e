//! The check of one layer: operands, shapes, parameters, ranges.

use super::{SpanField, check_spans, is_positive};
use crate::MAX_TENSORS;
use crate::image::format::{LayerRecord, TensorRecord, kernel, kind, op};
use crate::image::{ImageError, LayerProblem, Model, Op, Part};
use crate::ops::conv2d::{polynomials, sums, wide, winograd};
use core::mem::offset_of;

/// Weights behind one output: `1 << 15` products of at most `255 · 128`, and a
/// bias of at most `1 << 30`, stay within 32 bits.
const MAX_WEIGHTS_PER_OUTPUT: u64 = 1 << 15;
const MAX_BIAS: u32 = 1 << 30;

const SPANS: [SpanField; 6] = [
    SpanField::new(Part::Operands, offset_of!(LayerRecord, inputs), 2),
    SpanField::new(Part::Weights, offset_of!(LayerRecord, weights), 1),
    SpanField::new(Part::Bias, offset_of!(LayerRecord, bias), 4),
    SpanField::new(Part::Multipliers, offset_of!(LayerRecord, multipliers), 4),
    SpanField::new(Part::Table, offset_of!(LayerRecord, table), 1),
    SpanField::new(Part::Packed, offset_of!(LayerRecord, packed), 4),
];

pub(super) fn check(
    model: &Model<'_>,
    index: usize,
    record: &LayerRecord,
) -> Result<(), ImageError> {
    check_spans(model.bytes, record, &SPANS)?;
    check_record(model, index, record).map_err(|problem| ImageError::Layer {
        layer: index,
        problem,
    })
}

/// The layer, whose spans lie in the image.
#[inline(never)]
fn check_record(model: &Model<'_>, index: usize, record: &LayerRecord) -> Result<(), LayerProblem> {
    let inputs = model.inputs(index);
    // Written before this layer; and no more of them than there can be tensors.
    if inputs.len() > MAX_TENSORS || inputs.iter().any(|&tensor| usize::from(tensor) > index) {
        return Err(LayerProblem::Inputs);
    }
    let (Some(input), Some(output)) = (
        inputs
            .first()
            .and_then(|&first| model.tensors.get(usize::from(first))),
        model.tensors.get(index + 1),
    ) else {
        return Err(LayerProblem::Inputs);
    };
    let single = inputs.len() == 1;
    let fits = match record.op {
        op::CONCAT => true,
        op::ADD | op::MUL => inputs.len() == 2,
        _ => single,
    };
    if !fits {
        return Err(LayerProblem::Inputs);
    }
    if output.kind == kind::LOGITS && !matches!(record.op, op::CONV | op::DENSE) {
        return Err(LayerProblem::Logits);
    }
    operator(model, record, input, output)?;
    kernel(model, index, record)
}

/// What the operator asks of shapes and parameters.
#[inline(never)]
fn operator(
    model: &Model<'_>,
    record: &LayerRecord,
    input: &TensorRecord,
    output: &TensorRecord,
) -> Result<(), LayerProblem> {
    match record.op {
        op::CONV => {
            window(record, input, output)?;
            let groups = record.groups;
            let divides = |channels: u16| groups > 0 && channels.is_multiple_of(groups);
            if !divides(input.channels) || !divides(output.channels) {
                return Err(LayerProblem::Window);
            }
            let per_output = u64::from(record.kernel_h)
                * u64::from(record.kernel_w)
                * u64::from(input.channels / groups);
            parameters(model, record, per_output, output)
        }
        op::DENSE => {
            if output.height != 1 || output.width != 1 {
                return Err(LayerProblem::Shape);
            }
            parameters(model, record, elements(input).into(), output)
        }
        op::MAX_POOL => {
            window(record, input, output)?;
            if input.channels != output.channels {
                return Err(LayerProblem::Shape);
            }
            same_scale(input, output)
        }
        op::LOOKUP => {
            if record.table.count != 256 {
                return Err(LayerProblem::Parameters);
            }
            same_shape(input, output)
        }
        op::CONCAT => concat(model, model.slice(&record.inputs), output),
        op::ADD | op::MUL => pair(model, record, output),
        op::DEPTH_TO_SPACE => depth_to_space(input, output),
        other => Err(LayerProblem::UnknownOperator(other)),
    }
}

/// Words for the layer's kernel are there if it reads some, and outside of a board they are
/// those of its weights.
#[inline(never)]
fn kernel(model: &Model<'_>, index: usize, record: &LayerRecord) -> Result<(), LayerProblem> {
    let layer = model.layer(index);
    let is_sound = match (record.kernel, layer.as_ref().map(|layer| &layer.op)) {
        (kernel::GENERAL, _) => record.packed.count == 0,
        (kernel::POLYNOMIALS, Some(Op::Conv2d(conv))) => polynomials::are_sound(conv),
        (kernel::WIDE | kernel::WINOGRAD, Some(Op::Conv2d(conv))) => {
            let is_winograd = record.kernel == kernel::WINOGRAD;
            wide::are_sound(conv) && (!is_winograd || winograd::is_sound(conv))
        }
        (kernel::SUMS, Some(Op::Conv2d(conv))) => sums::are_sound(conv),
        _ => false,
    };
    if is_sound {
        Ok(())
    } else {
        Err(LayerProblem::Kernel)
    }
}

/// Every window lies over the input or its padding, and the output has one
/// element per window.
fn window(
    record: &LayerRecord,
    input: &TensorRecord,
    output: &TensorRecord,
) -> Result<(), LayerProblem> {
    let axes = [
        (
            input.height,
            output.height,
            record.kernel_h,
            record.stride_h,
            record.dilation_h,
            record.pad_top,
            record.pad_bottom,
        ),
        (
            input.width,
            output.width,
            record.kernel_w,
            record.stride_w,
            record.dilation_w,
            record.pad_left,
            record.pad_right,
        ),
    ];
    for (input, output, kernel, stride, dilation, before, after) in axes {
        if kernel == 0 || stride == 0 || dilation == 0 {
            return Err(LayerProblem::Window);
        }
        let extent = (usize::from(kernel) - 1) * usize::from(dilation) + 1;
        let (before, after) = (usize::from(before), usize::from(after));
        if before >= extent || after >= extent {
            return Err(LayerProblem::Window);
        }
        let room = (usize::from(input) + before + after)
            .checked_sub(extent)
            .ok_or(LayerProblem::Window)?;
        if room / usize::from(stride) + 1 != usize::from(output) {
            return Err(LayerProblem::Shape);
        }
    }
    Ok(())
}

/// Weights, biases, multipliers and clamps of a convolution or dense layer.
fn parameters(
    model: &Model<'_>,
    record: &LayerRecord,
    per_output: u64,
    output: &TensorRecord,
) -> Result<(), LayerProblem> {
    let channels = u32::from(output.channels);
    if per_output == 0
        || u64::from(record.weights.count) != per_output * u64::from(channels)
        || record.bias.count != channels
        || record.multipliers.count != channels
    {
        return Err(LayerProblem::Parameters);
    }
    let bias: &[i32] = model.slice(&record.bias);
    if per_output > MAX_WEIGHTS_PER_OUTPUT
        || bias.iter().any(|value| value.unsigned_abs() > MAX_BIAS)
    {
        return Err(LayerProblem::Overflow);
    }
    let multipliers: &[f32] = model.slice(&record.multipliers);
    let are_positive = multipliers
        .iter()
        .all(|&multiplier| is_positive(multiplier));
    if !are_positive || record.clamp_min > record.clamp_max {
        return Err(LayerProblem::Quantisation);
    }
    Ok(())
}

/// Elements of a checked tensor.
fn elements(tensor: &TensorRecord) -> u32 {
    u32::from(tensor.height) * u32::from(tensor.width) * u32::from(tensor.channels)
}

fn same_shape(input: &TensorRecord, output: &TensorRecord) -> Result<(), LayerProblem> {
    let shape = |tensor: &TensorRecord| [tensor.height, tensor.width, tensor.channels];
    if shape(input) == shape(output) {
        Ok(())
    } else {
        Err(LayerProblem::Shape)
    }
}

fn same_scale(input: &TensorRecord, output: &TensorRecord) -> Result<(), LayerProblem> {
    let same = input.scale.to_bits() == output.scale.to_bits() && input.zero == output.zero;
    if same {
        Ok(())
    } else {
        Err(LayerProblem::Quantisation)
    }
}

/// Each pixel of the input is a block of the output's.
fn depth_to_space(input: &TensorRecord, output: &TensorRecord) -> Result<(), LayerProblem> {
    let is_whole =
        output.height.is_multiple_of(input.height) && output.width.is_multiple_of(input.width);
    if !is_whole || elements(input) != elements(output) {
        return Err(LayerProblem::Shape);
    }
    same_scale(input, output)
}

fn concat(model: &Model<'_>, inputs: &[u16], output: &TensorRecord) -> Result<(), LayerProblem> {
    let mut channels = 0;
    for &tensor in inputs {
        let input = model.tensors.get(usize::from(tensor));
        let input = input.ok_or(LayerProblem::Inputs)?;
        if [input.height, input.width] != [output.height, output.width] {
            return Err(LayerProblem::Shape);
        }
        same_scale(input, output)?;
        channels += usize::from(input.channels);
    }
    if channels == usize::from(output.channels) {
        Ok(())
    } else {
        Err(LayerProblem::Shape)
    }
}

/// The greatest factor of a sum, and the greatest sum of both: what `ops::add` counts on.
const MAX_FACTOR: u16 = (1 << 15) - 1;
const MAX_FACTORS: u32 = 1 << 16;

/// Two inputs of the output's shape, and how they become it.
fn pair(
    model: &Model<'_>,
    record: &LayerRecord,
    output: &TensorRecord,
) -> Result<(), LayerProblem> {
    let inputs: &[u16] = model.slice(&record.inputs);
    for &tensor in inputs {
        let input = model.tensors.get(usize::from(tensor));
        same_shape(input.ok_or(LayerProblem::Inputs)?, output)?;
    }
    let [first, second] = record.factors;
    let is_sum = record.op == op::ADD;
    let are_usable = |factor: u16| (1..=MAX_FACTOR).contains(&factor);
    if is_sum && !(are_usable(first) && are_usable(second)) {
        return Err(LayerProblem::Parameters);
    }
    if u32::from(first) + u32::from(second) > MAX_FACTORS {
        return Err(LayerProblem::Overflow);
    }
    let &[multiplier] = model.slice::<f32>(&record.multipliers) else {
        return Err(LayerProblem::Parameters);
    };
    if !is_positive(multiplier) || record.clamp_min > record.clamp_max {
        return Err(LayerProblem::Quantisation);
    }
    Ok(())
}
