//! Shapes of every node of a graph, and which nodes make a layer.

use crate::budget::{Layer, Network, Op, Window};
use crate::onnx::pb::{
    GraphProto, ModelProto, NodeProto, tensor_shape_proto::dimension, type_proto,
};
use crate::onnx::{AttributeError, Attributes, Constant, Values};
use std::collections::{HashMap, HashSet};

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

/// Most elements of a tensor, so that no sum of bytes over a graph overflows.
const MOST_ELEMENTS: usize = 0x7FFF_FFFF;
/// Most multiplications of a layer, for the same reason.
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

fn constants(graph: &GraphProto) -> HashMap<String, Value> {
    let initializers = graph.initializer.iter().map(|tensor| {
        let sizes = tensor
            .dims
            .iter()
            .map(|&size| usize::try_from(size).unwrap_or(0))
            .collect();
        let ints = match Constant::parse(tensor) {
            Ok(Constant {
                values: Values::Int(ints),
                ..
            }) => Some(ints),
            _ => None,
        };
        (tensor.name.clone(), Value::Constant { sizes, ints })
    });
    initializers.collect()
}

struct Walk {
    values: HashMap<String, Value>,
    network: Network,
    /// Weights that were counted: a weight that is used twice counts once.
    counted: HashSet<String>,
}

