//! The protocol between host and board: messages, frames, flow control.
//!
//! | layer | module | what it gives |
//! |---|---|---|
//! | messages | [`message`] | what is asked and answered, as postcard bytes without a heap |
//! | for flash | [`compact`] | the same bytes by a board's compact writer and reader |
//! | version | [`schema`] | the version and the hash by which two builds know that they understand each other |
//! | reliability | [`send_window`], [`inbound`] | the board's frames that are not acknowledged, the host's place in the sequence |
//! | frames | [`frame`], [`decoder`] | header, CRC-32, COBS; bytes to frames, whatever the bytes |
//! | arithmetic | [`seq`], [`capacity`] | sequence numbers that wrap; what a link can carry |
//!
//! ```
//! use cortexscope_wire::frame::WIRE_BYTES_MAX;
//! use cortexscope_wire::{Decoder, Frame, Header, Kind};
//!
//! let header = Header { kind: Kind::Ack, session: 7, seq: 0, ack: 1, round: 0 };
//! let frame = Frame { header, payload: &[] };
//! let mut buffer = [0; WIRE_BYTES_MAX];
//! let mut bytes: &[u8] = frame.emit(&mut buffer).expect("the payload is short enough");
//!
//! let mut decoder = Decoder::new();
//! let decoded = decoder.next(&mut bytes).expect("a whole frame");
//! assert_eq!(decoded, Ok(frame));
//! ```
//!
//! # The frame
//!
//! ```text
//!            0      1      2      3      4      5      6      7      8
//!         +------+------+------+------+------+------+------+------+------ - - ------+------+------+------+------+
//!         | kind |   session   |     seq     |     ack     |round |     payload     |          CRC-32           |
//!         +------+------+------+------+------+------+------+------+------ - - ------+------+------+------+------+
//!         |<---------------------- header, 8 bytes -------------->|<- 0 to 242 B -->|<-------- 4 bytes -------->|
//! ```
//!
//! Numbers are little-endian. The CRC (CRC-32/ISO-HDLC, as in Ethernet and zip)
//! covers everything before it. The whole is COBS-encoded and ends in a zero
//! byte, which occurs nowhere else: a reader that lost its place finds the next
//! frame at the next zero. 254 bytes is the longest run that COBS carries with
//! one byte of overhead, so a full frame takes [`frame::WIRE_BYTES_MAX`] = 256 bytes.
//!
//! | field | host to board | board to host |
//! |---|---|---|
//! | `session` | chosen by the host in Hello, never 0 | the session that is answered |
//! | `seq` | number of the request | number of the event or log |
//! | `ack` | next event or log that the host expects | next request that the board expects |
//! | `round` | how often the host asked for a resend | the last round that the board has seen |
//!
//! # Who does what
//!
//! The board has no timer. It answers, and it keeps what it sent in a
//! [`send_window`] of fixed buffers until the host acknowledges it. The host drives
//! every time-out: it repeats a request that was not acknowledged, and where an
//! event is missing it raises `round` and says which ones it holds, on which the
//! board sends the others once more. `round` in the answers tells the resent
//! frames from those that were on their way, so a resend that is lost too is
//! asked for at once and not after a time-out.
//!
//! ```text
//!   host                                    board
//!    | Hello(version, schema, credit)  ---->  |   forgets the session before
//!    |  <----  HelloReply(version, schema)    |
//!    | Request 0: Input(0..236)        ---->  |
//!    |  <----                        Ack(1)   |
//!    | Request 1: Infer(taps)          ---->  |
//!    |  <----                        Ack(2)   |
//!    |  <----   Event 0: Tap(conv1, 0..)      |
//!    |      X-  Event 1: Tap(conv1, 235..)    |   lost
//!    |  <----   Event 2: Tap(conv1, 470..)    |   out of turn, kept
//!    | Ack(1, round 1, holds 2)        ---->  |   resends 1
//!    |  <----   Event 1                       |
//!    |  <----   Event 3: Tap(conv1, 705..)    |
//! ```
//!
//! A credit is an absolute sequence number up to which the board may send, so an
//! [`frame::Kind::Ack`] that is lost, repeated or late does no harm. A board that was reset
//! knows no session; it answers [`frame::Kind::NoSession`], and the host begins again: the
//! same request gives the same bytes. A Hello in the middle of a run abandons
//! the run, which is also how a host cancels.
//!
//! # What a link can carry
//!
//! A full frame of tap data carries up to [`message::TAP_BYTES_MAX`] activation
//! bytes in 256. A UART at 8N1 takes ten bits for a byte. The lecture's LeNet
//! with every tensor tapped is 21,434 bytes of activations, the input's 784 among
//! them: at most 23,724 bytes on the wire, so 3.9 inferences a second at 921,600
//! baud and one in 2.1 s at 115,200. [`capacity`] computes it for any choice.
//!
//! | link | bytes/s | full frames/s | activation bytes/s |
//! |---|---|---|---|
//! | UART 115,200 baud | 11,520 | 45 | 10,575 |
//! | UART 921,600 baud | 92,160 | 360 | 84,600 |
//! | USB full speed, bulk (19 × 64 bytes per ms) | 1,216,000 | 4,750 | 1,116,250 |
//!
//! Architecture invariant: this crate knows nothing of networks, boards or
//! links. Any bytes may be given to its decoders.
#![no_std]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod cobs;
mod crc;

pub mod capacity;
pub mod compact;
pub mod decoder;
pub mod frame;
pub mod inbound;
pub mod message;
pub mod schema;
pub mod send_window;
pub mod seq;

pub use decoder::{Decoder, Rejected};
pub use frame::{Frame, Header, Kind};
pub use inbound::{Inbound, Verdict};
pub use message::{BoardError, Event, Identity, Mode, Request, TensorSet};
pub use send_window::{SendWindow, Slot};
