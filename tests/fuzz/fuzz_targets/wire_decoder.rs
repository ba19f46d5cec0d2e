//! The wire: arbitrary bytes, and frames with right CRC and stuffing around
//! arbitrary fields, into the decoder, the messages and a probe without model.

#![no_main]

use arbitrary::Arbitrary;
use cortexscope_probe::{Board, StaticEngine, serve};
use cortexscope_wire::frame::WIRE_BYTES_MAX;
use cortexscope_wire::message::{self, CounterKind, Sections};
use cortexscope_wire::{Decoder, Event, Frame, Header, Kind, Request, Slot};
use libfuzzer_sys::fuzz_target;
use std::convert::Infallible;

#[derive(Arbitrary, Debug)]
enum Piece {
    Raw(Vec<u8>),
    Framed { kind: u8, session: u8, seq: u8, ack: u8, round: u8, payload: Vec<u8> },
}

const KINDS: [Kind; 7] = [
    Kind::Hello,
    Kind::HelloReply,
    Kind::Request,
    Kind::Event,
    Kind::Log,
    Kind::Ack,
    Kind::NoSession,
];

fn bytes(pieces: &[Piece]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Raw(raw) => bytes.extend_from_slice(raw),
            Piece::Framed { kind, session, seq, ack, round, payload } => {
                let header = Header {
                    kind: KINDS[usize::from(*kind) % KINDS.len()],
                    // Few values, so that frames meet their session and number.
                    session: u16::from(session % 3),
                    seq: u16::from(seq % 8),
                    ack: u16::from(ack % 8),
                    round: round % 4,
                };
                let mut buffer = [0; WIRE_BYTES_MAX];
                let frame = Frame { header, payload };
                bytes.extend_from_slice(frame.emit(&mut buffer).unwrap_or_default());
            }
        }
    }
    bytes
}

/// A link that brings these bytes, takes what is written, and closes.
struct Script<'a>(&'a [u8]);

impl embedded_io::ErrorType for Script<'_> {
    type Error = Infallible;
}

impl embedded_io::Read for Script<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Infallible> {
        let count = buffer.len().min(self.0.len());
        let (now, later) = self.0.split_at(count);
        buffer[..count].copy_from_slice(now);
        self.0 = later;
        Ok(count)
    }
}

impl embedded_io::ReadReady for Script<'_> {
    fn read_ready(&mut self) -> Result<bool, Infallible> {
        Ok(true)
    }
}

impl embedded_io::Write for Script<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

struct Bench;

impl Board for Bench {
    fn name(&self) -> &str {
        "fuzz"
    }

    fn elf_build_id(&self) -> &[u8] {
        &[]
    }

    fn counter_kind(&self) -> CounterKind {
        CounterKind::None
    }

    fn counter(&mut self) -> u64 {
        0
    }

    fn sections(&self) -> Sections {
        Sections::default()
    }

    fn take_logs(&mut self, _buffer: &mut [u8]) -> usize {
        0
    }
}

fuzz_target!(|pieces: Vec<Piece>| {
    let bytes = bytes(&pieces);
    let mut decoder = Decoder::default();
    let mut rest = bytes.as_slice();
    while let Some(frame) = decoder.next(&mut rest) {
        if let Ok(frame) = frame {
            let _ = message::parse::<Request<'_>>(frame.payload);
            let _ = message::parse::<Event<'_>>(frame.payload);
        }
    }
    let mut arena = [0_u32; 1024];
    let mut engine = StaticEngine::new(&[], bytemuck::cast_slice_mut(&mut arena));
    let mut window = [Slot::EMPTY; 4];
    serve(&mut Bench, &mut Script(&bytes), &mut engine, &mut window);
});
