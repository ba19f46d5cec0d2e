//! The payload of the host's [`crate::Kind::Ack`].

use postcard_schema::Schema;
use serde::{Deserialize, Serialize};

/// How far the board may send. The acknowledgement itself is in the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Schema)]
pub struct Credit {
    /// The first sequence number that the board may not send yet. Never goes back.
    pub limit: u16,
}
