//! What a network costs, before it is compiled: parameters, multiplications,
//! values, bytes, and the arena it needs, layer by layer.
//!
//! A [`Network`] comes from a graph that was read ([`onnx::network`]), whose weights may
//! be left in the file, or from a table of the lecture's architectures
//! ([`architecture::find`]). [`Ledger`] adds up the nodes of the file; [`plan`] places what
//! the compiler makes of them, so that its arena is the board's; [`fit`] says which boards
//! hold it.
//!
//! ```
//! use cortexscope_budget::{Ledger, architecture};
//!
//! let network = architecture::find("lenet5").ok_or("there is no such table")?;
//! let totals = Ledger::new(&network).totals;
//! assert_eq!((totals.parameters(), totals.macs), (61_706, 416_520));
//! # Ok::<(), &str>(())
//! ```
//!
//! Conventions, the lecture's where it has one:
//! - the input counts as values; one image at a time;
//! - a layer is a convolution, a dense layer, a pooling, a sum or a concatenation.
//!   Activation, normalisation, dropout, softmax and reshaping are written over
//!   their input and have no values of their own;
//! - weights and biases are counted apart; scale and shift of a batch
//!   normalisation count as weights and biases, its running statistics do not;
//! - a weight that several layers use counts once;
//! - one multiplication with its addition is one MAC; biases, pooling and
//!   normalisation have none;
//! - with groups, an output channel has weights for its group's inputs only.

pub mod architecture;
pub mod fit;
pub mod lecture;
pub mod onnx;

mod backward;
mod ledger;
mod memory;
mod on_board;
#[cfg(test)]
mod tests;

pub use cortexscope_net::Window;

pub use backward::{Purpose, backward_bytes};
pub use ledger::{Ledger, Row, Totals};
pub use memory::{Element, MemoryPlan, Mode, PlannedBuffer, plan};
pub use on_board::OnBoard;

/// A network as its shapes. Tensor 0 is the input, layer `i` writes tensor `i + 1`.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    /// What it is called.
    pub name: String,
    /// `[C, H, W]` of the input.
    pub input: [usize; 3],
    /// The layers, in an order that works.
    pub layers: Vec<Layer>,
    /// Operators that count here and that no board can run.
    pub not_on_a_board: Vec<NotOnABoard>,
    /// What is compiled of it; none where no board runs it, where its weights are not
    /// known, and for a table.
    pub on_board: Option<OnBoard>,
}

/// What no board can run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotOnABoard {
    /// The node; none where it is the network as a whole.
    pub node: Option<Node>,
    /// Why.
    pub why: String,
}

/// A node of a graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its name, or that of its output.
    pub name: String,
    /// Its ONNX operator.
    pub operator: String,
}

impl NotOnABoard {
    /// A node that no board can run, for the reason that the compiler gives.
    fn node(name: &str, operator: &str, why: &cortexscope_compile::Refusal) -> Self {
        let said = why.to_string();
        let why = said.strip_prefix("not on a board: ").unwrap_or(&said);
        Self {
            node: Some(Node {
                name: name.to_owned(),
                operator: operator.to_owned(),
            }),
            why: why.to_owned(),
        }
    }
}

impl std::fmt::Display for NotOnABoard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "not on a board: ")?;
        if let Some(Node { name, operator }) = &self.node {
            write!(f, "node `{name}` ({operator}): ")?;
        }
        f.write_str(&self.why)
    }
}

/// One layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// Its name.
    pub name: String,
    /// What it computes.
    pub op: Op,
    /// Tensors that it reads.
    pub inputs: Vec<usize>,
    /// `[C, H, W]` of what it writes.
    pub shape: [usize; 3],
    /// Weights that are counted here.
    pub weights: u64,
    /// Biases that are counted here.
    pub biases: u64,
    /// Multiplications.
    pub macs: u64,
    /// What is done to the output where it lies, in order: `Relu`, `LRN`, …
    pub in_place: Vec<String>,
}

/// What a layer computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// Convolution.
    Conv {
        /// The window.
        window: Window,
        /// Channel groups.
        groups: usize,
    },
    /// Fully connected.
    Dense,
    /// Maximum over a window.
    MaxPool(Window),
    /// Mean over a window.
    AveragePool(Window),
    /// Mean over the whole map.
    GlobalPool,
    /// Element by element sum.
    Add,
    /// Element by element product.
    Mul,
    /// Channels one after the other.
    Concat,
    /// What no board runs, by its ONNX operator.
    Other(&'static str),
}

impl Op {
    /// Its name in tables.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Conv { .. } => "conv",
            Self::Dense => "dense",
            Self::MaxPool(_) => "max pool",
            Self::AveragePool(_) => "mean pool",
            Self::GlobalPool => "global pool",
            Self::Add => "add",
            Self::Mul => "mul",
            Self::Concat => "concat",
            Self::Other(operator) => operator,
        }
    }

    /// The window of a mean over a map of `[C, H, W]`. Boards compute it as a convolution
    /// of each channel, whose weights are in flash.
    pub fn mean_window(&self, [_, height, width]: [usize; 3]) -> Option<Window> {
        match self {
            Self::AveragePool(window) => Some(*window),
            Self::GlobalPool => Some(Window {
                kernel: [height, width],
                ..Window::POINT
            }),
            _ => None,
        }
    }

    /// The window that it slides over its input, if it does.
    pub fn window(&self) -> Option<&Window> {
        match self {
            Self::Conv { window, .. } | Self::MaxPool(window) | Self::AveragePool(window) => {
                Some(window)
            }
            Self::Dense
            | Self::GlobalPool
            | Self::Add
            | Self::Mul
            | Self::Concat
            | Self::Other(_) => None,
        }
    }
}

impl Network {
    /// `[C, H, W]` of tensor `index`; the input is 0.
    ///
    /// # Panics
    /// If there is no such tensor.
    pub fn shape(&self, index: usize) -> [usize; 3] {
        index
            .checked_sub(1)
            .map_or(self.input, |layer| self.layers[layer].shape)
    }

    /// Values of tensor `index`.
    ///
    /// # Panics
    /// If there is no such tensor.
    pub fn values(&self, index: usize) -> usize {
        self.shape(index).iter().product()
    }

    /// Values of each tensor that a board can send, the input first and the scores last.
    pub fn board_values(&self) -> Vec<usize> {
        match &self.on_board {
            Some(board) => board.values(),
            None => (0..=self.layers.len())
                .map(|tensor| self.values(tensor))
                .collect(),
        }
    }

    /// Layers that read tensor `index`.
    pub fn readers(&self, index: usize) -> impl Iterator<Item = usize> + '_ {
        let readers = self.layers.iter().enumerate();
        readers
            .filter(move |(_, layer)| layer.inputs.contains(&index))
            .map(|(at, _)| at)
    }

    /// Whether layer `layer` is a convolution that only the max-pool after it reads.
    pub fn is_conv_pool(&self, layer: usize) -> bool {
        let pool = self.layers.get(layer + 1);
        let conv = &self.layers[layer];
        // A normalisation looks at whole maps or at neighbours before the pooling.
        let rowwise = |name: &String| name != "LRN" && name != "InstanceNormalization";
        matches!(conv.op, Op::Conv { .. })
            && conv.in_place.iter().all(rowwise)
            && pool
                .is_some_and(|pool| matches!(pool.op, Op::MaxPool(_)) && pool.inputs == [layer + 1])
            && self.readers(layer + 1).count() == 1
    }
}
