//! What a link can carry.

use crate::frame::{CRC_BYTES, HEADER_BYTES, WIRE_BYTES_MAX};
use crate::message::TAP_BYTES_MAX;

/// Bits that a UART at 8N1 takes for a byte: start, eight, stop.
const UART_BITS_PER_BYTE: u32 = 10;

/// Bytes per second of a UART at 8N1.
pub const fn uart_bytes_per_s(baud: u32) -> u32 {
    baud / UART_BITS_PER_BYTE
}

/// Bytes on the wire of an int8 tensor of `bytes`, sent in one run.
pub fn tap_wire_bytes(bytes: usize) -> usize {
    let full = bytes / TAP_BYTES_MAX;
    let rest = bytes % TAP_BYTES_MAX;
    full * WIRE_BYTES_MAX
        + if rest == 0 {
            0
        } else {
            frame_wire_bytes(1 + 1 + 3 + 2 + rest)
        }
}

/// Bytes on the wire of one inference that sends int8 tensors of these sizes:
/// the taps, one [`crate::Event::LayerDone`] for each, the logits and the end.
///
/// An upper bound: offsets and counts are taken at their longest.
pub fn inference_wire_bytes(tensor_bytes: &[usize], classes: usize) -> usize {
    const LAYER_DONE: usize = 1 + 1 + 10 + 6 + 6;
    const DONE: usize = 1 + 10 + 6 + 6 + 6;
    let taps: usize = tensor_bytes
        .iter()
        .map(|&bytes| tap_wire_bytes(bytes))
        .sum();
    let layers = tensor_bytes.len() * frame_wire_bytes(LAYER_DONE);
    taps + layers + frame_wire_bytes(1 + 5 + 2 + 4 * classes) + frame_wire_bytes(DONE)
}

/// Bytes on the wire of a frame with this much payload.
pub const fn frame_wire_bytes(payload_bytes: usize) -> usize {
    HEADER_BYTES + payload_bytes + CRC_BYTES + 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_in_the_crates_documentation() {
        let frames = |bytes_per_s: u32| bytes_per_s as usize / WIRE_BYTES_MAX;
        let activations = |bytes_per_s: u32| frames(bytes_per_s) * TAP_BYTES_MAX;
        assert_eq!(uart_bytes_per_s(115_200), 11_520);
        assert_eq!([frames(11_520), activations(11_520)], [45, 10_575]);
        assert_eq!([frames(92_160), activations(92_160)], [360, 84_600]);
        assert_eq!(
            [frames(1_216_000), activations(1_216_000)],
            [4_750, 1_116_250]
        );
    }

    #[test]
    fn the_lecture_lenet_as_documented() {
        let tensors = [784, 11_520, 2_880, 5_000, 1_250];
        assert_eq!(tensors.iter().sum::<usize>(), 21_434);
        let bytes = inference_wire_bytes(&tensors, 10);
        assert_eq!(bytes, 23_724);
        assert_eq!(92_160 * 10 / bytes, 38);
        assert_eq!(11_520 * 100 / bytes, 48);
    }
}
