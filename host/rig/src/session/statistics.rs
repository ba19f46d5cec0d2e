//! What a session's link went through.

use std::fmt;

/// Counts since the session was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Statistics {
    /// Frames sent to the board.
    pub frames_sent: u64,
    /// Frames from the board whose CRC was right.
    pub frames_received: u64,
    /// Bytes sent.
    pub bytes_sent: u64,
    /// Bytes received, noise included.
    pub bytes_received: u64,
    /// Frames whose CRC, stuffing or length was wrong.
    pub frames_damaged: u64,
    /// Frames that came again after they had been used.
    pub frames_repeated: u64,
    /// Frames that came while one before them was missing.
    pub frames_out_of_turn: u64,
    /// Frames of an earlier session.
    pub frames_stale: u64,
    /// Times that the board was asked for frames that were missing.
    pub resends_asked: u64,
    /// Requests that were sent again.
    pub requests_repeated: u64,
    /// Times that nothing came for as long as an answer takes.
    pub timeouts: u64,
    /// Times that a request began again because the board had been reset.
    pub resets: u64,
    /// Times that the link was lost and opened again.
    pub links_reopened: u64,
    /// Bytes of the board's log.
    pub log_bytes: u64,
}

impl fmt::Display for Statistics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} frames ({} bytes) received, {} ({} bytes) sent; {} damaged, {} repeated, \
             {} out of turn, {} stale; {} resends asked, {} requests repeated, {} time-outs, \
             {} resets, {} times reopened",
            self.frames_received,
            self.bytes_received,
            self.frames_sent,
            self.bytes_sent,
            self.frames_damaged,
            self.frames_repeated,
            self.frames_out_of_turn,
            self.frames_stale,
            self.resends_asked,
            self.requests_repeated,
            self.timeouts,
            self.resets,
            self.links_reopened,
        )
    }
}
