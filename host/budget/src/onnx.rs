//! What a network that was read costs: its layers, from shapes alone.
//!
//! A constant counts by its sizes, wherever its values are. What a board cannot run
//! counts all the same, and the network says so.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use crate::{Layer, Network, NotOnABoard, OnBoard, Op, Window};
use cortexscope_compile::Refusal as BoardRefusal;
use cortexscope_net::onnx::constant::element_count;
use cortexscope_net::onnx::pb::{NodeProto, TensorProto, tensor_proto::DataType};
use cortexscope_net::onnx::{AttributeError, Attributes, Constant};
use cortexscope_net::reader::window::{Rounding, kernel, sliding};
use cortexscope_net::reader::{Board, Graph, OPERATORS, Operator, Refusal, node_name};

/// Most multiplications of a layer, so that no sum over a graph overflows.
const MOST_MACS: u64 = 1 << 48;

/// Operators that look at whole maps or at neighbours, and are written over their input.
const NORMALISATIONS: [&str; 2] = ["LRN", "InstanceNormalization"];

/// The network of `graph`; name and labels are those of its board image.
///
/// Parameters and multiplications are those of the file's nodes. What no board can run, and
/// what a board counts, is what the compiler makes of them.
///
/// # Errors
/// A window or weights that do not fit, of the node that is named.
pub fn network(graph: &Graph, name: &str, labels: &[String]) -> Result<Network, NetworkError> {
    let Walk {
        tensors,
        mut network,
        ..
    } = Walk::through(graph, name)?;
    if network.layers.is_empty() {
        return Err(NetworkError::NoLayers);
    }
    if let Cow::Owned(composed) = cortexscope_compile::compose(graph) {
        network.not_on_a_board = Walk::through(&composed, name)?.network.not_on_a_board;
    }
    if network.not_on_a_board.is_empty() {
        let tensor = |name: &str| tensors.get(name).copied();
        match OnBoard::of(graph, name, labels, tensor) {
            Ok(on_board) => network.on_board = on_board,
            Err(why) => network.not_on_a_board.push(why),
        }
    }
    Ok(network)
}

/// Why a network cannot be counted.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// Nothing in it is a layer.
    #[error("the network has no layer that costs anything")]
    NoLayers,
    /// A node makes no sense.
    #[error("node `{node}` ({operator}): {why}")]
    Node {
        /// The node.
        node: String,
        /// Its operator.
        operator: String,
        /// What is wrong.
        why: Refusal,
    },
}

struct Walk<'g> {
    graph: &'g Graph,
    constants: HashMap<&'g str, &'g TensorProto>,
    /// The tensor of the network that each tensor of the graph is.
    tensors: HashMap<&'g str, usize>,
    network: Network,
    /// Weights that were counted: a weight that is used twice counts once.
    counted: HashSet<&'g str>,
}

impl<'g> Walk<'g> {
    fn through(graph: &'g Graph, name: &str) -> Result<Self, NetworkError> {
        let constants = graph.constants().iter();
        let mut walk = Self {
            graph,
            constants: constants
                .map(|constant| (constant.name.as_str(), constant))
                .collect(),
            tensors: HashMap::from([(graph.input.as_str(), 0)]),
            network: Network {
                name: name.to_owned(),
                input: graph.shape,
                layers: Vec::new(),
                not_on_a_board: Vec::new(),
                on_board: None,
            },
            counted: HashSet::new(),
        };
        for node in graph.nodes() {
            walk.node(node).map_err(|why| NetworkError::Node {
                node: node_name(node).to_owned(),
                operator: node.op_type.clone(),
                why,
            })?;
        }
        Ok(walk)
    }

