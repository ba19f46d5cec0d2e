//! The one reader of networks: from what an exporter wrote to a normal form that every
//! command takes.
//!
//! Exporters write the same network in many ways: channels last, weights transposed,
//! shapes computed, activations taken apart. A [`Graph`] has one of them:
//!
//! - one input `[1, C, H, W]` of float32, whatever sizes the file gives it;
//! - nodes in order, only those that the output depends on, constants computed;
//! - every map `[1, C, H, W]`, every vector `[1, F]`; series of samples have one row;
//! - nothing that computes nothing: no Identity, Cast, Dropout, Squeeze or Transpose;
//! - one operator set, with explicit padding and operands where ONNX moved them;
//! - a tensor keeps the name and the node that it has in the file.
//!
//! What does not fit this form, for instance a map that is cut up and put together
//! otherwise, is passed on as the file has it.
//!
//! The layout of the input is not in the file: whether `[1, 28, 28, 1]` has its
//! channels last shows in what the network does with it. So the reader tries the
//! layouts that make sense, and takes the one under which fewest tensors have to be
//! rearranged.

mod branch;
mod candidate;
mod checked;
mod error;
mod fold;
mod graph;
mod infer;
mod layout;
mod narrow;
mod operand;
mod ops;
mod place;
mod sign;
#[cfg(test)]
mod tests;
mod value;
pub mod window;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::{AttributeProto, ModelProto, NodeProto, TensorProto};

use crate::onnx::Weights;
use crate::onnx::file;
use crate::resources::ResourcePath;
use candidate::Read;
use checked::Checked;
use graph::{Constants, with_constants};
use layout::{Axes, Layout, View};
use value::{Form, Padded, Tensor, Value};

pub use error::{MAX_ELEMENTS, MAX_NODES, MAX_OPSET, MAX_SIZE, MIN_OPSET, ReadError, Refusal};
pub use graph::{Graph, Hint, needed};
pub use ops::{Board, OPERATORS, Operator, UNKNOWN, gives_truth};
pub use sign::never_negative;

/// The operator sets of the normal form: what tract is tested with.
const NORMAL_OPSETS: [i64; 2] = [13, 18];

/// Reads a network.
///
/// # Errors
/// [`ReadError`]: what is wrong with the file, or which node is not understood.
pub fn read(model: ModelProto, hint: &Hint) -> Result<Graph, ReadError> {
    let file = checked::File::new(model)?;
    let mut first_error = None;
    // Of several candidates the first one is meant that is an activation: others are labels.
    for output in file.candidates(hint)? {
        let checked = file.check(&output, hint);
        match checked.and_then(|checked| read_checked(checked, hint)) {
            Ok((graph, constants)) => {
                // Weights that nothing else holds any more are not copied.
                drop(file);
                return Ok(with_constants(graph, constants));
            }
            Err(error) if error.is_of_constants() => return Err(error),
            Err(error) => {
                first_error.get_or_insert(error);
            }
        }
    }
    Err(first_error.unwrap_or(ReadError::NoOutput))
}

/// The network without its constants, under the best layout of its input, and its
/// constants.
fn read_checked(checked: Checked, hint: &Hint) -> Result<(Graph, Constants), ReadError> {
    let wanted = hint.shape.or_else(|| sized(&checked.sizes, hint.size));
    let mut layouts = layout::layouts(&checked.sizes, wanted);
    let mut best: Option<Read<'_>> = None;
    let mut first_error = None;
    let mut next = 0;
    while let Some(layout) = layouts.get(next).cloned() {
        next += 1;
        match Reader::read(&checked, &layout) {
            Ok(read) => {
                layouts.extend(read.suggested(&checked.sizes, &layouts));
                let is_clean = read.cost() == [0, 0];
                if best.as_ref().is_none_or(|best| read.cost() < best.cost()) {
                    best = Some(read);
                }
                if is_clean {
                    break;
                }
            }
            // Another layout makes as much of the constants.
            Err(error) if error.is_of_constants() => return Err(error),
            Err(error) => {
                first_error.get_or_insert(error);
            }
        }
    }
    match (best, first_error) {
        (Some(read), _) => Ok(read.finish(&checked)),
        (None, Some(error)) => Err(error),
        (None, None) => Err(ReadError::InputShape {
            name: checked.input.clone(),
            dims: format!("{:?}", checked.sizes),
        }),
    }
}

/// The network in the file at `path`.
///
/// # Errors
/// As [`read`].
pub fn open(path: &ResourcePath, weights: Weights, hint: &Hint) -> Result<Graph, ReadError> {
    read(file::read(path, weights)?, hint)
}

/// `[C, H, W]` of the input of a network, from what the network does with it.
///
/// # Errors
/// As [`read`].
pub fn input_shape(model: &ModelProto, hint: &Hint) -> Result<[usize; 3], ReadError> {
    read(file::without_weights(model), hint).map(|graph| graph.shape)
}

/// Sizes of the input in the file, -1 where one is open; none where there is no input.
pub fn input_dims(model: &ModelProto) -> Vec<i64> {
    checked::dims(model)
}

