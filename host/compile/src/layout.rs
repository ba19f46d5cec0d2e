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
pub fn channels_first<T: Copy>(values: &[T], shape: Shape) -> Vec<T> {
    let pixels = shape.height * shape.width;
    let at = |c: usize, pixel: usize| values[pixel * shape.channels + c];
    (0..shape.channels)
        .flat_map(|c| (0..pixels).map(move |pixel| at(c, pixel)))
        .collect()
}

/// `[C, H, W]` to `[H, W, C]`.
pub fn channels_last<T: Copy>(values: &[T], shape: Shape) -> Vec<T> {
    let pixels = shape.height * shape.width;
    let at = |c: usize, pixel: usize| values[c * pixels + pixel];
    (0..pixels)
        .flat_map(|pixel| (0..shape.channels).map(move |c| at(c, pixel)))
        .collect()
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