    fn node(&mut self, node: &'g NodeProto) -> Result<(), Refusal> {
        let activations: Vec<usize> = node
            .input
            .iter()
            .filter_map(|input| self.tensors.get(input.as_str()).copied())
            .collect();
        let Some(&first) = activations.first() else {
            return Err(Refusal::Missing("activation"));
        };
        let mut distinct = activations.clone();
        distinct.dedup();
        match node.op_type.as_str() {
            "Conv" if self.sizes_of(node, 1).is_some_and(|sizes| sizes.len() == 4) => {
                self.convolution(node, first)?;
            }
            "Gemm" | "MatMul" if self.sizes_of(node, 1).is_some() => self.dense(node, first)?,
            "MaxPool" | "AveragePool" if slides_over_two(node)? => self.pool(node, first)?,
            "GlobalAveragePool" => {
                self.layer(node, Op::GlobalPool, vec![first], Counted::default())?;
            }
            "GlobalMaxPool" => {
                let [_, height, width] = self.network.shape(first);
                let window = Window {
                    kernel: [height, width],
                    ..Window::POINT
                };
                self.layer(node, Op::MaxPool(window), vec![first], Counted::default())?;
            }
            "Add" | "Sum" | "Mul" if distinct.len() > 1 => {
                let op = if node.op_type == "Mul" {
                    Op::Mul
                } else {
                    Op::Add
                };
                if distinct.len() > 2 {
                    self.refuse(node, &BoardRefusal::TwoActivations);
                } else if self.network.shape(distinct[0]) != self.network.shape(distinct[1]) {
                    let sizes = |at: usize| {
                        let name = node.input.get(at).map(String::as_str).unwrap_or_default();
                        self.graph.sizes.get(name).cloned().unwrap_or_default()
                    };
                    self.refuse(node, &BoardRefusal::Spread(sizes(0), sizes(1)));
                }
                self.layer(node, op, activations, Counted::default())?;
            }
            "Concat" => {
                let of_channels = activations.iter().all(|&tensor| {
                    let [_, rows, columns] = self.network.shape(tensor);
                    let name = node.output.first().map(String::as_str).unwrap_or_default();
                    let [_, height, width] = self.shape_of(name);
                    [rows, columns] == [height, width]
                });
                let axis = Attributes(node).int("axis", 1)?;
                if axis != 1 || !of_channels {
                    let first = node.input.first().map(String::as_str).unwrap_or_default();
                    let sizes = self.graph.sizes.get(first).cloned().unwrap_or_default();
                    self.refuse(node, &BoardRefusal::concat_axis(axis, &sizes));
                }
                self.layer(node, Op::Concat, activations, Counted::default())?;
            }
            "DepthToSpace" if Attributes(node).text("mode")?.unwrap_or("DCR") == "DCR" => {
                let moved = Op::Other("DepthToSpace");
                self.layer(node, moved, vec![first], Counted::default())?;
            }
            "BatchNormalization" => {
                let (weights, biases) = (self.count(node, 1), self.count(node, 2));
                self.in_place(node, first, weights, biases);
            }
            "Add" | "Sub" | "Mul" | "Div" if distinct.len() == 1 => self.by_constant(node, first),
            "Flatten" | "Reshape" if self.keeps_order(node, first) => self.name(node, first),
            _ => self.other(node, &distinct)?,
        }
        Ok(())
    }

    /// Whether a node only flattens what it reads, or gives it its sizes back.
    fn keeps_order(&self, node: &NodeProto, input: usize) -> bool {
        let name = node.output.first().map(String::as_str).unwrap_or_default();
        let (from, to) = (self.network.shape(input), self.shape_of(name));
        to == from || to == [from.iter().product(), 1, 1]
    }

