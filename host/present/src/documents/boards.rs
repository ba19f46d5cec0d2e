//! The document of `cortexscope boards`.

use super::Document;
use cortexscope_net::described;
use cortexscope_rig::board::{BoardKind, Presence, Transport};

described! {
    /// The boards that Cortexscope knows.
    pub struct Boards {
        /// One entry for each board.
        pub boards: Vec<Board>,
    }

    /// One board.
    pub struct Board {
        /// The board's name on the command line.
        pub name: String,
        /// Its processor.
        pub core: String,
        /// Bytes of flash; `null` for the host.
        pub flash_bytes: Option<u32>,
        /// Bytes of RAM; `null` for the host.
        pub ram_bytes: Option<u32>,
        /// How the host reaches it.
        pub reached: String,
        /// Whether it can be used now.
        pub is_there: bool,
        /// `there`, or what is missing and how to get it.
        pub state: String,
    }
}

impl Board {
    /// What `board` is, and whether it can be used now.
    pub fn of(board: &BoardKind) -> Self {
        let presence = Presence::of(board);
        Self {
            name: board.name.to_owned(),
            core: board.core.to_owned(),
            flash_bytes: board.flash_bytes,
            ram_bytes: board.ram_bytes,
            reached: reached(board.transport),
            is_there: presence.is_there(),
            state: presence.to_string(),
        }
    }
}

fn reached(transport: Transport) -> String {
    match transport {
        Transport::InProcess => "in this process".to_owned(),
        Transport::Qemu { machine, .. } => format!("QEMU {machine}, or a serial port"),
        Transport::Serial => "a serial port".to_owned(),
    }
}

impl Document for Boards {
    const NAME: &'static str = "boards";
}
