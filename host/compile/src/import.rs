//! Reads a float ONNX as a [`FloatNet`], one layer per node.
//!
//! Shapes are worked out here, checked and bounded, before tract sees the
//! file; tract folds the constants and runs what is left. Layers are merged
//! later, by [`fuse`](super::fuse).

mod activation;
mod arithmetic;
mod batch_norm;
mod convolution;
mod dense;
mod fold;
mod graph;
mod operand;
mod plain;
mod pool;
mod shape;
mod window;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use tract_onnx::pb::NodeProto;

use super::error::{CompileError, MAX_ELEMENTS, MAX_SIZE, ModelError, Refusal};
use super::float_net::{FloatLayer, FloatNet, FloatOp};
use super::network::Window;
use cortexscope_net::onnx::{Attributes, Constant};
use graph::Checked;

/// Reads the bytes of an ONNX file.
///
/// `shape` is what an input without rows and columns, `[N, F]`, stands for.
///
/// # Errors
/// The file is no ONNX model, or a node is not supported; it is named.
pub fn import(onnx: &[u8], shape: [usize; 3]) -> Result<FloatNet, CompileError> {
    let checked = graph::check(onnx, shape)?;
    let mut importer = Importer::new(&checked);
    for node in &checked.graph.node {
        let refused = |why: Refusal| why.of(node_name(node), &node.op_type);
        importer.node(node).map_err(refused)?;
    }
    importer.finish()
}

/// What a tensor of the file is.
#[derive(Clone, Debug)]
enum Value {
    /// Known without an input.
    Constant(Arc<Constant>),
    /// An activation.
    Activation(View),
    /// Softmax of the logits, which is left off.
    Probabilities(View),
}

/// A tensor of the network under the sizes that the file gives it.
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
            _ => Err(Refusal::InputShape {
                have: self.dims.clone(),
                wanted: "[N, C, H, W]",
            }),
        }
    }
}

/// The network as far as it is read.
struct Importer<'a> {
    checked: &'a Checked,
    values: HashMap<&'a str, Value>,
    layers: Vec<FloatLayer>,
    names: HashSet<String>,
    /// The sliding windows, by the output of the node that has them.
    windows: HashMap<String, Window>,
}

impl<'a> Importer<'a> {
    fn new(checked: &'a Checked) -> Self {
        let input = View {
            tensor: 0,
            dims: checked.input_dims.clone(),
        };
        let name = checked.input.as_str();
        Self {
            checked,
            values: HashMap::from([(name, Value::Activation(input))]),
            layers: Vec::new(),
            names: HashSet::from([name.to_owned()]),
            windows: HashMap::new(),
        }
    }

    fn node(&mut self, node: &'a NodeProto) -> Result<(), Refusal> {
        if !matches!(node.domain.as_str(), "" | "ai.onnx") {
            return Err(Refusal::Domain(node.domain.clone()));
        }
        let output = node.output.first().ok_or(Refusal::Missing("output"))?;
        let mut activations = Vec::new();
        for name in node.input.iter().filter(|name| !name.is_empty()) {
            match self.value(name)? {
                Value::Constant(_) => {}
                Value::Activation(view) => activations.push(view),
                Value::Probabilities(_) => return Err(Refusal::NotLast),
            }
        }
        let value = match activations.first() {
            None => Value::Constant(Arc::new(self.fold(node)?)),
            Some(_) => self.layer(node)?,
        };
        self.values.insert(output, value);
        Ok(())
    }

    /// A node that reads an activation.
    fn layer(&mut self, node: &NodeProto) -> Result<Value, Refusal> {
        let attributes = Attributes(node);
        let view = match node.op_type.as_str() {
            "Conv" => self.convolution(node, attributes)?,
            "Gemm" => self.gemm(node, attributes)?,
            "MatMul" => self.matmul(node)?,
            "BatchNormalization" => self.batch_norm(node, attributes)?,
            "Add" | "Sub" | "Mul" | "Div" => self.arithmetic(node)?,
            "MaxPool" => self.max_pool(node, attributes)?,
            "GlobalMaxPool" => self.global_max_pool(node)?,
            "AveragePool" => self.average_pool(node, attributes)?,
            "GlobalAveragePool" => self.global_average_pool(node)?,
            "ReduceMean" => self.reduce_mean(node, attributes)?,
            "Concat" => self.concat(node, attributes)?,
            "Flatten" | "Reshape" | "Squeeze" | "Unsqueeze" => self.reshaped(node, attributes)?,
            "Identity" => self.activation(node, 0)?,
            "Dropout" => self.dropout(node)?,
            "Softmax" | "LogSoftmax" => {
                return Ok(Value::Probabilities(self.activation(node, 0)?));
            }
            "Shape" => return self.shape_of(node, attributes),
            _ => self.elementwise(node, attributes)?,
        };
        Ok(Value::Activation(view))
    }

    /// What the tensor called `name` is.
    fn value(&self, name: &str) -> Result<Value, Refusal> {
        if let Some(value) = self.values.get(name) {
            return Ok(value.clone());
        }
        let Some(proto) = self.checked.initializers.get(name) else {
            return Err(Refusal::Missing("value for one of its inputs"));
        };
        let constant = Constant::parse(proto).map_err(|source| Refusal::Constant {
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
            return Err(Refusal::TooLarge(shape.to_vec()));
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
        if let FloatOp::Conv { window, .. } | FloatOp::MaxPool(window) = &op {
            self.windows.insert(value.clone(), *window);
        }
        self.layers.push(FloatLayer {
            name,
            operator: node.op_type.clone(),
            inputs,
            op,
            shape,
            value,
            clamp: None,
        });
        Ok(View {
            tensor: self.layers.len(),
            dims,
        })
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
        let output = self.checked.output.as_str();
        let (Value::Activation(view) | Value::Probabilities(view)) = self
            .values
            .get(output)
            .ok_or_else(|| ModelError::Undefined(output.to_owned()))?
        else {
            return Err(ModelError::NoLayers.into());
        };
        let last = view.tensor;
        // Nodes are read only where the output depends on them, so nothing but
        // Softmax and reshapes can follow the last layer.
        if last == 0 || last != self.layers.len() {
            return Err(ModelError::NoLayers.into());
        }
        Ok(FloatNet {
            input: self.checked.input.clone(),
            input_dims: self.checked.input_dims.clone(),
            input_shape: self.checked.input_shape,
            layers: self.layers,
            reference: self.checked.reference(&self.windows),
        })
    }
}

/// A node's name, or its output's where it has none.
fn node_name(node: &NodeProto) -> &str {
    if node.name.is_empty() {
        node.output.first().map_or("", String::as_str)
    } else {
        &node.name
    }
}
