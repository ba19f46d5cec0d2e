//! Pools, and the windows of pools and convolutions.

use super::sizes::square;
use super::{Reads, Walk};
use crate::{Op, Window};
use cortexscope_net::onnx::Attributes;
use cortexscope_net::onnx::pb::NodeProto;

impl Walk {
    /// The greatest value or the mean of each window.
    pub(super) fn pool(&mut self, reads: &Reads<'_>) -> Result<(), String> {
        let node = reads.node;
        let [channels, height, width] = square(reads.sizes()).ok_or("its input is no map")?;
        let mut window = window(node, &[], [height, width])?;
        let ceil = Attributes(node).int("ceil_mode", 0);
        let ceil = ceil.map_err(|error| error.to_string())? != 0;
        let [rows, columns] = window
            .slide([height, width], ceil)
            .ok_or("no window fits")?;
        // What a rounded-up window reaches beyond the map is padding.
        for (axis, (size, count)) in [(height, rows), (width, columns)].into_iter().enumerate() {
            let reach = (count - 1) * window.stride[axis]
                + (window.kernel[axis] - 1) * window.dilation[axis]
                + 1;
            let padded = size + window.pad_before[axis];
            window.pad_after[axis] = window.pad_after[axis].max(reach.saturating_sub(padded));
        }
        let op = if node.op_type == "MaxPool" {
            Op::MaxPool(window)
        } else {
            Op::AveragePool(window)
        };
        self.plain(node, op, vec![reads.tensor()], [channels, rows, columns])
    }

    /// One value for each map.
    pub(super) fn global_pool(&mut self, reads: &Reads<'_>) -> Result<(), String> {
        let [channels, ..] = square(reads.sizes()).ok_or("its input is no map")?;
        let inputs = vec![reads.tensor()];
        self.plain(reads.node, Op::GlobalPool, inputs, [channels, 1, 1])
    }
}

/// The window of `node` over a map of `size`; `kernel` where the node does not say it.
pub(super) fn window(
    node: &NodeProto,
    kernel: &[usize],
    size: [usize; 2],
) -> Result<Window, String> {
    let attributes = Attributes(node);
    let ints = |name: &'static str, default: &[usize]| -> Result<Vec<usize>, String> {
        let given = attributes.ints(name).map_err(|error| error.to_string())?;
        let given = given.map(|given| given.iter().map(|&value| usize::try_from(value)).collect());
        match given {
            None => Ok(default.to_vec()),
            Some(Ok(values)) => Ok(values),
            Some(Err(_)) => Err(format!("attribute `{name}` is negative")),
        }
    };
    let pair = |name: &'static str, default: &[usize]| -> Result<[usize; 2], String> {
        let values = ints(name, default)?;
        <[usize; 2]>::try_from(values).map_err(|_| format!("attribute `{name}` has not two values"))
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
