//! The description of the network on the board: the image's own integers, the
//! plans, and the memory, planned and measured.

use super::packet::{Kind, Packet};
use axum::body::Bytes;
use cortexscope_core::image::{Layer, Quantiser, Tensor, Window};
use cortexscope_core::{Model, Op};
use cortexscope_draw::{ArenaPlan, BufferKind};
use cortexscope_present::documents::memory::Linked;
use cortexscope_present::scene;
use cortexscope_rig::Rig;
use cortexscope_rig::measure::Measurement;
use cortexscope_rig::session::{CounterKind, Memory};
use serde_json::{Value, json};

/// The packet that describes `rig`; `generation` tells its frames from those of
/// the network before.
pub fn describe(rig: &Rig, generation: u64, memory: &Memory, measured: &[Measurement]) -> Bytes {
    let image = rig.model.image.clone();
    let model = image.model();
    let board = rig.session.board();
    let kind = cortexscope_rig::board::find(&board.name);
    let modes = measured.iter().map(|measurement| mode(&model, measurement));
    let header = json!({
        "generation": generation,
        "board": board.name,
        "core": kind.map(|kind| kind.core),
        "emulated": board.counter == CounterKind::Instructions,
        "counter": match board.counter {
            CounterKind::Instructions => Some("instructions"),
            CounterKind::Cycles => Some("cycles"),
            CounterKind::None => None,
        },
        "engine": board.engine,
        "elf_build_id": board.elf_build_id_hex(),
        "link": rig.session.link(),
        "model": rig.model.name,
        "model_sha256": rig.model.hash_hex(),
        "image_sha256": rig.model.hash_hex(),
        "image_bytes": model.image_bytes(),
        "macs": model.macs(),
        "parameters": parameters(&model),
        "polarity": rig.model.spec.input.polarity,
        "grey": rig.model.spec.input.channels == cortexscope_net::input::Channels::Grey,
        "assumed": rig.model.assumed,
        "labels": (0..model.logits().shape.elements())
            .map(|class| rig.model.label(class))
            .collect::<Vec<_>>(),
        "tensors": model.tensors().map(|tensor| tensor_entry(&tensor)).collect::<Vec<_>>(),
        "layers": model.layers().map(|layer| layer_entry(&layer)).collect::<Vec<_>>(),
        "modes": modes.collect::<Vec<_>>(),
        "memory": Linked::from(memory),
    });
    arrays(Packet::new(Kind::Network, header), &model).emit()
}

/// Weights and biases.
fn parameters(model: &Model<'_>) -> usize {
    let of = |layer: Layer<'_>| match layer.op {
        Op::Conv2d(conv) => conv.weights().len() + conv.bias.len(),
        Op::Dense(dense) => dense.weights().len() + dense.bias.len(),
        Op::MaxPool(_)
        | Op::Lookup(_)
        | Op::Concat
        | Op::Add(_)
        | Op::Mul(_)
        | Op::DepthToSpace(_) => 0,
    };
    model.layers().map(of).sum()
}

fn tensor_entry(tensor: &Tensor<'_>) -> Value {
    json!({
        "name": tensor.name,
        "shape": [tensor.shape.channels, tensor.shape.height, tensor.shape.width],
        "scale": tensor.scale,
        "zero": tensor.zero,
        "is_logits": tensor.is_logits,
        "bytes": tensor.bytes(),
    })
}

