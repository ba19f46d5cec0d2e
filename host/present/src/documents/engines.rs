//! The document of `cortexscope memory` for a board with several engines.

use super::Document;
use super::memory::Linked;
use cortexscope_net::described;
use cortexscope_rig::session::HeapUse;

described! {
    /// The engines of one board side by side. `cortexscope memory` prints it for a board with
    /// several engines if `--engine` does not choose one.
    pub struct Engines {
        /// The board's name on the command line.
        pub board: String,
        /// The model's name or path on the command line.
        pub model: String,
        /// The input that everything was measured with.
        pub input: String,
        /// One entry for each engine.
        pub engines: Vec<Engine>,
    }

    /// What one engine takes of the board for one inference.
    pub struct Engine {
        /// The engine's own name.
        pub engine: String,
        /// GNU build ID of the firmware, in hexadecimal, as the board reports it; `null` if it
        /// has none.
        pub elf_build_id: Option<String>,
        /// Bytes of flash for code, constants and initialised variables.
        pub firmware_flash_bytes: u32,
        /// Bytes of stack at the deepest; `null` if the board cannot tell.
        pub stack_bytes: Option<u32>,
        /// Bytes of arena up to the last one written, found by painting; `null` if the board
        /// cannot tell.
        pub arena_bytes: Option<u32>,
        /// Greatest number of bytes of heap in use during one inference; `null` without a heap.
        pub heap_bytes: Option<u32>,
        /// Instructions of one inference, cycles on a board that counts cycles; 0 on a board
        /// that counts neither, where other documents have `null`. `count` tells the two
        /// apart.
        pub instructions: u64,
        /// The same; `null` on a board that counts neither.
        pub count: Option<u64>,
        /// The heap, phase by phase; empty for an engine without a heap.
        pub heap: Vec<HeapUse>,
        /// What the linker placed.
        pub linked: Linked,
    }
}

impl Document for Engines {
    const NAME: &'static str = "engines";
}
