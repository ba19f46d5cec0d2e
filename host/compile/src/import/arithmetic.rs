//! Add, Sub, Mul and Div with a constant: one for everything, or one per
//! channel.

use tract_onnx::pb::NodeProto;

use super::operand::floats;
use super::{Importer, Value, View};
use crate::error::Refusal;
use crate::float_net::FloatOp;
use crate::network::Elementwise;
use cortexscope_net::onnx::Constant;

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
            (Some(Value::Activation(_)), Some(Value::Activation(_))) => {
                return Err(Refusal::TwoActivations);
            }
            _ => return Err(Refusal::Missing("second operand")),
        };
        if swapped && node.op_type == "Div" {
            return Err(Refusal::Setting {
                name: "dividend",
                value: "a constant".to_owned(),
                wanted: "a constant divisor is supported",
            });
        }
        let shape = self.shape(view.tensor);
        let values = floats(&constant, "constant")?;
        if values.iter().any(|value| !value.is_finite()) {
            return Err(Refusal::NotFinite("constants"));
        }
        let op = match scalar(values) {
            Some(value) if fits_rank(&constant, &view) => {
                FloatOp::Elementwise(scalar_arithmetic(&node.op_type, value, swapped))
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

/// The value, where all are the same.
fn scalar(values: &[f32]) -> Option<f32> {
    let (&first, rest) = values.split_first()?;
    rest.iter()
        .all(|value| value.to_bits() == first.to_bits())
        .then_some(first)
}

/// Whether broadcasting leaves the activation's sizes as they are.
fn fits_rank(constant: &Constant, view: &View) -> bool {
    let own = constant.dims.iter().rev();
    constant.dims.len() <= view.dims.len()
        && own
            .zip(view.dims.iter().rev())
            .all(|(&c, &v)| c == 1 || c == v)
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
    let step = |op_type: &str, value| Elementwise {
        op_type: op_type.to_owned(),
        attributes: Vec::new(),
        constant: Some(value),
    };
    if swapped && op_type == "Sub" {
        vec![step("Mul", -1.0), step("Add", value)]
    } else {
        vec![step(op_type, value)]
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
