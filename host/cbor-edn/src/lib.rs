//! CBOR in a board's log, as its bytes.
//!
//! The crate of this name writes CBOR in its diagnostic notation, and brings a parser generator,
//! large integers, calendars and alphabets for it. No firmware here logs CBOR. Of one that does,
//! the decoder of defmt's logs writes the bytes, and the reason that [`Unread`] gives.

use std::fmt;

/// Items of CBOR in a row, of which there are none.
#[derive(Clone, Copy, Debug)]
pub enum Sequence {}

/// CBOR is not read here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unread;

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this program does not read CBOR")
    }
}

impl std::error::Error for Unread {}

impl Sequence {
    /// Refuses every input, which the caller then writes as bytes.
    ///
    /// # Errors
    /// Always.
    pub fn from_cbor(_cbor: &[u8]) -> Result<Self, Unread> {
        Err(Unread)
    }

    /// The items as text.
    pub fn serialize(&self) -> String {
        match *self {}
    }
}
