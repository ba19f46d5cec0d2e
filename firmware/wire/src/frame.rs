//! A frame: header, payload, CRC; see the crate's documentation for the picture.

use crate::{cobs, crc};

/// Bytes of a header.
pub const HEADER_BYTES: usize = 8;
/// Bytes of a CRC.
pub const CRC_BYTES: usize = 4;
/// The most bytes of payload.
pub const PAYLOAD_BYTES_MAX: usize = 242;
/// The most bytes of a frame before it is stuffed.
pub const FRAME_BYTES_MAX: usize = HEADER_BYTES + PAYLOAD_BYTES_MAX + CRC_BYTES;
/// The most bytes of a frame on the wire, code byte and delimiter included.
pub const WIRE_BYTES_MAX: usize = FRAME_BYTES_MAX + 2;

const _: () = assert!(
    FRAME_BYTES_MAX == 254,
    "COBS in place needs at most 254 bytes"
);

/// What a frame is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Kind {
    /// Host: opens a session; payload [`crate::message::Hello`].
    Hello = 1,
    /// Board: answers it; payload [`crate::message::HelloReply`].
    HelloReply = 2,
    /// Host, numbered: payload [`crate::Request`].
    Request = 3,
    /// Board, numbered: payload [`crate::Event`].
    Event = 4,
    /// Board, numbered as events are: bytes of the defmt stream.
    Log = 5,
    /// Either: nothing but the header; from the host with a payload
    /// [`crate::message::Receipt`].
    Ack = 6,
    /// Board: the frame's session is not one that it knows.
    NoSession = 7,
}

impl Kind {
    fn from_byte(byte: u8) -> Option<Self> {
        Some(match byte {
            1 => Self::Hello,
            2 => Self::HelloReply,
            3 => Self::Request,
            4 => Self::Event,
            5 => Self::Log,
            6 => Self::Ack,
            7 => Self::NoSession,
            _ => return None,
        })
    }
}

/// The first eight bytes of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// What the frame is for.
    pub kind: Kind,
    /// The session that it belongs to.
    pub session: u16,
    /// Its number, if it is numbered.
    pub seq: u16,
    /// The next number that the sender expects from the other side.
    pub ack: u16,
    /// The round of resends; see the crate's documentation.
    pub round: u8,
}

/// A frame whose CRC is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Its header.
    pub header: Header,
    /// Its payload, at most [`PAYLOAD_BYTES_MAX`] bytes.
    pub payload: &'a [u8],
}

/// Why bytes between two delimiters are not a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rejected {
    /// More bytes than the longest frame has.
    TooLong,
    /// Not COBS.
    Stuffing,
    /// Fewer bytes than header and CRC.
    TooShort,
    /// The CRC is wrong.
    Crc,
    /// A kind that this version does not know.
    Kind(u8),
}

impl Frame<'_> {
    /// The bytes on the wire, in `buffer`, delimiter included; nothing if the
    /// payload is too long.
    pub fn emit<'b>(&self, buffer: &'b mut [u8; WIRE_BYTES_MAX]) -> Option<&'b [u8]> {
        let code_bytes = 1;
        let end = code_bytes + HEADER_BYTES + self.payload.len() + CRC_BYTES;
        let wire = buffer.get_mut(..=end)?;
        let (delimiter, frame) = wire.split_last_mut()?;
        let (_code, bytes) = frame.split_first_mut()?;
        let (body, crc) = bytes.split_last_chunk_mut::<CRC_BYTES>()?;
        let (header, payload) = body.split_first_chunk_mut::<HEADER_BYTES>()?;
        let [s0, s1] = self.header.session.to_le_bytes();
        let [q0, q1] = self.header.seq.to_le_bytes();
        let [a0, a1] = self.header.ack.to_le_bytes();
        let Header { kind, round, .. } = self.header;
        *header = [kind as u8, s0, s1, q0, q1, a0, a1, round];
        for (to, &from) in payload.iter_mut().zip(self.payload) {
            *to = from;
        }
        *crc = crc::checksum(body).to_le_bytes();
        cobs::encode_in_place(frame);
        *delimiter = 0;
        Some(wire)
    }
}

