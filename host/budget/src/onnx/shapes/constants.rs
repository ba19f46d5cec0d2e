//! What does not depend on the input: weights, and sizes that a graph computes.

use std::collections::HashMap;

use super::sizes::{elements, resolve};
use super::{Value, Walk};
use cortexscope_net::onnx::pb::{GraphProto, NodeProto, TensorProto};
use cortexscope_net::onnx::{Attributes, Constant, Values};

/// The weights of a graph.
pub(super) fn constants(graph: &GraphProto) -> HashMap<String, Value> {
    let initializers = graph.initializer.iter();
    initializers
        .map(|tensor| (tensor.name.clone(), value_of(tensor)))
        .collect()
}

/// A constant; its values where they are integers.
fn value_of(tensor: &TensorProto) -> Value {
    Value::Constant {
        sizes: sizes_of(&tensor.dims),
        ints: match Constant::parse(tensor) {
            Ok(Constant {
                values: Values::Int(ints),
                ..
            }) => Some(ints),
            _ => None,
        },
    }
}

/// Sizes as they are counted; what is negative is 0.
fn sizes_of(dims: &[i64]) -> Vec<usize> {
    let sizes = dims.iter().map(|&size| usize::try_from(size).unwrap_or(0));
    sizes.collect()
}

impl Walk {
    /// A node of constants only: its result is a constant, of sizes that count.
    pub(super) fn fold(&mut self, node: &NodeProto) -> Result<(), String> {
        let first = node
            .input
            .first()
            .and_then(|input| self.values.get(input))
            .cloned();
        let value = match (node.op_type.as_str(), first) {
            (
                "ConstantOfShape",
                Some(Value::Constant {
                    ints: Some(ints), ..
                }),
            ) => Value::Constant {
                sizes: ints
                    .iter()
                    .map(|&size| usize::try_from(size).unwrap_or(0))
                    .collect(),
                ints: None,
            },
            ("Constant", _) => {
                let tensor = Attributes(node)
                    .tensor("value")
                    .map_err(|error| error.to_string())?;
                let tensor = tensor.ok_or("a constant without a value")?;
                let sizes = tensor
                    .dims
                    .iter()
                    .map(|&size| usize::try_from(size).unwrap_or(0));
                Value::Constant {
                    sizes: sizes.collect(),
                    ints: match Constant::parse(tensor) {
                        Ok(Constant {
                            values: Values::Int(ints),
                            ..
                        }) => Some(ints),
                        _ => None,
                    },
                }
            }
            ("Reshape", Some(Value::Constant { sizes, ints })) => {
                let to = node.input.get(1).and_then(|input| self.values.get(input));
                let Some(Value::Constant { ints: Some(to), .. }) = to else {
                    return Err("a constant is reshaped to sizes that are not known".into());
                };
                Value::Constant {
                    sizes: resolve(to, &sizes),
                    ints,
                }
            }
            ("Transpose", Some(Value::Constant { mut sizes, .. })) => {
                sizes.reverse();
                Value::Constant { sizes, ints: None }
            }
            (_, Some(constant @ Value::Constant { .. })) => constant,
            _ => return Err("it reads what the graph does not give".into()),
        };
        for output in &node.output {
            self.values.insert(output.clone(), value.clone());
        }
        Ok(())
    }

    /// Sizes without the batch after a reshaping node.
    pub(super) fn reshaped(&self, node: &NodeProto, sizes: &[usize]) -> Vec<usize> {
        let total: usize = sizes.iter().product();
        let to = node.input.get(1).and_then(|input| self.values.get(input));
        match to {
            Some(Value::Constant { ints: Some(to), .. }) if to.len() > 1 => {
                let rest = resolve(&to[1..], sizes);
                if elements(&rest) == Some(total) {
                    rest
                } else {
                    vec![total]
                }
            }
            _ => vec![total],
        }
    }
}
