//! What host and board say to each other.
//!
//! Byte strings are borrowed from the frame, so no message needs a heap. Numbers
//! wider than a byte are varints (postcard); arrays of activations,
//! accumulators and logits are little-endian and as long as the frame allows.

mod error;
mod event;
mod fields;
mod hello;
mod identity;
mod image_fault;
mod memory;
mod receipt;
mod request;
mod tensor_set;

pub use error::{BoardError, EnginePhase};
pub use event::{Event, Run};
pub use hello::{Hello, HelloReply};
pub use identity::{CameraIdentity, CounterKind, Identity, ModelIdentity};
pub use image_fault::{ImageFault, ImagePart, LayerCheck, PlanCheck};
pub use memory::{HeapPhase, MemoryReport, Sections};
pub use receipt::Receipt;
pub use request::{Form, Infer, Mode, Occlude, Request};
pub use tensor_set::TensorSet;

use crate::frame::PAYLOAD_BYTES_MAX;
use serde::{Deserialize, Serialize};

/// Activation bytes that fit into one [`Event::Tap`]: what a full payload leaves
/// after the variant, the tensor, the offset and the length.
pub const TAP_BYTES_MAX: usize = PAYLOAD_BYTES_MAX - 1 - 1 - 3 - 2;

/// Bytes that fit into one [`Request::Input`] or [`Request::Picture`], likewise.
pub const INPUT_BYTES_MAX: usize = PAYLOAD_BYTES_MAX - 1 - 3 - 2;

/// The largest byte offset that these limits leave room for: three varint bytes.
pub const OFFSET_MAX: u32 = (1 << 21) - 1;

/// Values of four bytes that fit into one [`Event::Accumulators`],
/// [`Event::Logits`] or [`Event::Positions`].
pub const WORDS_MAX: usize = (PAYLOAD_BYTES_MAX - 1 - 5 - 2) / 4;

/// Pixels that fit into one [`Event::Pixels`].
pub const PIXELS_MAX: usize = PAYLOAD_BYTES_MAX - 1 - 5 - 2;

/// The bytes of `message`, in `payload`; nothing if they do not fit.
pub fn emit<'b>(
    message: &impl Serialize,
    payload: &'b mut [u8; PAYLOAD_BYTES_MAX],
) -> Option<&'b [u8]> {
    postcard::to_slice(message, payload)
        .ok()
        .map(|bytes| &*bytes)
}

/// The message in `payload`; nothing if it is not one. Bytes after it are ignored.
pub fn parse<'a, M: Deserialize<'a>>(payload: &'a [u8]) -> Option<M> {
    postcard::from_bytes(payload).ok()
}

/// The CRC-32 that [`Infer`] and [`Occlude`] carry of the int8 input.
pub fn input_crc(bytes: &[u8]) -> u32 {
    crate::crc::checksum(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded_bytes(message: &impl serde::Serialize) -> usize {
        let mut buffer = [0; 512];
        postcard::to_slice(message, &mut buffer).unwrap().len()
    }

    #[test]
    fn the_longest_tap_fills_the_payload() {
        let bytes = [0; TAP_BYTES_MAX];
        let tap = Event::Tap {
            tensor: 127,
            offset: OFFSET_MAX,
            bytes: &bytes,
        };
        assert_eq!(encoded_bytes(&tap), PAYLOAD_BYTES_MAX);
    }

    #[test]
    fn the_longest_input_fills_the_payload() {
        let bytes = [0; INPUT_BYTES_MAX];
        let input = Request::Input {
            offset: OFFSET_MAX,
            bytes: &bytes,
        };
        assert_eq!(encoded_bytes(&input), PAYLOAD_BYTES_MAX);
    }

    #[test]
    fn words_fit_at_any_offset() {
        let bytes = [0; 4 * WORDS_MAX];
        let levels = [0; PIXELS_MAX];
        for event in [
            Event::Pixels {
                first: u32::MAX,
                levels: &levels,
            },
            Event::Accumulators {
                first: u32::MAX,
                values: &bytes,
            },
            Event::Logits {
                first: u32::MAX,
                values: &bytes,
            },
            Event::Positions {
                first: u32::MAX,
                probabilities: &bytes,
            },
        ] {
            let length = encoded_bytes(&event);
            assert!(
                (PAYLOAD_BYTES_MAX - 3..=PAYLOAD_BYTES_MAX).contains(&length),
                "{length}"
            );
        }
    }

    #[test]
    fn every_owned_message_fits_a_payload() {
        let model = ModelIdentity {
            hash: [0xFF; 32],
            tensors: u8::MAX,
            input_bytes: u32::MAX,
            classes: u16::MAX,
            image_bytes: u32::MAX,
            tapped_arena_bytes: Some(u32::MAX),
            fused_arena_bytes: Some(u32::MAX),
        };
        let identity = Identity {
            board: "a board with a name of 32 bytes.",
            engine: "an engine with name of 32 bytes.",
            elf_build_id: &[0xFF; 32],
            counter: CounterKind::Instructions,
            arena_bytes: u32::MAX,
            model_region_bytes: u32::MAX,
            model: Ok(model),
            camera: Some(CameraIdentity {
                height: u16::MAX,
                width: u16::MAX,
            }),
        };
        assert!(encoded_bytes(&Event::Identity(identity)) <= PAYLOAD_BYTES_MAX);
        let occlude = Request::Occlude(Occlude {
            window_h: u16::MAX,
            window_w: u16::MAX,
            stride_y: u16::MAX,
            stride_x: u16::MAX,
            fill: -128,
            class: Some(u16::MAX),
            paint: Some(0xFF),
            input_crc: u32::MAX,
        });
        assert!(encoded_bytes(&occlude) <= PAYLOAD_BYTES_MAX);
        let infer = Request::Infer(Infer {
            mode: Mode::Fused,
            taps: TensorSet::ALL,
            paint: Some(0xFF),
            input_crc: u32::MAX,
        });
        assert!(encoded_bytes(&infer) <= PAYLOAD_BYTES_MAX);
        let heap = Event::Heap(HeapPhase {
            name: "a phase with a name of 32 bytes.",
            live_bytes: u32::MAX,
            peak_bytes: u32::MAX,
            allocations: u32::MAX,
        });
        assert!(encoded_bytes(&heap) <= PAYLOAD_BYTES_MAX);
    }
}
