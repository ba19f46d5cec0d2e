//! Element-wise functions; their tables are filled by tract.

use tract_onnx::pb::NodeProto;

use super::operand::floats;
use super::{Importer, View};
use crate::error::Refusal;
use crate::float_net::FloatOp;
use crate::network::Elementwise;
use cortexscope_net::onnx::{Attributes, Constant};
use cortexscope_net::reader::Refusal as ReadRefusal;

/// Functions of one real number with their float attributes and defaults. Log, Reciprocal
/// and Sqrt are not finite everywhere: their tables show whether they are where it counts.
pub(crate) const FUNCTIONS: [(&str, &[(&str, f32)]); 29] = [
    ("Relu", &[]),
    ("Sigmoid", &[]),
    ("Tanh", &[]),
    ("HardSwish", &[]),
    ("Softplus", &[]),
    ("Softsign", &[]),
    ("Abs", &[]),
    ("Asinh", &[]),
    ("Atan", &[]),
    ("Ceil", &[]),
    ("Cos", &[]),
    ("Cosh", &[]),
    ("Floor", &[]),
    ("Round", &[]),
    ("Sign", &[]),
    ("Sin", &[]),
    ("Sinh", &[]),
    ("Neg", &[]),
    ("Erf", &[]),
    ("Exp", &[]),
    ("Log", &[]),
    ("Reciprocal", &[]),
    ("Sqrt", &[]),
    ("LeakyRelu", &[("alpha", 0.01)]),
    ("Celu", &[("alpha", 1.0)]),
    ("Elu", &[("alpha", 1.0)]),
    ("HardSigmoid", &[("alpha", 0.2), ("beta", 0.5)]),
    ("Selu", &[("alpha", 1.673_263_2), ("gamma", 1.050_701)]),
    ("ThresholdedRelu", &[("alpha", 1.0)]),
];

impl Importer<'_> {
    pub(super) fn elementwise(
        &mut self,
        node: &NodeProto,
        attributes: Attributes<'_>,
    ) -> Result<View, Refusal> {
        let functions = match node.op_type.as_str() {
            "Clip" => vec![self.clip(node)?],
            "PRelu" => return self.parametric_relu(node),
            "Mish" => mish(),
            "Gelu" => gelu(attributes)?,
            op_type => {
                let mut known = FUNCTIONS.iter();
                let Some(&(_, defaults)) = known.find(|(name, _)| *name == op_type) else {
                    return Err(Refusal::of_operator(op_type));
                };
                let read = |&(name, default): &(&'static str, f32)| {
                    Ok((name.to_owned(), finite(attributes.float(name, default)?)?))
                };
                vec![Elementwise {
                    attributes: defaults.iter().map(read).collect::<Result<_, Refusal>>()?,
                    ..Elementwise::of(op_type)
                }]
            }
        };
        let view = self.activation(node, 0)?;
        let shape = self.shape(view.tensor);
        self.push_like(node, &view, FloatOp::Elementwise(functions), shape)
    }

    fn clip(&self, node: &NodeProto) -> Result<Elementwise, Refusal> {
        let bound = |index, name: &'static str, default: f32| -> Result<f32, Refusal> {
            let value = match self.constant(node, index, name)? {
                Some(constant) => single(&constant, name)?,
                None => default,
            };
            if value.is_nan() {
                return Err(Refusal::NotFinite("bounds"));
            }
            Ok(value.clamp(f32::MIN, f32::MAX))
        };
        let (low, high) = (bound(1, "min", f32::MIN)?, bound(2, "max", f32::MAX)?);
        if low > high {
            return Err(ReadRefusal::Setting {
                name: "min",
                value: format!("{low}, above max {high}"),
                wanted: "a least value that is at most the greatest is supported",
            }
            .into());
        }
        Ok(Elementwise::clip(low, high))
    }

    /// One slope for all channels is a table. Slopes for each channel are
    /// `max(x, 0) + slope · min(x, 0)`, which a board has no sum for.
    fn parametric_relu(&mut self, node: &NodeProto) -> Result<View, Refusal> {
        let view = self.activation(node, 0)?;
        let slope = self.weights(node, 1, "slope")?;
        let function = Elementwise::by("PRelu", finite(single(&slope, "slope")?)?);
        let shape = self.shape(view.tensor);
        self.push_like(node, &view, FloatOp::Elementwise(vec![function]), shape)
    }
}

/// `x · tanh(softplus(x))`.
fn mish() -> Vec<Elementwise> {
    vec![
        Elementwise::of("Softplus"),
        Elementwise::of("Tanh"),
        Elementwise::with("Mul", 0),
    ]
}

/// `x · ½ · (1 + erf(x / √2))`, or the approximation by tanh.
fn gelu(attributes: Attributes<'_>) -> Result<Vec<Elementwise>, Refusal> {
    let by = Elementwise::by;
    let share = match attributes.text("approximate")? {
        None | Some("none") => vec![by("Div", std::f32::consts::SQRT_2), Elementwise::of("Erf")],
        // √(2/π) · x · (1 + 0.044715 x²).
        _ => vec![
            by("Pow", 2.0),
            by("Mul", 0.044_715),
            by("Add", 1.0),
            Elementwise::with("Mul", 0),
            by("Mul", (2.0 / std::f32::consts::PI).sqrt()),
            Elementwise::of("Tanh"),
        ],
    };
    let half = [by("Add", 1.0), Elementwise::with("Mul", 0), by("Mul", 0.5)];
    Ok(share.into_iter().chain(half).collect())
}

pub(super) fn finite(value: f32) -> Result<f32, Refusal> {
    if value.is_finite() {
        Ok(value)
    } else {
        Err(Refusal::NotFinite("parameters"))
    }
}

/// The one value of a constant, however often it is repeated.
fn single(constant: &Constant, operand: &'static str) -> Result<f32, ReadRefusal> {
    let values = floats(constant, operand)?;
    let first = values.first().copied();
    first
        .filter(|first| values.iter().all(|value| value == first))
        .ok_or_else(|| ReadRefusal::OperandShape {
            operand,
            sizes: constant.dims.clone(),
            wanted: "one value for all channels is supported".to_owned(),
        })
}
