//! Shapes of every node of a graph, and which nodes make a layer.
//!
//! A [`Walk`] goes through the nodes in their order. Each family of operators has a file
//! that says what its layers are.

mod constants;
mod joins;
mod sizes;
mod weighted;
mod windows;

use std::collections::{HashMap, HashSet};

use crate::{Layer, Network, Op};
use constants::constants;
use cortexscope_net::onnx::pb::{
    GraphProto, ModelProto, NodeProto, tensor_shape_proto::dimension, type_proto,
};
use sizes::{beyond, elements};

/// Why a graph cannot be taken apart.
#[derive(Debug, thiserror::Error)]
pub enum ParseError {
    /// It has no graph, or no input but weights.
    #[error("the graph has no input image")]
    NoInput,
    /// The input is not one image.
    #[error("input `{name}` has the sizes {sizes:?}, not [N, C, H, W] or [N, features]")]
    Input {
        /// Its name.
        name: String,
        /// Its sizes; 0 where they are open.
        sizes: Vec<usize>,
    },
    /// An operator that the budget has no rule for.
    #[error("node `{node}`: the budget has no rule for {op_type}")]
    Operator {
        /// The node's output.
        node: String,
        /// The operator.
        op_type: String,
    },
    /// The shapes at a node do not go together.
    #[error("node `{node}` ({op_type}): {what}")]
    Node {
        /// The node's output.
        node: String,
        /// The operator.
        op_type: String,
        /// What is wrong.
        what: String,
    },
}

/// What a name in the graph stands for.
#[derive(Clone, Debug)]
enum Value {
    /// An activation: tensor of the network, and its sizes without the batch.
    Tensor { tensor: usize, sizes: Vec<usize> },
    /// A constant of these sizes; its values where they are few and integer.
    Constant {
        sizes: Vec<usize>,
        ints: Option<Vec<i64>>,
    },
}

/// Most multiplications of a layer, so that no sum over a graph overflows.
const MOST_MACS: u64 = 1 << 48;

/// Operators that are written over their input.
const IN_PLACE: [&str; 24] = [
    "Relu",
    "LeakyRelu",
    "PRelu",
    "Elu",
    "Selu",
    "Sigmoid",
    "HardSigmoid",
    "HardSwish",
    "Tanh",
    "Softplus",
    "Softsign",
    "Gelu",
    "Erf",
    "Clip",
    "Abs",
    "Neg",
    "Exp",
    "Sqrt",
    "LRN",
    "InstanceNormalization",
    "Softmax",
    "LogSoftmax",
    "QuantizeLinear",
    "DequantizeLinear",
];
/// Operators that give their first input on, whatever its sizes are called.
const SAME: [&str; 5] = ["Identity", "Dropout", "Cast", "Unsqueeze", "Squeeze"];

/// The network of `model`; the name is for tables.
///
/// # Errors
/// [`ParseError`].
pub fn parse(model: &ModelProto, name: &str) -> Result<Network, ParseError> {
    let graph = model.graph.as_ref().ok_or(ParseError::NoInput)?;
    let (input_name, input) = image(graph)?;
    let mut walk = Walk {
        values: constants(graph),
        network: Network {
            name: name.to_owned(),
            input,
            layers: Vec::new(),
        },
        counted: HashSet::new(),
    };
    walk.values.insert(
        input_name,
        Value::Tensor {
            tensor: 0,
            sizes: input.to_vec(),
        },
    );
    for node in &graph.node {
        walk.node(node)?;
    }
    if walk.network.layers.is_empty() {
        return Err(ParseError::NoInput);
    }
    Ok(walk.network)
}

/// Name and `[C, H, W]` of the input that is no weight: of four sizes, or of two
/// where none has four.
fn image(graph: &GraphProto) -> Result<(String, [usize; 3]), ParseError> {
    let weights: HashSet<&str> = graph.initializer.iter().map(|t| t.name.as_str()).collect();
    let inputs = graph
        .input
        .iter()
        .filter(|input| !weights.contains(input.name.as_str()));
    let sized: Vec<(String, Vec<usize>)> = inputs
        .filter_map(|input| {
            let type_proto::Value::TensorType(tensor) = input.r#type.as_ref()?.value.as_ref()?;
            let sizes = tensor
                .shape
                .as_ref()?
                .dim
                .iter()
                .map(|dim| match dim.value {
                    Some(dimension::Value::DimValue(size)) => usize::try_from(size).unwrap_or(0),
                    _ => 0,
                });
            Some((input.name.clone(), sizes.collect()))
        })
        .collect();
    let of_rank = |rank: usize| sized.iter().find(|(_, sizes)| sizes.len() == rank);
    let (name, sizes) = of_rank(4)
        .or_else(|| of_rank(2))
        .ok_or(ParseError::NoInput)?;
    let shape = match sizes[1..] {
        [channels, height, width] => [channels, height, width],
        [features] => [features, 1, 1],
        _ => [0; 3],
    };
    match elements(&shape) {
        Some(_) => Ok((name.clone(), shape)),
        None => Err(ParseError::Input {
            name: name.clone(),
            sizes: sizes.clone(),
        }),
    }
}

struct Walk {
    values: HashMap<String, Value>,
    network: Network,
    /// Weights that were counted: a weight that is used twice counts once.
    counted: HashSet<String>,
}

/// A node, and the activations that it reads.
struct Reads<'n> {
    node: &'n NodeProto,
    /// Tensors of the network and their sizes without the batch; there is one.
    activations: Vec<(usize, Vec<usize>)>,
}

