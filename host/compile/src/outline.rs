//! What a network will be on a board, as far as that does not depend on calibration.
//!
//! Layers, shapes and memory follow from the graph alone. Scales and zero points do not;
//! an outline has stand-ins for them, and can be measured, not run.

use cortexscope_net::onnx::constant::{Constant, MAX_ELEMENTS, Values, is_without_values};
use cortexscope_net::onnx::pb::TensorProto;
use cortexscope_net::reader::Graph;

use super::board_image::{self, EmitError, Weights};
use super::float_net::{FloatLayer, FloatOp};
use super::network::{Activation, Channels, Layer, Network, Op, Sum};
use super::planner::PlannedNetwork;
use super::{CompileError, import};

/// A network as a board will have it, but for the numbers that need calibration.
#[derive(Clone, Debug)]
pub struct Outline {
    network: Network,
    /// For each layer the tensor of the file that holds what it computes.
    pub values: Vec<String>,
}

/// Elements that constants without values may have together: a graph that left its
/// weights out is small, and what stands for them should not be large either.
const MOST_STAND_INS: usize = 1 << 24;

impl Outline {
    /// The outline of the network of `graph`, called `name` and with these labels; none
    /// where more than 2²⁴ values of it were left out.
    ///
    /// # Errors
    /// As [`import()`].
    pub fn of(graph: &Graph, name: &str, labels: &[String]) -> Result<Option<Self>, CompileError> {
        let filled;
        let graph = match stand_ins(graph.constants()) {
            None => return Ok(None),
            Some(stand_ins) if stand_ins.is_empty() => graph,
            Some(stand_ins) => {
                filled = with(graph.clone(), stand_ins);
                &filled
            }
        };
        let float = import(graph)?;
        let mut values = Vec::with_capacity(float.layers.len());
        let mut layers = Vec::with_capacity(float.layers.len());
        for layer in float.layers {
            let FloatLayer {
                name,
                inputs,
                op,
                shape,
                value,
                ..
            } = layer;
            values.push(value);
            layers.push(Layer {
                inputs,
                op: outline(op),
                output: activation(&name, shape),
            });
        }
        let network = Network {
            name: name.to_owned(),
            labels: labels.to_vec(),
            input: activation(&float.input, float.input_shape),
            layers,
        };
        Ok(Some(Self { network, values }))
    }

    /// The network as the planner of board images sees it.
    pub fn planned(&self) -> PlannedNetwork {
        board_image::planned(&self.network, Weights::default())
    }

    /// Bytes of the board image.
    ///
    /// # Errors
    /// It does not fit the format, or an engine refuses it.
    pub fn image_bytes(&self) -> Result<usize, EmitError> {
        board_image::bytes(&self.network)
    }

    /// Names of the input and of the layers.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let layers = self.network.layers.iter().map(|layer| &layer.output);
        std::iter::once(&self.network.input)
            .chain(layers)
            .map(|tensor| tensor.name.as_str())
    }
}

/// A tensor whose steps are worth 1: a stand-in.
pub(crate) fn activation(name: &str, shape: [usize; 3]) -> Activation {
    Activation {
        name: name.to_owned(),
        shape,
        scale: 1.0,
        zero: 0,
    }
}

fn outline(op: FloatOp) -> Op {
    match op {
        FloatOp::Conv {
            window,
            groups,
            weights,
            bias,
            ..
        } => Op::Conv {
            window,
            groups,
            weights: in_steps(&weights, bias.len()),
            channels: channels(bias.len()),
        },
        FloatOp::Dense { weights, bias } => Op::Dense {
            weights: in_steps(&weights, bias.len()),
            channels: channels(bias.len()),
        },
        FloatOp::MaxPool(window) => Op::MaxPool(window),
        // `import` leaves no factors for each value: they are in the dense layer after them.
        FloatOp::Elementwise(_) | FloatOp::ValueAffine { .. } => Op::Lookup {
            table: Box::new([0; 256]),
            function: Vec::new(),
        },
        FloatOp::Concat => Op::Concat,
        FloatOp::DepthToSpace => Op::DepthToSpace,
        FloatOp::Add => Op::Add(Sum::of([1.0; 2])),
        FloatOp::Mul => Op::Mul,
    }
}

/// Each output's weights, the greatest 127 steps: which kernel suits them depends on them.
fn in_steps(weights: &[f32], outputs: usize) -> Vec<i8> {
    let per_output = (weights.len() / outputs.max(1)).max(1);
    let rows = weights.chunks(per_output).flat_map(|row| {
        let greatest = row
            .iter()
            .fold(0.0_f32, |most, weight| most.max(weight.abs()));
        let step = if greatest > 0.0 {
            greatest / 127.0
        } else {
            1.0
        };
        row.iter()
            .map(move |weight| (weight / step).round_ties_even() as i8)
    });
    rows.collect()
}

fn channels(outputs: usize) -> Channels {
    Channels {
        weight_scales: vec![1.0; outputs],
        bias: vec![0; outputs],
    }
}

/// A constant for each that has no values; none where that would be too many values.
fn stand_ins(constants: &[TensorProto]) -> Option<Vec<Constant>> {
    let mut total = 0_usize;
    let missing = constants.iter().filter(|known| is_without_values(known));
    let made = missing.map(|constant| {
        let sizes = constant.dims.iter().map(|&size| usize::try_from(size).ok());
        let dims: Vec<usize> = sizes.collect::<Option<_>>()?;
        let count = dims
            .iter()
            .try_fold(1_usize, |count, &size| count.checked_mul(size))
            .filter(|&count| count <= MAX_ELEMENTS)?;
        total += count;
        // Positive, unlike each other, and few of them great: as weights are.
        let value = |at: usize| if at.is_multiple_of(16) { 1.0 } else { 1e-3 };
        (total <= MOST_STAND_INS).then(|| Constant {
            dims,
            values: Values::Float((0..count).map(value).collect()),
        })
    });
    made.collect()
}

/// `graph` with the constants that have no values replaced, in their order.
fn with(mut graph: Graph, stand_ins: Vec<Constant>) -> Graph {
    let constants = graph.model.graph.iter_mut();
    let missing = constants
        .flat_map(|graph| &mut graph.initializer)
        .filter(|known| is_without_values(known));
    for (constant, stand_in) in missing.zip(stand_ins) {
        let name = std::mem::take(&mut constant.name);
        *constant = stand_in.emit(&name);
    }
    graph
}