/// `[C, H, W]` of a vector of which only rows and columns are said.
fn sized(sizes: &[usize], size: Option<[usize; 2]>) -> Option<[usize; 3]> {
    match (sizes, size) {
        (&[_, features], Some([height, width])) => {
            let pixels = height.checked_mul(width).filter(|&pixels| pixels > 0)?;
            features
                .is_multiple_of(pixels)
                .then_some([features / pixels, height, width])
        }
        _ => None,
    }
}

/// A node's name, or its output's where it has none.
pub fn node_name(node: &NodeProto) -> &str {
    if node.name.is_empty() {
        node.output.first().map_or("", String::as_str)
    } else {
        &node.name
    }
}

/// Whether an operator is in the table.
fn is_known(op_type: &str) -> bool {
    ops::find(op_type).is_some()
}

/// The network as far as it is read, under one layout of its input.
struct Reader<'a> {
    checked: &'a Checked,
    /// Images in the file's batch.
    batch: usize,
    /// Operator set of what is written.
    opset: i64,
    values: HashMap<&'a str, Value>,
    tensors: Vec<Tensor>,
    nodes: Vec<NodeProto>,
    constants: HashMap<String, Arc<TensorProto>>,
    /// Names of nodes and of tensors that are taken.
    names: HashSet<String>,
    /// Tensors of another form with the same values: a vector of a map, and back.
    formed: HashMap<(usize, Vec<usize>), usize>,
    /// Tensors that are others with constants around them.
    padded: HashMap<usize, Padded>,
    /// How often each tensor of the file is read.
    readers: HashMap<&'a str, usize>,
    /// Tensors that had to be rearranged.
    rearranged: usize,
    /// Constants that vary over rows or columns, and nodes that are passed on.
    uneven: usize,
    /// Bytes of the constants that folding has read and made so far.
    folded_bytes: u64,
    /// Bytes of them that a ConstantOfShape filled.
    filled_bytes: u64,
    /// Sizes that the file gives its input, where these cut through an axis.
    input_as: Option<Vec<usize>>,
    notes: Vec<String>,
}