impl Walk {
    fn node(&mut self, node: &NodeProto) -> Result<(), ParseError> {
        let name = node.output.first().cloned().unwrap_or_default();
        let fail = |what: String| ParseError::Node {
            node: name.clone(),
            op_type: node.op_type.clone(),
            what,
        };
        let attributes = Attributes(node);
        let attribute = |error: AttributeError| fail(error.to_string());
        let op_type = node.op_type.as_str();
        // The nodes of a graph are sorted: a cycle has one that reads what comes later.
        let unknown = |input: &&String| !input.is_empty() && !self.values.contains_key(*input);
        if let Some(input) = node.input.iter().find(unknown) {
            return Err(fail(format!(
                "it reads `{input}`, which nothing before it gives"
            )));
        }
        let activations: Vec<(usize, Vec<usize>)> = node
            .input
            .iter()
            .filter_map(|input| match self.values.get(input) {
                Some(Value::Tensor { tensor, sizes }) => Some((*tensor, sizes.clone())),
                _ => None,
            })
            .collect();
        let Some((tensor, sizes)) = activations.first().cloned() else {
            return self.fold(node).map_err(fail);
        };
        let first_is = node
            .input
            .first()
            .is_some_and(|input| matches!(self.values.get(input), Some(Value::Tensor { .. })));
        match op_type {
            "Conv" | "ConvInteger" | "QLinearConv" => {
                let at = if op_type == "QLinearConv" { 3 } else { 1 };
                let weights = self
                    .constant(node, at)
                    .ok_or_else(|| fail("its weights are computed".into()))?;
                let per_output = elements(&weights)
                    .zip(weights.first())
                    .map(|(all, outputs)| (all / outputs) as u64)
                    .ok_or_else(|| fail(format!("weights of the sizes {weights:?}")))?;
                let [outputs, per_group, kernel @ ..] = weights.as_slice() else {
                    return Err(fail(format!("weights of the sizes {weights:?}")));
                };
                let [input, height, width] =
                    square(&sizes).ok_or_else(|| fail("its input is no map".into()))?;
                let groups = attributes.int("group", 1).map_err(attribute)?;
                let groups = usize::try_from(groups).ok().filter(|&groups| groups > 0);
                let groups = groups.ok_or_else(|| fail("no positive number of groups".into()))?;
                if per_group.checked_mul(groups) != Some(input) {
                    return Err(fail(format!(
                        "{input} channels for weights of the sizes {weights:?} in {groups} groups"
                    )));
                }
                let window = self.window(node, kernel, [height, width]).map_err(&fail)?;
                if window.kernel != kernel {
                    return Err(fail(format!(
                        "attribute `kernel_shape` is {:?} for weights of the sizes {weights:?}",
                        window.kernel
                    )));
                }
                let [rows, columns] = window
                    .slide([height, width], false)
                    .ok_or_else(|| fail("no window fits".into()))?;
                let bias = if op_type == "QLinearConv" { 8 } else { 2 };
                let shape = [*outputs, rows, columns];
                let values = elements(&shape).ok_or_else(|| fail(beyond(&shape)))?;
                let layer = Layer {
                    name: layer_name(node, at),
                    op: Op::Conv { window, groups },
                    inputs: vec![tensor],
                    shape,
                    weights: self.count(node, at).map_err(&fail)?,
                    biases: if op_type == "ConvInteger" {
                        0
                    } else {
                        self.count(node, bias).map_err(&fail)?
                    },
                    macs: per_output * values as u64,
                    in_place: Vec::new(),
                };
                self.push(layer, node, &shape).map_err(fail)?;
            }
            "Gemm" | "MatMul" => {
                let weights = self
                    .constant(node, 1)
                    .ok_or_else(|| fail("its weights are computed".into()))?;
                let [rows, columns] = weights[..] else {
                    return Err(fail(format!("weights of the sizes {weights:?}")));
                };
                let macs = elements(&weights)
                    .ok_or_else(|| fail(format!("weights of the sizes {weights:?}")))?;
                let transposed = attributes.int("transB", 0).map_err(attribute)? != 0;
                let (inputs, outputs) = if transposed {
                    (columns, rows)
                } else {
                    (rows, columns)
                };
                if sizes.iter().product::<usize>() != inputs {
                    return Err(fail(format!("{sizes:?} into weights for {inputs} inputs")));
                }
                let layer = Layer {
                    name: layer_name(node, 1),
                    op: Op::Dense,
                    inputs: vec![tensor],
                    shape: [outputs, 1, 1],
                    weights: self.count(node, 1).map_err(&fail)?,
                    biases: self.count(node, 2).map_err(&fail)?,
                    macs: macs as u64,
                    in_place: Vec::new(),
                };
                self.push(layer, node, &[outputs]).map_err(fail)?;
            }
            "MaxPool" | "AveragePool" => {
                let [channels, height, width] =
                    square(&sizes).ok_or_else(|| fail("its input is no map".into()))?;
                let mut window = self.window(node, &[], [height, width]).map_err(&fail)?;
                let ceil = attributes.int("ceil_mode", 0).map_err(attribute)? != 0;
                let [rows, columns] = window
                    .slide([height, width], ceil)
                    .ok_or_else(|| fail("no window fits".into()))?;
                // What a rounded-up window reaches beyond the map is padding.
                for (axis, (size, count)) in
                    [(height, rows), (width, columns)].into_iter().enumerate()
                {
                    let reach = (count - 1) * window.stride[axis]
                        + (window.kernel[axis] - 1) * window.dilation[axis]
                        + 1;
                    let padded = size + window.pad_before[axis];
                    window.pad_after[axis] =
                        window.pad_after[axis].max(reach.saturating_sub(padded));
                }
                let op = if op_type == "MaxPool" {
                    Op::MaxPool(window)
                } else {
                    Op::AveragePool(window)
                };
                self.plain(node, op, vec![tensor], [channels, rows, columns])
                    .map_err(fail)?;
            }
            "GlobalAveragePool" | "GlobalMaxPool" | "ReduceMean" => {
                let [channels, ..] =
                    square(&sizes).ok_or_else(|| fail("its input is no map".into()))?;
                self.plain(node, Op::GlobalPool, vec![tensor], [channels, 1, 1])
                    .map_err(fail)?;
            }
            "Add" | "Sum" if activations.len() > 1 => {
                if activations.iter().any(|(_, other)| *other != sizes) {
                    return Err(fail("its inputs have different sizes".into()));
                }
                let inputs = activations.iter().map(|&(tensor, _)| tensor).collect();
                let shape = three(&sizes).ok_or_else(|| fail(format!("the sizes {sizes:?}")))?;
                self.plain(node, Op::Add, inputs, shape).map_err(fail)?;
            }
            "Concat" => {
                let axis = attributes.int("axis", 1).map_err(attribute)?;
                let maps: Option<Vec<_>> =
                    activations.iter().map(|(_, sizes)| square(sizes)).collect();
                let maps = maps
                    .filter(|_| axis == 1 || axis == -3)
                    .ok_or_else(|| fail("not over the channels of maps".into()))?;
                if maps.iter().any(|map| map[1..] != maps[0][1..]) {
                    return Err(fail("its inputs have different sizes".into()));
                }
                let channels = maps.iter().map(|map| map[0]).sum();
                let inputs = activations.iter().map(|&(tensor, _)| tensor).collect();
                self.plain(node, Op::Concat, inputs, [channels, maps[0][1], maps[0][2]])
                    .map_err(fail)?;
            }
            "BatchNormalization" => {
                let weights = self.count(node, 1).map_err(&fail)?;
                let biases = self.count(node, 2).map_err(&fail)?;
                self.in_place(node, tensor, &sizes, weights, biases);
            }
            // A bias, a scale, a shift: by a constant.
            "Add" | "Sub" => {
                let biases = node.input.iter().position(|input| {
                    matches!(self.values.get(input), Some(Value::Constant { .. }))
                });
                let biases = biases
                    .map_or(Ok(0), |at| self.count(node, at))
                    .map_err(fail)?;
                self.in_place(node, tensor, &sizes, 0, biases);
            }
            "Mul" | "Div" => {
                let weights = node.input.iter().position(|input| {
                    matches!(self.values.get(input), Some(Value::Constant { .. }))
                });
                let weights = weights
                    .filter(|_| activations.len() == 1)
                    .map_or(Ok(0), |at| self.count(node, at))
                    .map_err(fail)?;
                self.in_place(node, tensor, &sizes, weights, 0);
            }
            _ if IN_PLACE.contains(&op_type) && first_is => {
                self.in_place(node, tensor, &sizes, 0, 0)
            }
            _ if SAME.contains(&op_type) && first_is => self.name(node, tensor, &sizes),
            "Reshape" | "Flatten" if first_is => {
                let sizes = self.reshaped(node, &sizes);
                self.name(node, tensor, &sizes);
            }
            _ => {
                return Err(ParseError::Operator {
                    node: name,
                    op_type: node.op_type.clone(),
                });
            }
        }
        Ok(())
    }

