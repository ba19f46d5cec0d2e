//! Comparisons, logic on what they give, and choices by it: with numbers they write
//! functions that ONNX has no operator for, element by element.

use std::sync::Arc;

use tract_onnx::pb::{NodeProto, TensorProto};

use crate::onnx::constant::{Constant, Values, is_without_values};
use crate::reader::layout::View;
use crate::reader::{Reader, Refusal, Value};

/// Operators that give true or false.
const GIVE_TRUTH: [&str; 9] = [
    "And",
    "Equal",
    "Greater",
    "GreaterOrEqual",
    "Less",
    "LessOrEqual",
    "Not",
    "Or",
    "Xor",
];

/// Whether an operator gives true or false.
pub fn gives_truth(op_type: &str) -> bool {
    GIVE_TRUTH.contains(&op_type)
}

/// Reads an operator on activations that lie alike, and on constants.
pub fn read<'a>(reader: &mut Reader<'a>, node: &'a NodeProto) -> Result<(), Refusal> {
    let mut first: Option<View> = None;
    for index in 0..node.input.len() {
        let Some(Value::Activation(view)) = reader.operand(node, index)? else {
            continue;
        };
        let is_alike = first.as_ref().is_none_or(|first| {
            first.dims == view.dims && reader.shape(first.tensor) == reader.shape(view.tensor)
        });
        if !is_alike {
            return reader.pass_on(node);
        }
        first.get_or_insert(view);
    }
    let first = first.ok_or(Refusal::Missing("activation"))?;
    let form = reader.tensors[first.tensor].form.clone();
    let mut inputs = Vec::with_capacity(node.input.len());
    for index in 0..node.input.len() {
        let operand = reader.operand(node, index)?;
        inputs.push(match operand.ok_or(Refusal::Missing("operand"))? {
            Value::Activation(view) => {
                let tensor = reader.in_form(view.tensor, form.clone())?;
                reader.tensors[tensor].name.clone()
            }
            Value::Constant(constant) => {
                let Some(spread) = reader.spread(&uniform(constant), &first)? else {
                    return reader.pass_on(node);
                };
                reader.keep(spread)
            }
        });
    }
    let attributes = node.attribute.clone();
    let made = reader.emit(node, &node.op_type, inputs, attributes, form)?;
    reader.tensors[made].is_truth = gives_truth(&node.op_type);
    reader.set_view(node, made, first.dims);
    Ok(())
}

/// The one number that all elements of a constant have, such as zeros like an activation;
/// other constants as they are.
fn uniform(constant: Arc<TensorProto>) -> Arc<TensorProto> {
    if constant.dims.iter().all(|&size| size == 1) || is_without_values(&constant) {
        return constant;
    }
    let one = Constant::parse(&constant).ok().and_then(|constant| {
        let (&first, rest) = constant.floats()?.split_first()?;
        let is_same = |value: &f32| value.to_bits() == first.to_bits();
        rest.iter().all(is_same).then_some(first)
    });
    match one {
        Some(value) => {
            let number = Constant {
                dims: Vec::new(),
                values: Values::Float(vec![value]),
            };
            Arc::new(number.emit(&constant.name))
        }
        None => constant,
    }
}