    /// Everything that is neither a layer nor a constant's: in place where it keeps its
    /// input's sizes, else a layer of its own.
    fn other(&mut self, node: &'g NodeProto, reads: &[usize]) -> Result<(), Refusal> {
        let operator = OPERATORS.iter().find(|known| known.name == node.op_type);
        let board = operator.map(|operator| operator.board);
        let is_last = node.output.first() == Some(&self.graph.output);
        match board {
            _ if reads.len() > 1 => self.refuse(node, &BoardRefusal::TwoActivations),
            Some(Board::Nothing) if matches!(node.op_type.as_str(), "Flatten" | "Reshape") => {
                let sizes = |names: &[String]| {
                    let name = names.first().map(String::as_str).unwrap_or_default();
                    self.graph.sizes.get(name).cloned().unwrap_or_default()
                };
                let (from, to) = (sizes(&node.input), sizes(&node.output));
                self.refuse(node, &BoardRefusal::Reshape { from, to });
            }
            Some(Board::Last) if is_last => {}
            Some(_) if is_mask(node)? => {}
            Some(Board::No(_) | Board::Last | Board::Nothing | Board::Layer) | None => {
                self.refuse(node, &BoardRefusal::of_operator(&node.op_type));
            }
            Some(_) if node.op_type == "PRelu" && self.varies(node, 1) => {
                let sizes = self.sizes_of(node, 1).unwrap_or_default();
                self.refuse(node, &BoardRefusal::Varies(sizes));
            }
            Some(_) => {}
        }
        let keeps_sizes = {
            let name = node.output.first().map(String::as_str).unwrap_or_default();
            self.shape_of(name) == self.network.shape(reads[0])
        };
        let is_in_place = NORMALISATIONS.contains(&node.op_type.as_str())
            || is_mask(node)?
            || matches!(board, Some(Board::Table | Board::Last | Board::No(_)));
        let moves = matches!(
            node.op_type.as_str(),
            "Slice" | "Pad" | "Transpose" | "Resize"
        );
        let constants: u64 = (0..node.input.len())
            .map(|at| self.count_floats(node, at))
            .sum();
        if reads.len() == 1 && keeps_sizes && is_in_place && !moves {
            self.in_place(node, reads[0], constants, 0);
            return Ok(());
        }
        let macs = self.other_macs(node, reads[0]);
        let counted = Counted {
            weights: constants,
            biases: 0,
            macs,
        };
        let name = operator.map_or("other", |operator: &Operator| operator.name);
        self.layer(node, Op::Other(name), reads.to_vec(), counted)
    }

    /// Whether a constant operand has more than one element.
    fn varies(&self, node: &NodeProto, at: usize) -> bool {
        self.sizes_of(node, at)
            .is_some_and(|sizes| product(&sizes) > 1)
    }

    /// Multiplications of a transposed convolution: every input meets every weight.
    fn other_macs(&self, node: &NodeProto, input: usize) -> u64 {
        if node.op_type != "ConvTranspose" {
            return 0;
        }
        let [_, height, width] = self.network.shape(input);
        let weights = self
            .sizes_of(node, 1)
            .and_then(|sizes| element_count(&sizes));
        weights.map_or(0, |weights| (weights * height * width) as u64)
    }

    fn convolution(&mut self, node: &'g NodeProto, input: usize) -> Result<(), Refusal> {
        let attributes = Attributes(node);
        let weights = self.sizes_of(node, 1).unwrap_or_default();
        let &[outputs, depth, rows, columns] = weights.as_slice() else {
            return Err(Refusal::Missing("weights"));
        };
        let [_, height, width] = self.network.shape(input);
        let groups = usize::try_from(attributes.int("group", 1)?)
            .unwrap_or(1)
            .max(1);
        let found = sliding(
            attributes,
            [rows, columns],
            [height, width],
            Rounding::Floor,
        )?;
        let places = found.output[0] * found.output[1];
        let counted = Counted {
            weights: self.count(node, 1),
            biases: self.count(node, 2),
            macs: product(&[outputs, depth, rows, columns, places]),
        };
        let window = found.window;
        self.check_padding(node, &window);
        self.layer(node, Op::Conv { window, groups }, vec![input], counted)
    }

    fn dense(&mut self, node: &'g NodeProto, input: usize) -> Result<(), Refusal> {
        let weights = self.sizes_of(node, 1).unwrap_or_default();
        let counted = Counted {
            weights: self.count(node, 1),
            biases: self.count(node, 2),
            macs: product(&weights),
        };
        self.layer(node, Op::Dense, vec![input], counted)
    }

