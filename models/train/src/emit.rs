//! A trained network as an ONNX file: opset 13, IR version 8, dynamic batch `N`.
//!
//! Every tensor is named after the node that makes it, so that a layer has one
//! name in the file, in a tap and on the page.

use prost::Message;
use tract_onnx::pb::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto,
    TensorShapeProto, TypeProto, ValueInfoProto,
    attribute_proto::AttributeType,
    tensor_proto::DataType,
    tensor_shape_proto::{Dimension, dimension},
    type_proto,
};

use crate::{
    architecture::{Architecture, Feature, Head, MapShape},
    mnist::CLASSES,
    network::Parameter,
    recipe,
};

const INPUT: &str = "input";
const FLATTEN: &str = "flatten";

/// The bytes of the ONNX file; the same weights always give the same bytes.
pub fn emit(architecture: &Architecture, parameters: &[Parameter]) -> Vec<u8> {
    let mut chain = Chain {
        nodes: Vec::new(),
        last: INPUT.to_owned(),
    };
    for layer in &architecture.features {
        chain.feature(layer);
    }
    chain.push(FLATTEN, "Flatten", &[], vec![int("axis", 1)]);
    for layer in &architecture.head {
        chain.head(layer);
    }
    let MapShape {
        channels,
        height,
        width,
    } = MapShape::INPUT;
    let graph = GraphProto {
        name: architecture.name.to_owned(),
        output: vec![value_info(&chain.last, &[CLASSES])],
        node: chain.nodes,
        input: vec![value_info(INPUT, &[channels, height, width])],
        initializer: parameters.iter().map(initializer).collect(),
        ..GraphProto::default()
    };
    let model = ModelProto {
        ir_version: 8,
        opset_import: vec![OperatorSetIdProto {
            domain: String::new(),
            version: 13,
        }],
        producer_name: env!("CARGO_PKG_NAME").to_owned(),
        producer_version: format!("recipe {}", recipe::VERSION),
        graph: Some(graph),
        ..ModelProto::default()
    };
    model.encode_to_vec()
}

/// Nodes that each take what the one before made.
struct Chain {
    nodes: Vec<NodeProto>,
    last: String,
}

impl Chain {
    fn feature(&mut self, layer: &Feature) {
        match *layer {
            Feature::Conv2d {
                name,
                kernel,
                padding,
                ..
            } => self.push(
                name,
                "Conv",
                &["weight", "bias"],
                vec![
                    ints("kernel_shape", &[kernel; 2]),
                    ints("pads", &[padding; 4]),
                    ints("strides", &[1; 2]),
                ],
            ),
            Feature::Relu { name } => self.push(name, "Relu", &[], vec![]),
            Feature::MaxPool { name, window } => self.push(
                name,
                "MaxPool",
                &[],
                vec![
                    ints("kernel_shape", &[window; 2]),
                    ints("strides", &[window; 2]),
                ],
            ),
        }
    }

    fn head(&mut self, layer: &Head) {
        match *layer {
            Head::Dense { name, .. } => {
                self.push(name, "Gemm", &["weight", "bias"], vec![int("transB", 1)])
            }
            Head::Relu { name } => self.push(name, "Relu", &[], vec![]),
        }
    }

    fn push(&mut self, name: &str, op: &str, own: &[&str], attribute: Vec<AttributeProto>) {
        let input = std::mem::replace(&mut self.last, name.to_owned());
        let own = own.iter().map(|kind| format!("{name}.{kind}"));
        self.nodes.push(NodeProto {
            name: name.to_owned(),
            op_type: op.to_owned(),
            input: std::iter::once(input).chain(own).collect(),
            output: vec![name.to_owned()],
            attribute,
            ..NodeProto::default()
        });
    }
}

fn int(name: &str, value: i64) -> AttributeProto {
    AttributeProto {
        name: name.to_owned(),
        r#type: AttributeType::Int as i32,
        i: value,
        ..AttributeProto::default()
    }
}

fn ints(name: &str, values: &[usize]) -> AttributeProto {
    AttributeProto {
        name: name.to_owned(),
        r#type: AttributeType::Ints as i32,
        ints: values.iter().map(|&value| value as i64).collect(),
        ..AttributeProto::default()
    }
}

fn initializer(parameter: &Parameter) -> TensorProto {
    TensorProto {
        name: parameter.name.clone(),
        dims: parameter.shape.iter().map(|&size| size as i64).collect(),
        data_type: DataType::Float as i32,
        raw_data: parameter
            .values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect(),
        ..TensorProto::default()
    }
}

/// A float tensor `[N, sizes…]`.
fn value_info(name: &str, sizes: &[usize]) -> ValueInfoProto {
    let batch = dimension::Value::DimParam("N".to_owned());
    let sizes = sizes
        .iter()
        .map(|&size| dimension::Value::DimValue(size as i64));
    let dim = std::iter::once(batch)
        .chain(sizes)
        .map(|value| Dimension {
            value: Some(value),
            ..Dimension::default()
        })
        .collect();
    ValueInfoProto {
        name: name.to_owned(),
        r#type: Some(TypeProto {
            value: Some(type_proto::Value::TensorType(type_proto::Tensor {
                elem_type: DataType::Float as i32,
                shape: Some(TensorShapeProto { dim }),
            })),
            ..TypeProto::default()
        }),
        ..ValueInfoProto::default()
    }
}
