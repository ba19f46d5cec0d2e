//! postcard's bytes at a fraction of its flash: the board's half of the messages.
//!
//! [`crate::message::emit`] and [`crate::message::parse`] are postcard's own, and the
//! host's. Compiled for a board they take the code of a varint for every field of
//! every message. Here a varint is one function that all fields call, and what does
//! not fit is noticed once, at the end, and not after every field.

mod read;
mod write;

use crate::frame::PAYLOAD_BYTES_MAX;
use crate::message::{Event, Hello, HelloReply, Receipt, Request};
use core::fmt;
use read::Reader;
use serde::{Deserialize, Serialize};
use write::Writer;

/// The bytes of `message`, in `payload`, as [`crate::message::emit`] gives them;
/// nothing if they do not fit.
pub fn emit<'b>(
    message: &impl Serialize,
    payload: &'b mut [u8; PAYLOAD_BYTES_MAX],
) -> Option<&'b [u8]> {
    let mut writer = Writer::new(payload);
    message.serialize(&mut writer).ok()?;
    writer.finish()
}

/// The message in `payload`, as [`crate::message::parse`] reads it; nothing if it is
/// not one. Bytes after it are ignored.
pub fn parse<'a, M: Deserialize<'a>>(payload: &'a [u8]) -> Option<M> {
    let mut reader = Reader::new(payload);
    let message = M::deserialize(&mut reader).ok()?;
    reader.is_sound().then_some(message)
}

// What a board sends and reads, each as a function that is compiled here: where few bytes
// count most, a compiler calls what it calls often by a register, and then no tool sees
// how deep the stack becomes.

/// [`emit`], of an event.
#[inline(never)]
pub fn emit_event<'b>(
    event: &Event<'_>,
    payload: &'b mut [u8; PAYLOAD_BYTES_MAX],
) -> Option<&'b [u8]> {
    emit(event, payload)
}

/// [`emit`], of the answer to a Hello.
#[inline(never)]
pub fn emit_hello_reply<'b>(
    reply: &HelloReply,
    payload: &'b mut [u8; PAYLOAD_BYTES_MAX],
) -> Option<&'b [u8]> {
    emit(reply, payload)
}

/// [`parse`], of a request.
#[inline(never)]
pub fn parse_request(payload: &[u8]) -> Option<Request<'_>> {
    parse(payload)
}

/// [`parse`], of a Hello.
#[inline(never)]
pub fn parse_hello(payload: &[u8]) -> Option<Hello> {
    parse(payload)
}

/// [`parse`], of a receipt.
#[inline(never)]
pub fn parse_receipt(payload: &[u8]) -> Option<Receipt> {
    parse(payload)
}

/// A message of a kind that no message is of, or bytes that are not one.
#[derive(Clone, Copy, Debug)]
struct Malformed;

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a message")
    }
}

impl core::error::Error for Malformed {}

impl serde::ser::Error for Malformed {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

impl serde::de::Error for Malformed {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

#[cfg(test)]
mod tests;
