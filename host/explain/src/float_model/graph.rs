//! The network as tract's typed graph, with every layer as an output.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use tract_onnx::pb::tensor_shape_proto::{self, Dimension};
use tract_onnx::pb::type_proto::Value;
use tract_onnx::pb::{GraphProto, ModelProto, TensorProto, TensorShapeProto, ValueInfoProto};
use tract_onnx::prelude::*;

use super::error::FloatModelError;
use super::int8_operators::{self, STEPS};
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
    /// What the units of each layer see, in the order of `layers`.
    pub fields: Vec<ReceptiveField>,
    /// What it was loaded from: every node is an output.
    proto: Arc<ModelProto>,
}

/// What is known of the tensors beside the nodes that write them.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// What the units of each layer see, by the layer's tensor.
    pub fields: HashMap<String, ReceptiveField>,
    /// The operators of the file, by the tensor that they write.
    pub operators: HashMap<String, String>,
}

/// Loads a network that was read.
///
/// # Errors
/// tract cannot load it, or it has no layer.
pub fn load(read: reader::Graph) -> Result<Graph, FloatModelError> {
    let known = Known {
        fields: receptive_fields(&read),
        operators: read.operators,
    };
    let mut model = read.model;
    declare_outputs(model.graph.as_mut().ok_or(FloatModelError::NoLayers)?);
    build(model, read.shape, &read.output, &known)
}

impl Graph {
    /// A constant of the file.
    pub fn constant(&self, name: &str) -> Option<&TensorProto> {
        let graph = self.proto.graph.as_ref()?;
        graph.initializer.iter().find(|tensor| tensor.name == name)
    }

    /// The same network with other values in some of its constants.
    ///
    /// # Errors
    /// As [`load`].
    pub fn with_constants(
        &self,
        changed: &HashMap<String, TensorProto>,
    ) -> Result<Self, FloatModelError> {
        let mut model = (*self.proto).clone();
        let graph = model.graph.as_mut().ok_or(FloatModelError::NoLayers)?;
        for tensor in &mut graph.initializer {
            if let Some(other) = changed.get(&tensor.name) {
                tensor.clone_from(other);
            }
        }
        let [channels, height, width] = self.input_shape();
        let output = &self.layers[self.output.0].tensor;
        build(model, [channels, height, width], output, &self.known())
    }

    /// The network up to `layer`, for an input of another size.
    ///
    /// # Errors
    /// As [`load`]: a layer on the way may need the size that the network was made for.
    pub fn resized(&self, layer: LayerId, size: [usize; 2]) -> Result<Self, FloatModelError> {
        let mut model = (*self.proto).clone();
        let graph = model.graph.as_mut().ok_or(FloatModelError::NoLayers)?;
        let output = self.layers[layer.0].tensor.clone();
        keep_before(graph, &output);
        declare_outputs(graph);
        graph.value_info.clear();
        let [channels, ..] = self.input_shape();
        let dims = [1, channels, size[0], size[1]];
        for input in &mut graph.input {
            let is_constant = graph.initializer.iter().any(|one| one.name == input.name);
            if let Some(Value::TensorType(tensor)) =
                input.r#type.as_mut().and_then(|kind| kind.value.as_mut())
                && !is_constant
            {
                let dim = dims.map(|size| Dimension {
                    value: Some(tensor_shape_proto::dimension::Value::DimValue(size as i64)),
                    ..Dimension::default()
                });
                tensor.shape = Some(TensorShapeProto { dim: dim.to_vec() });
            }
        }
        build(model, [channels, size[0], size[1]], &output, &self.known())
    }

    /// What is known of the layers beside their nodes.
    fn known(&self) -> Known {
        let tensors = || self.layers.iter().map(|layer| layer.tensor.clone());
        let operators = self.layers.iter().map(|layer| layer.operator.clone());
        Known {
            fields: tensors().zip(self.fields.iter().copied()).collect(),
            operators: tensors().zip(operators).collect(),
        }
    }

    /// `[C, H, W]` of the input.
    fn input_shape(&self) -> [usize; 3] {
        match *self.input_dims.as_slice() {
            [_, channels, height, width] => [channels, height, width],
            _ => [0; 3],
        }
    }
}

