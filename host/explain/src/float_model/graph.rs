//! The network as tract's typed graph, with every layer as an output.

use std::collections::HashMap;

use tract_onnx::pb::{TensorProto, ValueInfoProto};
use tract_onnx::prelude::*;

use super::error::FloatModelError;
use super::layer::{Layer, LayerId};
use super::receptive_field::{ReceptiveField, receptive_fields};
use cortexscope_net::onnx::engine::{EngineError, guarded};
use cortexscope_net::reader::{self, node_name};

/// A loaded network.
#[derive(Clone, Debug)]
pub struct Graph {
    /// Typed and decluttered; output `i` is what layer `i` writes.
    pub typed: TypedModel,
    /// The layers, in an order that works.
    pub layers: Vec<Layer>,
    /// The layer that writes the model's own output.
    pub output: LayerId,
    /// Sizes of the input, the batch of one included.
    pub input_dims: Vec<usize>,
    /// The constants, by name.
    pub constants: HashMap<String, TensorProto>,
    /// What the units of each layer see, in the order of `layers`.
    pub fields: Vec<ReceptiveField>,
}

/// Loads a network that was read.
///
/// # Errors
/// tract cannot load it, or it has no layer.
pub fn load(read: reader::Graph) -> Result<Graph, FloatModelError> {
    let [channels, height, width] = read.shape;
    let mut fields = receptive_fields(&read);
    let mut model = read.model;
    let graph = model.graph.as_mut().ok_or(FloatModelError::NoLayers)?;
    graph.output = graph
        .node
        .iter()
        .filter_map(|node| node.output.first())
        .map(|name| ValueInfoProto {
            name: name.clone(),
            ..ValueInfoProto::default()
        })
        .collect();
    let typed = guarded(|| {
        let model = tract_onnx::onnx().model_for_proto_model(&model)?;
        Ok(model.into_typed()?.into_decluttered()?)
    })?;
    let graph = model.graph.take().ok_or(FloatModelError::NoLayers)?;
    let (typed, layers) = layers_of(typed, &graph.node)?;
    let output = layers.iter().position(|layer| layer.tensor == read.output);
    let fields = layers
        .iter()
        .map(|layer| fields.remove(&layer.tensor).unwrap_or_default());
    Ok(Graph {
        typed,
        fields: fields.collect(),
        output: LayerId(output.unwrap_or(layers.len() - 1)),
        layers,
        input_dims: vec![1, channels, height, width],
        constants: graph
            .initializer
            .into_iter()
            .map(|tensor| (tensor.name.clone(), tensor))
            .collect(),
    })
}

/// The outputs that are activations of one image, each a layer.
fn layers_of(
    mut typed: TypedModel,
    nodes: &[tract_onnx::pb::NodeProto],
) -> Result<(TypedModel, Vec<Layer>), FloatModelError> {
    let outlets = typed.output_outlets().map_err(EngineError::from)?.to_vec();
    let mut layers = Vec::new();
    let mut kept = Vec::new();
    for (node, &outlet) in nodes.iter().zip(&outlets) {
        let fact = typed.outlet_fact(outlet).map_err(EngineError::from)?;
        let sizes = fact.shape.as_concrete();
        let float = fact.datum_type == f32::datum_type() && fact.konst.is_none();
        let Some(shape) = sizes.filter(|_| float).and_then(map_shape) else {
            continue;
        };
        layers.push(Layer {
            name: node_name(node).to_owned(),
            operator: node.op_type.clone(),
            shape,
            inputs: node.input.clone(),
            tensor: node.output.first().cloned().unwrap_or_default(),
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
