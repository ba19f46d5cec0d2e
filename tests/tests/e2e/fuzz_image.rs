//! The image that fuzzing starts from is what the compiler writes today.

use cortexscope_compile::board_image::{BoardImage, emit};
use cortexscope_compile::network::{Activation, Channels, Layer, Network, Op, Window};
use std::path::Path;

fn activation(name: &str, shape: [usize; 3]) -> Activation {
    Activation {
        name: name.to_owned(),
        shape,
        scale: 1.0,
        zero: -3,
    }
}

fn layer(inputs: &[usize], op: Op, name: &str, shape: [usize; 3]) -> Layer {
    Layer {
        inputs: inputs.to_vec(),
        op,
        output: activation(name, shape),
    }
}

fn channels(count: usize) -> Channels {
    Channels {
        weight_scales: vec![0.02; count],
        bias: (0..count as i32).collect(),
    }
}

fn weights(count: usize) -> Vec<i8> {
    (0..count).map(|index| (index * 37 % 251) as i8).collect()
}

/// Every operator once: a padded convolution fused with its pool, a grouped one,
/// a table, a concatenation, and a dense layer for the logits.
fn network() -> Network {
    let same = Window {
        kernel: [3, 3],
        pad_before: [1, 1],
        pad_after: [1, 1],
        ..Window::POINT
    };
    let halve = Window {
        kernel: [2, 2],
        stride: [2, 2],
        ..Window::POINT
    };
    let conv = |outputs, depth, groups, window: Window| Op::Conv {
        window,
        groups,
        weights: weights(outputs * depth * window.kernel[0] * window.kernel[1]),
        channels: channels(outputs),
    };
    let table = Box::new(std::array::from_fn(|entry| (entry as i32 / 2 - 64) as i8));
    let mut dense = layer(
        &[5],
        Op::Dense {
            weights: weights(4 * 36),
            channels: channels(4),
        },
        "logits",
        [4, 1, 1],
    );
    dense.output.zero = 0;
    Network {
        name: "tiny".to_owned(),
        labels: ["a", "b", "c", "d"].map(str::to_owned).into(),
        input: activation("image", [1, 6, 6]),
        layers: vec![
            layer(&[0], conv(2, 1, 1, same), "conv1", [2, 6, 6]),
            layer(&[1], Op::MaxPool(halve), "pool1", [2, 3, 3]),
            layer(&[2], conv(2, 1, 2, same), "conv2", [2, 3, 3]),
            layer(
                &[3],
                Op::Lookup {
                    table,
                    function: Vec::new(),
                },
                "halved",
                [2, 3, 3],
            ),
            layer(&[2, 4], Op::Concat, "both", [4, 3, 3]),
            dense,
        ],
    }
}

/// `UPDATE=1` writes the file.
#[test]
fn it_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/tiny.ctx");
    let image: BoardImage = emit(&network(), [0; 32]).expect("the shapes fit each other");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, image.bytes()).expect("the file can be written");
    }
    let current = std::fs::read(&path).unwrap_or_default();
    assert!(
        current == image.bytes(),
        "{} is not what the compiler writes: UPDATE=1 cargo test",
        path.display()
    );
}
