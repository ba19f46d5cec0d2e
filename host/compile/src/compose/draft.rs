//! The graph that is written while another is read.

use std::borrow::Cow;
use std::collections::HashMap;

use tract_onnx::pb::{AttributeProto, NodeProto, TensorProto};

use cortexscope_net::onnx::constant::{Constant, Values, is_without_values};
use cortexscope_net::reader::{Graph, needed, node_name};

/// A graph as far as it is composed.
pub struct Draft<'g> {
    /// What is read.
    pub graph: &'g Graph,
    constants: HashMap<&'g str, &'g TensorProto>,
    /// The node that writes each tensor, in the graph that is read.
    writers: HashMap<&'g str, &'g NodeProto>,
    nodes: Vec<NodeProto>,
    made: Vec<TensorProto>,
    /// Sizes of what was added, a batch of one included.
    sizes: HashMap<String, Vec<usize>>,
    is_changed: bool,
    /// The tensor that the network gives.
    pub output: String,
    /// What was decided that the file does not say.
    pub notes: Vec<String>,
}

impl<'g> Draft<'g> {
    pub fn new(graph: &'g Graph) -> Self {
        let constants = graph.constants().iter();
        let writers = graph.nodes().iter();
        Self {
            graph,
            constants: constants
                .map(|constant| (constant.name.as_str(), constant))
                .collect(),
            writers: writers
                .flat_map(|node| node.output.iter().map(move |name| (name.as_str(), node)))
                .collect(),
            nodes: Vec::with_capacity(graph.nodes().len()),
            made: Vec::new(),
            sizes: HashMap::new(),
            is_changed: false,
            output: graph.output.clone(),
            notes: Vec::new(),
        }
    }

    /// Takes a node over as it is.
    pub fn keep(&mut self, node: &NodeProto) {
        self.nodes.push(node.clone());
    }

    /// Sizes of an activation, a batch of one included; none of a constant.
    pub fn sizes(&self, name: &str) -> Option<&[usize]> {
        if self.constants.contains_key(name) {
            return None;
        }
        let sizes = self.sizes.get(name).or_else(|| self.graph.sizes.get(name));
        sizes.map(Vec::as_slice)
    }

    /// `[C, H, W]` of a map.
    pub fn map(&self, name: &str) -> Option<[usize; 3]> {
        match *self.sizes(name)? {
            [1, channels, height, width] => Some([channels, height, width]),
            _ => None,
        }
    }

    /// Sizes of a constant operand.
    pub fn constant_sizes(&self, name: &str) -> Option<&[i64]> {
        self.constants.get(name).map(|known| known.dims.as_slice())
    }

    /// The integers of a constant operand.
    pub fn integers(&self, name: &str) -> Option<Vec<i64>> {
        let constant = Constant::parse(self.constants.get(name)?).ok()?;
        constant.ints().map(<[i64]>::to_vec)
    }

    /// The one number of a constant operand.
    pub fn number(&self, name: &str) -> Option<f32> {
        let constant = Constant::parse(self.constants.get(name)?).ok()?;
        match *constant.floats()? {
            [value] => Some(value),
            _ => None,
        }
    }

    /// The floats of a constant operand; zeros where only its sizes are known, as it is
    /// where costs are counted.
    pub fn values(&self, name: &str) -> Option<Vec<f32>> {
        let constant = self.constants.get(name)?;
        if is_without_values(constant) {
            let sizes = constant.dims.iter();
            let count: i64 = sizes.product();
            return Some(vec![0.0; usize::try_from(count).ok()?]);
        }
        let constant = Constant::parse(constant).ok()?;
        constant.floats().map(<[f32]>::to_vec)
    }

    /// Whether a node reads a constant.
    pub fn has_constant(&self, node: &NodeProto) -> bool {
        let mut inputs = node.input.iter();
        inputs.any(|input| self.constants.contains_key(input.as_str()))
    }

