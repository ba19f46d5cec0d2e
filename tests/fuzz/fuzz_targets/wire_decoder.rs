//! The wire: arbitrary bytes, frames with right CRC and stuffing around arbitrary
//! fields, and well-formed sessions, into the decoder, the messages and a probe
//! that runs a small model of every operator.

#![no_main]

use arbitrary::Arbitrary;
use cortexscope_fuzz::{TINY_IMAGE, aligned};
use cortexscope_probe::{Board, StaticEngine, serve};
use cortexscope_wire::frame::{PAYLOAD_BYTES_MAX, WIRE_BYTES_MAX};
use cortexscope_wire::message::{
    self, CounterKind, Hello, Infer, Mode, Occlude, Receipt, Sections, input_crc,
};
use cortexscope_wire::schema::{PROTOCOL_VERSION, SCHEMA_HASH};
use cortexscope_wire::{Decoder, Event, Frame, Header, Inbound, Kind, Request, Slot, TensorSet};
use libfuzzer_sys::fuzz_target;
use std::convert::Infallible;

/// The input of the small model, all zeros until something is sent.
const INPUT_BYTES: usize = 36;

#[derive(Arbitrary, Debug)]
enum Piece {
    Raw(Vec<u8>),
    Framed(Fields, Vec<u8>),
    /// A request as a host would make it, in its turn.
    Asked(Ask),
    /// An acknowledgement as a host would make it.
    Acknowledged { next: u8, credit: u8, missing: u8, held: u32, round: u8 },
    /// A byte of what was said so far, changed.
    Damaged { at: u16, with: u8 },
}

/// A header of few values, so that frames meet their session and number.
#[derive(Arbitrary, Debug)]
struct Fields {
    kind: u8,
    session: u8,
    seq: u8,
    ack: u8,
    round: u8,
}

#[derive(Arbitrary, Debug)]
enum Ask {
    Hello { session: u8, credit: u8 },
    Identify,
    Input { offset: u8, bytes: Vec<u8> },
    Infer { fused: bool, taps: u8, paint: Option<u8>, crc: Option<u32> },
    Occlude {
        window: [u8; 2],
        stride: [u8; 2],
        fill: i8,
        class: Option<u8>,
        paint: Option<u8>,
        crc: Option<u32>,
    },
    Memory,
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

/// A host that says what it is told to.
struct Host {
    said: Vec<u8>,
    session: u16,
    requests: u16,
    input: [u8; INPUT_BYTES],
}

impl Host {
    fn new() -> Self {
        Self { said: Vec::new(), session: 0, requests: 0, input: [0; INPUT_BYTES] }
    }

    fn say(&mut self, piece: &Piece) {
        match piece {
            Piece::Raw(raw) => self.said.extend_from_slice(raw),
            Piece::Framed(fields, payload) => {
                let header = Header {
                    kind: KINDS[usize::from(fields.kind) % KINDS.len()],
                    session: u16::from(fields.session % 3),
                    seq: u16::from(fields.seq % 8),
                    ack: u16::from(fields.ack % 8),
                    round: fields.round % 4,
                };
                self.frame(header, payload);
            }
            Piece::Asked(ask) => self.ask(ask),
            Piece::Acknowledged { next, credit, missing, held, round } => {
                let ack = u16::from(*next);
                let receipt = Receipt {
                    limit: ack + u16::from(*credit),
                    missing_before: ack + u16::from(*missing),
                    held: *held,
                };
                let header = Header { ack, round: *round, ..self.header(Kind::Ack) };
                self.message(header, &receipt);
            }
            Piece::Damaged { at, with } => {
                let length = self.said.len().max(1);
                if let Some(byte) = self.said.get_mut(usize::from(*at) % length) {
                    *byte ^= with;
                }
            }
        }
    }

    fn header(&self, kind: Kind) -> Header {
        Header { kind, session: self.session, seq: self.requests, ack: 0, round: 0 }
    }

