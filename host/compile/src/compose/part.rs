//! Parts of a map: convolutions whose weights are zero and one.

use cortexscope_net::onnx::builder::{int, ints};
use tract_onnx::pb::NodeProto;

use super::draft::Draft;

/// A part of an axis: where it begins, the step, and how many places it has.
#[derive(Clone, Copy)]
struct Part {
    start: usize,
    step: usize,
    count: usize,
}

/// Composes a Slice of a map.
pub fn compose(draft: &mut Draft<'_>, node: &NodeProto) -> Option<()> {
    let x = node.input.first()?.clone();
    let shape = draft.map(&x)?;
    let made = draft.map(node.output.first()?)?;
    let operand = |at: usize| draft.integers(node.input.get(at)?);
    let (starts, axes, steps) = (operand(1)?, operand(3)?, operand(4)?);
    let mut parts = shape.map(|count| Part {
        start: 0,
        step: 1,
        count,
    });
    for ((&start, &axis), &step) in starts.iter().zip(&axes).zip(&steps) {
        let place = usize::try_from(axis).ok()?.checked_sub(1)?;
        *parts.get_mut(place)? = Part {
            start: usize::try_from(start).ok()?,
            step: usize::try_from(step).ok().filter(|&step| step > 0)?,
            count: made[place],
        };
    }
    let [channels, rows, columns] = parts;
    let is_whole =
        |part: Part, size: usize| part.start == 0 && part.step == 1 && part.count == size;
    let keeps_channels = is_whole(channels, shape[0]);
    let keeps_places = is_whole(rows, shape[1]) && is_whole(columns, shape[2]);
    let mut from = x;
    if !keeps_channels {
        let chosen = (0..channels.count).map(|at| Some(channels.start + at * channels.step));
        let weights = choice(draft, node, shape[0], chosen)?;
        if keeps_places {
            return draft.end(node, ["Conv", &from, &weights], Vec::new());
        }
        let sizes = [1, channels.count, shape[1], shape[2]];
        from = draft.add(
            node,
            "channels",
            ["Conv", &from, &weights],
            Vec::new(),
            &sizes,
        );
    }
    let kernel = [window(rows, shape[1])?, window(columns, shape[2])?];
    let strides = ints("strides", &[rows.step, columns.step]);
    if kernel == [1, 1] {
        let attributes = vec![ints("kernel_shape", &kernel), strides];
        return draft.end(node, ["MaxPool", &from, ""], attributes);
    }
    let taps = kernel[0].checked_mul(kernel[1])?;
    let mut one = vec![0.0; taps];
    *one.get_mut(rows.start * kernel[1] + columns.start)? = 1.0;
    let dims = [made[0], 1, kernel[0], kernel[1]];
    let weights = draft.floats(node, "place", &dims, one.repeat(made[0]));
    let attributes = vec![strides, int("group", made[0] as i64)];
    draft.end(node, ["Conv", &from, &weights], attributes)
}

/// The smallest window that gives a part when its first taps are skipped.
fn window(part: Part, size: usize) -> Option<usize> {
    let ends = size
        .checked_add(1)?
        .checked_sub(part.count.checked_mul(part.step)?);
    Some(ends.unwrap_or(0).max(part.start + 1))
}

/// Weights `[O, I, 1, 1]` that choose an input channel for each output channel, or none.
pub fn choice(
    draft: &mut Draft<'_>,
    node: &NodeProto,
    inputs: usize,
    chosen: impl Iterator<Item = Option<usize>>,
) -> Option<String> {
    let mut weights = Vec::new();
    let mut outputs = 0;
    for input in chosen {
        outputs += 1;
        let start = weights.len();
        weights.resize(start + inputs, 0.0);
        if let Some(input) = input {
            *weights[start..].get_mut(input)? = 1.0;
        }
    }
    Some(draft.floats(node, "choice", &[outputs, inputs, 1, 1], weights))
}
