//! defmt over RTT: a debug probe reads the log from RAM while the board runs.
//!
//! Where no probe reads, the buffer fills once and the rest is let go.

use core::cell::RefCell;

use critical_section::Mutex;
use rtt_target::{ChannelMode, UpChannel, rtt_init};

static CHANNEL: Mutex<RefCell<Option<UpChannel>>> = Mutex::new(RefCell::new(None));

/// Makes the log's channel known to debug probes. Called once, before the first log.
pub fn start() {
    let channels = rtt_init! {
        up: {
            0: {
                size: 1024,
                mode: ChannelMode::NoBlockSkip,
                name: "defmt"
            }
        }
    };
    critical_section::with(|token| {
        CHANNEL.borrow_ref_mut(token).replace(channels.up.0);
    });
}

/// Adds encoded bytes of a frame.
pub(crate) fn write(bytes: &[u8]) {
    critical_section::with(|token| {
        if let Some(channel) = CHANNEL.borrow_ref_mut(token).as_mut() {
            channel.write(bytes);
        }
    });
}
