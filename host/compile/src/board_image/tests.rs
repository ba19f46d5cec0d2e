//! Plans in images, good ones and one that was broken on purpose.

mod kernels;

use super::emit::{EmitError, emit_planned};
use super::{BoardImage, Weights};
use crate::network::{Channels, Layer, Network, Op, Window};
use crate::outline::activation;
use crate::planner::{self, Problem};
use cortexscope_core::Mode;
use cortexscope_core::image::format::{HASHED_FROM, Header, LayerRecord, Span, kernel};
use cortexscope_core::image::{ImageError, LayerProblem, Part, PlanProblem};
use sha2::{Digest, Sha256};
use std::time::{Duration, Instant};

fn window(kernel: usize, stride: usize) -> Window {
    Window {
        kernel: [kernel; 2],
        stride: [stride; 2],
        dilation: [1; 2],
        pad_before: [0; 2],
        pad_after: [0; 2],
    }
}

fn channels(count: usize) -> Channels {
    Channels {
        weight_scales: vec![1.0; count],
        bias: vec![0; count],
    }
}

/// conv 4@3×3, max-pool, conv 6@3×3, dense 3 on 12×12.
fn network() -> Network {
    let conv = |input: usize, outputs: usize| Op::Conv {
        window: window(3, 1),
        groups: 1,
        weights: vec![1; outputs * input * 9],
        channels: channels(outputs),
    };
    let layers = [
        (conv(1, 4), activation("conv1", [4, 10, 10])),
        (Op::MaxPool(window(2, 2)), activation("pool1", [4, 5, 5])),
        (conv(4, 6), activation("conv2", [6, 3, 3])),
        (
            Op::Dense {
                weights: vec![1; 3 * 54],
                channels: channels(3),
            },
            activation("fc", [3, 1, 1]),
        ),
    ];
    let layers = layers.into_iter().enumerate();
    Network {
        name: "small".to_owned(),
        labels: Vec::new(),
        input: activation("input", [1, 12, 12]),
        layers: layers
            .map(|(index, (op, output))| Layer {
                inputs: vec![index],
                op,
                output,
            })
            .collect(),
    }
}

#[test]
fn an_image_carries_plans_that_its_check_accepts() {
    let image =
        emit_planned(&network(), [0; 32], Weights::default(), planner::plan).expect("a good image");
    let model = image.model();
    let bytes = |mode| {
        model
            .plan(mode)
            .expect("every mode is planned")
            .arena_bytes()
    };
    assert!(bytes(Mode::Fused) < bytes(Mode::Tapped));
    // Side by side they would take 144 + 400 + 100 + 54 + 12 bytes.
    assert!(bytes(Mode::Tapped) < 600, "{}", bytes(Mode::Tapped));
}

/// A dense layer of a million weights: an image that takes time to hash.
fn large_network() -> Network {
    let inputs = 32 * 32;
    Network {
        name: "large".to_owned(),
        labels: Vec::new(),
        input: activation("input", [1, 32, 32]),
        layers: vec![Layer {
            inputs: vec![0],
            op: Op::Dense {
                weights: vec![1; 1000 * inputs],
                channels: channels(1000),
            },
            output: activation("fc", [1000, 1, 1]),
        }],
    }
}

#[test]
fn a_checked_image_is_not_hashed_again() {
    let time = |work: &dyn Fn()| -> Duration {
        let begun = Instant::now();
        work();
        begun.elapsed()
    };
    let image = emit_planned(&large_network(), [0; 32], Weights::default(), planner::plan)
        .expect("a good image");
    let one_check = time(&|| {
        cortexscope_core::Model::check(image.bytes()).expect("it was checked before");
    });
    // A frame of the live page asks for the network about 15 times.
    let looks = time(&|| {
        for _ in 0..1000 {
            assert_eq!(image.model().classes(), 1000);
        }
    });
    assert!(looks < 10 * one_check, "{looks:?}, one check {one_check:?}");
    assert!(std::ptr::eq(
        image.model().hash(),
        image.clone().model().hash()
    ));
}

#[test]
fn a_lifetime_that_is_too_short_is_caught() {
    // The planner is told that the second convolution does not read its input.
    let forgetful = |problem: &Problem| {
        let mut broken = problem.clone();
        for step in &mut broken.steps {
            if step.reads == [2] || step.reads == [1] {
                step.reads.clear();
                step.sharing.clear();
            }
        }
        planner::plan(&broken)
    };
    let refused = emit_planned(&network(), [0; 32], Weights::default(), forgetful)
        .expect_err("a plan that loses a tensor");
    assert!(
        matches!(
            refused,
            EmitError::Refused(ImageError::Plan {
                problem: PlanProblem::Overlap { .. } | PlanProblem::Steps { .. },
                ..
            })
        ),
        "{refused}"
    );
}

