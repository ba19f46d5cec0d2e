//! The check of one layer: operands, shapes, parameters, ranges.

use super::check::elements;
use super::error::{ImageError, LayerProblem, Part};
use super::format::{LayerRecord, op};
use super::layer::Shape;
use super::model::{Form, Model};

/// Weights behind one output: `1 << 15` products of at most `255 · 128`, and a
/// bias of at most `1 << 30`, stay within 32 bits.
const MAX_WEIGHTS_PER_OUTPUT: u64 = 1 << 15;
const MAX_BIAS: u32 = 1 << 30;

pub(super) fn check(model: &Model<'_>, index: usize) -> Result<(), ImageError> {
    let problem = |problem| ImageError::Layer {
        layer: index,
        problem,
    };
    let Some(record) = model.layers.get(index) else {
        return Err(problem(LayerProblem::Shape));
    };
    let inputs = inputs(model, record, index)?;
    let first = usize::from(inputs.first().copied().unwrap_or_default());
    let (Some(input), Some(output)) = (model.form(first), model.form(index + 1)) else {
        return Err(problem(LayerProblem::Inputs));
    };
    let single = inputs.len() == 1;
    if !(single || record.op == op::CONCAT) {
        return Err(problem(LayerProblem::Inputs));
    }
    if output.is_logits && !matches!(record.op, op::CONV | op::DENSE) {
        return Err(problem(LayerProblem::Logits));
    }
    match record.op {
        op::CONV => {
            window(record, input.shape, output.shape).map_err(problem)?;
            let groups = usize::from(record.groups);
            let divides = |channels: usize| groups > 0 && channels.is_multiple_of(groups);
            if !divides(input.shape.channels) || !divides(output.shape.channels) {
                return Err(problem(LayerProblem::Window));
            }
            let per_output = u64::from(record.kernel_h)
                * u64::from(record.kernel_w)
                * (input.shape.channels / groups) as u64;
            parameters(model, index, record, per_output, &output)
        }
        op::DENSE => {
            if output.shape.height != 1 || output.shape.width != 1 {
                return Err(problem(LayerProblem::Shape));
            }
            parameters(model, index, record, input.shape.elements() as u64, &output)
        }
        op::MAX_POOL => {
            window(record, input.shape, output.shape).map_err(problem)?;
            if input.shape.channels != output.shape.channels {
                return Err(problem(LayerProblem::Shape));
            }
            same_scale(&input, &output).map_err(problem)
        }
        op::LOOKUP => {
            if elements::<i8>(model.bytes, Part::Table, record.table)?.len() != 256 {
                return Err(problem(LayerProblem::Parameters));
            }
            if input.shape != output.shape {
                return Err(problem(LayerProblem::Shape));
            }
            Ok(())
        }
        op::CONCAT => concat(model, inputs, &output).map_err(problem),
        other => Err(problem(LayerProblem::UnknownOperator(other))),
    }
}

/// The operands: written before this layer, int8, at least one.
fn inputs<'a>(
    model: &Model<'a>,
    record: &LayerRecord,
    index: usize,
) -> Result<&'a [u16], ImageError> {
    let inputs: &[u16] = elements(model.bytes, Part::Operands, record.inputs)?;
    let earlier = inputs.iter().all(|&tensor| usize::from(tensor) <= index);
    if inputs.is_empty() || !earlier {
        return Err(ImageError::Layer {
            layer: index,
            problem: LayerProblem::Inputs,
        });
    }
    Ok(inputs)
}

/// Every window lies over the input or its padding, and the output has one
/// element per window.
fn window(record: &LayerRecord, input: Shape, output: Shape) -> Result<(), LayerProblem> {
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
        let room = (input + before + after)
            .checked_sub(extent)
            .ok_or(LayerProblem::Window)?;
        if room / usize::from(stride) + 1 != output {
            return Err(LayerProblem::Shape);
        }
    }
    Ok(())
}

/// Weights, biases, multipliers and clamps of a convolution or dense layer.
fn parameters(
    model: &Model<'_>,
    index: usize,
    record: &LayerRecord,
    per_output: u64,
    output: &Form,
) -> Result<(), ImageError> {
    let problem = |problem| ImageError::Layer {
        layer: index,
        problem,
    };
    let weights: &[i8] = elements(model.bytes, Part::Weights, record.weights)?;
    let bias: &[i32] = elements(model.bytes, Part::Bias, record.bias)?;
    let multipliers: &[f32] = elements(model.bytes, Part::Multipliers, record.multipliers)?;
    let channels = output.shape.channels;
    if per_output == 0
        || weights.len() as u64 != per_output * channels as u64
        || bias.len() != channels
        || multipliers.len() != channels
    {
        return Err(problem(LayerProblem::Parameters));
    }
    if per_output > MAX_WEIGHTS_PER_OUTPUT
        || bias.iter().any(|value| value.unsigned_abs() > MAX_BIAS)
    {
        return Err(problem(LayerProblem::Overflow));
    }
    let positive = multipliers.iter().all(|m| m.is_finite() && *m > 0.0);
    if !positive || record.clamp_min > record.clamp_max {
        return Err(problem(LayerProblem::Quantisation));
    }
    Ok(())
}

fn same_scale(input: &Form, output: &Form) -> Result<(), LayerProblem> {
    let same = input.scale.to_bits() == output.scale.to_bits() && input.zero == output.zero;
    if same {
        Ok(())
    } else {
        Err(LayerProblem::Quantisation)
    }
}

fn concat(model: &Model<'_>, inputs: &[u16], output: &Form) -> Result<(), LayerProblem> {
    let mut channels = 0;
    for &tensor in inputs {
        let input = model.form(tensor.into()).ok_or(LayerProblem::Inputs)?;
        if (input.shape.height, input.shape.width) != (output.shape.height, output.shape.width) {
            return Err(LayerProblem::Shape);
        }
        same_scale(&input, output)?;
        channels += input.shape.channels;
    }
    if channels == output.shape.channels {
        Ok(())
    } else {
        Err(LayerProblem::Shape)
    }
}