impl<'a> Frame<'a> {
    /// The frame in `bytes`, which lay between two delimiters.
    ///
    /// # Errors
    /// The first thing that is wrong; see [`Rejected`].
    pub fn parse(bytes: &'a mut [u8]) -> Result<Self, Rejected> {
        let bytes: &'a [u8] = cobs::decode_in_place(bytes).ok_or(Rejected::Stuffing)?;
        let (body, crc) = bytes
            .split_last_chunk::<CRC_BYTES>()
            .ok_or(Rejected::TooShort)?;
        let (header, payload) = body
            .split_first_chunk::<HEADER_BYTES>()
            .ok_or(Rejected::TooShort)?;
        if payload.len() > PAYLOAD_BYTES_MAX {
            return Err(Rejected::TooLong);
        }
        if crc::checksum(body) != u32::from_le_bytes(*crc) {
            return Err(Rejected::Crc);
        }
        let &[kind, s0, s1, q0, q1, a0, a1, round] = header;
        let header = Header {
            kind: Kind::from_byte(kind).ok_or(Rejected::Kind(kind))?,
            session: u16::from_le_bytes([s0, s1]),
            seq: u16::from_le_bytes([q0, q1]),
            ack: u16::from_le_bytes([a0, a1]),
            round,
        };
        Ok(Self { header, payload })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HEADER: Header = Header {
        kind: Kind::Event,
        session: 0x1234,
        seq: 7,
        ack: 0,
        round: 0,
    };

    #[test]
    fn the_bytes_of_a_frame_stay_as_they_are() {
        let mut buffer = [0; WIRE_BYTES_MAX];
        let bytes = Frame {
            header: HEADER,
            payload: &[0xAB, 0, 0xCD],
        }
        .emit(&mut buffer)
        .unwrap();
        assert_eq!(
            bytes,
            [
                5, 4, 0x34, 0x12, 7, 1, 1, 1, 2, 0xAB, 6, 0xCD, 0x4E, 0x8F, 0x4D, 2, 0
            ]
        );
    }

    #[test]
    fn a_full_frame_takes_256_bytes_and_a_longer_one_is_refused() {
        let mut buffer = [0; WIRE_BYTES_MAX];
        let payload = [0x55; PAYLOAD_BYTES_MAX + 1];
        let frame = Frame {
            header: HEADER,
            payload: &payload[1..],
        };
        assert_eq!(frame.emit(&mut buffer).map(<[u8]>::len), Some(256));
        assert_eq!(
            Frame {
                header: HEADER,
                payload: &payload
            }
            .emit(&mut buffer),
            None
        );
    }

    fn headers() -> impl Strategy<Value = Header> {
        (
            1..=7_u8,
            any::<u16>(),
            any::<u16>(),
            any::<u16>(),
            any::<u8>(),
        )
            .prop_map(|(kind, session, seq, ack, round)| Header {
                kind: Kind::from_byte(kind).unwrap(),
                session,
                seq,
                ack,
                round,
            })
    }

    proptest! {
        #[test]
        fn what_is_emitted_parses_back(
            header in headers(),
            payload in prop::collection::vec(any::<u8>(), 0..=PAYLOAD_BYTES_MAX),
        ) {
            let mut buffer = [0; WIRE_BYTES_MAX];
            let frame = Frame { header, payload: &payload };
            let mut bytes = frame.emit(&mut buffer).unwrap().to_vec();
            prop_assert_eq!(bytes.pop(), Some(0));
            prop_assert!(!bytes.contains(&0));
            prop_assert_eq!(Frame::parse(&mut bytes), Ok(frame));
        }

        #[test]
        fn a_flipped_bit_never_passes(
            header in headers(),
            payload in prop::collection::vec(any::<u8>(), 0..=PAYLOAD_BYTES_MAX),
            at in any::<prop::sample::Index>(),
            bit in 0..8_u32,
        ) {
            let mut buffer = [0; WIRE_BYTES_MAX];
            let bytes = Frame { header, payload: &payload }.emit(&mut buffer).unwrap();
            let mut bytes = bytes[..bytes.len() - 1].to_vec();
            let at = at.index(bytes.len());
            bytes[at] ^= 1_u8 << bit;
            // A flip to 0 is a delimiter to the decoder; parsed as it is, it must fail too.
            prop_assert!(Frame::parse(&mut bytes).is_err());
        }
    }
}
