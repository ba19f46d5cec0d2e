//! What a session's link went through.

use cortexscope_net::described;
use std::fmt;

described! {
    /// Counts of the link, over the whole session.
    #[derive(Copy, Default, Eq)]
    pub struct Statistics {
        /// Frames sent to the board.
        pub frames_sent: u64,
        /// Frames from the board with a correct CRC.
        pub frames_received: u64,
        /// Bytes sent to the board.
        pub bytes_sent: u64,
        /// Bytes from the board, noise included.
        pub bytes_received: u64,
        /// Frames with a wrong CRC, wrong stuffing or a wrong length.
        pub frames_damaged: u64,
        /// Frames that arrived again after they had been used.
        pub frames_repeated: u64,
        /// Frames that arrived while an earlier one was missing.
        pub frames_out_of_turn: u64,
        /// Frames of an earlier session.
        pub frames_stale: u64,
        /// Times that the host asked for missing frames.
        pub resends_asked: u64,
        /// Requests that the host sent again.
        pub requests_repeated: u64,
        /// Times that the host waited for an answer for too long.
        pub timeouts: u64,
        /// Times that a request began again after the board had reset.
        pub resets: u64,
        /// Times that the link was lost and opened again.
        pub links_reopened: u64,
        /// Bytes of the board's log.
        pub log_bytes: u64,
    }
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
