//! The file as a whole: one input, the output that is asked for, nodes in order.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use tract_onnx::pb::{
    GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto, tensor_proto::DataType,
    tensor_shape_proto::dimension, type_proto,
};

use super::Hint;
use super::error::{MAX_NODES, MAX_OPSET, MAX_SIZE, MIN_OPSET, ReadError};
use crate::onnx::constant::type_name;

/// Outputs that are tried where none is named.
const MAX_CANDIDATES: usize = 32;
/// Sizes that an input may have, those of one included.
const MAX_RANK: usize = 6;

/// A file whose input, outputs and order are checked.
#[derive(Debug)]
pub struct Checked {
    /// The operator set.
    pub opset: i64,
    /// The graph's name.
    pub name: String,
    /// The nodes that the output depends on, each after those that it reads.
    pub nodes: Vec<NodeProto>,
    /// The initializers, by name.
    pub initializers: HashMap<String, Arc<TensorProto>>,
    /// The input's name.
    pub input: String,
    /// The input's sizes, 1 for a batch that is open.
    pub sizes: Vec<usize>,
    /// The output's name.
    pub output: String,
    /// The names of all outputs in the file.
    pub outputs: Vec<String>,
    /// What was decided of the file as a whole.
    pub notes: Vec<String>,
}

/// What operators on quantised tensors say of the network.
const QUANTISED: [(&str, &str); 5] = [
    (
        "QLinear",
        "operators on int8, as onnxruntime's QOperator format has them",
    ),
    (
        "QGemm",
        "operators on int8, as onnxruntime's QOperator format has them",
    ),
    (
        "QuantizeLinear",
        "QuantizeLinear and DequantizeLinear around float operators, QDQ",
    ),
    (
        "DequantizeLinear",
        "QuantizeLinear and DequantizeLinear around float operators, QDQ",
    ),
    (
        "DynamicQuantizeLinear",
        "dynamically: the inputs' scales are measured in each run",
    ),
];

/// A file whose outputs are known.
#[derive(Debug)]
pub struct File {
    opset: i64,
    graph: GraphProto,
    initializers: HashMap<String, Arc<TensorProto>>,
    outputs: Vec<String>,
    notes: Vec<String>,
}

impl File {
    /// Checks a file as a whole.
    pub fn new(model: ModelProto) -> Result<Self, ReadError> {
        let opset = opset(&model)?;
        let mut graph = model.graph.ok_or(ReadError::NoGraph)?;
        if graph.node.len() > MAX_NODES {
            return Err(ReadError::Nodes(graph.node.len()));
        }
        let notes = super::narrow::to_float32(&mut graph)?;
        let initializers = std::mem::take(&mut graph.initializer)
            .into_iter()
            .map(|tensor| (tensor.name.clone(), Arc::new(tensor)))
            .collect();
        let outputs = graph.output.iter().map(|output| output.name.clone());
        Ok(Self {
            opset,
            outputs: outputs.collect(),
            graph,
            initializers,
            notes: notes.into_iter().collect(),
        })
    }

    /// The outputs that may be meant: the one that is asked for, or all in their order,
    /// those first that the network ends in: the others are read on the way there.
    pub fn candidates(&self, hint: &Hint) -> Result<Vec<String>, ReadError> {
        match &hint.output {
            Some(name) if self.outputs.contains(name) || writes(&self.graph, name) => {
                Ok(vec![name.clone()])
            }
            Some(name) => Err(ReadError::UnknownOutput {
                name: name.clone(),
                known: self.outputs.clone(),
            }),
            None if self.outputs.is_empty() => Err(ReadError::NoOutput),
            None => {
                let read = self.graph.node.iter().flat_map(|node| &node.input);
                let read: HashSet<&String> = read.collect();
                let mut outputs = self.outputs.clone();
                outputs.sort_by_key(|name| read.contains(name));
                // Each of them costs a reading of the network.
                outputs.truncate(MAX_CANDIDATES);
                Ok(outputs)
            }
        }
    }

    /// Checks what `output` depends on.
    pub fn check(&self, output: &str, hint: &Hint) -> Result<Checked, ReadError> {
        let initializers = &self.initializers;
        let nodes = in_order(self.graph.node.clone(), output)?;
        refuse_quantised(&nodes)?;
        refuse_half(&nodes, initializers)?;
        let input = only_input(&self.graph, &nodes, initializers)?;
        let sizes = sizes(input, hint)?;
        let input = input.name.clone();
        all_written(&nodes, &input, initializers)?;
        Ok(Checked {
            opset: self.opset,
            name: self.graph.name.clone(),
            nodes,
            initializers: initializers.clone(),
            input,
            sizes,
            output: output.to_owned(),
            outputs: self.outputs.clone(),
            notes: self.notes.clone(),
        })
    }
}

