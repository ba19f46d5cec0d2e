//! Element-wise functions; their tables are filled by tract.

use tract_onnx::pb::NodeProto;

use super::operand::floats;
use super::{Importer, View};
use crate::error::Refusal;
use crate::float_net::FloatOp;
use crate::network::Elementwise;
use cortexscope_net::onnx::Attributes;

/// Functions of one real number that are finite wherever their argument is,
/// with their float attributes and defaults.
const FUNCTIONS: [(&str, &[(&str, f32)]); 13] = [
    ("Relu", &[]),
    ("Sigmoid", &[]),
    ("Tanh", &[]),
    ("HardSwish", &[]),
    ("Softplus", &[]),
    ("Softsign", &[]),
    ("Abs", &[]),
    ("Neg", &[]),
    ("Erf", &[]),
    ("LeakyRelu", &[("alpha", 0.01)]),
    ("Elu", &[("alpha", 1.0)]),
    ("HardSigmoid", &[("alpha", 0.2), ("beta", 0.5)]),
    ("Selu", &[("alpha", 1.673_263_2), ("gamma", 1.050_701)]),
];

impl Importer<'_> {
    pub(super) fn elementwise(
        &mut self,
        node: &NodeProto,
        attributes: Attributes<'_>,
    ) -> Result<View, Refusal> {
        let function = match node.op_type.as_str() {
            "Clip" => self.clip(node, attributes)?,
            "PRelu" => self.parametric_relu(node)?,
            op_type => {
                let mut known = FUNCTIONS.iter();
                let Some(&(_, defaults)) = known.find(|(name, _)| *name == op_type) else {
                    return Err(Refusal::Operator);
                };
                let read = |&(name, default): &(&'static str, f32)| {
                    Ok((name.to_owned(), finite(attributes.float(name, default)?)?))
                };
                Elementwise {
                    op_type: op_type.to_owned(),
                    attributes: defaults.iter().map(read).collect::<Result<_, Refusal>>()?,
                    constant: None,
                }
            }
        };
        let view = self.activation(node, 0)?;
        let shape = self.shape(view.tensor);
        self.push_like(node, &view, FloatOp::Elementwise(vec![function]), shape)
    }

    /// Clip's bounds: attributes up to operator set 10, operands since.
    fn clip(&self, node: &NodeProto, attributes: Attributes<'_>) -> Result<Elementwise, Refusal> {
        let bound = |index, name: &'static str, default: f32| -> Result<(String, f32), Refusal> {
            let value = if self.checked.opset < 11 {
                attributes.float(name, default)?
            } else {
                match self.constant(node, index, name)? {
                    Some(constant) => single(&constant, name)?,
                    None => default,
                }
            };
            if value.is_nan() {
                return Err(Refusal::NotFinite("bounds"));
            }
            Ok((name.to_owned(), value.clamp(f32::MIN, f32::MAX)))
        };
        let (low, high) = (bound(1, "min", f32::MIN)?, bound(2, "max", f32::MAX)?);
        if low.1 > high.1 {
            return Err(Refusal::Setting {
                name: "min",
                value: format!("{}, above max {}", low.1, high.1),
                wanted: "a least value that is at most the greatest is supported",
            });
        }
        Ok(Elementwise {
            op_type: "Clip".to_owned(),
            attributes: vec![low, high],
            constant: None,
        })
    }

    fn parametric_relu(&self, node: &NodeProto) -> Result<Elementwise, Refusal> {
        let slope = self.weights(node, 1, "slope")?;
        Ok(Elementwise {
            op_type: "PRelu".to_owned(),
            attributes: Vec::new(),
            constant: Some(finite(single(&slope, "slope")?)?),
        })
    }

    /// Dropout does nothing where nothing is trained.
    pub(super) fn dropout(&self, node: &NodeProto) -> Result<View, Refusal> {
        if let Some(mask) = node.output.get(1).filter(|name| self.is_used(name)) {
            return Err(Refusal::ExtraOutput(mask.clone()));
        }
        self.activation(node, 0)
    }
}

fn finite(value: f32) -> Result<f32, Refusal> {
    if value.is_finite() {
        Ok(value)
    } else {
        Err(Refusal::NotFinite("parameters"))
    }
}

/// The one value of a constant, however often it is repeated.
fn single(
    constant: &cortexscope_net::onnx::Constant,
    operand: &'static str,
) -> Result<f32, Refusal> {
    let values = floats(constant, operand)?;
    let first = values.first().copied();
    first
        .filter(|first| values.iter().all(|value| value == first))
        .ok_or_else(|| Refusal::OperandShape {
            operand,
            sizes: constant.dims.clone(),
            wanted: "one value for all channels is supported".to_owned(),
        })
}
