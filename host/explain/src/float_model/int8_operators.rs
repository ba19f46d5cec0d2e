//! The two operators of int8 arithmetic, as nodes of an ONNX graph that tract reads.

use tract_adjoint::straight_through::{Int8, Rescale, Steps};
use tract_onnx::Onnx;
use tract_onnx::model::ParsingContext;
use tract_onnx::pb::attribute_proto::AttributeType;
use tract_onnx::pb::{AttributeProto, NodeProto};
use tract_onnx::tract_hir::internal::*;

use cortexscope_net::onnx::builder::{float, int};

/// The operator that counts steps.
pub const STEPS: &str = "Steps";
/// The operator that makes an int8 of a sum.
pub const RESCALE: &str = "Rescale";

/// Registers the two operators.
pub fn register(mut onnx: Onnx) -> Onnx {
    onnx.op_register.insert(STEPS, parse_steps);
    onnx.op_register.insert(RESCALE, parse_rescale);
    onnx
}

type Parsed = TractResult<(Box<dyn InferenceOp>, Vec<String>)>;

fn parse_steps(_: &ParsingContext, node: &NodeProto) -> Parsed {
    Ok((expand(Own(Steps::of(node.get_attr("scale")?))), vec![]))
}

fn parse_rescale(_: &ParsingContext, node: &NodeProto) -> Parsed {
    let bias: Vec<i64> = node.get_attr_vec("bias")?;
    let bias = bias.into_iter().map(i32::try_from);
    let scale: Option<f32> = node.get_attr_opt("scale")?;
    let to = match scale {
        Some(scale) => Some(Int8 {
            scale,
            zero: i8::try_from(node.get_attr::<i64>("zero")?)?,
            is_rectifier: node.get_attr::<i64>("rectifier")? != 0,
        }),
        None => None,
    };
    let op = Rescale {
        bias: bias.collect::<Result<_, _>>()?,
        multipliers: node.get_attr_vec("multipliers")?,
        slopes: node.get_attr_vec("slopes")?,
        to,
    };
    Ok((expand(Own(op)), vec![]))
}

/// An operator of floats that keeps the shape.
#[derive(Clone, Debug)]
struct Own<O>(O);

impl<O: TypedOp + Clone> Expansion for Own<O> {
    fn name(&self) -> StaticName {
        self.0.name()
    }

    fn rules<'r, 'p: 'r, 's: 'r>(
        &'s self,
        solver: &mut Solver<'r>,
        inputs: &'p [TensorProxy],
        outputs: &'p [TensorProxy],
    ) -> InferenceResult {
        check_output_arity(outputs, 1)?;
        for input in inputs {
            solver.equals(&input.datum_type, f32::datum_type())?;
            solver.equals(&input.shape, &outputs[0].shape)?;
        }
        solver.equals(&outputs[0].datum_type, f32::datum_type())
    }

    fn wire(
        &self,
        prefix: &str,
        model: &mut TypedModel,
        inputs: &[OutletId],
    ) -> TractResult<TVec<OutletId>> {
        model.wire_node(prefix, self.0.clone(), inputs)
    }
}

/// The attributes of a [`Rescale`].
pub fn rescale(op: &Rescale) -> Vec<AttributeProto> {
    let mut attributes = vec![
        AttributeProto {
            name: "bias".to_owned(),
            r#type: AttributeType::Ints as i32,
            ints: op.bias.iter().map(|&bias| i64::from(bias)).collect(),
            ..AttributeProto::default()
        },
        floats("multipliers", &op.multipliers),
        floats("slopes", &op.slopes),
    ];
    if let Some(to) = op.to {
        attributes.push(float("scale", to.scale));
        attributes.push(int("zero", i64::from(to.zero)));
        attributes.push(int("rectifier", i64::from(to.is_rectifier)));
    }
    attributes
}

fn floats(name: &str, values: &[f32]) -> AttributeProto {
    AttributeProto {
        name: name.to_owned(),
        r#type: AttributeType::Floats as i32,
        floats: values.to_vec(),
        ..AttributeProto::default()
    }
}
