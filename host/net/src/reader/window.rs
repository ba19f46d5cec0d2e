//! Kernel, stride, dilation and padding of convolutions and pools.

use tract_onnx::pb::{AttributeProto, NodeProto};

use super::error::{MAX_SIZE, Refusal};
use super::layout::{Axis, Sides};
use crate::Window;
use crate::onnx::Attributes;
use crate::onnx::builder::ints;

/// How many outputs a window gives where it does not divide its input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// What is left over is not read.
    Floor,
    /// A last window reaches into added padding.
    Ceil,
}

/// A window, and the rows and columns it gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sliding {
    /// The window, with explicit padding.
    pub window: Window,
    /// Rows and columns of the output.
    pub output: [usize; 2],
    /// Whether the padding is more than the file's, to round up.
    pub rounded_up: bool,
}

/// Reads the sliding window of a node over an input of `[H, W]`.
///
/// # Errors
/// Attributes out of range, or a window that is wider than its padded input.
pub fn sliding(
    attributes: Attributes<'_>,
    kernel: [usize; 2],
    input: [usize; 2],
    rounding: Rounding,
) -> Result<Sliding, Refusal> {
    let stride = pair(attributes, "strides")?;
    let dilation = pair(attributes, "dilations")?;
    let pads = padding(attributes)?;
    let mut sliding = Sliding {
        window: Window {
            kernel,
            stride,
            dilation,
            ..Window::POINT
        },
        output: [0; 2],
        rounded_up: false,
    };
    for axis in 0..2 {
        let size = input[axis];
        let (step, extent) = (stride[axis], (kernel[axis] - 1) * dilation[axis] + 1);
        let (before, mut after) = match pads {
            Padding::Explicit([top, left, bottom, right]) => [(top, bottom), (left, right)][axis],
            Padding::Valid => (0, 0),
            Padding::Same { upper } => {
                let output = size.div_ceil(step);
                let total = ((output.max(1) - 1) * step + extent).saturating_sub(size);
                let (less, more) = (total / 2, total - total / 2);
                if upper { (less, more) } else { (more, less) }
            }
        };
        let room = (size + before + after).checked_sub(extent);
        let room = room.ok_or(Refusal::Window {
            extent,
            size,
            before,
            after,
        })?;
        if rounding == Rounding::Ceil && !room.is_multiple_of(step) {
            let missing = step - room % step;
            // A window that would begin in the padding after the input is left out, as
            // onnxruntime and PyTorch do.
            if room + missing < size + before {
                after += missing;
                sliding.rounded_up = true;
            }
        }
        sliding.window.pad_before[axis] = before;
        sliding.window.pad_after[axis] = after;
        sliding.output[axis] = (size + before + after - extent) / step + 1;
    }
    Ok(sliding)
}

/// `node` with the attributes of a window of two sides, rows first, where it has one side
/// or has them turned.
pub(super) fn lifted(node: &NodeProto, sides: Sides) -> NodeProto {
    let mut node = node.clone();
    let along = match sides {
        Sides::Both => return node,
        Sides::Turned => {
            turn(&mut node.attribute);
            return node;
        }
        Sides::One(along) => along,
    };
    for attribute in &mut node.attribute {
        let neutral = match attribute.name.as_str() {
            "kernel_shape" | "strides" | "dilations" | "output_shape" => 1,
            "pads" | "output_padding" => 0,
            _ => continue,
        };
        // The other side has one place, which every window reads as it is.
        let pair = |value: i64| match along {
            Axis::Row => [value, neutral],
            _ => [neutral, value],
        };
        attribute.ints = attribute
            .ints
            .iter()
            .flat_map(|&value| pair(value))
            .collect();
    }
    node
}

/// Exchanges rows and columns.
fn turn(attributes: &mut [AttributeProto]) {
    for attribute in attributes {
        let is_of_sides = matches!(
            attribute.name.as_str(),
            "kernel_shape" | "strides" | "dilations" | "output_shape" | "pads" | "output_padding"
        );
        if is_of_sides {
            let pairs = attribute.ints.chunks_exact_mut(2);
            pairs.for_each(<[i64]>::reverse);
        }
    }
}

/// The attributes of `node` with `pads` in the place of `auto_pad`.
///
/// tract moves a stride from one convolution into the one before it, and pads that
/// one anew for its new stride where its padding is `SAME`.
pub(super) fn explicit(node: &NodeProto, window: &Window) -> Vec<AttributeProto> {
    let mut attributes = node.attribute.clone();
    if attributes
        .iter()
        .any(|attribute| attribute.name == "auto_pad")
    {
        let ([top, left], [bottom, right]) = (window.pad_before, window.pad_after);
        attributes.retain(|attribute| !matches!(attribute.name.as_str(), "auto_pad" | "pads"));
        attributes.push(ints("pads", &[top, left, bottom, right]));
    }
    attributes
}