    /// The node of the graph that writes a tensor.
    pub fn writer(&self, name: &str) -> Option<&'g NodeProto> {
        self.writers.get(name).copied()
    }

    /// A constant of floats for a part of `node`, and its name.
    pub fn floats(
        &mut self,
        node: &NodeProto,
        what: &str,
        dims: &[usize],
        values: Vec<f32>,
    ) -> String {
        let name = self.fresh(node, what);
        let constant = Constant {
            dims: dims.to_vec(),
            values: Values::Float(values),
        };
        self.made.push(constant.emit(&name));
        self.sizes.insert(name.clone(), dims.to_vec());
        name
    }

    /// A node that computes a part of what `node` does; the name of what it gives, which
    /// has these sizes.
    pub fn add(
        &mut self,
        node: &NodeProto,
        what: &str,
        [op_type, first, second]: [&str; 3],
        attributes: Vec<AttributeProto>,
        sizes: &[usize],
    ) -> String {
        let output = self.fresh(node, what);
        self.sizes.insert(output.clone(), sizes.to_vec());
        self.write(&output, &output, [op_type, first, second], attributes);
        output
    }

    /// The one activation that a node reads.
    pub fn activation_of(&self, node: &NodeProto) -> Option<String> {
        let is_one =
            |input: &&String| !input.is_empty() && !self.constants.contains_key(input.as_str());
        let mut inputs = node.input.iter().filter(is_one);
        let input = inputs.next()?;
        inputs.next().is_none().then(|| input.clone())
    }

    /// A constant of integers for a part of `node`, and its name.
    pub fn integer_list(&mut self, node: &NodeProto, what: &str, values: &[i64]) -> String {
        let name = self.fresh(node, what);
        let constant = Constant {
            dims: vec![values.len()],
            values: Values::Int(values.to_vec()),
        };
        self.made.push(constant.emit(&name));
        self.sizes.insert(name.clone(), vec![values.len()]);
        name
    }

    /// A node once more with other operands; the name of what it gives.
    pub fn again(&mut self, node: &NodeProto, inputs: Vec<String>, sizes: &[usize]) -> String {
        let output = self.fresh(node, "in_order");
        self.sizes.insert(output.clone(), sizes.to_vec());
        self.nodes.push(NodeProto {
            name: output.clone(),
            input: inputs,
            output: vec![output.clone()],
            ..node.clone()
        });
        self.is_changed = true;
        output
    }

    /// The node that gives what `node` does.
    pub fn end(
        &mut self,
        node: &NodeProto,
        parts: [&str; 3],
        attributes: Vec<AttributeProto>,
    ) -> Option<()> {
        let output = node.output.first()?;
        self.write(node_name(node), output, parts, attributes);
        Some(())
    }

    /// The last node that was added gives what `node` does.
    pub fn rename(&mut self, node: &NodeProto, added: &str) -> Option<()> {
        let last = self
            .nodes
            .last_mut()
            .filter(|last| last.output == [added])?;
        last.output.clone_from(&node.output);
        self.sizes.remove(added);
        Some(())
    }

    fn write(
        &mut self,
        name: &str,
        output: &str,
        [op_type, first, second]: [&str; 3],
        attributes: Vec<AttributeProto>,
    ) {
        let inputs = [first, second]
            .into_iter()
            .filter(|input| !input.is_empty());
        self.nodes.push(NodeProto {
            name: name.to_owned(),
            op_type: op_type.to_owned(),
            input: inputs.map(str::to_owned).collect(),
            output: vec![output.to_owned()],
            attribute: attributes,
            ..NodeProto::default()
        });
        self.is_changed = true;
    }

    /// `NODE.what`, or with as many underscores as make it new.
    fn fresh(&self, node: &NodeProto, what: &str) -> String {
        let mut name = format!("{}.{what}", node_name(node));
        let is_taken = |name: &str| {
            self.sizes.contains_key(name)
                || self.graph.sizes.contains_key(name)
                || self.constants.contains_key(name)
        };
        while is_taken(&name) {
            name.push('_');
        }
        name
    }

    /// The graph that was written: the one that was read, where nothing was composed.
    pub fn finish(self) -> Cow<'g, Graph> {
        if !self.is_changed && self.output == self.graph.output {
            return Cow::Borrowed(self.graph);
        }
        let mut graph = self.graph.clone();
        graph.sizes.extend(self.sizes);
        let nodes = needed(self.nodes, &self.output);
        graph.output = self.output;
        graph.notes.extend(self.notes);
        if let Some(model) = &mut graph.model.graph {
            model.node = nodes;
            model.initializer.extend(self.made);
        }
        Cow::Owned(graph)
    }
}