#[test]
fn a_lag_that_is_too_small_is_caught() {
    let hasty = |problem: &Problem| {
        let mut broken = problem.clone();
        for sharing in broken.steps.iter_mut().flat_map(|step| &mut step.sharing) {
            sharing.lag_bytes = 0;
        }
        planner::plan(&broken)
    };
    let refused = emit_planned(&network(), [0; 32], Weights::default(), hasty)
        .expect_err("a plan that overtakes");
    assert!(
        matches!(
            refused,
            EmitError::Refused(ImageError::Plan {
                problem: PlanProblem::Overlap { .. },
                ..
            })
        ),
        "{refused}"
    );
}

/// The record of the first layer in an image, and where it begins.
fn first_layer(image: &[u8]) -> (LayerRecord, usize) {
    let header: Header = bytemuck::pod_read_unaligned(&image[..size_of::<Header>()]);
    let at = header.layers.offset as usize;
    let record = bytemuck::pod_read_unaligned(&image[at..at + size_of::<LayerRecord>()]);
    (record, at)
}

/// `image` with another record of the first layer, and the hash that fits.
fn with_first_layer(image: &[u8], record: LayerRecord) -> Vec<u8> {
    let (_, at) = first_layer(image);
    let mut image = image.to_vec();
    image[at..at + size_of::<LayerRecord>()].copy_from_slice(bytemuck::bytes_of(&record));
    hashed(image)
}

fn hashed(mut image: Vec<u8>) -> Vec<u8> {
    let hash: [u8; 32] = Sha256::digest(&image[HASHED_FROM..]).into();
    image[16..HASHED_FROM].copy_from_slice(&hash);
    image
}

#[test]
fn a_kernel_that_is_not_for_the_layer_is_refused() {
    let image =
        emit_planned(&network(), [0; 32], Weights::default(), planner::plan).expect("a good image");
    let image = image.bytes();
    let (record, _) = first_layer(image);
    assert_eq!(record.kernel, kernel::POLYNOMIALS);
    let wrong = Some(ImageError::Layer {
        layer: 0,
        problem: LayerProblem::Kernel,
    });
    let check = |image: Vec<u8>| BoardImage::from_bytes(&image).err();
    assert_eq!(check(with_first_layer(image, record)), None);
    for number in [kernel::GENERAL, 2, u8::MAX] {
        let record = LayerRecord {
            kernel: number,
            ..record
        };
        assert_eq!(check(with_first_layer(image, record)), wrong, "{number}");
    }
    for count in [0, 1, record.packed.count - 1, record.packed.count + 1] {
        let packed = Span {
            count,
            ..record.packed
        };
        let record = LayerRecord { packed, ..record };
        assert_eq!(check(with_first_layer(image, record)), wrong, "{count}");
    }
    for byte in 0..4 * record.packed.count as usize {
        let mut broken = image.to_vec();
        broken[record.packed.offset as usize + byte] ^= 1;
        assert_eq!(check(hashed(broken)), wrong, "byte {byte}");
    }
    for offset in [record.packed.offset + 1, u32::MAX - 3, image.len() as u32] {
        let packed = Span {
            offset,
            ..record.packed
        };
        let record = LayerRecord { packed, ..record };
        let refused = check(with_first_layer(image, record));
        let part = Part::Packed;
        assert!(
            matches!(refused, Some(ImageError::Span { part: found, .. }) if found == part),
            "{refused:?}"
        );
    }
}

/// 255 steps of an input times 8,224 of weights still fit 21 bits, times 8,225 no more.
#[test]
fn the_kernel_is_chosen_by_the_sums_that_can_be() {
    for (sum, expected) in [(8224, kernel::POLYNOMIALS), (8225, kernel::WIDE)] {
        let mut network = network();
        network.input.shape = [10, 12, 12];
        let filter = (0..90_usize).map(|at| {
            let magnitude = usize::saturating_sub(sum, 127 * at).min(127) as i8;
            if at % 2 == 0 { magnitude } else { -magnitude }
        });
        network.layers[0].op = Op::Conv {
            window: window(3, 1),
            groups: 1,
            weights: (0..3 * 90).map(|_| 1).chain(filter).collect(),
            channels: channels(4),
        };
        let image = emit_planned(&network, [0; 32], Weights::default(), planner::plan)
            .expect("a good image");
        let (record, _) = first_layer(image.bytes());
        assert_eq!(record.kernel, expected, "{sum}");
        assert!(record.packed.count > 0);
    }
}
