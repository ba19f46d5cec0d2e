//! The document of `cortexscope boards`.

use super::Document;
use cortexscope_net::described;

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

impl Document for Boards {
    const NAME: &'static str = "boards";
}
