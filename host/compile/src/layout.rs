//! Between the board's `[H, W, C]` and everybody else's `[C, H, W]`.

use cortexscope_core::image::{Shape, Window};

/// `[C, H, W]` as the board has it.
pub fn core_shape([channels, height, width]: [usize; 3]) -> Shape {
    Shape {
        height,
        width,
        channels,
    }
}

/// A window as the board has it: without the padding after, which follows from the
/// shapes.
pub fn core_window(window: &cortexscope_net::Window) -> Window {
    Window {
        kernel_h: window.kernel[0],
        kernel_w: window.kernel[1],
        stride_h: window.stride[0],
        stride_w: window.stride[1],
        dilation_h: window.dilation[0],
        dilation_w: window.dilation[1],
        pad_top: window.pad_before[0],
        pad_left: window.pad_before[1],
    }
}

/// `[H, W, C]` to `[C, H, W]`.
///
/// # Panics
/// If there are fewer values than the shape has elements.
pub fn channels_first<T: Copy>(values: &[T], shape: Shape) -> Vec<T> {
    transposed(values, shape.height * shape.width, shape.channels)
}

/// `[C, H, W]` to `[H, W, C]`.
///
/// # Panics
/// If there are fewer values than the shape has elements.
pub fn channels_last<T: Copy>(values: &[T], shape: Shape) -> Vec<T> {
    transposed(values, shape.channels, shape.height * shape.width)
}

/// `[rows, columns]` to `[columns, rows]`.
fn transposed<T: Copy>(values: &[T], rows: usize, columns: usize) -> Vec<T> {
    let values = &values[..rows * columns];
    let mut to = Vec::with_capacity(values.len());
    for column in 0..columns {
        to.extend(values.iter().skip(column).step_by(columns).copied());
    }
    to
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        let shape = Shape {
            height: 1,
            width: 3,
            channels: 2,
        };
        let board = [1, 10, 2, 20, 3, 30];
        assert_eq!(channels_first(&board, shape), [1, 2, 3, 10, 20, 30]);
        assert_eq!(channels_last(&channels_first(&board, shape), shape), board);
    }
}
