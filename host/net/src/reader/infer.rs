//! Sizes of what a node gives, worked out by tract.

use tract_onnx::pb::{
    GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto, ValueInfoProto,
    tensor_proto::DataType,
};
use tract_onnx::prelude::*;

use super::Refusal;
use crate::onnx::builder::{Size, value_info};
use crate::onnx::constant::is_without_values;
use crate::onnx::engine::{EngineError, guarded};

/// What is known of a tensor.
#[derive(Clone, Debug)]
pub enum Fact {
    /// Its values.
    Constant(Box<TensorProto>),
    /// Name, element type and sizes.
    Sizes(String, DataType, Vec<usize>),
}

impl Fact {
    /// What is known of a constant.
    pub fn of_constant(constant: &TensorProto) -> Self {
        if !is_without_values(constant) {
            return Self::Constant(Box::new(constant.clone()));
        }
        let kind = DataType::try_from(constant.data_type).unwrap_or(DataType::Float);
        let sizes = constant.dims.iter();
        let sizes = sizes.map(|&size| usize::try_from(size).unwrap_or(0));
        Self::Sizes(constant.name.clone(), kind, sizes.collect())
    }

    /// Sizes, where they are all that is known.
    pub fn sizes(self) -> Option<(DataType, Vec<usize>)> {
        match self {
            Self::Constant(_) => None,
            Self::Sizes(_, kind, sizes) => Some((kind, sizes)),
        }
    }

    /// A constant of these sizes, without values.
    pub fn without_values(self) -> TensorProto {
        match self {
            Self::Constant(constant) => *constant,
            Self::Sizes(name, kind, sizes) => TensorProto {
                name,
                dims: sizes.iter().map(|&size| size as i64).collect(),
                data_type: kind as i32,
                ..TensorProto::default()
            },
        }
    }
}

/// What is known of the outputs of `node`, in order, those without a name left out.
///
/// # Errors
/// tract does not know the operator, or its inputs do not fit it.
pub fn infer(opset: i64, node: &NodeProto, inputs: &[Fact]) -> Result<Vec<Fact>, Refusal> {
    let mut graph = GraphProto {
        node: vec![node.clone()],
        ..GraphProto::default()
    };
    for fact in inputs {
        match fact {
            Fact::Constant(constant) => {
                if graph
                    .initializer
                    .iter()
                    .all(|known| known.name != constant.name)
                {
                    graph.initializer.push(TensorProto::clone(constant));
                }
            }
            Fact::Sizes(name, kind, sizes) => {
                let sizes: Vec<Size> = sizes.iter().map(|&size| Size::Fixed(size)).collect();
                if graph.input.iter().all(|known| known.name != *name) {
                    graph.input.push(value_info(name, *kind, &sizes));
                }
            }
        }
    }
    let names: Vec<&String> = node.output.iter().filter(|name| !name.is_empty()).collect();
    graph.output = names
        .iter()
        .map(|&name| ValueInfoProto {
            name: name.clone(),
            ..ValueInfoProto::default()
        })
        .collect();
    let model = ModelProto {
        opset_import: vec![OperatorSetIdProto {
            domain: String::new(),
            version: opset,
        }],
        graph: Some(graph),
        ..ModelProto::default()
    };
    let facts = guarded(|| {
        let typed = tract_onnx::onnx()
            .model_for_proto_model(&model)?
            .into_typed()?;
        let outlets = typed.output_outlets()?.to_vec();
        let facts = outlets.iter().map(|&outlet| {
            let fact = typed.outlet_fact(outlet)?;
            let sizes = fact.shape.as_concrete().map(<[usize]>::to_vec);
            let sizes = sizes.ok_or_else(|| EngineError::Tract("a size stays open".to_owned()))?;
            Ok((kind_of(fact.datum_type), sizes))
        });
        facts.collect::<Result<Vec<_>, EngineError>>()
    });
    let facts = facts.map_err(|error| Refusal::Sizes(error.to_string()))?;
    let named = names.iter().zip(facts);
    Ok(named
        .map(|(&name, (kind, sizes))| Fact::Sizes(name.clone(), kind, sizes))
        .collect())
}

fn kind_of(datum_type: DatumType) -> DataType {
    if datum_type == f32::datum_type() {
        DataType::Float
    } else if datum_type == bool::datum_type() {
        DataType::Bool
    } else if datum_type == f64::datum_type() {
        DataType::Double
    } else if datum_type == i32::datum_type() {
        DataType::Int32
    } else {
        DataType::Int64
    }
}
