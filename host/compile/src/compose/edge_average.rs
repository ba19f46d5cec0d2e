//! Averages that count fewer values at the edge: averages that count them all, times a
//! constant map.

use cortexscope_net::onnx::Attributes;
use cortexscope_net::onnx::builder::{int, ints};
use cortexscope_net::reader::window::{Rounding, kernel, sliding};
use tract_onnx::pb::NodeProto;

use super::constant_map::constant_map;
use super::draft::Draft;

/// Composes an AveragePool whose windows do not all count as many values.
pub fn compose(draft: &mut Draft<'_>, node: &NodeProto) -> Option<()> {
    let x = node.input.first()?;
    let [channels, height, width] = draft.map(x)?;
    let attributes = Attributes(node);
    let counts_padding = attributes.int("count_include_pad", 0).ok()? != 0;
    let rounding = match attributes.int("ceil_mode", 0).ok()? {
        0 => Rounding::Floor,
        _ => Rounding::Ceil,
    };
    let size = [height, width];
    let kernel = kernel(attributes).ok()?;
    let floor = sliding(attributes, kernel, size, Rounding::Floor).ok()?;
    let found = sliding(attributes, kernel, size, rounding).ok()?;
    let window = found.window;
    let is_padded = [window.pad_before, window.pad_after] != [[0; 2]; 2];
    if !is_padded || (counts_padding && !found.rounded_up) {
        return None;
    }
    // Values that a window counts along one side.
    let counted = |axis: usize, at: usize| {
        let start = at * window.stride[axis];
        let taps = (0..kernel[axis]).map(|tap| start + tap * window.dilation[axis]);
        let before = floor.window.pad_before[axis];
        let [first, last] = if counts_padding {
            [0, before + size[axis] + floor.window.pad_after[axis]]
        } else {
            [before, before + size[axis]]
        };
        taps.filter(|&tap| (first..last).contains(&tap)).count()
    };
    let [rows, columns] = found.output;
    let taps = (kernel[0] * kernel[1]) as f32;
    let mut factors = Vec::with_capacity(rows.checked_mul(columns)?);
    for row in 0..rows {
        for column in 0..columns {
            match counted(0, row) * counted(1, column) {
                0 => return None,
                count => factors.push(taps / count as f32),
            }
        }
    }
    let ([top, left], [bottom, right]) = (window.pad_before, window.pad_after);
    let attributes = vec![
        ints("kernel_shape", &kernel),
        ints("strides", &window.stride),
        ints("dilations", &window.dilation),
        ints("pads", &[top, left, bottom, right]),
        int("count_include_pad", 1),
    ];
    let sizes = [1, channels, rows, columns];
    let parts = ["AveragePool", x, ""];
    let average = draft.add(node, "average", parts, attributes, &sizes);
    let factors = constant_map(draft, node, &average, [1, rows, columns], &factors)?;
    draft.end(node, ["Mul", &average, &factors], Vec::new())
}
