//! A trained network as an ONNX file: opset 13, IR version 8, dynamic batch `N`.
//!
//! Every tensor is named after the node that makes it, so that a layer has one
//! name in the file, in a tap and on the page.

use cortexscope_net::onnx::{
    GraphBuilder,
    builder::{Size, int, ints},
    pb::{AttributeProto, ModelProto, tensor_proto::DataType},
};
use prost::Message;

use crate::{
    architecture::{Architecture, Feature, Head, MapShape},
    mnist::CLASSES,
    network::Parameter,
    recipe,
};

const INPUT: &str = "input";
const FLATTEN: &str = "flatten";

/// The operator set of the files.
const OPSET: i64 = 13;

/// The bytes of the ONNX file; the same weights always give the same bytes.
pub fn emit(architecture: &Architecture, parameters: &[Parameter]) -> Vec<u8> {
    let mut chain = Chain {
        graph: GraphBuilder::new(architecture.name),
        last: INPUT.to_owned(),
    };
    for layer in &architecture.features {
        chain.feature(layer);
    }
    chain.push(FLATTEN, "Flatten", &[], vec![int("axis", 1)]);
    for layer in &architecture.head {
        chain.head(layer);
    }
    let Chain { mut graph, last } = chain;
    let MapShape {
        channels,
        height,
        width,
    } = MapShape::INPUT;
    let [channels, height, width] = [channels, height, width].map(Size::Fixed);
    graph.input(
        INPUT,
        DataType::Float,
        &[Size::Batch, channels, height, width],
    );
    graph.output(&last, DataType::Float, &[Size::Batch, Size::Fixed(CLASSES)]);
    for parameter in parameters {
        graph.f32s(&parameter.name, &parameter.shape, &parameter.values);
    }
    let model = ModelProto {
        producer_name: env!("CARGO_PKG_NAME").to_owned(),
        producer_version: format!("recipe {}", recipe::VERSION),
        ..graph.model(OPSET)
    };
    model.encode_to_vec()
}

/// A graph whose nodes each take what the one before made.
struct Chain {
    graph: GraphBuilder,
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

    fn push(&mut self, name: &str, op: &str, own: &[&str], attributes: Vec<AttributeProto>) {
        let input = std::mem::replace(&mut self.last, name.to_owned());
        let own = own.iter().map(|kind| format!("{name}.{kind}"));
        let inputs: Vec<String> = std::iter::once(input).chain(own).collect();
        let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
        self.graph.node(op, &inputs, name, attributes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::networks;
    use cortexscope_net::onnx::pb::TensorProto;
    use cortexscope_net::resources::shipped_bytes;

    fn parameter(initializer: &TensorProto) -> Parameter {
        let values = initializer.raw_data.chunks_exact(4);
        Parameter {
            name: initializer.name.clone(),
            shape: initializer.dims.iter().map(|&size| size as usize).collect(),
            values: values
                .map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap()))
                .collect(),
        }
    }

    #[test]
    fn the_shipped_weights_give_the_shipped_files() {
        for name in networks::NAMES {
            let file = shipped_bytes(&format!("{name}/{name}.onnx")).unwrap();
            let model = ModelProto::decode(file).unwrap();
            let initializers = &model.graph.as_ref().unwrap().initializer;
            let parameters: Vec<Parameter> = initializers.iter().map(parameter).collect();
            let architecture = networks::by_name(name).unwrap();
            assert!(emit(&architecture, &parameters) == file, "{name}");
        }
    }
}
