//! Whether two builds understand each other.

use crate::message::{Event, Request};
use postcard_schema::key::Key;

/// Raised when the meaning of a message changes and its layout does not.
pub const PROTOCOL_VERSION: u16 = 1;

/// A hash of every field of every message. Computed when the crate is compiled.
pub const SCHEMA_HASH: [u8; 8] =
    Key::for_path::<(Request<'static>, Event<'static>)>("cortexscope").to_bytes();
