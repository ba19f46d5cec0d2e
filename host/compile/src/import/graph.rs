//! The file as a whole: one input, one output, nodes in order.

use std::collections::{HashMap, HashSet};

use prost::Message;
use tract_onnx::pb::{
    GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto, tensor_proto::DataType,
    tensor_shape_proto::dimension, type_proto,
};

use super::plain;
use crate::error::{
    CompileError, MAX_ELEMENTS, MAX_NODES, MAX_OPSET, MAX_SIZE, MIN_OPSET, ModelError,
};
use crate::network::Window;
use cortexscope_net::onnx::builder::{Size, value_info};
use cortexscope_net::onnx::constant::element_count;

/// A file whose inputs, outputs and order are checked.
pub struct Checked {
    /// The operator set.
    pub opset: i64,
    /// The graph, with only the nodes that the output depends on.
    pub graph: GraphProto,
    /// The initializers, by name.
    pub initializers: HashMap<String, TensorProto>,
    /// The input's name.
    pub input: String,
    /// The input's sizes with a batch of one.
    pub input_dims: Vec<usize>,
    /// `[C, H, W]` of the input.
    pub input_shape: [usize; 3],
    /// The output's name.
    pub output: String,
}

/// Decodes and checks a file; `shape` is what an input `[N, F]` stands for.
pub fn check(onnx: &[u8], shape: [usize; 3]) -> Result<Checked, CompileError> {
    let model = ModelProto::decode(onnx).map_err(|error| ModelError::Decode(error.to_string()))?;
    let opset = opset(&model)?;
    let mut graph = model.graph.ok_or(ModelError::NoGraph)?;
    if graph.node.len() > MAX_NODES {
        return Err(ModelError::Nodes(graph.node.len()).into());
    }
    let initializers: HashMap<String, TensorProto> = std::mem::take(&mut graph.initializer)
        .into_iter()
        .map(|tensor| (tensor.name.clone(), tensor))
        .collect();
    let [output] = graph.output.as_slice() else {
        let names = graph.output.iter().map(|output| output.name.clone());
        return Err(ModelError::Outputs(names.collect()).into());
    };
    let output = output.name.clone();
    graph.node = needed(std::mem::take(&mut graph.node), &output)?;
    let free: Vec<&ValueInfoProto> = graph
        .input
        .iter()
        .filter(|input| !initializers.contains_key(&input.name))
        .collect();
    let [input] = free.as_slice() else {
        let names = free.iter().map(|input| input.name.clone());
        return Err(ModelError::Inputs(names.collect()).into());
    };
    let (input_dims, input_shape) = input_sizes(input, shape)?;
    let input = input.name.clone();
    in_order(&graph.node, &input, &initializers)?;
    Ok(Checked {
        opset,
        graph,
        initializers,
        input,
        input_dims,
        input_shape,
        output,
    })
}

impl Checked {
    /// The checked graph as a model of its own, its batch fixed to one, written so
    /// that tract computes what it means.
    ///
    /// `windows` are those of the nodes that have one, by output.
    pub fn reference(&self, windows: &HashMap<String, Window>) -> ModelProto {
        let used: HashSet<&String> = self.graph.node.iter().flat_map(|n| &n.input).collect();
        let mut initializer: Vec<TensorProto> = self
            .initializers
            .values()
            .filter(|tensor| used.contains(&tensor.name))
            .cloned()
            .collect();
        initializer.sort_by(|a, b| a.name.cmp(&b.name));
        let sizes: Vec<Size> = self.input_dims.iter().map(|&d| Size::Fixed(d)).collect();
        ModelProto {
            ir_version: 8,
            opset_import: vec![tract_onnx::pb::OperatorSetIdProto {
                domain: String::new(),
                version: self.opset,
            }],
            graph: Some(GraphProto {
                name: self.graph.name.clone(),
                node: plain::nodes(&self.graph.node, windows),
                initializer,
                input: vec![value_info(&self.input, DataType::Float, &sizes)],
                ..GraphProto::default()
            }),
            ..ModelProto::default()
        }
    }
}

fn opset(model: &ModelProto) -> Result<i64, ModelError> {
    let own = |domain: &str| matches!(domain, "" | "ai.onnx");
    let mut versions = model.opset_import.iter().filter(|set| own(&set.domain));
    let version = versions.next().map_or(0, |set| set.version);
    if (MIN_OPSET..=MAX_OPSET).contains(&version) {
        Ok(version)
    } else {
        Err(ModelError::Opset(version))
    }
}