    fn pool(&mut self, node: &'g NodeProto, input: usize) -> Result<(), Refusal> {
        let attributes = Attributes(node);
        let [_, height, width] = self.network.shape(input);
        let rounding = if attributes.int("ceil_mode", 0)? == 0 {
            Rounding::Floor
        } else {
            Rounding::Ceil
        };
        let found = sliding(attributes, kernel(attributes)?, [height, width], rounding)?;
        let window = found.window;
        self.check_padding(node, &window);
        let op = if node.op_type == "MaxPool" {
            Op::MaxPool(window)
        } else {
            self.check_average(node, &window, found.rounded_up)?;
            Op::AveragePool(window)
        };
        self.layer(node, op, vec![input], Counted::default())
    }

    /// Every window of a board reads something.
    fn check_padding(&mut self, node: &NodeProto, window: &Window) {
        if let Err(why) = BoardRefusal::of_padding(window) {
            self.refuse(node, &why);
        }
    }

    /// A board averages the same number of values everywhere.
    fn check_average(
        &mut self,
        node: &NodeProto,
        window: &Window,
        rounded_up: bool,
    ) -> Result<(), AttributeError> {
        let is_padded = [window.pad_before, window.pad_after] != [[0; 2]; 2];
        let counts = Attributes(node).int("count_include_pad", 0)? != 0;
        if is_padded && (!counts || rounded_up) {
            self.refuse(node, &BoardRefusal::AverageEdge);
        }
        Ok(())
    }

    /// A bias or a scale that is a constant, or a function of an activation and itself.
    fn by_constant(&mut self, node: &'g NodeProto, input: usize) {
        let is_constant = |input: &String| self.constants.contains_key(input.as_str());
        let Some(at) = node.input.iter().position(is_constant) else {
            self.in_place(node, input, 0, 0);
            return;
        };
        let [channels, height, width] = self.network.shape(input);
        let elements = self
            .sizes_of(node, at)
            .and_then(|sizes| element_count(&sizes));
        let is_map = channels * height * width != channels;
        let varies = elements.is_some_and(|elements| elements != 1 && elements != channels);
        if is_map && varies && !self.graph.is_before_dense(node) {
            let sizes = self.sizes_of(node, at).unwrap_or_default();
            self.refuse(node, &BoardRefusal::Varies(sizes));
        }
        let counted = self.count(node, at);
        let is_bias = matches!(node.op_type.as_str(), "Add" | "Sub");
        let [weights, biases] = if is_bias { [0, counted] } else { [counted, 0] };
        self.in_place(node, input, weights, biases);
    }

    /// Sizes of a constant operand.
    fn sizes_of(&self, node: &NodeProto, at: usize) -> Option<Vec<usize>> {
        let constant = self.constants.get(node.input.get(at)?.as_str())?;
        Some(sizes(constant))
    }

    /// Elements of a constant operand that were not counted before.
    fn count(&mut self, node: &'g NodeProto, at: usize) -> u64 {
        let Some(sizes) = self.sizes_of(node, at) else {
            return 0;
        };
        let name = node.input[at].as_str();
        if self.counted.insert(name) {
            product(&sizes)
        } else {
            0
        }
    }

    /// The same for operands that are weights, not sizes or axes.
    fn count_floats(&mut self, node: &'g NodeProto, at: usize) -> u64 {
        let constant = node
            .input
            .get(at)
            .and_then(|name| self.constants.get(name.as_str()));
        let is_small = |constant: &&&TensorProto| {
            Constant::parse(constant).is_ok_and(|known| known.floats().is_none())
        };
        let takes_settings = matches!(
            node.op_type.as_str(),
            "Clip" | "Pad" | "Slice" | "Resize" | "Pow" | "Max" | "Min" | "Where"
        ) || is_comparison(&node.op_type);
        if takes_settings || constant.filter(is_small).is_some() {
            return 0;
        }
        self.count(node, at)
    }

    /// `[C, H, W]` of a tensor of the graph.
    fn shape_of(&self, name: &str) -> [usize; 3] {
        match self.graph.sizes.get(name).map_or(&[][..], Vec::as_slice) {
            &[_, channels, height, width] => [channels, height, width],
            &[_, channels, length] => [channels, 1, length],
            &[_, features] => [features, 1, 1],
            sizes => [sizes.iter().product(), 1, 1],
        }
    }

