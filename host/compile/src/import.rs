//! Takes a [`Graph`] apart into a [`FloatNet`], one layer per node.
//!
//! The reader has brought the graph into its normal form: constants are computed,
//! maps have their channels in front. What is left here is what a board makes of each
//! node. Layers are merged later, by [`fuse`](super::fuse).

mod activation;
mod arithmetic;
mod batch_norm;
mod convolution;
mod dense;
mod function;
mod operand;
mod plain;
mod pool;

#[cfg(test)]
pub(crate) use activation::FUNCTIONS;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use tract_onnx::pb::{NodeProto, TensorProto};

use super::error::{CompileError, MAX_ELEMENTS, MAX_SIZE, ModelError, Refusal};
use super::float_net::{FloatLayer, FloatNet, FloatOp};
use cortexscope_net::onnx::{Attributes, Constant};
use cortexscope_net::reader::Refusal as ReadRefusal;
use cortexscope_net::reader::{Graph, node_name};

/// Takes a network apart.
///
/// # Errors
/// A node that a board cannot run; it is named.
pub fn import(graph: &Graph) -> Result<FloatNet, CompileError> {
    let mut importer = Importer::new(graph);
    for node in graph.nodes() {
        let refused = |why: Refusal| why.of(node_name(node), &node.op_type);
        importer.node(node).map_err(refused)?;
    }
    importer.finish()
}

/// What a tensor of the graph is.
#[derive(Clone, Debug)]
enum Value {
    /// Known without an input.
    Constant(Arc<Constant>),
    /// An activation.
    Activation(View),
    /// Softmax of the logits or the like, which is left off.
    Closed(View),
}

/// A tensor of the network under the sizes that the graph gives it.
#[derive(Clone, Debug, PartialEq)]
struct View {
    /// Number of the tensor.
    tensor: usize,
    /// `[1, C, H, W]` or `[1, F]`.
    dims: Vec<usize>,
}

impl View {
    /// `[C, H, W]`, where it is a map.
    fn map(&self) -> Result<[usize; 3], Refusal> {
        match *self.dims.as_slice() {
            [1, channels, height, width] => Ok([channels, height, width]),
            _ => Err(ReadRefusal::InputShape {
                have: self.dims.clone(),
                wanted: "[N, C, H, W]",
            }
            .into()),
        }
    }
}

/// The network as far as it is taken apart.
struct Importer<'a> {
    graph: &'a Graph,
    constants: HashMap<&'a str, &'a TensorProto>,
    values: HashMap<&'a str, Value>,
    layers: Vec<FloatLayer>,
    names: HashSet<String>,
    /// Whether one score ended in a Sigmoid.
    is_binary: bool,
    notes: Vec<String>,
}

impl<'a> Importer<'a> {
    fn new(graph: &'a Graph) -> Self {
        let [channels, height, width] = graph.shape;
        let input = View {
            tensor: 0,
            dims: vec![1, channels, height, width],
        };
        let name = graph.input.as_str();
        let constants = graph.constants().iter();
        Self {
            graph,
            constants: constants
                .map(|constant| (constant.name.as_str(), constant))
                .collect(),
            values: HashMap::from([(name, Value::Activation(input))]),
            layers: Vec::new(),
            names: HashSet::from([name.to_owned()]),
            is_binary: false,
            notes: Vec::new(),
        }
    }

    fn node(&mut self, node: &'a NodeProto) -> Result<(), Refusal> {
        let output = node.output.first().ok_or(ReadRefusal::Missing("output"))?;
        let value = self.layer(node)?;
        self.values.insert(output, value);
        Ok(())
    }

    /// What a node makes of the activations that it reads.
    fn layer(&mut self, node: &NodeProto) -> Result<Value, Refusal> {
        let attributes = Attributes(node);
        let view = match node.op_type.as_str() {
            "Conv" => self.convolution(node, attributes)?,
            "Gemm" => self.gemm(node, attributes)?,
            "MatMul" => self.matmul(node)?,
            "BatchNormalization" => self.batch_norm(node, attributes)?,
            "Add" | "Sub" | "Mul" | "Div" | "Pow" | "Max" | "Min" => self.arithmetic(node)?,
            "Sum" if node.input.len() == 2 => {
                let add = NodeProto {
                    op_type: "Add".to_owned(),
                    ..node.clone()
                };
                self.arithmetic(&add)?
            }
            "Where" | "Cast" | "Not" | "And" | "Or" | "Xor" | "Equal" | "Greater"
            | "GreaterOrEqual" | "Less" | "LessOrEqual" => self.choice(node, attributes)?,
            "MaxPool" => self.max_pool(node, attributes)?,
            "GlobalMaxPool" => self.global_max_pool(node)?,
            "AveragePool" => self.average_pool(node, attributes)?,
            "GlobalAveragePool" => self.global_average_pool(node)?,
            "Concat" => self.concat(node, attributes)?,
            "DepthToSpace" => self.depth_to_space(node, attributes)?,
            "Flatten" | "Reshape" => self.reshaped(node)?,
            "Softmax" | "LogSoftmax" if self.is_last(node) => {
                return Ok(Value::Closed(self.activation(node, 0)?));
            }
            "Sigmoid" | "Tanh" if self.is_last(node) => return self.closed(node),
            _ => self.elementwise(node, attributes)?,
        };
        Ok(Value::Activation(view))
    }