/// The nodes that `output` depends on, in the file's order.
fn needed(nodes: Vec<NodeProto>, output: &str) -> Result<Vec<NodeProto>, ModelError> {
    let mut writers = HashMap::new();
    for (index, node) in nodes.iter().enumerate() {
        for name in node.output.iter().filter(|name| !name.is_empty()) {
            if writers.insert(name.as_str(), index).is_some() {
                return Err(ModelError::WrittenTwice(name.clone()));
            }
        }
    }
    let mut wanted = vec![false; nodes.len()];
    let mut open: Vec<usize> = writers.get(output).copied().into_iter().collect();
    while let Some(index) = open.pop() {
        if std::mem::replace(&mut wanted[index], true) {
            continue;
        }
        let inputs = nodes[index].input.iter();
        open.extend(inputs.filter_map(|name| writers.get(name.as_str()).copied()));
    }
    let pairs = nodes.into_iter().zip(wanted);
    Ok(pairs
        .filter_map(|(node, wanted)| wanted.then_some(node))
        .collect())
}

/// Every tensor is written before it is read.
fn in_order(
    nodes: &[NodeProto],
    input: &str,
    initializers: &HashMap<String, TensorProto>,
) -> Result<(), ModelError> {
    let mut written = HashSet::from([input]);
    for node in nodes {
        for name in node.input.iter().filter(|name| !name.is_empty()) {
            if !written.contains(name.as_str()) && !initializers.contains_key(name) {
                return Err(ModelError::Undefined(name.clone()));
            }
        }
        for name in node.output.iter().filter(|name| !name.is_empty()) {
            if name == input || initializers.contains_key(name) {
                return Err(ModelError::WrittenTwice(name.clone()));
            }
            written.insert(name);
        }
    }
    Ok(())
}

/// The input's sizes with a batch of one, and its `[C, H, W]`.
fn input_sizes(
    input: &ValueInfoProto,
    shape: [usize; 3],
) -> Result<(Vec<usize>, [usize; 3]), ModelError> {
    let error = |dims: String| ModelError::InputShape {
        name: input.name.clone(),
        dims,
    };
    let kind = input.r#type.as_ref().and_then(|kind| kind.value.as_ref());
    let Some(type_proto::Value::TensorType(tensor)) = kind else {
        return Err(error("without a tensor type".to_owned()));
    };
    if tensor.elem_type != DataType::Float as i32 {
        let name = DataType::try_from(tensor.elem_type).map_or("unknown", |t| t.as_str_name());
        return Err(error(format!("of type {name}")));
    }
    let dims = tensor.shape.as_ref().map(|shape| shape.dim.as_slice());
    let dims = dims.unwrap_or_default();
    let written: Vec<String> = dims
        .iter()
        .map(|dim| match &dim.value {
            Some(dimension::Value::DimValue(size)) => size.to_string(),
            Some(dimension::Value::DimParam(symbol)) => symbol.clone(),
            None => "?".to_owned(),
        })
        .collect();
    let unusable = || error(format!("[{}]", written.join(", ")));
    let Some((batch, rest)) = dims.split_first() else {
        return Err(unusable());
    };
    if let Some(dimension::Value::DimValue(batch)) = batch.value {
        // Some exporters write 0 or -1 for "any".
        if batch > 1 {
            return Err(ModelError::Batch {
                name: input.name.clone(),
                batch,
            });
        }
    }
    let sizes: Option<Vec<usize>> = rest
        .iter()
        .map(|dim| match dim.value {
            Some(dimension::Value::DimValue(size)) => usize::try_from(size)
                .ok()
                .filter(|size| (1..=MAX_SIZE).contains(size)),
            _ => None,
        })
        .collect();
    let sizes = sizes.ok_or_else(unusable)?;
    if element_count(&sizes).is_none_or(|count| count > MAX_ELEMENTS) {
        return Err(unusable());
    }
    let shape = match *sizes.as_slice() {
        [channels, height, width] => [channels, height, width],
        [features] if element_count(&shape) == Some(features) => shape,
        [features] => [features, 1, 1],
        _ => return Err(unusable()),
    };
    let dims = std::iter::once(1).chain(sizes).collect();
    Ok((dims, shape))
}