/// The `kernel_shape` of a pool.
///
/// # Errors
/// It is missing, not two-dimensional, or out of range.
pub fn kernel(attributes: Attributes<'_>) -> Result<[usize; 2], Refusal> {
    if attributes.has("kernel_shape") {
        pair(attributes, "kernel_shape")
    } else {
        Err(Refusal::Missing("kernel_shape"))
    }
}

enum Padding {
    /// Top, left, bottom, right.
    Explicit([usize; 4]),
    Valid,
    /// As many outputs as inputs; an odd row or column goes after (upper) or
    /// before.
    Same {
        upper: bool,
    },
}

fn padding(attributes: Attributes<'_>) -> Result<Padding, Refusal> {
    match attributes.text("auto_pad")? {
        None | Some("" | "NOTSET") => {}
        Some("VALID") => return Ok(Padding::Valid),
        Some("SAME_UPPER") => return Ok(Padding::Same { upper: true }),
        Some("SAME_LOWER") => return Ok(Padding::Same { upper: false }),
        Some(other) => {
            return Err(Refusal::Setting {
                name: "auto_pad",
                value: other.to_owned(),
                wanted: "NOTSET, VALID, SAME_UPPER and SAME_LOWER are supported",
            });
        }
    }
    let Some(pads) = attributes.ints("pads")? else {
        return Ok(Padding::Explicit([0; 4]));
    };
    numbers(pads, 0)
        .map(Padding::Explicit)
        .ok_or(Refusal::Setting {
            name: "pads",
            value: format!("{pads:?}"),
            wanted: "four numbers from 0 are supported",
        })
}

/// Two numbers from 1; both 1 where they are left out.
fn pair(attributes: Attributes<'_>, name: &'static str) -> Result<[usize; 2], Refusal> {
    let Some(values) = attributes.ints(name)? else {
        return Ok([1; 2]);
    };
    numbers(values, 1).ok_or(Refusal::Setting {
        name,
        value: format!("{values:?}"),
        wanted: "two numbers from 1 to 65,535 are supported",
    })
}

fn numbers<const N: usize>(values: &[i64], least: usize) -> Option<[usize; N]> {
    let values: &[i64; N] = values.try_into().ok()?;
    let mut numbers = [0; N];
    for (number, &value) in numbers.iter_mut().zip(values) {
        *number = usize::try_from(value)
            .ok()
            .filter(|value| (least..=MAX_SIZE).contains(value))?;
    }
    Some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::onnx::builder::{ints, text};
    use tract_onnx::pb::NodeProto;

    fn read(
        attribute: Vec<tract_onnx::pb::AttributeProto>,
        kernel: usize,
        size: usize,
        rounding: Rounding,
    ) -> Result<([usize; 2], usize), Refusal> {
        let node = NodeProto {
            attribute,
            ..NodeProto::default()
        };
        let found = sliding(Attributes(&node), [kernel; 2], [size; 2], rounding)?;
        let window = found.window;
        Ok(([window.pad_before[0], window.pad_after[0]], found.output[0]))
    }

    #[test]
    fn same_puts_the_odd_one_where_it_says() {
        let same = |mode| {
            read(
                vec![text("auto_pad", mode), ints("strides", &[2, 2])],
                3,
                4,
                Rounding::Floor,
            )
        };
        assert_eq!(same("SAME_UPPER"), Ok(([0, 1], 2)));
        assert_eq!(same("SAME_LOWER"), Ok(([1, 0], 2)));
        assert_eq!(same("VALID"), Ok(([0, 0], 1)));
        assert!(matches!(same("SAME"), Err(Refusal::Setting { .. })));
    }

    #[test]
    fn rounding_up_becomes_padding() {
        let strides = || vec![ints("strides", &[2, 2])];
        assert_eq!(read(strides(), 3, 6, Rounding::Floor), Ok(([0, 0], 2)));
        assert_eq!(read(strides(), 3, 6, Rounding::Ceil), Ok(([0, 1], 3)));
        // The added window would begin behind the last element.
        let strides = vec![ints("strides", &[3, 3])];
        assert_eq!(read(strides, 1, 6, Rounding::Ceil), Ok(([0, 0], 2)));
    }

    #[test]
    fn hostile_numbers_are_refused() {
        let setting = |name: &str, values: &[usize]| {
            read(vec![ints(name, values)], 3, 6, Rounding::Floor).unwrap_err()
        };
        for (name, values) in [
            ("strides", &[0, 1][..]),
            ("strides", &[1 << 40, 1]),
            ("dilations", &[1]),
            ("pads", &[1, 1]),
        ] {
            assert!(
                matches!(setting(name, values), Refusal::Setting { .. }),
                "{name}"
            );
        }
        assert!(matches!(
            setting("dilations", &[60_000, 1]),
            Refusal::Window { .. }
        ));
    }
}
