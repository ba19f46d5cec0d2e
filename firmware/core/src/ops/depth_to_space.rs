//! Channels as rows and columns, which makes a map larger: DepthToSpace of ONNX, in its
//! order `DCR`.
//!
//! A pixel of the input holds a block of the output, row after row of it:
//!
//! ```text
//! one pixel   | a₀ a₁ | b₀ b₁ | c₀ c₁ | d₀ d₁ |     rows of the output   a b
//!                                                                        c d
//! ```

use super::InputRows;
use crate::arena::copy;
use crate::image::DepthToSpace;

/// Row `y` of the output, all of it, from the whole input.
pub fn row(map: &DepthToSpace, x: InputRows<'_>, y: usize, output: &mut [i8]) {
    let rows = (map.output.height / map.input.height.max(1)).max(1);
    let part = map.input.channels / rows;
    let from = y / rows;
    // Of each pixel what is before this row of its block is skipped.
    let mut skipped = (y - from * rows) * part;
    let Some(pixels) = x.row(map.input, from) else {
        return;
    };
    for place in output.chunks_mut(part.max(1)) {
        let Some(pixel) = pixels.get(skipped..) else {
            return;
        };
        copy(pixel, place);
        skipped += map.input.channels;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Shape;
    use proptest::prelude::*;
    use std::vec;
    use std::vec::Vec;

    proptest! {
        #[test]
        fn each_value_goes_to_its_place_in_the_block(
            height in 1usize..4, width in 1usize..4, channels in 1usize..4,
            rows in 1usize..4, columns in 1usize..4,
        ) {
            let map = DepthToSpace {
                input: Shape { height, width, channels: rows * columns * channels },
                output: Shape { height: height * rows, width: width * columns, channels },
            };
            let count = map.input.elements();
            let x: Vec<i8> = (0..count).map(|at| (at * 7 % 251) as u8 as i8).collect();
            let mut y = vec![0; count];
            let output = y.chunks_exact_mut(map.output.row_elements());
            for (at, output) in output.enumerate() {
                row(&map, InputRows::all(&x), at, output);
            }
            for (at, &value) in y.iter().enumerate() {
                let (channel, pixel) = (at % channels, at / channels);
                let (column, row) = (pixel % map.output.width, pixel / map.output.width);
                let from = (row / rows * width + column / columns) * map.input.channels;
                let place = (row % rows * columns + column % columns) * channels + channel;
                prop_assert_eq!(value, x[from + place]);
            }
        }
    }
}