    /// A node of constants only: its result is a constant, of sizes that count.
    fn fold(&mut self, node: &NodeProto) -> Result<(), String> {
        let first = node
            .input
            .first()
            .and_then(|input| self.values.get(input))
            .cloned();
        let value = match (node.op_type.as_str(), first) {
            (
                "ConstantOfShape",
                Some(Value::Constant {
                    ints: Some(ints), ..
                }),
            ) => Value::Constant {
                sizes: ints
                    .iter()
                    .map(|&size| usize::try_from(size).unwrap_or(0))
                    .collect(),
                ints: None,
            },
            ("Constant", _) => {
                let tensor = Attributes(node)
                    .tensor("value")
                    .map_err(|error| error.to_string())?;
                let tensor = tensor.ok_or("a constant without a value")?;
                let sizes = tensor
                    .dims
                    .iter()
                    .map(|&size| usize::try_from(size).unwrap_or(0));
                Value::Constant {
                    sizes: sizes.collect(),
                    ints: match Constant::parse(tensor) {
                        Ok(Constant {
                            values: Values::Int(ints),
                            ..
                        }) => Some(ints),
                        _ => None,
                    },
                }
            }
            ("Reshape", Some(Value::Constant { sizes, ints })) => {
                let to = node.input.get(1).and_then(|input| self.values.get(input));
                let Some(Value::Constant { ints: Some(to), .. }) = to else {
                    return Err("a constant is reshaped to sizes that are not known".into());
                };
                Value::Constant {
                    sizes: resolve(to, &sizes),
                    ints,
                }
            }
            ("Transpose", Some(Value::Constant { mut sizes, .. })) => {
                sizes.reverse();
                Value::Constant { sizes, ints: None }
            }
            (_, Some(constant @ Value::Constant { .. })) => constant,
            _ => return Err("it reads what the graph does not give".into()),
        };
        for output in &node.output {
            self.values.insert(output.clone(), value.clone());
        }
        Ok(())
    }

    /// Sizes without the batch after a reshaping node.
    fn reshaped(&self, node: &NodeProto, sizes: &[usize]) -> Vec<usize> {
        let total: usize = sizes.iter().product();
        let to = node.input.get(1).and_then(|input| self.values.get(input));
        match to {
            Some(Value::Constant { ints: Some(to), .. }) if to.len() > 1 => {
                let rest = resolve(&to[1..], sizes);
                if elements(&rest) == Some(total) {
                    rest
                } else {
                    vec![total]
                }
            }
            _ => vec![total],
        }
    }

