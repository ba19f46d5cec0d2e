//! Channels as rows and columns, which makes a map larger: DepthToSpace of ONNX, in its
//! order `DCR`.
//!
//! A pixel of the input holds a block of the output, row after row of it:
//!
//! ```text
//! one pixel   | a₀ a₁ | b₀ b₁ | c₀ c₁ | d₀ d₁ |     rows of the output   a b
//!                                                                        c d
//! ```

use crate::arena::copy;
use crate::image::DepthToSpace;
use core::ops::Range;

/// The columns `columns`, whole blocks, of row `y` of the output from the whole input.
pub fn row(map: &DepthToSpace, x: &[i8], y: usize, columns: Range<usize>, output: &mut [i8]) {
    let [rows, block] = map.block();
    let part = block * map.output.channels;
    let channels = map.input.channels;
    // In a pixel of the input, before this row of its block; and the first pixel.
    let skipped = y % rows.max(1) * part;
    let mut start = y / rows.max(1) * map.input.row_elements()
        + columns.start / block.max(1) * channels
        + skipped;
    for place in output.chunks_exact_mut(part.max(1)) {
        if let Some(pixel) = x.get(start..start + part) {
            copy(pixel, place);
        }
        start += channels;
    }
}

/// The whole output.
pub fn all(map: &DepthToSpace, x: &[i8], output: &mut [i8]) {
    let rows = output.chunks_exact_mut(map.output.row_elements().max(1));
    for (y, output) in rows.enumerate() {
        row(map, x, y, 0..map.output.width, output);
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
            all(&map, &x, &mut y);
            for (at, &value) in y.iter().enumerate() {
                let (channel, pixel) = (at % channels, at / channels);
                let (column, row) = (pixel % map.output.width, pixel / map.output.width);
                let from = (row / rows * width + column / columns) * map.input.channels;
                let place = (row % rows * columns + column % columns) * channels + channel;
                prop_assert_eq!(value, x[from + place]);
            }
            // A part of a row is the same as in the whole.
            let (first, last) = ((width - 1) * columns, width * columns);
            let elements = map.output.row_elements();
            let mut part = vec![0; columns * channels];
            row(&map, &x, 0, first..last, &mut part);
            prop_assert_eq!(&part[..], &y[first * channels..elements]);
        }
    }
}