fn layer_entry(layer: &Layer<'_>) -> Value {
    let mut entry = json!({
        "inputs": layer.inputs,
        "output": layer.output,
        "what": scene::operator(&layer.op),
        "macs": layer.op.macs(),
    });
    if let Some(quantiser) = layer.op.quantiser() {
        entry["zero"] = quantiser.zero.into();
        entry["min"] = quantiser.min.into();
        entry["max"] = quantiser.max.into();
    }
    match &layer.op {
        Op::Conv2d(conv) => {
            entry["op"] = "conv".into();
            entry["input_zero"] = conv.input_zero.into();
            entry["groups"] = conv.groups.into();
            entry["window"] = window(&conv.window);
        }
        Op::Dense(dense) => {
            entry["op"] = "dense".into();
            entry["input_zero"] = dense.input_zero.into();
        }
        Op::MaxPool(pool) => {
            entry["op"] = "max-pool".into();
            entry["window"] = window(&pool.window);
        }
        Op::Lookup(_) => entry["op"] = "lookup".into(),
        Op::Concat => entry["op"] = "concat".into(),
        Op::DepthToSpace(map) => {
            entry["op"] = "depth-to-space".into();
            entry["block"] = json!(map.block());
        }
        Op::Add(sum) => {
            entry["op"] = "add".into();
            entry["factors"] = json!(sum.factors);
            pair(&mut entry, sum.zeros, &sum.quantiser);
        }
        Op::Mul(product) => {
            entry["op"] = "mul".into();
            pair(&mut entry, product.zeros, &product.quantiser);
        }
    }
    entry
}

/// How two tensors become one, element by element.
fn pair(entry: &mut Value, zeros: [i8; 2], quantiser: &Quantiser<'_>) {
    entry["input_zeros"] = json!(zeros);
    entry["multipliers"] = json!(quantiser.multipliers);
    entry["zero"] = quantiser.zero.into();
    entry["min"] = quantiser.min.into();
    entry["max"] = quantiser.max.into();
}

fn window(window: &Window) -> Value {
    json!({
        "kernel": [window.kernel_h, window.kernel_w],
        "stride": [window.stride_h, window.stride_w],
        "dilation": [window.dilation_h, window.dilation_w],
        "pad": [window.pad_top, window.pad_left],
    })
}

/// Weights as they lie in the image, biases, multipliers and tables: `weights.3`
/// belongs to layer 3.
fn arrays(mut packet: Packet, model: &Model<'_>) -> Packet {
    for (index, layer) in model.layers().enumerate() {
        let name = |what: &str| format!("{what}.{index}");
        let (shape, weights, bias): (Vec<usize>, _, _) = match &layer.op {
            Op::Conv2d(conv) => (
                vec![
                    conv.output.channels,
                    conv.window.kernel_h,
                    conv.window.kernel_w,
                    conv.group_channels(),
                ],
                conv.weights(),
                conv.bias,
            ),
            Op::Dense(dense) => (
                vec![dense.bias.len(), dense.inputs()],
                dense.weights(),
                dense.bias,
            ),
            Op::Lookup(table) => {
                packet = packet.i8s(&name("table"), &[table.len()], table);
                continue;
            }
            Op::MaxPool(_) | Op::Concat | Op::Add(_) | Op::Mul(_) | Op::DepthToSpace(_) => {
                continue;
            }
        };
        packet =
            packet
                .i8s(&name("weights"), &shape, weights)
                .i32s(&name("bias"), &[bias.len()], bias);
        if let Some(quantiser) = layer.op.quantiser() {
            let multipliers = quantiser.multipliers;
            packet = packet.f32s(&name("multipliers"), &[multipliers.len()], multipliers);
        }
    }
    packet
}

fn mode(model: &Model<'_>, measurement: &Measurement) -> Value {
    let arena = model
        .plan(measurement.mode.into())
        .map(|plan| scene::memory::arena(model, &plan, measurement.measured_arena_bytes));
    let mut entry = json!(measurement);
    entry["arena"] = json!(arena.map(arena_entry));
    entry
}

fn arena_entry(arena: ArenaPlan) -> Value {
    let buffers = arena.buffers.iter().map(|buffer| {
        json!({
            "name": buffer.name,
            "is_scratch": buffer.kind == BufferKind::Scratch,
            "offset": buffer.offset_bytes,
            "bytes": buffer.bytes,
            "first_step": buffer.first_step,
            "last_step": buffer.last_step,
        })
    });
    json!({ "buffers": buffers.collect::<Vec<_>>(), "steps": arena.steps })
}