impl<'a> Reader<'a> {
    /// Reads the whole network under one layout of its input.
    fn read(checked: &'a Checked, layout: &Layout) -> Result<Read<'a>, ReadError> {
        let mut readers: HashMap<&str, usize> = HashMap::new();
        for name in checked.nodes.iter().flat_map(branch::reads) {
            *readers.entry(name).or_default() += 1;
        }
        let input = checked.input.as_str();
        let view = View {
            tensor: 0,
            dims: layout.dims.clone(),
            name: input.to_owned(),
        };
        let written = checked.nodes.iter().flat_map(|node| &node.output);
        let constants = checked.initializers.keys();
        let names = written.chain(constants).cloned();
        let mut reader = Self {
            checked,
            batch: layout.axes.batch,
            opset: checked.opset.clamp(NORMAL_OPSETS[0], NORMAL_OPSETS[1]),
            values: HashMap::from([(input, Value::Activation(view))]),
            tensors: vec![Tensor {
                name: input.to_owned(),
                form: Form::Map(layout.axes.shape),
                is_truth: false,
            }],
            nodes: Vec::new(),
            constants: HashMap::new(),
            names: names.chain([input.to_owned()]).collect(),
            formed: HashMap::new(),
            padded: HashMap::new(),
            readers,
            rearranged: 0,
            uneven: 0,
            folded_bytes: 0,
            filled_bytes: 0,
            input_as: None,
            notes: checked.notes.clone(),
        };
        for node in &checked.nodes {
            let refused = |why: Refusal| why.of(node_name(node), &node.op_type);
            reader.node(node).map_err(refused)?;
        }
        match reader.values.get(checked.output.as_str()) {
            Some(Value::Activation(view)) if reader.is_activation(view) => Ok(Read {
                output: view.clone(),
                layout: layout.clone(),
                reader,
            }),
            Some(_) => Err(ReadError::NoLayers),
            None => Err(ReadError::Undefined(checked.output.clone())),
        }
    }

    /// Whether a view is of something that a layer computed, not of labels.
    fn is_activation(&self, view: &View) -> bool {
        let is_label = match self.tensors[view.tensor].form {
            Form::Raw(_, kind) => kind != DataType::Float,
            _ => self.tensors[view.tensor].is_truth,
        };
        view.tensor != 0 && !is_label
    }

    fn node(&mut self, node: &'a NodeProto) -> Result<(), Refusal> {
        let is_ml = node.domain == "ai.onnx.ml" && ops::ML.contains(&node.op_type.as_str());
        if !matches!(node.domain.as_str(), "" | "ai.onnx") && !is_ml {
            return Err(Refusal::Domain(node.domain.clone()));
        }
        let mut activations = Vec::new();
        for name in node.input.iter().filter(|name| !name.is_empty()) {
            if let Value::Activation(view) = self.value(name)? {
                activations.push(view);
            }
        }
        if activations.is_empty() {
            return self.fold(node);
        }
        let takes_truth = ops::TAKE_TRUTH.contains(&node.op_type.as_str());
        let is_raw = |view: &View| {
            let tensor = &self.tensors[view.tensor];
            matches!(tensor.form, Form::Raw(..)) || (tensor.is_truth && !takes_truth)
        };
        let known = ops::find(&node.op_type);
        match known {
            Some(operator) if !activations.iter().any(is_raw) || node.op_type == "Shape" => {
                (operator.read)(self, node)
            }
            _ => self.pass_on(node),
        }
    }

    /// What the tensor called `name` is.
    fn value(&self, name: &str) -> Result<Value, Refusal> {
        if let Some(value) = self.values.get(name) {
            return Ok(value.clone());
        }
        let constant = self.checked.initializers.get(name);
        let constant = constant.ok_or(Refusal::Missing("value for one of its inputs"))?;
        Ok(Value::Constant(Arc::clone(constant)))
    }

    /// Says what output `index` of `node` is.
    fn set(&mut self, node: &'a NodeProto, index: usize, value: Value) {
        if let Some(name) = node.output.get(index).filter(|name| !name.is_empty()) {
            self.values.insert(name, value);
        }
    }

    /// The first output of `node` shows `tensor` by `dims`.
    fn set_view(&mut self, node: &'a NodeProto, tensor: usize, dims: Vec<Vec<layout::Axis>>) {
        let name = node.output.first().cloned().unwrap_or_default();
        self.set(node, 0, Value::Activation(View { tensor, dims, name }));
    }

    /// The axes of a tensor.
    fn axes(&self, tensor: usize) -> Axes {
        let shape = match &self.tensors[tensor].form {
            Form::Map(shape) => *shape,
            Form::Flat(features) => [*features, 1, 1],
            Form::Raw(sizes, _) => [sizes.iter().product(), 1, 1],
        };
        Axes {
            batch: self.batch,
            shape,
        }
    }

    /// The sizes that a view has in the file.
    fn sizes(&self, view: &View) -> Vec<usize> {
        match &self.tensors[view.tensor].form {
            Form::Raw(sizes, _) => sizes.clone(),
            _ => self.axes(view.tensor).sizes(&view.dims),
        }
    }

    /// Whether a node reads output `index` of `node`, or it is what is wanted.
    fn is_used(&self, node: &NodeProto, index: usize) -> Option<String> {
        let name = node.output.get(index).filter(|name| !name.is_empty())?;
        let is_used = self.readers.contains_key(name.as_str()) || self.checked.output == *name;
        is_used.then(|| name.clone())
    }

    /// `name`, or where it is taken `name` with as many underscores as make it new.
    fn fresh(&mut self, mut name: String) -> String {
        while !self.names.insert(name.clone()) {
            name.push('_');
        }
        name
    }

    /// Writes a node of the normal form for `node` of the file, whose first output it
    /// gives, and gives its tensor.
    fn emit(
        &mut self,
        node: &NodeProto,
        op_type: &str,
        inputs: Vec<String>,
        attributes: Vec<AttributeProto>,
        form: Form,
    ) -> Result<usize, Refusal> {
        let output = node.output.first().ok_or(Refusal::Missing("output"))?;
        self.write(node_name(node), op_type, inputs, attributes, output, form)
    }

    /// Writes a node that the file does not have.
    fn add(
        &mut self,
        name: &str,
        op_type: &str,
        inputs: Vec<String>,
        attributes: Vec<AttributeProto>,
        form: Form,
    ) -> Result<usize, Refusal> {
        let output = self.fresh(name.to_owned());
        self.write(&output, op_type, inputs, attributes, &output, form)
    }

    fn write(
        &mut self,
        name: &str,
        op_type: &str,
        inputs: Vec<String>,
        attributes: Vec<AttributeProto>,
        output: &str,
        form: Form,
    ) -> Result<usize, Refusal> {
        let sizes = form.sizes();
        let sides_fit = sizes.iter().all(|side| (1..=MAX_SIZE).contains(side));
        let elements = crate::onnx::constant::element_count(&sizes);
        if !sides_fit || elements.is_none_or(|count| count > MAX_ELEMENTS) {
            return Err(Refusal::TooLarge(sizes));
        }
        self.nodes.push(NodeProto {
            name: name.to_owned(),
            op_type: op_type.to_owned(),
            input: inputs,
            output: vec![output.to_owned()],
            attribute: attributes,
            ..NodeProto::default()
        });
        self.tensors.push(Tensor {
            name: output.to_owned(),
            form,
            is_truth: false,
        });
        Ok(self.tensors.len() - 1)
    }

    /// A constant for nodes of the normal form to read, and its name there.
    fn keep(&mut self, constant: Arc<TensorProto>) -> String {
        let mut name = constant.name.clone();
        loop {
            match self.constants.get(&name) {
                Some(kept) if Arc::ptr_eq(kept, &constant) || *kept == constant => return name,
                // Two constants of one name differ in their layout.
                Some(_) => name.push('_'),
                None => {
                    self.names.insert(name.clone());
                    self.constants.insert(name.clone(), constant);
                    return name;
                }
            }
        }
    }
}
