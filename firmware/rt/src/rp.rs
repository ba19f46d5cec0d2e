//! What boards with an RP2040 or an RP2350 share: their link, which is USB, and what the
//! LED says.
//!
//! | module | what it does |
//! |---|---|
//! | `cdc` | descriptors and requests of a serial port |
//! | `usb` | the controller |
//! | `link` | the board's link: USB, or rings in RAM where the host uses those |

pub mod cdc;
#[cfg(all(not(any(unix, windows)), feature = "rp"))]
mod link;
#[cfg(all(not(any(unix, windows)), feature = "rp"))]
mod usb;

pub use cdc::text;
#[cfg(all(not(any(unix, windows)), feature = "rp"))]
pub use link::{RpLink, on_usb_interrupt};