/// Every node's first output as an output of the graph, in the order of the nodes.
pub fn declare_outputs(graph: &mut GraphProto) {
    graph.output = graph
        .node
        .iter()
        .filter_map(|node| node.output.first())
        .map(|name| ValueInfoProto {
            name: name.clone(),
            ..ValueInfoProto::default()
        })
        .collect();
}

/// Drops the nodes that `tensor` does not depend on.
fn keep_before(graph: &mut GraphProto, tensor: &str) {
    let mut needed: HashSet<String> = HashSet::from([tensor.to_owned()]);
    // The nodes are in the order of execution.
    let keeps: Vec<bool> = graph
        .node
        .iter()
        .rev()
        .map(|node| {
            let is_needed = node.output.iter().any(|output| needed.contains(output));
            if is_needed {
                needed.extend(node.input.iter().cloned());
            }
            is_needed
        })
        .collect();
    let mut keeps = keeps.into_iter().rev();
    graph.node.retain(|_| keeps.next().unwrap_or(false));
}

/// Has tract load `model`, every node of which is an output.
///
/// # Errors
/// As [`load`].
pub fn build(
    model: ModelProto,
    [channels, height, width]: [usize; 3],
    output: &str,
    known: &Known,
) -> Result<Graph, FloatModelError> {
    let typed = guarded(|| {
        let onnx = int8_operators::register(tract_onnx::onnx());
        let model = onnx.model_for_proto_model(&model)?;
        Ok(model.into_typed()?.into_decluttered()?)
    })?;
    let graph = model.graph.as_ref().ok_or(FloatModelError::NoLayers)?;
    let (typed, layers) = layers_of(typed, graph, known)?;
    let output = layers.iter().position(|layer| layer.tensor == output);
    let fields = layers
        .iter()
        .map(|layer| known.fields.get(&layer.tensor).copied().unwrap_or_default());
    Ok(Graph {
        typed,
        fields: fields.collect(),
        output: LayerId(output.unwrap_or(layers.len() - 1)),
        layers,
        input_dims: vec![1, channels, height, width],
        proto: Arc::new(model),
    })
}

/// The outputs that are activations of one image, each a layer.
fn layers_of(
    mut typed: TypedModel,
    graph: &GraphProto,
    known: &Known,
) -> Result<(TypedModel, Vec<Layer>), FloatModelError> {
    let nodes = &graph.node;
    let rectified = reader::never_negative(nodes, &graph.initializer);
    let outlets = typed.output_outlets().map_err(EngineError::from)?.to_vec();
    let constants: HashSet<&str> = graph
        .initializer
        .iter()
        .map(|one| one.name.as_str())
        .collect();
    let mut layers = Vec::new();
    let mut kept = Vec::new();
    // Steps are another unit of the layer before: no layer of their own.
    let steps = nodes.iter().filter(|node| node.op_type == STEPS);
    let counted: HashMap<&String, &String> = steps
        .filter_map(|node| Some((node.output.first()?, node.input.first()?)))
        .collect();
    for (node, &outlet) in nodes.iter().zip(&outlets) {
        let fact = typed.outlet_fact(outlet).map_err(EngineError::from)?;
        let sizes = fact.shape.as_concrete();
        let float = fact.datum_type == f32::datum_type() && fact.konst.is_none();
        let is_layer = float && node.op_type != STEPS;
        let Some(shape) = sizes.filter(|_| is_layer).and_then(map_shape) else {
            continue;
        };
        let is_activation = |name: &&String| !name.is_empty() && !constants.contains(name.as_str());
        let tensor = node.output.first().cloned().unwrap_or_default();
        let in_file = known.operators.get(&tensor);
        layers.push(Layer {
            name: node_name(node).to_owned(),
            operator: in_file.unwrap_or(&node.op_type).clone(),
            normal_form: node.op_type.clone(),
            shape,
            activations: node.input.iter().filter(is_activation).count(),
            inputs: node
                .input
                .iter()
                .map(|name| (*counted.get(name).unwrap_or(&name)).clone())
                .collect(),
            is_rectified: rectified.contains(tensor.as_str()),
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