    fn layer(
        &mut self,
        node: &'g NodeProto,
        op: Op,
        inputs: Vec<usize>,
        counted: Counted,
    ) -> Result<(), Refusal> {
        let name = node.output.first().map(String::as_str).unwrap_or_default();
        let shape = self.shape_of(name);
        if counted.macs > MOST_MACS || shape.contains(&0) {
            return Err(Refusal::TooLarge(shape.to_vec()));
        }
        self.network.layers.push(Layer {
            name: layer_name(node),
            op,
            inputs,
            shape,
            weights: counted.weights,
            biases: counted.biases,
            macs: counted.macs,
            in_place: Vec::new(),
        });
        self.name(node, self.network.layers.len());
        Ok(())
    }

    /// The node is done to what it reads where that lies.
    fn in_place(&mut self, node: &'g NodeProto, tensor: usize, weights: u64, biases: u64) {
        let layer = tensor.checked_sub(1);
        if let Some(layer) = layer.and_then(|at| self.network.layers.get_mut(at)) {
            layer.weights += weights;
            layer.biases += biases;
            let is_bias = matches!(node.op_type.as_str(), "Add" | "Sub" | "Mul" | "Div");
            if !is_bias {
                layer.in_place.push(node.op_type.clone());
            }
        }
        self.name(node, tensor);
    }

    /// What `node` writes is `tensor`.
    fn name(&mut self, node: &'g NodeProto, tensor: usize) {
        let outputs = node.output.iter();
        self.tensors
            .extend(outputs.map(|output| (output.as_str(), tensor)));
    }

    /// The reason in the words of the compiler, which meets the same node.
    fn refuse(&mut self, node: &NodeProto, why: &BoardRefusal) {
        let refused = NotOnABoard::node(node_name(node), &node.op_type, why);
        self.network.not_on_a_board.push(refused);
    }
}

/// Whether a node makes numbers of truth values: of what is cast to float32 no other is left.
fn is_mask(node: &NodeProto) -> Result<bool, AttributeError> {
    let to = Attributes(node).int("to", 0)?;
    Ok(node.op_type == "Cast" && to == DataType::Float as i64)
}

/// Whether a window has rows and columns, and no third side.
fn slides_over_two(node: &NodeProto) -> Result<bool, AttributeError> {
    let kernel = Attributes(node).ints("kernel_shape")?;
    Ok(kernel.is_none_or(|kernel| kernel.len() == 2))
}

/// Whether an operator compares an activation, whose other operand is a bound.
fn is_comparison(operator: &str) -> bool {
    operator == "Equal" || operator.starts_with("Greater") || operator.starts_with("Less")
}

/// What is counted of a layer.
#[derive(Clone, Copy, Debug, Default)]
struct Counted {
    weights: u64,
    biases: u64,
    macs: u64,
}

/// The sizes that a file gives a constant; 0 for what is none.
fn sizes(constant: &TensorProto) -> Vec<usize> {
    let sizes = constant.dims.iter();
    sizes
        .map(|&size| usize::try_from(size).unwrap_or(0))
        .collect()
}

fn product(sizes: &[usize]) -> u64 {
    let sizes = sizes.iter();
    sizes.fold(1_u64, |product, &size| product.saturating_mul(size as u64))
}

/// The node's name; the weights' without their ending where it has none.
fn layer_name(node: &NodeProto) -> String {
    let output = node.output.first().map(String::as_str).unwrap_or_default();
    if !node.name.is_empty() && node.name != output {
        return node.name.clone();
    }
    let weights = node.input.get(1).map(String::as_str).unwrap_or_default();
    let stem = ["_w_0", ".weight", "_weight", "_W", "_w"]
        .iter()
        .find_map(|ending| weights.strip_suffix(ending));
    match stem {
        Some(stem) => stem
            .rsplit_once("gpu_0/")
            .map_or(stem, |(_, stem)| stem)
            .to_owned(),
        None => output.to_owned(),
    }
}
