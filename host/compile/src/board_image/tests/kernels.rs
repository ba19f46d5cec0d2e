//! Which kernel the compiler chooses, and which words an image may hold for it.

use super::{Weights, channels, emit_planned, first_layer, hashed, window, with_first_layer};
use crate::board_image::BoardImage;
use crate::network::{Layer, Network, Op, Window};
use crate::outline::activation;
use crate::planner;
use cortexscope_core::image::format::{LayerRecord, Span, kernel};
use cortexscope_core::image::{ImageError, LayerProblem};
use cortexscope_core::ops::conv2d::winograd;

/// A convolution from `input` to `output`, `[C, H, W]`, and a dense layer.
fn network(window: Window, groups: usize, [input, output]: [[usize; 3]; 2]) -> Network {
    let taps = window.kernel[0] * window.kernel[1] * input[0] / groups;
    let weights = (0..output[0] * taps).map(|at| (at * 37 % 255) as u8 as i8);
    let dense = Op::Dense {
        weights: vec![1; 2 * output.iter().product::<usize>()],
        channels: channels(2),
    };
    let conv = Op::Conv {
        window,
        groups,
        weights: weights.collect(),
        channels: channels(output[0]),
    };
    let layer = |index: usize, op, name: &str, shape| Layer {
        inputs: vec![index],
        op,
        output: activation(name, shape),
    };
    Network {
        name: "convolution".to_owned(),
        labels: Vec::new(),
        input: activation("input", input),
        layers: vec![
            layer(0, conv, "conv", output),
            layer(1, dense, "fc", [2, 1, 1]),
        ],
    }
}

fn image(network: &Network, weights: Weights) -> BoardImage {
    emit_planned(network, [0; 32], weights, planner::plan).expect("a good image")
}

fn chosen(network: &Network) -> u8 {
    let image = image(network, Weights::AsKernelsRead);
    let (record, _) = first_layer(image.bytes());
    assert_eq!(record.packed.count > 0, record.kernel != kernel::GENERAL);
    record.kernel
}

#[test]
fn each_window_has_the_kernel_that_takes_least() {
    let of = |kernel: usize, stride: usize, groups, input: [usize; 3], outputs: usize| {
        let size = |side: usize| (side - kernel) / stride + 1;
        let output = [outputs, size(input[1]), size(input[2])];
        chosen(&network(window(kernel, stride), groups, [input, output]))
    };
    assert_eq!(of(3, 1, 1, [16, 10, 10], 16), kernel::WINOGRAD);
    assert_eq!(of(3, 1, 1, [4, 10, 10], 16), kernel::WINOGRAD);
    assert_eq!(of(3, 2, 1, [16, 10, 10], 16), kernel::WIDE, "stride");
    assert_eq!(of(1, 1, 1, [16, 10, 10], 16), kernel::WIDE, "window");
    assert_eq!(of(3, 1, 1, [16, 10, 5], 16), kernel::WIDE, "three columns");
    assert_eq!(of(3, 1, 1, [3, 10, 10], 16), kernel::WIDE, "three channels");
    assert_eq!(of(3, 1, 1, [16, 10, 10], 15), kernel::WIDE, "an odd filter");
    assert_eq!(of(3, 1, 1, [4, 6, 6], 2), kernel::WIDE, "few filters");
    assert_eq!(of(1, 1, 1, [3, 5, 5], 2), kernel::WIDE);
    assert_eq!(of(1, 1, 1, [3, 5, 5], 1), kernel::GENERAL, "one filter");
    assert_eq!(of(1, 1, 1, [16, 1, 3], 16), kernel::GENERAL, "three pixels");
    assert_eq!(of(1, 1, 1, [16, 1, 4], 16), kernel::WIDE, "four pixels");
    assert_eq!(of(3, 1, 4, [16, 10, 10], 16), kernel::GENERAL, "groups");
    assert_eq!(of(3, 1, 16, [16, 10, 10], 16), kernel::GENERAL, "depthwise");
}

/// 24 times 255 steps of an input times 350,896 of weights still fit 32 bits.
#[test]
fn winograd_is_chosen_by_the_sums_that_can_be() {
    let most = winograd::MAX_WEIGHT_SUM;
    for (sum, expected) in [(most, kernel::WINOGRAD), (most + 1, kernel::WIDE)] {
        let mut network = network(window(3, 1), 1, [[308, 3, 10], [8, 1, 8]]);
        let filter = (0..9 * 308_u32).map(|at| {
            let magnitude = sum.saturating_sub(127 * at).min(127) as i8;
            if at % 2 == 0 { magnitude } else { -magnitude }
        });
        if let Op::Conv { weights, .. } = &mut network.layers[0].op {
            *weights = (0..7 * 9 * 308).map(|_| 1).chain(filter).collect();
        }
        assert_eq!(chosen(&network), expected, "{sum}");
    }
}

#[test]
fn weights_are_held_once_where_that_is_asked_for() {
    let network = network(window(3, 1), 1, [[16, 10, 10], [16, 8, 8]]);
    let [all, once] =
        [Weights::AsKernelsRead, Weights::Once].map(|weights| image(&network, weights));
    let (record, _) = first_layer(once.bytes());
    assert_eq!((record.kernel, record.packed.count), (kernel::GENERAL, 0));
    // Six numbers of 16 bits for three weights.
    let words = 4 * 16 * 16 * 9;
    assert_eq!(all.bytes().len(), once.bytes().len() + words);
}

#[test]
fn words_that_are_not_those_of_the_weights_are_refused() {
    for stride in [1, 2] {
        let size = [16, 7 / stride + 1, 7 / stride + 1];
        let network = network(window(3, stride), 1, [[8, 10, 10], size]);
        let good = image(&network, Weights::AsKernelsRead);
        let (record, _) = first_layer(good.bytes());
        assert_eq!(record.kernel, [kernel::WINOGRAD, kernel::WIDE][stride - 1]);
        let wrong = Some(ImageError::Layer {
            layer: 0,
            problem: LayerProblem::Kernel,
        });
        let check = |image: Vec<u8>| BoardImage::from_bytes(&image).err();
        for number in [kernel::GENERAL, kernel::POLYNOMIALS, 5 - record.kernel, 4] {
            let record = LayerRecord {
                kernel: number,
                ..record
            };
            let broken = with_first_layer(good.bytes(), record);
            assert_eq!(check(broken), wrong, "{number}");
        }
        for count in [0, record.packed.count - 1, record.packed.count + 1] {
            let packed = Span {
                count,
                ..record.packed
            };
            let record = LayerRecord { packed, ..record };
            let broken = with_first_layer(good.bytes(), record);
            assert_eq!(check(broken), wrong, "{count}");
        }
        for byte in (0..4 * record.packed.count as usize).step_by(61) {
            let mut broken = good.bytes().to_vec();
            broken[record.packed.offset as usize + byte] ^= 1;
            assert_eq!(check(hashed(broken)), wrong, "byte {byte}");
        }
    }
}
