//! Add, Sub, Mul and the like with a constant: one for everything, or one per
//! channel; and of an activation with a function of itself.

use tract_onnx::pb::NodeProto;

use super::operand::{Source, fits_rank, floats, scalar};
use super::{Importer, Value, View};
use crate::error::Refusal;
use crate::float_net::FloatOp;
use crate::network::{Elementwise, Operand};
use cortexscope_net::onnx::Constant;
use cortexscope_net::reader::Refusal as ReadRefusal;

impl Importer<'_> {
    pub(super) fn arithmetic(&mut self, node: &NodeProto) -> Result<View, Refusal> {
        let operands = (self.operand(node, 0)?, self.operand(node, 1)?);
        let (view, constant, swapped) = match operands {
            (Some(Value::Activation(view)), Some(Value::Constant(constant))) => {
                (view, constant, false)
            }
            (Some(Value::Constant(constant)), Some(Value::Activation(view))) => {
                (view, constant, true)
            }
            (Some(Value::Activation(first)), Some(Value::Activation(second))) => {
                return self.of_two(node, &first, &second);
            }
            _ => return Err(ReadRefusal::Missing("second operand").into()),
        };
        let shape = self.shape(view.tensor);
        let values = floats(&constant, "constant")?;
        if values.iter().any(|value| !value.is_finite()) {
            return Err(Refusal::NotFinite("constants"));
        }
        let op = match scalar(values) {
            Some(value) if matches!(node.op_type.as_str(), "Max" | "Min") => {
                FloatOp::Elementwise(vec![bound(&node.op_type, value)])
            }
            Some(value) if fits_rank(&constant, &view) => {
                FloatOp::Elementwise(scalar_arithmetic(&node.op_type, value, swapped))
            }
            _ if matches!(node.op_type.as_str(), "Max" | "Min" | "Pow") => {
                return Err(Refusal::Varies(constant.dims.clone()));
            }
            _ if swapped && node.op_type == "Div" => {
                return Err(ReadRefusal::Setting {
                    name: "first operand",
                    value: format!("a constant of sizes {:?}", constant.dims),
                    wanted: "one number divided by an activation is supported",
                }
                .into());
            }
            _ if is_per_value(&constant, shape) => {
                let affine = values
                    .iter()
                    .map(|&value| affine(&node.op_type, value, swapped));
                let (factors, summands) = affine.unzip();
                FloatOp::ValueAffine { factors, summands }
            }
            _ => {
                let channels = self.channels(&view)?;
                if !is_per_channel(&constant, &view, channels) {
                    return Err(Refusal::Varies(constant.dims.clone()));
                }
                let affine = values
                    .iter()
                    .map(|&value| affine(&node.op_type, value, swapped));
                let (factors, summands) = affine.unzip();
                FloatOp::channel_affine(factors, summands)
            }
        };
        self.push_like(node, &view, op, shape)
    }
}

impl Importer<'_> {
    /// An operator on two activations: where both are functions of a third, element by
    /// element, it is one too, as exporters write activations that ONNX has no operator for:
    /// `x · sigmoid(x)`.
    fn of_two(&mut self, node: &NodeProto, first: &View, second: &View) -> Result<View, Refusal> {
        let is_same = first.dims == second.dims;
        if is_same {
            let sources = [first, second].map(|view| Source::Value(view.clone()));
            if let Some(made) = self.function_of_one(node, &sources)? {
                return Ok(made);
            }
        }
        let pair = match node.op_type.as_str() {
            "Add" => FloatOp::Add,
            "Mul" => FloatOp::Mul,
            _ => return Err(Refusal::TwoActivations),
        };
        if !is_same {
            return Err(Refusal::Spread(first.dims.clone(), second.dims.clone()));
        }
        let shape = self.shape(first.tensor);
        let inputs = vec![first.tensor, second.tensor];
        let mut made = self.push(node, inputs, pair, shape)?;
        made.dims.clone_from(&first.dims);
        Ok(made)
    }
}

/// A bound as a Clip.
fn bound(op_type: &str, value: f32) -> Elementwise {
    if op_type == "Max" {
        Elementwise::clip(value, f32::MAX)
    } else {
        Elementwise::clip(f32::MIN, value)
    }
}

/// Whether the constant has one value for each of a map's.
fn is_per_value(constant: &Constant, [channels, height, width]: [usize; 3]) -> bool {
    let lead = constant.dims.len().saturating_sub(3);
    height * width > 1
        && constant.dims[..lead].iter().all(|&size| size == 1)
        && constant.dims[lead..] == [channels, height, width]
}

/// Whether the constant has one value per channel, on the channels' axis.
fn is_per_channel(constant: &Constant, view: &View, channels: usize) -> bool {
    let missing = view.dims.len().saturating_sub(constant.dims.len());
    let dims = std::iter::repeat_n(1, missing).chain(constant.dims.iter().copied());
    let wanted = view.dims.iter().enumerate();
    let wanted = wanted.map(|(axis, _)| if axis == 1 { channels } else { 1 });
    dims.eq(wanted)
}

fn scalar_arithmetic(op_type: &str, value: f32, swapped: bool) -> Vec<Elementwise> {
    match op_type {
        "Sub" if swapped => vec![Elementwise::by("Mul", -1.0), Elementwise::by("Add", value)],
        "Div" | "Pow" if swapped => vec![Elementwise {
            operands: vec![Operand::Constant(value), Operand::Before],
            ..Elementwise::of(op_type)
        }],
        _ => vec![Elementwise::by(op_type, value)],
    }
}

/// Factor and summand of `x ∘ value`, or of `value ∘ x` where `swapped`.
fn affine(op_type: &str, value: f32, swapped: bool) -> (f32, f32) {
    match op_type {
        "Add" => (1.0, value),
        "Sub" if swapped => (-1.0, value),
        "Sub" => (1.0, -value),
        "Mul" => (value, 0.0),
        // Finite or not, `push` checks the quotient.
        _ => (1.0 / value, 0.0),
    }
}
