//! A board at a serial port.

use clap::Args;
use cortexscope_rig::board::{BAUD, Port};

/// Which port, if any, and its speed.
#[derive(Args, Clone)]
pub(super) struct PortArgs {
    /// Use the board at this serial port instead of an emulated one.
    #[arg(long)]
    port: Option<String>,
    /// Speed of the serial port in bits per second; the micro:bits need 115200.
    #[arg(long, default_value_t = BAUD)]
    baud: u32,
}

impl PortArgs {
    /// Whether one was named.
    pub fn is_given(&self) -> bool {
        self.port.is_some()
    }

    /// The port, where one was named.
    pub fn port(&self) -> Option<Port> {
        let baud = self.baud;
        self.port.clone().map(|path| Port { path, baud })
    }

    /// What was named, and its speed in any case.
    pub fn parts(&self) -> (Option<String>, u32) {
        (self.port.clone(), self.baud)
    }
}