fn opset(model: &ModelProto) -> Result<i64, ReadError> {
    let own = |domain: &str| matches!(domain, "" | "ai.onnx");
    let mut versions = model.opset_import.iter().filter(|set| own(&set.domain));
    let version = versions.next().map_or(0, |set| set.version);
    if (MIN_OPSET..=MAX_OPSET).contains(&version) {
        Ok(version)
    } else {
        Err(ReadError::Opset(version))
    }
}

fn writes(graph: &GraphProto, name: &str) -> bool {
    let mut written = graph.node.iter().flat_map(|node| &node.output);
    written.any(|output| output == name)
}

/// The nodes that `output` depends on, each after those that it reads, else in the
/// file's order.
fn in_order(nodes: Vec<NodeProto>, output: &str) -> Result<Vec<NodeProto>, ReadError> {
    let mut writers: HashMap<&str, usize> = HashMap::new();
    for (index, node) in nodes.iter().enumerate() {
        for name in node.output.iter().filter(|name| !name.is_empty()) {
            if writers.insert(name, index).is_some() {
                return Err(ReadError::WrittenTwice(name.clone()));
            }
        }
    }
    let reads = |index: usize| {
        let inputs = super::branch::reads(&nodes[index]);
        inputs.filter_map(|name| writers.get(name.as_str()).copied())
    };
    let mut wanted = vec![false; nodes.len()];
    let mut open: Vec<usize> = writers.get(output).copied().into_iter().collect();
    while let Some(index) = open.pop() {
        if !std::mem::replace(&mut wanted[index], true) {
            open.extend(reads(index));
        }
    }
    // Kahn's algorithm: of the nodes whose operands are there, the first in the file is next.
    let mut missing = vec![0_usize; nodes.len()];
    let mut readers: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
    let wanted: Vec<usize> = (0..nodes.len()).filter(|&index| wanted[index]).collect();
    for &index in &wanted {
        for before in reads(index) {
            missing[index] += 1;
            readers[before].push(index);
        }
    }
    let ready = wanted.iter().filter(|&&index| missing[index] == 0);
    let mut ready: BTreeSet<usize> = ready.copied().collect();
    let mut order = Vec::with_capacity(wanted.len());
    while let Some(index) = ready.pop_first() {
        order.push(index);
        for &reader in &readers[index] {
            missing[reader] -= 1;
            if missing[reader] == 0 {
                ready.insert(reader);
            }
        }
    }
    if let Some(&index) = wanted.iter().find(|&&index| missing[index] > 0) {
        let name = nodes[index].output.first().cloned();
        return Err(ReadError::Circle(name.unwrap_or_default()));
    }
    let mut nodes: Vec<Option<NodeProto>> = nodes.into_iter().map(Some).collect();
    Ok(order
        .iter()
        .filter_map(|&index| nodes[index].take())
        .collect())
}

fn refuse_quantised(nodes: &[NodeProto]) -> Result<(), ReadError> {
    let form = |operator: &str| {
        let is_integer = matches!(operator, "ConvInteger" | "MatMulInteger");
        let dynamic = is_integer.then_some(QUANTISED[4].1);
        let known = QUANTISED
            .iter()
            .find(|(name, _)| operator.starts_with(name));
        dynamic.or(known.map(|&(_, form)| form))
    };
    // A dynamic quantisation begins with its own operator; the others name theirs.
    let found = nodes
        .iter()
        .find_map(|node| Some((node, form(&node.op_type)?)));
    match found {
        Some((node, form)) => Err(ReadError::Quantised {
            node: super::node_name(node).to_owned(),
            operator: node.op_type.clone(),
            form: if nodes
                .iter()
                .any(|node| node.op_type.starts_with("QLinearConv"))
            {
                QUANTISED[0].1
            } else {
                form
            },
        }),
        None => Ok(()),
    }
}

fn refuse_half(
    nodes: &[NodeProto],
    initializers: &HashMap<String, Arc<TensorProto>>,
) -> Result<(), ReadError> {
    let read = nodes.iter().flat_map(|node| &node.input);
    let mut constants = read.filter_map(|name| initializers.get(name));
    let half = |tensor: &&Arc<TensorProto>| {
        let kind = DataType::try_from(tensor.data_type);
        matches!(kind, Ok(DataType::Float16 | DataType::Bfloat16))
    };
    match constants.find(half) {
        Some(tensor) => Err(ReadError::HalfPrecision {
            name: tensor.name.clone(),
            kind: kind_name(tensor.data_type),
        }),
        None => Ok(()),
    }
}

