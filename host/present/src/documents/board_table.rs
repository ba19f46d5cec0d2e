//! The document of `cortexscope bench --boards`.

use super::Document;
use cortexscope_net::described;
use cortexscope_rig::session::Mode;

described! {
    /// What every board makes of every model: whether it fits, what it takes, and what an
    /// inference costs.
    pub struct BoardTable {
        /// One entry for each board and model.
        pub rows: Vec<Row>,
    }

    /// One model on one board.
    pub struct Row {
        /// The board's name.
        pub board: String,
        /// Its processor.
        pub core: String,
        /// The network's name.
        pub model: String,
        /// Whether it runs with the fused plan.
        pub fits_fused: bool,
        /// Whether it runs with the tapped plan.
        pub fits_tapped: bool,
        /// What does not fit, by how much, and what would make it fit.
        pub verdict: String,
        /// Bytes of flash that firmware and network take.
        pub flash_bytes: u64,
        /// Bytes of RAM that variables, stack, input and the fused plan take.
        pub ram_bytes: u64,
        /// What running it gave; `null` if it was not run.
        pub run: Option<Run>,
        /// Why it was not run; `null` if it was.
        pub not_run: Option<String>,
    }

    /// One network that ran.
    pub struct Run {
        /// The input that it ran on.
        pub input: String,
        /// The plan that was measured: `tapped` where the board has room for it.
        pub mode: Mode,
        /// Bytes of arena in this plan.
        pub planned_arena_bytes: u32,
        /// Bytes of arena up to the last one written, found by painting.
        pub measured_arena_bytes: Option<u32>,
        /// Bytes of stack at the deepest.
        pub stack_bytes: Option<u32>,
        /// Instructions or cycles of one inference with the fused plan, nothing tapped; `null`
        /// on a board that counts neither.
        pub count: Option<u64>,
        /// What is counted: `instructions` or `cycles`; `null` on a board that counts neither.
        pub unit: Option<String>,
        /// Whose count it is: `QEMU`, or the port of whatever runs the firmware there.
        pub counted_by: String,
    }
}

impl Document for BoardTable {
    const NAME: &'static str = "bench-boards";
}

impl Run {
    /// Whether the board used as much of the arena as was planned; unknown is not.
    pub fn is_as_planned(&self) -> bool {
        self.measured_arena_bytes == Some(self.planned_arena_bytes)
    }
}
