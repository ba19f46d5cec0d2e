//! Windows that slide along channels, which exporters write with one axis more: averages over
//! neighbouring channels, poolings that leave channels out, and convolutions whose row is the
//! channels (Wang et al. 2020, section 3.2).

use std::sync::Arc;

use tract_onnx::pb::{AttributeProto, NodeProto, TensorProto};

use crate::onnx::Attributes;
use crate::onnx::builder::ints;
use crate::onnx::constant::{Constant, Values, is_without_values};
use crate::reader::fold::{ints as list, parsed};
use crate::reader::layout::{Axis, View};
use crate::reader::window::{Rounding, sliding};
use crate::reader::{Form, Reader, Refusal, Value, node_name};

/// A window along channels.
struct Along {
    taps: usize,
    stride: usize,
    before: usize,
    after: usize,
}

impl Along {
    /// Channels that it gives of `channels`.
    fn outputs(&self, channels: usize) -> Option<usize> {
        let padded = channels.checked_add(self.before)?.checked_add(self.after)?;
        Some(padded.checked_sub(self.taps)? / self.stride + 1)
    }

    /// Weights `[O, C, 1, 1]` of a convolution that multiplies the taps by `values`.
    fn weights(&self, name: &str, channels: usize, values: &[f32]) -> Option<TensorProto> {
        let outputs = self.outputs(channels)?;
        let count = outputs.checked_mul(channels)?;
        let mut weights = vec![0.0; Some(count).filter(|&count| count <= MOST_WEIGHTS)?];
        for output in 0..outputs {
            for (tap, value) in values.iter().enumerate() {
                let place = (output * self.stride + tap).checked_sub(self.before);
                if let Some(channel) = place.filter(|&channel| channel < channels) {
                    weights[output * channels + channel] = *value;
                }
            }
        }
        let dims = vec![outputs, channels, 1, 1];
        let values = Values::Float(weights);
        Some(Constant { dims, values }.emit(name))
    }
}

/// Weights that a window along channels may become.
const MOST_WEIGHTS: usize = 1 << 20;

/// The five sizes of a map whose channels have an axis before them.
const DEEP: [&[Axis]; 5] = [
    &[Axis::Batch],
    &[],
    &[Axis::Channel],
    &[Axis::Row],
    &[Axis::Column],
];

/// Reads a pooling of `[N, 1, C, H, W]`; false where it is another one.
pub fn read_pool<'a>(
    reader: &mut Reader<'a>,
    node: &'a NodeProto,
    view: &View,
) -> Result<bool, Refusal> {
    let shape = reader.shape(view.tensor);
    if view.dims != reader.axes(view.tensor).plain(&DEEP) {
        return Ok(false);
    }
    let attributes = Attributes(node);
    let each = |name, default| numbers(attributes, name, default);
    let (Some(kernel), Some(strides), Some(pads)) = (
        each("kernel_shape", 0)?,
        each("strides", 1)?,
        pads(attributes)?,
    ) else {
        return Ok(false);
    };
    let is_plain = attributes.int("ceil_mode", 0)? == 0
        && each("dilations", 1)? == Some([1; 3])
        && matches!(attributes.text("auto_pad")?, None | Some("" | "NOTSET"));
    let [before, after] = pads;
    if !is_plain || kernel.contains(&0) || strides.contains(&0) {
        return Ok(false);
    }
    let tensor = reader.in_form(view.tensor, Form::Map(shape))?;
    let made = if node.op_type == "AveragePool" {
        let counts = attributes.int("count_include_pad", 0)? != 0;
        let is_padded = [before[0], after[0]] != [0, 0];
        let is_along = kernel[1..] == [1, 1] && strides[1..] == [1, 1];
        let slides_only = before[1..] == [0, 0] && after[1..] == [0, 0];
        if !is_along || !slides_only || (is_padded && !counts) {
            return Ok(false);
        }
        let along = Along {
            taps: kernel[0],
            stride: strides[0],
            before: before[0],
            after: after[0],
        };
        let share = vec![1.0 / kernel[0] as f32; kernel[0]];
        let name = format!("{}.share", node_name(node));
        let weights = along.weights(&name, shape[0], &share);
        let Some(weights) = weights else {
            return Ok(false);
        };
        let form = Form::Map([weights.dims[0] as usize, shape[1], shape[2]]);
        let inputs = vec![
            reader.tensors[tensor].name.clone(),
            reader.keep(Arc::new(weights)),
        ];
        reader.emit(node, "Conv", inputs, Vec::new(), form)?
    } else if kernel[0] == 1 && [before[0], after[0]] == [0, 0] {
        let attributes = vec![
            ints("kernel_shape", &kernel[1..]),
            ints("strides", &strides[1..]),
            ints("pads", &[before[1], before[2], after[1], after[2]]),
        ];
        pooled(reader, node, tensor, attributes, strides[0])?
    } else {
        return Ok(false);
    };
    let dims = reader.axes(made).plain(&DEEP);
    reader.set_view(node, made, dims);
    Ok(true)
}