fn kind_name(kind: i32) -> &'static str {
    DataType::try_from(kind).map_or("an unknown type", type_name)
}

/// The input that is no constant and that a node reads.
fn only_input<'g>(
    graph: &'g GraphProto,
    nodes: &[NodeProto],
    initializers: &HashMap<String, Arc<TensorProto>>,
) -> Result<&'g ValueInfoProto, ReadError> {
    let is_free = |input: &&ValueInfoProto| !initializers.contains_key(&input.name);
    let free: Vec<&ValueInfoProto> = graph.input.iter().filter(is_free).collect();
    let read: HashSet<&String> = nodes.iter().flat_map(super::branch::reads).collect();
    let used: Vec<&ValueInfoProto> = free
        .iter()
        .filter(|input| read.contains(&input.name))
        .copied()
        .collect();
    match (used.as_slice(), free.as_slice()) {
        ([input], _) | ([], [input]) => Ok(input),
        _ => {
            let names = free.iter().map(|input| input.name.clone());
            Err(ReadError::Inputs(names.collect()))
        }
    }
}

/// Every tensor is an input, a constant, or written once.
fn all_written(
    nodes: &[NodeProto],
    input: &str,
    initializers: &HashMap<String, Arc<TensorProto>>,
) -> Result<(), ReadError> {
    let mut written = HashSet::from([input]);
    for node in nodes {
        for name in node.input.iter().filter(|name| !name.is_empty()) {
            if !written.contains(name.as_str()) && !initializers.contains_key(name) {
                return Err(ReadError::Undefined(name.clone()));
            }
        }
        for name in node.output.iter().filter(|name| !name.is_empty()) {
            if name == input || initializers.contains_key(name) {
                return Err(ReadError::WrittenTwice(name.clone()));
            }
            written.insert(name);
        }
    }
    Ok(())
}

