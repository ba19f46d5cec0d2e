//! ONNX graphs, node by node.

use prost::Message;
use tract_onnx::pb::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, StringStringEntryProto,
    TensorProto, TensorShapeProto, TypeProto, ValueInfoProto, attribute_proto::AttributeType,
    tensor_proto::DataType, tensor_shape_proto::Dimension, tensor_shape_proto::dimension,
    type_proto,
};

/// IR version of the files: the one of ONNX 1.10 to 1.12.
const IR_VERSION: i64 = 8;

/// An ONNX graph under construction. Every node is named after its output.
#[derive(Clone, Debug, Default)]
pub struct GraphBuilder {
    graph: GraphProto,
    metadata: Vec<StringStringEntryProto>,
}

/// One size of a graph input or output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// Any batch, called `N`.
    Batch,
    /// A number.
    Fixed(usize),
}

impl GraphBuilder {
    /// An empty graph.
    pub fn new(name: &str) -> Self {
        Self {
            graph: GraphProto {
                name: name.to_owned(),
                ..GraphProto::default()
            },
            metadata: Vec::new(),
        }
    }

    /// Declares a graph input.
    pub fn input(&mut self, name: &str, kind: DataType, sizes: &[Size]) {
        self.graph.input.push(value_info(name, kind, sizes));
    }

    /// Declares a graph output.
    pub fn output(&mut self, name: &str, kind: DataType, sizes: &[Size]) {
        self.graph.output.push(value_info(name, kind, sizes));
    }

    /// Adds an `f32` initializer.
    pub fn f32s(&mut self, name: &str, dims: &[usize], values: &[f32]) {
        let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.initializer(name, DataType::Float, dims, bytes);
    }

    /// Adds an `i8` initializer.
    pub fn i8s(&mut self, name: &str, dims: &[usize], values: &[i8]) {
        let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.initializer(name, DataType::Int8, dims, bytes);
    }

    /// Adds an `i32` initializer.
    pub fn i32s(&mut self, name: &str, dims: &[usize], values: &[i32]) {
        let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.initializer(name, DataType::Int32, dims, bytes);
    }

    /// Adds an `i64` initializer.
    pub fn i64s(&mut self, name: &str, dims: &[usize], values: &[i64]) {
        let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.initializer(name, DataType::Int64, dims, bytes);
    }

    fn initializer(&mut self, name: &str, kind: DataType, dims: &[usize], raw_data: Vec<u8>) {
        self.graph.initializer.push(TensorProto {
            name: name.to_owned(),
            dims: dims.iter().map(|&size| size as i64).collect(),
            data_type: kind as i32,
            raw_data,
            ..TensorProto::default()
        });
    }

    /// Adds a node that writes the tensor `output`.
    pub fn node(
        &mut self,
        op_type: &str,
        inputs: &[&str],
        output: &str,
        attributes: Vec<AttributeProto>,
    ) {
        self.graph.node.push(NodeProto {
            name: output.to_owned(),
            op_type: op_type.to_owned(),
            input: inputs.iter().map(|&input| input.to_owned()).collect(),
            output: vec![output.to_owned()],
            attribute: attributes,
            ..NodeProto::default()
        });
    }

    /// Adds an entry to the model's metadata.
    pub fn metadata(&mut self, key: &str, value: &str) {
        self.metadata.push(StringStringEntryProto {
            key: key.to_owned(),
            value: value.to_owned(),
        });
    }

    /// The model, for operator set `opset`.
    pub fn model(self, opset: i64) -> ModelProto {
        ModelProto {
            ir_version: IR_VERSION,
            opset_import: vec![OperatorSetIdProto {
                domain: String::new(),
                version: opset,
            }],
            producer_name: env!("CARGO_PKG_NAME").to_owned(),
            producer_version: env!("CARGO_PKG_VERSION").to_owned(),
            graph: Some(self.graph),
            metadata_props: self.metadata,
            ..ModelProto::default()
        }
    }

    /// The bytes of the model's file; the same calls always give the same bytes.
    pub fn emit(self, opset: i64) -> Vec<u8> {
        self.model(opset).encode_to_vec()
    }
}

/// An integer attribute.
pub fn int(name: &str, value: i64) -> AttributeProto {
    AttributeProto {
        name: name.to_owned(),
        r#type: AttributeType::Int as i32,
        i: value,
        ..AttributeProto::default()
    }
}

/// A list of integers as an attribute.
pub fn ints(name: &str, values: &[usize]) -> AttributeProto {
    AttributeProto {
        name: name.to_owned(),
        r#type: AttributeType::Ints as i32,
        ints: values.iter().map(|&value| value as i64).collect(),
        ..AttributeProto::default()
    }
}

/// A float attribute.
pub fn float(name: &str, value: f32) -> AttributeProto {
    AttributeProto {
        name: name.to_owned(),
        r#type: AttributeType::Float as i32,
        f: value,
        ..AttributeProto::default()
    }
}

/// A string attribute.
pub fn text(name: &str, value: &str) -> AttributeProto {
    AttributeProto {
        name: name.to_owned(),
        r#type: AttributeType::String as i32,
        s: value.as_bytes().to_vec(),
        ..AttributeProto::default()
    }
}

/// Name, element type and sizes of a graph input or output.
pub fn value_info(name: &str, kind: DataType, sizes: &[Size]) -> ValueInfoProto {
    let dim = sizes
        .iter()
        .map(|size| Dimension {
            value: Some(match *size {
                Size::Batch => dimension::Value::DimParam("N".to_owned()),
                Size::Fixed(size) => dimension::Value::DimValue(size as i64),
            }),
            ..Dimension::default()
        })
        .collect();
    ValueInfoProto {
        name: name.to_owned(),
        r#type: Some(TypeProto {
            value: Some(type_proto::Value::TensorType(type_proto::Tensor {
                elem_type: kind as i32,
                shape: Some(TensorShapeProto { dim }),
            })),
            ..TypeProto::default()
        }),
        ..ValueInfoProto::default()
    }
}