/// A maximum over places, of every `step`-th channel.
fn pooled(
    reader: &mut Reader<'_>,
    node: &NodeProto,
    tensor: usize,
    attributes: Vec<AttributeProto>,
    step: usize,
) -> Result<usize, Refusal> {
    let [channels, height, width] = reader.shape(tensor);
    let proto = NodeProto {
        attribute: attributes.clone(),
        ..NodeProto::default()
    };
    let kernel = crate::reader::window::kernel(Attributes(&proto))?;
    let found = sliding(Attributes(&proto), kernel, [height, width], Rounding::Floor)?;
    let [height, width] = found.output;
    let inputs = vec![reader.tensors[tensor].name.clone()];
    let form = Form::Map([channels, height, width]);
    if step == 1 {
        return reader.emit(node, "MaxPool", inputs, attributes, form);
    }
    let name = format!("{}.pooled", node_name(node));
    let whole = reader.add(&name, "MaxPool", inputs, attributes, form)?;
    let mut inputs = vec![reader.tensors[whole].name.clone()];
    let values = [0, channels as i64, 1, step as i64];
    for (what, value) in ["starts", "ends", "axes", "steps"].into_iter().zip(values) {
        let constant = TensorProto {
            name: format!("{}.{what}", node_name(node)),
            ..Arc::unwrap_or_clone(list(&[value]))
        };
        inputs.push(reader.keep(Arc::new(constant)));
    }
    let form = Form::Map([channels.div_ceil(step), height, width]);
    reader.emit(node, "Slice", inputs, Vec::new(), form)
}

/// Reads a convolution of `[N, 1, C]` by one filter; false where it is another one.
pub fn read_convolution<'a>(
    reader: &mut Reader<'a>,
    node: &'a NodeProto,
    view: &View,
) -> Result<bool, Refusal> {
    let [channels, ..] = reader.shape(view.tensor);
    let is_row = view.dims == [vec![], vec![], vec![Axis::Channel]];
    let Some(Value::Constant(weights)) = reader.operand(node, 1)? else {
        return Ok(false);
    };
    let attributes = Attributes(node);
    let is_plain = |name| Ok::<_, Refusal>(attributes.ints(name)?.unwrap_or(&[1]) == [1]);
    let is_explicit = matches!(attributes.text("auto_pad")?, None | Some("" | "NOTSET"));
    let is_one = matches!(*weights.dims, [1, 1, _]) && attributes.int("group", 1)? == 1;
    let is_known = !is_without_values(&weights);
    if !(is_row
        && is_one
        && is_known
        && is_explicit
        && is_plain("strides")?
        && is_plain("dilations")?)
    {
        return Ok(false);
    }
    let pads = attributes.ints("pads")?.unwrap_or(&[0, 0]);
    let pads: Option<Vec<usize>> = pads.iter().map(|&pad| usize::try_from(pad).ok()).collect();
    let Some(&[before, after]) = pads.as_deref() else {
        return Ok(false);
    };
    let parsed_weights = parsed(&weights)?;
    let values = parsed_weights.floats().unwrap_or_default();
    let along = Along {
        taps: values.len(),
        stride: 1,
        before,
        after,
    };
    let Some(banded) = along.weights(&weights.name, channels, values) else {
        return Ok(false);
    };
    let outputs = banded.dims[0] as usize;
    let tensor = reader.in_form(view.tensor, Form::Map([channels, 1, 1]))?;
    let mut inputs = vec![
        reader.tensors[tensor].name.clone(),
        reader.keep(Arc::new(banded)),
    ];
    if let Some(bias) = reader.constant(node, 2, "bias")? {
        let own = parsed(&bias)?;
        let value = own.floats().and_then(|values| values.first().copied());
        let spread = Constant {
            dims: vec![outputs],
            values: Values::Float(vec![value.unwrap_or_default(); outputs]),
        };
        inputs.push(reader.keep(Arc::new(spread.emit(&bias.name))));
    }
    // A layout of the input in which this is a row of samples is better.
    reader.uneven += 1;
    let form = Form::Map([outputs, 1, 1]);
    let made = reader.emit(node, "Conv", inputs, Vec::new(), form)?;
    let dims = reader
        .axes(made)
        .plain(&[&[Axis::Batch], &[], &[Axis::Channel]]);
    reader.set_view(node, made, dims);
    Ok(true)
}

/// Three numbers of an attribute, `default` where it is left out; none where it has others.
fn numbers(
    attributes: Attributes<'_>,
    name: &'static str,
    default: usize,
) -> Result<Option<[usize; 3]>, Refusal> {
    let Some(values) = attributes.ints(name)? else {
        return Ok(Some([default; 3]));
    };
    let values = values.iter().map(|&value| usize::try_from(value).ok());
    let values: Option<Vec<usize>> = values.collect();
    Ok(values.and_then(|values| values.try_into().ok()))
}

/// Padding before and after, of channels, rows and columns.
fn pads(attributes: Attributes<'_>) -> Result<Option<[[usize; 3]; 2]>, Refusal> {
    let Some(values) = attributes.ints("pads")? else {
        return Ok(Some([[0; 3]; 2]));
    };
    let values = values.iter().map(|&value| usize::try_from(value).ok());
    let values: Option<Vec<usize>> = values.collect();
    Ok(match values.as_deref() {
        Some(&[front, top, left, back, bottom, right]) => {
            Some([[front, top, left], [back, bottom, right]])
        }
        _ => None,
    })
}