    fn ask(&mut self, ask: &Ask) {
        let request = match ask {
            Ask::Hello { session, credit } => {
                self.session = u16::from(session % 4);
                self.requests = 0;
                let hello = Hello {
                    version: PROTOCOL_VERSION,
                    schema: SCHEMA_HASH,
                    credit: u16::from(*credit),
                };
                return self.message(self.header(Kind::Hello), &hello);
            }
            Ask::Identify => Request::Identify,
            Ask::Input { offset, bytes } => {
                let bytes = &bytes[..bytes.len().min(message::INPUT_BYTES_MAX)];
                let place = self.input.iter_mut().skip((*offset).into());
                place.zip(bytes).for_each(|(to, &from)| *to = from);
                Request::Input { offset: u32::from(*offset), bytes }
            }
            Ask::Infer { fused, taps, paint, crc } => Request::Infer(Infer {
                mode: if *fused { Mode::Fused } else { Mode::Tapped },
                taps: TensorSet([u32::from(*taps), 0, 0, 0]),
                paint: *paint,
                input_crc: crc.unwrap_or_else(|| input_crc(&self.input)),
            }),
            Ask::Occlude { window, stride, fill, class, paint, crc } => Request::Occlude(Occlude {
                window_h: u16::from(window[0] % 9),
                window_w: u16::from(window[1] % 9),
                stride_y: u16::from(stride[0] % 9),
                stride_x: u16::from(stride[1] % 9),
                fill: *fill,
                class: class.map(u16::from),
                paint: *paint,
                input_crc: crc.unwrap_or_else(|| input_crc(&self.input)),
            }),
            Ask::Memory => Request::Memory,
        };
        self.message(self.header(Kind::Request), &request);
        self.requests = self.requests.wrapping_add(1);
    }

    fn message(&mut self, header: Header, message: &impl serde::Serialize) {
        let mut payload = [0; PAYLOAD_BYTES_MAX];
        if let Some(payload) = message::emit(message, &mut payload) {
            self.frame(header, payload);
        }
    }

    fn frame(&mut self, header: Header, payload: &[u8]) {
        let mut buffer = [0; WIRE_BYTES_MAX];
        let frame = Frame { header, payload };
        self.said.extend_from_slice(frame.emit(&mut buffer).unwrap_or_default());
    }
}

/// A link that brings these bytes, keeps what is written, and closes.
struct Script<'a> {
    says: &'a [u8],
    hears: Vec<u8>,
}

impl embedded_io::ErrorType for Script<'_> {
    type Error = Infallible;
}

impl embedded_io::Read for Script<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Infallible> {
        let count = buffer.len().min(self.says.len());
        let (now, later) = self.says.split_at(count);
        buffer[..count].copy_from_slice(now);
        self.says = later;
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
        self.hears.extend_from_slice(bytes);
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

/// Every frame and message in `bytes`, read as host and as board would.
fn decode(bytes: &[u8]) -> usize {
    let mut decoder = Decoder::default();
    let mut inbound = Inbound::new(8, 8);
    let mut rest = bytes;
    let mut rejected = 0;
    while let Some(frame) = decoder.next(&mut rest) {
        let Ok(frame) = frame else {
            rejected += 1;
            continue;
        };
        inbound.accept(frame.header.seq);
        let _ = message::parse::<Request<'_>>(frame.payload);
        let _ = message::parse::<Event<'_>>(frame.payload);
    }
    rejected
}

fuzz_target!(|pieces: Vec<Piece>| {
    let mut host = Host::new();
    pieces.iter().for_each(|piece| host.say(piece));
    decode(&host.said);

    let image = aligned(TINY_IMAGE);
    let mut arena = [0_u32; 1024];
    let arena = bytemuck::cast_slice_mut(&mut arena);
    let region = &bytemuck::cast_slice(&image)[..TINY_IMAGE.len()];
    let mut engine = StaticEngine::new(region, arena);
    let mut window = [Slot::EMPTY; 4];
    let mut link = Script { says: &host.said, hears: Vec::new() };
    serve(&mut Bench, &mut link, &mut engine, &mut window);
    // Whatever the board was told, what it says is well-formed.
    assert_eq!(decode(&link.hears), 0);
});