/// The input's sizes, 1 for a batch that is open; what else is open is what `hint` says.
fn sizes(input: &ValueInfoProto, hint: &Hint) -> Result<Vec<usize>, ReadError> {
    let error = |dims: String| ReadError::InputShape {
        name: input.name.clone(),
        dims,
    };
    let kind = input.r#type.as_ref().and_then(|kind| kind.value.as_ref());
    let Some(type_proto::Value::TensorType(tensor)) = kind else {
        return Err(error("without a tensor type".to_owned()));
    };
    if tensor.elem_type != DataType::Float as i32 {
        return Err(ReadError::InputType {
            name: input.name.clone(),
            kind: kind_name(tensor.elem_type),
            advice: advice(tensor.elem_type),
        });
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
    // Some exporters write 0 or -1 for "any".
    let known: Vec<Option<usize>> = dims
        .iter()
        .map(|dim| match dim.value {
            Some(dimension::Value::DimValue(size)) if size > 0 => usize::try_from(size).ok(),
            _ => None,
        })
        .collect();
    if known.is_empty()
        || known.len() > MAX_RANK
        || known.iter().flatten().any(|&size| size > MAX_SIZE)
    {
        return Err(unusable());
    }
    opened(&known, hint)
}

/// Sizes of the input that a node reads, -1 where one is open.
pub fn dims(model: &ModelProto) -> Vec<i64> {
    let Some(graph) = &model.graph else {
        return Vec::new();
    };
    let known: HashSet<&str> = graph.initializer.iter().map(|t| t.name.as_str()).collect();
    let mut free = graph
        .input
        .iter()
        .filter(|input| !known.contains(input.name.as_str()));
    let kind = free
        .next()
        .and_then(|input| input.r#type.as_ref()?.value.as_ref());
    let Some(type_proto::Value::TensorType(tensor)) = kind else {
        return Vec::new();
    };
    let dims = tensor.shape.iter().flat_map(|shape| &shape.dim);
    dims.map(|dim| match dim.value {
        Some(dimension::Value::DimValue(size)) if size > 0 => size,
        _ => -1,
    })
    .collect()
}

/// What to do with an input of another type than float32.
fn advice(kind: i32) -> &'static str {
    match DataType::try_from(kind) {
        Ok(DataType::Float16 | DataType::Bfloat16) => {
            "convert the model to float32, for instance by exporting it again after `model.float()`"
        }
        _ => "float32 is supported: export the model without the conversion of its input",
    }
}

/// `known` sizes, with 1 for an open batch and what is hinted for the others.
fn opened(known: &[Option<usize>], hint: &Hint) -> Result<Vec<usize>, ReadError> {
    let mut sizes = known.to_vec();
    if sizes[0].is_none() {
        sizes[0] = Some(1);
    }
    let rest = &mut sizes[1..];
    let is_image = rest.len() == 3;
    if let (true, true, Some([channels, height, width])) =
        (is_image, hint.replaces_size, hint.shape)
    {
        if rest[2] == Some(channels) && rest[0] != Some(channels) {
            (rest[0], rest[1]) = (Some(height), Some(width));
        } else {
            (rest[1], rest[2]) = (Some(height), Some(width));
        }
    }
    let wanted = hint.shape.map(|[channels, height, width]| {
        let channels_are_last = matches!(known, [_, None, None, Some(depth)] if *depth == channels);
        if channels_are_last {
            [height, width, channels]
        } else {
            [channels, height, width]
        }
    });
    match (rest.len(), wanted, hint.size) {
        (3, Some(wanted), _) => {
            for (size, wanted) in rest.iter_mut().zip(wanted) {
                *size = size.or(Some(wanted));
            }
        }
        (3, None, Some(side)) => {
            // Open are the rows and columns, wherever they stand.
            let open: Vec<usize> = (0..3).filter(|&at| rest[at].is_none()).collect();
            if let [first, second] = open[..] {
                rest[first] = Some(side[0]);
                rest[second] = Some(side[1]);
            }
        }
        (1, Some([channels, height, width]), _) if rest[0].is_none() => {
            rest[0] = channels
                .checked_mul(height)
                .and_then(|count| count.checked_mul(width));
        }
        _ => {}
    }
    let sizes: Option<Vec<usize>> = sizes.into_iter().collect();
    sizes.ok_or(ReadError::OpenSize)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(inputs: &[&str], output: &str) -> NodeProto {
        NodeProto {
            op_type: "Identity".to_owned(),
            input: inputs.iter().map(|&input| input.to_owned()).collect(),
            output: vec![output.to_owned()],
            ..NodeProto::default()
        }
    }

    #[test]
    fn nodes_are_sorted_and_those_that_nothing_needs_left_out() {
        let nodes = vec![
            node(&["b"], "c"),
            node(&["a"], "b"),
            node(&["a"], "unused"),
            node(&["x"], "a"),
        ];
        let names = |nodes: Vec<NodeProto>| -> Vec<String> {
            nodes.into_iter().flat_map(|node| node.output).collect()
        };
        assert_eq!(names(in_order(nodes, "c").unwrap()), ["a", "b", "c"]);
        let circle = vec![node(&["b"], "a"), node(&["a"], "b")];
        assert!(matches!(in_order(circle, "b"), Err(ReadError::Circle(_))));
        // What takes the square of the nodes takes minutes.
        let name = |at: usize| format!("t{at}");
        let reversed = (1..10_000)
            .rev()
            .map(|at| node(&[&name(at - 1)], &name(at)));
        let reversed: Vec<NodeProto> = reversed.collect();
        let begun = std::time::Instant::now();
        assert_eq!(in_order(reversed, "t9999").unwrap().len(), 9999);
        assert!(begun.elapsed().as_secs() < 5, "{:?}", begun.elapsed());
        let twice = vec![node(&["x"], "a"), node(&["x"], "a")];
        assert!(matches!(
            in_order(twice, "a"),
            Err(ReadError::WrittenTwice(_))
        ));
    }

    #[test]
    fn open_sizes_are_what_is_hinted() {
        let hint = |shape| Hint {
            shape,
            ..Hint::default()
        };
        let open = [None, None, None, Some(3)];
        let image = Some([3, 20, 30]);
        assert_eq!(opened(&open, &hint(image)).unwrap(), [1, 20, 30, 3]);
        assert!(matches!(
            opened(&open, &hint(None)),
            Err(ReadError::OpenSize)
        ));
        let open = [Some(4), Some(3), None, None];
        assert_eq!(opened(&open, &hint(image)).unwrap(), [4, 3, 20, 30]);
        let sized = Hint {
            size: Some([20, 30]),
            ..Hint::default()
        };
        assert_eq!(opened(&open, &sized).unwrap(), [4, 3, 20, 30]);
    }
}