    /// Whether a node gives what the network gives.
    fn is_last(&self, node: &NodeProto) -> bool {
        node.output.first() == Some(&self.graph.output)
    }

    /// The last Sigmoid or Tanh is left off: scores keep their order without it.
    fn closed(&mut self, node: &NodeProto) -> Result<Value, Refusal> {
        let view = self.activation(node, 0)?;
        let scores: usize = view.dims.iter().product();
        let mut note = format!(
            "`{}` ({}) at the end is left off: the scores keep their order without it",
            node_name(node),
            node.op_type
        );
        if scores == 1 && node.op_type == "Sigmoid" {
            self.is_binary = true;
            note += "; one output is two classes, 0 and 1";
        }
        self.notes.push(note);
        Ok(Value::Closed(view))
    }

    /// The same values under the sizes that the graph gives them.
    fn reshaped(&self, node: &NodeProto) -> Result<View, Refusal> {
        let view = self.activation(node, 0)?;
        let name = node.output.first().map(String::as_str).unwrap_or_default();
        let dims = self.graph.sizes.get(name).cloned().unwrap_or_default();
        let [channels, height, width] = self.shape(view.tensor);
        let flat = [1, channels * height * width];
        if dims == flat || dims == [1, channels, height, width] {
            let tensor = view.tensor;
            return Ok(View { tensor, dims });
        }
        Err(Refusal::Reshape {
            from: view.dims,
            to: dims,
        })
    }

    /// What the tensor called `name` is.
    fn value(&self, name: &str) -> Result<Value, Refusal> {
        if let Some(value) = self.values.get(name) {
            return Ok(value.clone());
        }
        let Some(proto) = self.constants.get(name) else {
            return Err(ReadRefusal::Missing("value for one of its inputs").into());
        };
        let constant = Constant::parse(proto).map_err(|source| ReadRefusal::Constant {
            name: name.to_owned(),
            source,
        })?;
        Ok(Value::Constant(Arc::new(constant)))
    }

    /// Adds a layer that reads `inputs`, and gives its output as a map.
    fn push(
        &mut self,
        node: &NodeProto,
        inputs: Vec<usize>,
        op: FloatOp,
        shape: [usize; 3],
    ) -> Result<View, Refusal> {
        let [channels, height, width] = shape;
        let dims = vec![1, channels, height, width];
        let sides_fit = shape.iter().all(|side| (1..=MAX_SIZE).contains(side));
        let elements = cortexscope_net::onnx::constant::element_count(&shape);
        if !sides_fit || elements.is_none_or(|count| count > MAX_ELEMENTS) {
            return Err(ReadRefusal::TooLarge(shape.to_vec()).into());
        }
        if let FloatOp::Conv { weights, bias, .. } | FloatOp::Dense { weights, bias } = &op {
            let finite = |values: &[f32]| values.iter().all(|value| value.is_finite());
            if !finite(weights) {
                return Err(Refusal::NotFinite("weights"));
            }
            if !finite(bias) {
                return Err(Refusal::NotFinite("biases"));
            }
        }
        let name = self.unique(node_name(node));
        let value = node.output.first().cloned().unwrap_or_default();
        self.layers.push(FloatLayer {
            name,
            operator: node.op_type.clone(),
            inputs,
            op,
            shape,
            value,
            clamp: None,
            channel_scales: Vec::new(),
        });
        Ok(View {
            tensor: self.layers.len(),
            dims,
        })
    }

    /// `[C, H, W]` of tensor `index`.
    fn shape(&self, index: usize) -> [usize; 3] {
        let layer = index
            .checked_sub(1)
            .and_then(|layer| self.layers.get(layer));
        layer.map_or(self.graph.shape, |layer| layer.shape)
    }

    /// `name`, or where it is taken the first of `name_2`, `name_3`, … that is
    /// not.
    fn unique(&mut self, name: &str) -> String {
        let numbered = (2..).map(|number| format!("{name}_{number}"));
        let mut candidates = std::iter::once(name.to_owned()).chain(numbered);
        let free = candidates.find(|candidate| !self.names.contains(candidate));
        let free = free.unwrap_or_default();
        self.names.insert(free.clone());
        free
    }

    fn finish(self) -> Result<FloatNet, CompileError> {
        let output = self.graph.output.as_str();
        let last = match self.values.get(output) {
            Some(Value::Activation(view) | Value::Closed(view)) => view.tensor,
            _ => return Err(ModelError::NoLayers.into()),
        };
        let [channels, height, width] = self.graph.shape;
        let mut net = FloatNet {
            input: self.graph.input.clone(),
            input_dims: vec![1, channels, height, width],
            input_shape: self.graph.shape,
            layers: self.layers,
            reference: plain::model(&self.graph.model),
            is_binary: self.is_binary,
            notes: self.notes,
        };
        net.keep_what_is_read_by(last);
        if net.layers.is_empty() || last == 0 {
            return Err(ModelError::NoLayers.into());
        }
        Ok(net)
    }
}
