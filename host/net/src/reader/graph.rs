//! A network in the normal form, and what is known of it beforehand.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use tract_onnx::pb::{ModelProto, NodeProto, TensorProto};

/// What is known of a network beside its file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hint {
    /// `[C, H, W]` of the input, as a description says.
    pub shape: Option<[usize; 3]>,
    /// Rows and columns where the file leaves them open.
    pub size: Option<[usize; 2]>,
    /// The output that is wanted, where it is not the first that the network ends in.
    pub output: Option<String>,
    /// Whether rows and columns of `shape` replace those that the file fixes.
    pub replaces_size: bool,
}

/// A network in the normal form.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// The nodes and constants; no output is declared.
    pub model: ModelProto,
    /// The input's name.
    pub input: String,
    /// `[C, H, W]` of the input.
    pub shape: [usize; 3],
    /// The tensor that the network gives.
    pub output: String,
    /// The names of all outputs in the file.
    pub outputs: Vec<String>,
    /// Sizes of every activation, a batch of one included.
    pub sizes: HashMap<String, Vec<usize>>,
    /// The operator that writes each tensor in the file, whose normal form may be of another.
    pub operators: HashMap<String, String>,
    /// What was decided that the file does not say, for the user to read.
    pub notes: Vec<String>,
}

/// The nodes that `output` depends on, in their order.
pub fn needed(nodes: Vec<NodeProto>, output: &str) -> Vec<NodeProto> {
    let mut wanted: HashSet<String> = HashSet::from([output.to_owned()]);
    let mut kept: Vec<NodeProto> = Vec::with_capacity(nodes.len());
    for node in nodes.into_iter().rev() {
        if node.output.iter().any(|name| wanted.contains(name)) {
            wanted.extend(node.input.iter().cloned());
            kept.push(node);
        }
    }
    kept.reverse();
    kept
}

impl Graph {
    /// Whether nothing but constants lies between a node and a dense layer.
    pub fn is_before_dense(&self, node: &NodeProto) -> bool {
        let mut node = node;
        while let Some(output) = node.output.first() {
            let nodes = self.nodes().iter();
            let mut readers = nodes.filter(|next| next.input.contains(output));
            let (Some(next), None) = (readers.next(), readers.next()) else {
                return false;
            };
            match next.op_type.as_str() {
                "Gemm" | "MatMul" => return true,
                "Flatten" | "Reshape" | "Add" | "Sub" | "Mul" | "Div" => node = next,
                _ => return false,
            }
        }
        false
    }

    /// The nodes, each after those that it reads.
    pub fn nodes(&self) -> &[NodeProto] {
        self.model.graph.as_ref().map_or(&[], |graph| &graph.node)
    }

    /// The constants.
    pub fn constants(&self) -> &[TensorProto] {
        let graph = self.model.graph.as_ref();
        graph.map_or(&[], |graph| &graph.initializer)
    }

    /// The constant called `name`.
    pub fn constant(&self, name: &str) -> Option<&TensorProto> {
        let mut constants = self.constants().iter();
        constants.find(|constant| constant.name == name)
    }
}

/// Constants of the normal form, by name.
pub(super) type Constants = Vec<(String, Arc<TensorProto>)>;

/// `graph` with its constants, in the order of their names.
pub(super) fn with_constants(mut graph: Graph, constants: Constants) -> Graph {
    let mut initializer: Vec<TensorProto> = constants
        .into_iter()
        .map(|(name, constant)| TensorProto {
            name,
            ..Arc::unwrap_or_clone(constant)
        })
        .collect();
    initializer.sort_by(|a, b| a.name.cmp(&b.name));
    if let Some(graph) = &mut graph.model.graph {
        graph.initializer = initializer;
    }
    graph
}
