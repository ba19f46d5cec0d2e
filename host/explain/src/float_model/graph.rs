//! The ONNX file as tract's typed graph, with every layer as an output.

use std::collections::{HashMap, HashSet};

use prost::Message;
use tract_onnx::pb::{
    GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto, tensor_proto::DataType,
    tensor_shape_proto::dimension, type_proto,
};
use tract_onnx::prelude::*;

use super::error::FloatModelError;
use super::layer::{Layer, LayerId};
use cortexscope_net::onnx::builder::{Size, value_info};
use cortexscope_net::onnx::engine::{EngineError, guarded};

/// A decoded file: its one input is known, its sizes are not yet fixed.
pub struct File {
    model: ModelProto,
    input: String,
    dims: Vec<i64>,
}

/// A loaded network.
#[derive(Clone, Debug)]
pub struct Graph {
    /// Typed and decluttered; output `i` is what layer `i` writes.
    pub typed: TypedModel,
    /// The layers, in the order of the file.
    pub layers: Vec<Layer>,
    /// The layer that writes the model's own output.
    pub output: LayerId,
    /// Sizes of the input, the batch of one included.
    pub input_dims: Vec<usize>,
    /// The nodes, for what tract does not keep.
    pub nodes: Vec<NodeProto>,
    /// The constants in the file, by name.
    pub initializers: HashMap<String, TensorProto>,
}

impl File {
    /// Decodes the bytes of a file.
    ///
    /// # Errors
    /// No ONNX model, or not one input.
    pub fn parse(onnx: &[u8]) -> Result<Self, FloatModelError> {
        let model = ModelProto::decode(onnx)?;
        let graph = model.graph.as_ref().ok_or(FloatModelError::NoOutput)?;
        let stored: HashSet<&str> = graph.initializer.iter().map(|t| t.name.as_str()).collect();
        let is_free = |input: &&ValueInfoProto| !stored.contains(input.name.as_str());
        let free: Vec<&ValueInfoProto> = graph.input.iter().filter(is_free).collect();
        let [input] = free.as_slice() else {
            let names = free.iter().map(|input| input.name.clone()).collect();
            return Err(FloatModelError::Inputs { names });
        };
        let (input, dims) = (input.name.clone(), sizes(input));
        Ok(Self { model, input, dims })
    }

    /// Sizes of the input; -1 where the file leaves one open.
    pub fn input_dims(&self) -> &[i64] {
        &self.dims
    }

    /// Loads the network for an input of `shape`, `[C, H, W]`.
    ///
    /// # Errors
    /// tract cannot load it.
    pub fn load(mut self, shape: [usize; 3]) -> Result<Graph, FloatModelError> {
        let [channels, height, width] = shape;
        let input_dims = vec![1, channels, height, width];
        let graph = self.model.graph.as_mut().ok_or(FloatModelError::NoOutput)?;
        let output = graph.output.last().ok_or(FloatModelError::NoOutput)?;
        let output = output.name.clone();
        let nodes = reached(graph, &self.input);
        // Shapes in the file are those of its own batch and size.
        graph.value_info.clear();
        for input in &mut graph.input {
            if input.name == self.input {
                let sizes: Vec<Size> = input_dims.iter().map(|&d| Size::Fixed(d)).collect();
                *input = value_info(&self.input, DataType::Float, &sizes);
            }
        }
        graph.output = nodes
            .iter()
            .filter_map(|&node| graph.node[node].output.first())
            .map(|name| ValueInfoProto {
                name: name.clone(),
                ..ValueInfoProto::default()
            })
            .collect();
        let typed = guarded(|| {
            let model = tract_onnx::onnx().model_for_proto_model(&self.model)?;
            Ok(model.into_typed()?.into_decluttered()?)
        })?;
        let graph = self.model.graph.take().ok_or(FloatModelError::NoOutput)?;
        let (typed, layers) = layers_of(typed, &graph, &nodes)?;
        let output = layers.iter().position(|layer| layer.tensor == output);
        Ok(Graph {
            typed,
            output: LayerId(output.unwrap_or(layers.len() - 1)),
            layers,
            input_dims,
            nodes: graph.node,
            initializers: graph
                .initializer
                .into_iter()
                .map(|tensor| (tensor.name.clone(), tensor))
                .collect(),
        })
    }
}

/// Numbers of the nodes that depend on the input, each of which writes
/// something.
fn reached(graph: &GraphProto, input: &str) -> Vec<usize> {
    let mut reached = HashSet::from([input]);
    let mut nodes = Vec::new();
    for (index, node) in graph.node.iter().enumerate() {
        let reads = node
            .input
            .iter()
            .any(|name| reached.contains(name.as_str()));
        let writes = node.output.first().is_some_and(|name| !name.is_empty());
        if reads && writes {
            reached.extend(node.output.iter().map(String::as_str));
            nodes.push(index);
        }
    }
    nodes
}

/// The outputs that are activations of one image, each a layer.
fn layers_of(
    mut typed: TypedModel,
    graph: &GraphProto,
    nodes: &[usize],
) -> Result<(TypedModel, Vec<Layer>), FloatModelError> {
    let outlets = typed.output_outlets().map_err(EngineError::from)?.to_vec();
    let mut layers = Vec::new();
    let mut kept = Vec::new();
    for (&node, &outlet) in nodes.iter().zip(&outlets) {
        let fact = typed.outlet_fact(outlet).map_err(EngineError::from)?;
        let sizes = fact.shape.as_concrete();
        let float = fact.datum_type == f32::datum_type() && fact.konst.is_none();
        let Some(shape) = sizes.filter(|_| float).and_then(map_shape) else {
            continue;
        };
        let node = &graph.node[node];
        let tensor = node.output.first().cloned().unwrap_or_default();
        let name = if node.name.is_empty() {
            &tensor
        } else {
            &node.name
        };
        layers.push(Layer {
            name: name.clone(),
            operator: node.op_type.clone(),
            shape,
            inputs: node.input.clone(),
            tensor,
        });
        kept.push(outlet);
    }
    if layers.is_empty() {
        return Err(FloatModelError::NoLayers);
    }
    typed
        .select_output_outlets(&kept)
        .map_err(EngineError::from)?;
    Ok((typed, layers))
}

/// `[C, H, W]` of an activation with a batch of one.
fn map_shape(sizes: &[usize]) -> Option<[usize; 3]> {
    let shape = match *sizes {
        [1, channels, height, width] => [channels, height, width],
        [1, channels, length] => [channels, 1, length],
        [1, features] => [features, 1, 1],
        _ => return None,
    };
    (!shape.contains(&0)).then_some(shape)
}

fn sizes(input: &ValueInfoProto) -> Vec<i64> {
    let Some(type_proto::Value::TensorType(tensor)) =
        input.r#type.as_ref().and_then(|kind| kind.value.as_ref())
    else {
        return Vec::new();
    };
    let dims = tensor.shape.iter().flat_map(|shape| &shape.dim);
    dims.map(|dim| match dim.value {
        Some(dimension::Value::DimValue(size)) if size > 0 => size,
        _ => -1,
    })
    .collect()
}