    fn window(
        &self,
        node: &NodeProto,
        kernel: &[usize],
        size: [usize; 2],
    ) -> Result<Window, String> {
        let attributes = Attributes(node);
        let ints = |name: &'static str, default: &[usize]| -> Result<Vec<usize>, String> {
            let given = attributes.ints(name).map_err(|error| error.to_string())?;
            let given =
                given.map(|given| given.iter().map(|&value| usize::try_from(value)).collect());
            match given {
                None => Ok(default.to_vec()),
                Some(Ok(values)) => Ok(values),
                Some(Err(_)) => Err(format!("attribute `{name}` is negative")),
            }
        };
        let pair = |name: &'static str, default: &[usize]| -> Result<[usize; 2], String> {
            let values = ints(name, default)?;
            <[usize; 2]>::try_from(values)
                .map_err(|_| format!("attribute `{name}` has not two values"))
        };
        let kernel = pair("kernel_shape", kernel)?;
        let (stride, dilation) = (pair("strides", &[1, 1])?, pair("dilations", &[1, 1])?);
        let sane = |values: [usize; 2]| values.iter().all(|value| (1..=1 << 16).contains(value));
        if !sane(kernel) || !sane(stride) || !sane(dilation) {
            return Err("a window of no or endless size".into());
        }
        let pads: [usize; 4] = ints("pads", &[0; 4])?
            .try_into()
            .map_err(|_| "attribute `pads` has not four values".to_owned())?;
        let (mut pad_before, mut pad_after) = ([pads[0], pads[1]], [pads[2], pads[3]]);
        let auto = attributes
            .text("auto_pad")
            .map_err(|error| error.to_string())?;
        if let Some(mode @ ("SAME_UPPER" | "SAME_LOWER")) = auto {
            for axis in 0..2 {
                let reach = (kernel[axis] - 1) * dilation[axis] + 1;
                let covered = (size[axis].div_ceil(stride[axis]) - 1) * stride[axis] + reach;
                let pad = covered.saturating_sub(size[axis]);
                pad_before[axis] = if mode == "SAME_UPPER" {
                    pad / 2
                } else {
                    pad.div_ceil(2)
                };
                pad_after[axis] = pad - pad_before[axis];
            }
        }
        Ok(Window {
            kernel,
            stride,
            dilation,
            pad_before,
            pad_after,
        })
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

    /// `node` is done to `tensor` where it lies.
    fn in_place(
        &mut self,
        node: &NodeProto,
        tensor: usize,
        sizes: &[usize],
        weights: u64,
        biases: u64,
    ) {
        if let Some(layer) = tensor
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
        self.name(node, tensor, sizes);
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

/// Elements of a tensor of `sizes`; `None` where there are none, or too many.
fn elements(sizes: &[usize]) -> Option<usize> {
    let all = sizes
        .iter()
        .try_fold(1_usize, |all, &size| all.checked_mul(size));
    all.filter(|all| (1..=MOST_ELEMENTS).contains(all))
}

fn beyond(shape: &[usize]) -> String {
    format!("an output of the sizes {shape:?}, which is empty or too large")
}

/// `[C, H, W]` of a map.
fn square(sizes: &[usize]) -> Option<[usize; 3]> {
    <[usize; 3]>::try_from(sizes).ok()
}

/// `[C, H, W]` of a map or of features.
fn three(sizes: &[usize]) -> Option<[usize; 3]> {
    match *sizes {
        [features] => Some([features, 1, 1]),
        _ => square(sizes),
    }
}

/// The sizes that `to` means for a tensor of `from`: 0 keeps one, −1 takes the rest.
fn resolve(to: &[i64], from: &[usize]) -> Vec<usize> {
    let kept = to.iter().enumerate().map(|(at, &size)| match size {
        0 => from.get(at).copied().unwrap_or(1),
        size => usize::try_from(size).unwrap_or(1),
    });
    let mut sizes: Vec<usize> = kept.collect();
    if let Some(open) = to.iter().position(|&size| size == -1) {
        let all = |sizes: &[usize]| {
            sizes
                .iter()
                .fold(1_usize, |all, &size| all.saturating_mul(size))
        };
        sizes[open] = all(from) / all(&sizes).max(1);
    }
    sizes
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
