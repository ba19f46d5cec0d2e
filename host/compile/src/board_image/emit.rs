//! Writes a quantised network as a board image.

use super::weights::channels_last;
use super::writer::Writer;
use super::{BoardImage, Weights, kernels, steps};
use crate::network::{Activation, Channels, Layer, Network, Op, Window};
use crate::planner::{self, Plan, Problem};
use cortexscope_core::Mode;
use cortexscope_core::image::ImageError;
use cortexscope_core::image::format::{
    Header, LayerRecord, MAGIC, PlanRecord, Span, TensorRecord, VERSION, kind, op,
};

/// Why a network cannot become a board image.
#[derive(Debug, thiserror::Error)]
pub enum EmitError {
    /// A number that the format has no room for.
    #[error("layer {layer}: {what} is {value}, a board image holds at most {most}")]
    TooLarge {
        /// The layer's name.
        layer: String,
        /// Which number.
        what: &'static str,
        /// Its value.
        value: usize,
        /// The largest that fits.
        most: usize,
    },
    /// The engine's own check refuses the result.
    #[error("the engine refuses the image: {0}")]
    Refused(#[from] ImageError),
}

/// The board image of `network`, with a plan for every mode.
///
/// `onnx_hash` is the SHA-256 of the int8 ONNX that says the same.
///
/// # Errors
/// [`EmitError`]; what comes back has passed the engine's check.
pub fn emit(network: &Network, onnx_hash: [u8; 32]) -> Result<BoardImage, EmitError> {
    emit_with(network, onnx_hash, Weights::default())
}

/// The same, with what it holds of the weights.
///
/// # Errors
/// As [`emit()`].
pub fn emit_with(
    network: &Network,
    onnx_hash: [u8; 32],
    weights: Weights,
) -> Result<BoardImage, EmitError> {
    emit_planned(network, onnx_hash, weights, planner::plan)
}

/// Bytes of the board image of `network`; its layers and weights count, not where they lie
/// in the arena.
///
/// # Errors
/// As [`emit()`].
pub(crate) fn bytes(network: &Network) -> Result<usize, EmitError> {
    let weights = Weights::default();
    let image = emit_planned(network, [0; 32], weights, planner::plan_in_order)?;
    Ok(image.model().image_bytes())
}

/// The same with another planner.
pub(super) fn emit_planned(
    network: &Network,
    onnx_hash: [u8; 32],
    weights: Weights,
    planner: impl Fn(&Problem) -> Plan,
) -> Result<BoardImage, EmitError> {
    let mut writer = Writer::new();
    let mut tensors = Vec::new();
    for index in 0..=network.layers.len() {
        let is_logits = index == network.layers.len();
        tensors.push(tensor(&mut writer, network.tensor(index), is_logits)?);
    }
    let operands: Vec<u16> = network
        .layers
        .iter()
        .flat_map(|layer| layer.inputs.iter().map(|&input| input as u16))
        .collect();
    let operands = writer.put(&operands);
    let mut layers = Vec::new();
    let mut operand = operands.offset;
    for index in 0..network.layers.len() {
        let layer = &network.layers[index];
        let inputs = Span {
            offset: operand,
            count: layer.inputs.len() as u32,
        };
        operand += 2 * inputs.count;
        layers.push(LayerRecord {
            inputs,
            ..record(&mut writer, network, index, weights)?
        });
    }
    let plans: Vec<PlanRecord> = Mode::ALL
        .iter()
        .map(|&mode| plan(&mut writer, network, weights, mode, &planner))
        .collect();
    let header = Header {
        magic: MAGIC,
        version: VERSION,
        name: writer.text(&network.name),
        labels: writer.text(&network.labels.join("\n")),
        tensors: writer.put(&tensors),
        layers: writer.put(&layers),
        operands,
        plans: writer.put(&plans),
        onnx_hash,
        ..Header::default()
    };
    Ok(BoardImage::from_bytes(&writer.finish(header))?)
}

fn plan(
    writer: &mut Writer,
    network: &Network,
    weights: Weights,
    mode: Mode,
    planner: &impl Fn(&Problem) -> Plan,
) -> PlanRecord {
    let plan = steps::plan(network, weights, mode, planner);
    PlanRecord {
        mode: mode as u32,
        arena_bytes: plan.arena_bytes as u32,
        steps: writer.put(&plan.steps),
        placements: writer.put(&plan.placements),
    }
}

fn tensor(
    writer: &mut Writer,
    activation: &Activation,
    is_logits: bool,
) -> Result<TensorRecord, EmitError> {
    let dimension = |what, value| small(&activation.name, what, value);
    let [channels, height, width] = activation.shape;
    Ok(TensorRecord {
        name: writer.text(&activation.name),
        height: dimension("height", height)?,
        width: dimension("width", width)?,
        channels: dimension("channels", channels)?,
        kind: if is_logits { kind::LOGITS } else { kind::INT8 },
        zero: activation.zero,
        scale: activation.scale,
        reserved: 0,
    })
}

/// The record of layer `index`, all but its operands.
fn record(
    writer: &mut Writer,
    network: &Network,
    index: usize,
    weights: Weights,
) -> Result<LayerRecord, EmitError> {
    let layer = &network.layers[index];
    let source = network.tensor(layer.inputs[0]);
    let empty = LayerRecord {
        clamp_min: i8::MIN,
        clamp_max: i8::MAX,
        ..LayerRecord::default()
    };
    let is_logits = index + 1 == network.layers.len();
    let (kernel, packed) = kernels::packed(network, index, weights);
    let empty = LayerRecord {
        kernel,
        packed: writer.put(&packed),
        ..empty
    };
    Ok(match &layer.op {
        Op::Conv {
            window,
            groups,
            weights,
            channels,
        } => {
            let depth = source.shape[0] / (*groups).max(1);
            let order = [depth, window.kernel[0], window.kernel[1]];
            LayerRecord {
                op: op::CONV,
                groups: small(&layer.output.name, "groups", *groups)?,
                // The biases, of four bytes each, are what has to come after the weights.
                weights: writer.put(&channels_last(weights, order)),
                bias: writer.put(&channels.bias),
                multipliers: writer.put(&multipliers(source, layer, channels, is_logits)),
                ..slid(&layer.output.name, window, empty)?
            }
        }
        Op::Dense { weights, channels } => LayerRecord {
            op: op::DENSE,
            weights: writer.put(&channels_last(weights, source.shape)),
            bias: writer.put(&channels.bias),
            multipliers: writer.put(&multipliers(source, layer, channels, is_logits)),
            ..empty
        },
        Op::MaxPool(window) => LayerRecord {
            op: op::MAX_POOL,
            ..slid(&layer.output.name, window, empty)?
        },
        Op::Lookup { table, .. } => LayerRecord {
            op: op::LOOKUP,
            table: writer.put(&table[..]),
            ..empty
        },
        Op::Concat => LayerRecord {
            op: op::CONCAT,
            ..empty
        },
        Op::DepthToSpace => LayerRecord {
            op: op::DEPTH_TO_SPACE,
            ..empty
        },
        Op::Add(sum) => LayerRecord {
            op: op::ADD,
            factors: sum.factors,
            // Exact: the unit is a power of two.
            multipliers: writer.put(&[sum.unit * layer.output.scale.recip()]),
            ..empty
        },
        Op::Mul => LayerRecord {
            op: op::MUL,
            multipliers: writer.put(&[layer.factor(network)]),
            ..empty
        },
    })
}

/// `(w · x) / y` in f32, in this order, or `w · x` for logits.
fn multipliers(
    source: &Activation,
    layer: &Layer,
    channels: &Channels,
    is_logits: bool,
) -> Vec<f32> {
    let scales = channels.weight_scales.iter().map(|w| w * source.scale);
    if is_logits {
        scales.collect()
    } else {
        scales.map(|scale| scale / layer.output.scale).collect()
    }
}

fn slid(name: &str, window: &Window, record: LayerRecord) -> Result<LayerRecord, EmitError> {
    let part = |what, value| small(name, what, value);
    Ok(LayerRecord {
        kernel_h: part("kernel height", window.kernel[0])?,
        kernel_w: part("kernel width", window.kernel[1])?,
        stride_h: part("stride", window.stride[0])?,
        stride_w: part("stride", window.stride[1])?,
        dilation_h: part("dilation", window.dilation[0])?,
        dilation_w: part("dilation", window.dilation[1])?,
        pad_top: part("padding", window.pad_before[0])?,
        pad_left: part("padding", window.pad_before[1])?,
        pad_bottom: part("padding", window.pad_after[0])?,
        pad_right: part("padding", window.pad_after[1])?,
        ..record
    })
}

fn small(layer: &str, what: &'static str, value: usize) -> Result<u16, EmitError> {
    u16::try_from(value).map_err(|_| EmitError::TooLarge {
        layer: layer.to_owned(),
        what,
        value,
        most: u16::MAX.into(),
    })
}