impl Reads<'_> {
    /// The first activation's tensor.
    fn tensor(&self) -> usize {
        self.activations[0].0
    }

    /// The first activation's sizes without the batch.
    fn sizes(&self) -> &[usize] {
        &self.activations[0].1
    }

    /// All tensors.
    fn tensors(&self) -> Vec<usize> {
        let tensors = self.activations.iter().map(|&(tensor, _)| tensor);
        tensors.collect()
    }
}

impl Walk {
    fn node(&mut self, node: &NodeProto) -> Result<(), ParseError> {
        let name = node.output.first().cloned().unwrap_or_default();
        let fail = |what: String| ParseError::Node {
            node: name.clone(),
            op_type: node.op_type.clone(),
            what,
        };
        // The nodes of a graph are sorted: a cycle has one that reads what comes later.
        let unknown = |input: &&String| !input.is_empty() && !self.values.contains_key(*input);
        if let Some(input) = node.input.iter().find(unknown) {
            return Err(fail(format!(
                "it reads `{input}`, which nothing before it gives"
            )));
        }
        let activation = |input: &String| match self.values.get(input) {
            Some(Value::Tensor { tensor, sizes }) => Some((*tensor, sizes.clone())),
            _ => None,
        };
        let activations: Vec<_> = node.input.iter().filter_map(activation).collect();
        if activations.is_empty() {
            return self.fold(node).map_err(fail);
        }
        let first_is = node.input.first().and_then(activation).is_some();
        let reads = Reads { node, activations };
        let done = match node.op_type.as_str() {
            "Conv" | "ConvInteger" | "QLinearConv" => self.convolution(&reads),
            "Gemm" | "MatMul" => self.dense(&reads),
            "MaxPool" | "AveragePool" => self.pool(&reads),
            "GlobalAveragePool" | "GlobalMaxPool" | "ReduceMean" => self.global_pool(&reads),
            "Add" | "Sum" if reads.activations.len() > 1 => self.sum(&reads),
            "Concat" => self.concat(&reads),
            "BatchNormalization" => self.batch_norm(&reads),
            "Add" | "Sub" | "Mul" | "Div" => self.by_constant(&reads),
            op_type if IN_PLACE.contains(&op_type) && first_is => {
                self.in_place(&reads, 0, 0);
                Ok(())
            }
            op_type if SAME.contains(&op_type) && first_is => {
                self.name(node, reads.tensor(), reads.sizes());
                Ok(())
            }
            "Reshape" | "Flatten" if first_is => {
                let sizes = self.reshaped(node, reads.sizes());
                self.name(node, reads.tensor(), &sizes);
                Ok(())
            }
            _ => {
                return Err(ParseError::Operator {
                    node: name,
                    op_type: node.op_type.clone(),
                });
            }
        };
        done.map_err(fail)
    }

    fn constant(&self, node: &NodeProto, at: usize) -> Option<Vec<usize>> {
        match self.values.get(node.input.get(at)?)? {
            Value::Constant { sizes, .. } => Some(sizes.clone()),
            Value::Tensor { .. } => None,
        }
    }

    /// Elements of a constant input that were not counted before.
    fn count(&mut self, node: &NodeProto, at: usize) -> Result<u64, String> {
        let Some(sizes) = self.constant(node, at) else {
            return Ok(0);
        };
        if !self.counted.insert(node.input[at].clone()) {
            return Ok(0);
        }
        let elements = elements(&sizes).ok_or_else(|| format!("weights of the sizes {sizes:?}"))?;
        Ok(elements as u64)
    }

    fn plain(
        &mut self,
        node: &NodeProto,
        op: Op,
        inputs: Vec<usize>,
        shape: [usize; 3],
    ) -> Result<(), String> {
        let layer = Layer {
            name: layer_name(node, usize::MAX),
            op,
            inputs,
            shape,
            weights: 0,
            biases: 0,
            macs: 0,
            in_place: Vec::new(),
        };
        self.push(layer, node, &shape)
    }

    fn push(&mut self, layer: Layer, node: &NodeProto, sizes: &[usize]) -> Result<(), String> {
        if elements(&layer.shape).is_none() || layer.macs > MOST_MACS {
            return Err(beyond(&layer.shape));
        }
        self.network.layers.push(layer);
        self.name(node, self.network.layers.len(), sizes);
        Ok(())
    }

    /// The node is done to what it reads where that lies.
    fn in_place(&mut self, reads: &Reads<'_>, weights: u64, biases: u64) {
        let node = reads.node;
        if let Some(layer) = reads
            .tensor()
            .checked_sub(1)
            .and_then(|at| self.network.layers.get_mut(at))
        {
            layer.weights += weights;
            layer.biases += biases;
            let is_bias = matches!(node.op_type.as_str(), "Add" | "Sub" | "Mul" | "Div");
            if !is_bias {
                layer.in_place.push(node.op_type.clone());
            }
        }
        self.name(node, reads.tensor(), reads.sizes());
    }

    /// What `node` writes is `tensor`.
    fn name(&mut self, node: &NodeProto, tensor: usize, sizes: &[usize]) {
        for output in &node.output {
            let sizes = sizes.to_vec();
            self.values
                .insert(output.clone(), Value::Tensor { tensor, sizes });
        }
    }
}

/// The node's name; the weights' without their ending where it has none.
fn layer_name(node: &NodeProto, weights: usize) -> String {
    if !node.name.is_empty() {
        return node.name.clone();
    }
    let weights = node
        .input
        .get(weights)
        .map(String::as_str)
        .unwrap_or_default();
    let stem = ["_w_0", ".weight", "_weight", "_W", "_w"]
        .iter()
        .find_map(|ending| weights.strip_suffix(ending));
    match stem {
        Some(stem) => stem
            .rsplit_once("gpu_0/")
            .map_or(stem, |(_, stem)| stem)
            .to_owned(),
        None => node.output.first().cloned().unwrap_or_default(),
    }
}
