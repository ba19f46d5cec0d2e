//! Maps with a whole number of times as many rows and columns: a convolution that makes
//! each pixel's block as channels, and DepthToSpace.

use cortexscope_net::onnx::Attributes;
use cortexscope_net::onnx::builder::{int, ints};
use tract_onnx::pb::NodeProto;

use super::constant_map::constant_map;
use super::draft::Draft;
use super::part::choice;
use super::transposed;
use super::turned_blocks::turned_blocks;

/// Composes a Resize that repeats pixels, or lays straight lines between them.
pub fn compose_resize(draft: &mut Draft<'_>, node: &NodeProto) -> Option<()> {
    let x = node.input.first()?.clone();
    let [channels, height, width] = draft.map(&x)?;
    let [_, rows, columns] = draft.map(node.output.first()?)?;
    let block = rows / height;
    if block < 2 || [rows, columns] != [block * height, block * width] {
        return None;
    }
    let attributes = Attributes(node);
    let of = |name, default| Some(attributes.text(name).ok()?.unwrap_or(default));
    let coordinates = of("coordinate_transformation_mode", "half_pixel")?;
    let rounding = of("nearest_mode", "round_prefer_floor")?;
    let is_by_centre = matches!(coordinates, "half_pixel" | "pytorch_half_pixel");
    match of("mode", "nearest")? {
        // No centre of a pixel lies half-way between two others.
        "nearest" if is_by_centre && rounding.starts_with("round") => {}
        "nearest" if coordinates == "asymmetric" && rounding == "floor" => {}
        "nearest" if coordinates == "asymmetric" && rounding.ends_with("floor") && block == 2 => {}
        "linear" if is_by_centre && height > 1 && width > 1 => {
            return lines(draft, node, &x, block);
        }
        _ => return None,
    }
    let chosen = (0..block * block).flat_map(|_| (0..channels).map(Some));
    let weights = choice(draft, node, channels, chosen)?;
    let sizes = [1, channels * block * block, height, width];
    let map = draft.add(node, "map", ["Conv", &x, &weights], Vec::new(), &sizes);
    transposed::end(draft, node, &map, block, [channels, rows, columns])
}

/// Straight lines between pixels. Beyond the edge there are zeros, so that the sum of the
/// weights that fall on the map is what a value is divided by.
fn lines(draft: &mut Draft<'_>, node: &NodeProto, x: &str, block: usize) -> Option<()> {
    let [channels, height, width] = draft.map(x)?;
    let along: Vec<[f32; 3]> = (0..block).map(|at| weights(at, block)).collect();
    let mut values = Vec::new();
    for place in 0..block * block {
        let (row, column) = (along[place / block], along[place % block]);
        let kernel: Vec<f32> = row
            .iter()
            .flat_map(|row| column.map(|column| row * column))
            .collect();
        for output in 0..channels {
            for channel in 0..channels {
                let is_own = output == channel;
                values.extend(kernel.iter().map(|&weight| weight * f32::from(is_own)));
            }
        }
    }
    let made = channels * block * block;
    let weights = draft.floats(node, "lines", &[made, channels, 3, 3], values);
    let sizes = [1, made, height, width];
    let pads = vec![ints("pads", &[1; 4])];
    let map = draft.add(node, "map", ["Conv", x, &weights], pads, &sizes);
    let [rows, columns] = [height * block, width * block];
    let blocks = vec![int("blocksize", block as i64)];
    let sizes = [1, channels, rows, columns];
    let parts = ["DepthToSpace", map.as_str(), ""];
    let whole = draft.add(node, "whole", parts, blocks, &sizes);
    let on_map = |at: usize, size: usize| {
        let [before, own, after] = along[at % block];
        let pixel = at / block;
        let has = |is_there: bool, weight: f32| if is_there { weight } else { 0.0 };
        has(pixel > 0, before) + own + has(pixel + 1 < size, after)
    };
    let factors = (0..rows).flat_map(|row| {
        let of_row = on_map(row, height);
        (0..columns).map(move |column| (of_row * on_map(column, width)).recip())
    });
    let factors: Vec<f32> = factors.collect();
    let factors = constant_map(draft, node, &whole, [1, rows, columns], &factors)?;
    draft.end(node, ["Mul", &whole, &factors], Vec::new())
}

/// Weights of the pixel before, the own and the next for place `at` of a block.
fn weights(at: usize, block: usize) -> [f32; 3] {
    let place = (at as f32 + 0.5) / block as f32 - 0.5;
    [(-place).max(0.0), 1.0 - place.abs(), place.max(0.0)]
}

/// Composes a DepthToSpace of order CRD: with its channels in the other order.
pub fn compose_blocks(draft: &mut Draft<'_>, node: &NodeProto) -> Option<()> {
    let attributes = Attributes(node);
    if attributes.text("mode").ok()? != Some("CRD") {
        return None;
    }
    let block = usize::try_from(attributes.int("blocksize", 0).ok()?).ok()?;
    let x = node.input.first()?.clone();
    in_blocks(draft, node, &x, block)
}

/// Composes a Reshape to a map that ends the chain which older files have for the same.
pub fn compose_chain(draft: &mut Draft<'_>, node: &NodeProto) -> Option<()> {
    let [_, rows, columns] = draft.map(node.output.first()?)?;
    let (x, apart) = turned_blocks(draft, node, [0, 1, 4, 2, 5, 3])?;
    let [channels, height, width] = draft.map(&x)?;
    let block = rows / height;
    let outputs = channels / (block * block).max(1);
    if apart != [1, outputs, block, block, height, width] || columns != width * block {
        return None;
    }
    in_blocks(draft, node, &x, block)
}

fn in_blocks(draft: &mut Draft<'_>, node: &NodeProto, x: &str, block: usize) -> Option<()> {
    let [channels, height, width] = draft.map(x)?;
    let pixels = block.checked_mul(block).filter(|&pixels| pixels > 0)?;
    let outputs = channels / pixels;
    let chosen = (0..channels).map(|at| Some(at % outputs * pixels + at / outputs));
    let weights = choice(draft, node, channels, chosen)?;
    let sizes = [1, channels, height, width];
    let map = draft.add(node, "order", ["Conv", x, &weights], Vec::new(), &sizes);
    let whole = [outputs, height * block, width * block];
    transposed::end(draft, node, &map, block, whole)
}
