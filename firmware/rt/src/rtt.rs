//! defmt over RTT: a debug probe reads the log from RAM while the board runs.
//!
//! If no debug probe reads, the buffer fills once and further frames are dropped.

use core::cell::RefCell;
use core::mem::MaybeUninit;
use core::ptr::addr_of_mut;

use critical_section::Mutex;
use rtt_target::rtt::{RttChannel, RttHeader};
use rtt_target::{ChannelMode, UpChannel};

use crate::once::Once;

/// What a probe looks for: one channel up, none down.
#[repr(C)]
struct ControlBlock {
    header: RttHeader,
    log: RttChannel,
}

/// By the parts of rtt-target's macro, because the macro itself can panic. All zeros
/// until [`start`], which both parts are made for.
#[unsafe(export_name = "_SEGGER_RTT")]
static mut CONTROL_BLOCK: MaybeUninit<ControlBlock> = MaybeUninit::zeroed();
static mut BUFFER: [u8; 1024] = [0; 1024];
static CHANNEL: Mutex<RefCell<Option<UpChannel>>> = Mutex::new(RefCell::new(None));

/// Makes the log's channel known to debug probes. To be called before the first log; a
/// second call does nothing.
pub fn start() {
    static STARTED: Once = Once::new();
    if !STARTED.is_first() {
        return;
    }
    with(|channel| {
        // SAFETY: interrupts are off, and but for the channel that is made here nothing
        // refers to the block or the buffer. Name and buffer live for ever, the name
        // ends in a zero, and the header counts the channels that there are.
        *channel = Some(unsafe {
            let block = (*addr_of_mut!(CONTROL_BLOCK)).assume_init_mut();
            let name = c"defmt".as_ptr().cast();
            block
                .log
                .init(name, ChannelMode::NoBlockSkip, addr_of_mut!(BUFFER));
            block.header.init(1, 0);
            UpChannel::new(&mut block.log)
        });
    });
}

/// Adds encoded bytes of a frame.
pub(crate) fn write(bytes: &[u8]) {
    with(|channel| {
        if let Some(channel) = channel {
            channel.write(bytes);
        }
    });
}

/// Lends the channel with interrupts off; not where it is lent already, which
/// nobody does.
fn with(work: impl FnOnce(&mut Option<UpChannel>)) {
    critical_section::with(|token| {
        if let Ok(mut channel) = CHANNEL.borrow(token).try_borrow_mut() {
            work(&mut channel);
        }
    });
}
