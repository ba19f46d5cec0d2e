//! Add, Sub, Mul and the like with a constant: one for everything, or one per
//! channel; and of an activation with a function of itself.

use tract_onnx::pb::NodeProto;

use super::operand::floats;
use super::{Importer, Value, View};
use crate::error::Refusal;
use crate::float_net::FloatOp;
use crate::network::Elementwise;
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
        if swapped && matches!(node.op_type.as_str(), "Div" | "Pow") {
            return Err(ReadRefusal::Setting {
                name: "first operand",
                value: "a constant".to_owned(),
                wanted: "a constant second operand is supported",
            }
            .into());
        }
        let shape = self.shape(view.tensor);
        let values = floats(&constant, "constant")?;
        if values.iter().any(|value| !value.is_finite()) {
            return Err(Refusal::NotFinite("constants"));
        }
        let op = match scalar(values) {
            Some(value) if matches!(node.op_type.as_str(), "Max" | "Min") => {
                FloatOp::Elementwise(vec![bound(&node.op_type, value)])
            }
            // Other powers are not finite everywhere, or have no sign.
            Some(value) if node.op_type == "Pow" && value != 2.0 && value != 3.0 => {
                return Err(ReadRefusal::Setting {
                    name: "exponent",
                    value: value.to_string(),
                    wanted: "2 and 3 are supported",
                }
                .into());
            }
            Some(value) if fits_rank(&constant, &view) => {
                FloatOp::Elementwise(scalar_arithmetic(&node.op_type, value, swapped))
            }
            _ if matches!(node.op_type.as_str(), "Max" | "Min" | "Pow") => {
                return Err(Refusal::Varies(constant.dims.clone()));
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
    /// A sum or product of two activations. Where one is a function of the other, element by
    /// element, it is a function too, as exporters write activations that ONNX has no
    /// operator for: `x · sigmoid(x)`.
    fn of_two(&mut self, node: &NodeProto, first: &View, second: &View) -> Result<View, Refusal> {
        let [(from, own), (other_from, other)] =
            [first, second].map(|view| self.function_of(view.tensor));
        let is_same = first.dims == second.dims;
        let pair = match node.op_type.as_str() {
            "Add" => Some(FloatOp::Add),
            "Mul" => Some(FloatOp::Mul),
            _ => None,
        };
        let Some(pair) = pair else {
            return Err(Refusal::TwoActivations);
        };
        if !is_same {
            return Err(Refusal::Spread(first.dims.clone(), second.dims.clone()));
        }
        let is_function = own.starts_with(&other) || other.starts_with(&own);
        if from != other_from || !is_function {
            let shape = self.shape(first.tensor);
            let inputs = vec![first.tensor, second.tensor];
            let mut made = self.push(node, inputs, pair, shape)?;
            made.dims.clone_from(&first.dims);
            return Ok(made);
        }
        // The longer one has the shorter one on its way.
        let (longer, shorter) = if own.len() >= other.len() {
            (own, other)
        } else {
            (other, own)
        };
        let mut functions = longer;
        functions.push(Elementwise::with(&node.op_type, shorter.len()));
        let view = View {
            tensor: from,
            dims: first.dims.clone(),
        };
        let shape = self.shape(from);
        self.push_like(node, &view, FloatOp::Elementwise(functions), shape)
    }

    /// The tensor that `tensor` is a function of, element by element, and that function.
    fn function_of(&self, mut tensor: usize) -> (usize, Vec<Elementwise>) {
        let mut functions: Vec<Elementwise> = Vec::new();
        while let Some(layer) = tensor.checked_sub(1).map(|at| &self.layers[at])
            && let FloatOp::Elementwise(own) = &layer.op
            && let &[input] = layer.inputs.as_slice()
        {
            let later = std::mem::replace(&mut functions, own.clone());
            crate::network::follow(&mut functions, &later);
            tensor = input;
        }
        (tensor, functions)
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
    let step = |op_type: &str, value| Elementwise {
        constant: Some(value),
        ..Elementwise::of(op_type)
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
