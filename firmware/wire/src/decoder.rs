//! Bytes to frames, in whatever pieces the bytes come.

use crate::frame::{Frame, WIRE_BYTES_MAX};

pub use crate::frame::Rejected;

/// Collects bytes up to a delimiter. Loses its place at the first broken frame
/// and finds it at the next delimiter.
#[derive(Clone, Debug)]
pub struct Decoder {
    buffer: [u8; WIRE_BYTES_MAX - 1],
    /// Bytes of the frame so far; past the buffer's end once it is too long.
    length: usize,
}

impl Decoder {
    /// A decoder that expects a frame.
    pub const fn new() -> Self {
        Self {
            buffer: [0; WIRE_BYTES_MAX - 1],
            length: 0,
        }
    }

    /// The next frame in `bytes`, or why there is none between two delimiters.
    /// Takes what it used off the front of `bytes`; nothing once all is used.
    pub fn next<'a>(&'a mut self, bytes: &mut &[u8]) -> Option<Result<Frame<'a>, Rejected>> {
        loop {
            let end = bytes.iter().position(|&byte| byte == 0);
            let (piece, rest) = bytes
                .split_at_checked(end.unwrap_or(bytes.len()))
                .unwrap_or_default();
            let start = self.length.min(self.buffer.len());
            let room = self.buffer.get_mut(start..).unwrap_or_default();
            for (to, &from) in room.iter_mut().zip(piece) {
                *to = from;
            }
            // One more than fits is enough to remember that it did not.
            self.length = self
                .length
                .saturating_add(piece.len())
                .min(self.buffer.len() + 1);
            *bytes = rest.get(1..).unwrap_or_default();
            end?;
            match core::mem::take(&mut self.length) {
                0 => {}
                length => {
                    return Some(match self.buffer.get_mut(..length) {
                        Some(frame) => Frame::parse(frame),
                        None => Err(Rejected::TooLong),
                    });
                }
            }
        }
    }
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use crate::frame::{Header, Kind, PAYLOAD_BYTES_MAX};
    use proptest::prelude::*;
    use std::vec::Vec;

    fn emitted(seq: u16, payload: &[u8]) -> Vec<u8> {
        let header = Header {
            kind: Kind::Event,
            session: 1,
            seq,
            ack: 0,
            round: 0,
        };
        let mut buffer = [0; WIRE_BYTES_MAX];
        Frame { header, payload }
            .emit(&mut buffer)
            .unwrap()
            .to_vec()
    }

    fn decode_all(decoder: &mut Decoder, mut bytes: &[u8]) -> Vec<Result<u16, Rejected>> {
        let mut all = Vec::new();
        while let Some(result) = decoder.next(&mut bytes) {
            all.push(result.map(|frame| frame.header.seq));
        }
        all
    }

    #[test]
    fn after_noise_the_next_frame_is_found() {
        let mut bytes = std::vec![0xEE; 1000];
        bytes.push(0);
        bytes.extend(emitted(1, b"one"));
        bytes.extend([0, 0]);
        bytes.extend(emitted(2, &[9; PAYLOAD_BYTES_MAX]));
        let found = decode_all(&mut Decoder::new(), &bytes);
        assert_eq!(found, [Err(Rejected::TooLong), Ok(1), Ok(2)]);
    }

    #[test]
    fn a_frame_cut_short_costs_only_itself() {
        let mut bytes = emitted(1, b"one");
        bytes.remove(5);
        bytes.extend(emitted(2, b"two"));
        let found = decode_all(&mut Decoder::new(), &bytes);
        assert!(found[0].is_err());
        assert_eq!(found[1..], [Ok(2)]);
    }

    proptest! {
        #[test]
        fn the_pieces_in_which_bytes_come_do_not_matter(
            bytes in prop::collection::vec(prop_oneof![Just(0), Just(1), any::<u8>()], 0..600),
            frames in 0..3_u16,
            cuts in prop::collection::vec(1..300_usize, 1..8),
        ) {
            let mut bytes = bytes;
            for seq in 0..frames {
                bytes.push(0);
                bytes.extend(emitted(seq, &bytes.clone()[..bytes.len().min(PAYLOAD_BYTES_MAX)]));
            }
            let whole = decode_all(&mut Decoder::new(), &bytes);
            let mut decoder = Decoder::new();
            let mut pieces = Vec::new();
            let mut rest = &bytes[..];
            for &cut in cuts.iter().cycle() {
                let (piece, after) = rest.split_at(cut.min(rest.len()));
                pieces.extend(decode_all(&mut decoder, piece));
                rest = after;
                if rest.is_empty() {
                    break;
                }
            }
            prop_assert_eq!(&whole, &pieces);
            let good = whole.iter().filter(|result| result.is_ok()).count();
            prop_assert_eq!(good, usize::from(frames));
        }
    }
}
