//! The first exchange. These two layouts, and the frame's, never change.

use postcard_schema::Schema;
use serde::{Deserialize, Serialize};

/// Opens a session; the header's `session` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Schema)]
pub struct Hello {
    /// The host's [`crate::schema::PROTOCOL_VERSION`].
    pub version: u16,
    /// The host's [`crate::schema::SCHEMA_HASH`].
    pub schema: [u8; 8],
    /// Frames that the board may send before the first [`super::Receipt`].
    pub credit: u16,
}

/// What the board speaks. Whether that will do is for the host to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Schema)]
pub struct HelloReply {
    /// The board's [`crate::schema::PROTOCOL_VERSION`].
    pub version: u16,
    /// The board's [`crate::schema::SCHEMA_HASH`].
    pub schema: [u8; 8],
    /// Frames that the board can keep unacknowledged.
    pub window: u16,
}
