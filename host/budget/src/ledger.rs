//! The rows and the sums.

use super::{Network, Op};

/// What a network costs.
#[derive(Clone, Debug, PartialEq)]
pub struct Ledger {
    /// The input, then every layer.
    pub rows: Vec<Row>,
    /// The sums.
    pub totals: Totals,
}

/// One tensor, and the layer that writes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The layer's name; `input` for the input.
    pub name: String,
    /// The operator and what follows it in place: `conv 5×5 /2, Relu`.
    pub op: String,
    /// `[C, H, W]`.
    pub shape: [usize; 3],
    /// Weights counted here.
    pub weights: u64,
    /// Biases counted here.
    pub biases: u64,
    /// Multiplications.
    pub macs: u64,
    /// Values of the output.
    pub values: u64,
    /// Input pixels that one output sees, `[rows, columns]`; `None` where it is all.
    pub receptive_field: Option<[usize; 2]>,
    /// Input pixels from one output to the next; `None` where there is only one.
    pub stride: Option<[usize; 2]>,
    /// Bytes of flash in a board image: int8 weights, and for each output channel an
    /// i32 bias and an f32 multiplier.
    pub flash_bytes: u64,
}

/// Sums over a network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Weights.
    pub weights: u64,
    /// Biases.
    pub biases: u64,
    /// Multiplications of one inference.
    pub macs: u64,
    /// Values of one image, input included.
    pub values: u64,
    /// Bytes of flash for the parameters.
    pub flash_bytes: u64,
}

impl Totals {
    /// Weights and biases.
    pub fn parameters(&self) -> u64 {
        self.weights + self.biases
    }
}

type Field = Option<([usize; 2], [usize; 2])>;

impl Ledger {
    /// The ledger of `network`.
    pub fn new(network: &Network) -> Self {
        let mut fields: Vec<Field> = vec![Some(([1; 2], [1; 2]))];
        let mut rows = vec![Row {
            name: "input".to_owned(),
            op: String::new(),
            shape: network.input,
            weights: 0,
            biases: 0,
            macs: 0,
            values: network.values(0) as u64,
            receptive_field: Some([1; 2]),
            stride: Some([1; 2]),
            flash_bytes: 0,
        }];
        for (index, layer) in network.layers.iter().enumerate() {
            let inputs: Vec<Field> = layer.inputs.iter().map(|&input| fields[input]).collect();
            let field = field(&layer.op, &inputs);
            fields.push(field);
            let channels = layer.shape[0] as u64;
            let has_parameters = matches!(layer.op, Op::Conv { .. } | Op::Dense);
            let mean = layer.op.mean_window(network.shape(layer.inputs[0]));
            let taps = mean
                .map(|window| (window.kernel[0] as u64).saturating_mul(window.kernel[1] as u64));
            rows.push(Row {
                name: layer.name.clone(),
                op: operator(&layer.op, &layer.in_place),
                shape: layer.shape,
                weights: layer.weights,
                biases: layer.biases,
                macs: layer.macs,
                values: network.values(index + 1) as u64,
                receptive_field: field.map(|(size, _)| size),
                stride: field.map(|(_, stride)| stride),
                flash_bytes: match taps {
                    Some(taps) => taps.saturating_add(8).saturating_mul(channels),
                    None if has_parameters => layer.weights + 8 * channels,
                    None => 0,
                },
            });
        }
        let sum = |of: fn(&Row) -> u64| rows.iter().map(of).sum();
        let totals = Totals {
            weights: sum(|row| row.weights),
            biases: sum(|row| row.biases),
            macs: sum(|row| row.macs),
            values: sum(|row| row.values),
            flash_bytes: sum(|row| row.flash_bytes),
        };
        Self { rows, totals }
    }
}

/// Receptive field and stride after `op`: a window of `k` adds `(k − 1)` strides.
fn field(op: &Op, inputs: &[Field]) -> Field {
    let mut widest = ([0; 2], [1; 2]);
    for input in inputs {
        let (size, stride) = (*input)?;
        for axis in 0..2 {
            widest.0[axis] = widest.0[axis].max(size[axis]);
            widest.1[axis] = widest.1[axis].max(stride[axis]);
        }
    }
    match op {
        Op::Dense | Op::GlobalPool => None,
        // What is no window may see everything.
        Op::Other(_) => None,
        Op::Add | Op::Mul | Op::Concat => Some(widest),
        Op::Conv { window, .. } | Op::MaxPool(window) | Op::AveragePool(window) => {
            let (mut size, mut stride) = widest;
            for axis in 0..2 {
                let reach = window.kernel[axis].saturating_sub(1) * window.dilation[axis];
                size[axis] = reach
                    .checked_mul(stride[axis])
                    .and_then(|reach| size[axis].checked_add(reach))?;
                stride[axis] = stride[axis].checked_mul(window.stride[axis])?;
            }
            Some((size, stride))
        }
    }
}

fn operator(op: &Op, in_place: &[String]) -> String {
    let mut text = op.name().to_owned();
    if let Some(window) = op.window() {
        let [rows, columns] = window.kernel;
        text += &format!(" {rows}×{columns}");
        if window.stride != [1, 1] {
            text += &format!(" /{}", window.stride[0]);
        }
    }
    if let Op::Conv { groups, .. } = op
        && *groups > 1
    {
        text += &format!(", {groups} groups");
    }
    for what in in_place {
        text += ", ";
        text += what;
    }
    text
}
