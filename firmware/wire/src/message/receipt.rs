//! The payload of the host's [`crate::Kind::Ack`].

use postcard_schema::Schema;
use serde::{Deserialize, Serialize};

/// How far the board may send, and what has to be sent again in this round. The
/// acknowledgement itself, of all before `ack`, is in the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Schema)]
pub struct Receipt {
    /// The first sequence number that the board may not send yet. Never goes back.
    pub limit: u16,
    /// The first sequence number that the host does not miss yet.
    pub missing_before: u16,
    /// Bit `i`: the frame numbered `ack + i` is here already, out of turn.
    pub held: u32,
}
