//! What a board says of its memory, in owned form.

use cortexscope_wire::message::MemoryReport;

/// Where a board's memory goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Memory {
    /// What the linker placed and what the engine was given.
    pub report: MemoryReport,
    /// What the engine took of the heap, phase by phase; empty without a heap.
    pub heap: Vec<HeapUse>,
}

/// What an engine took of the heap in one phase of its life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeapUse {
    /// What the engine did.
    pub phase: String,
    /// Bytes in use when it ended.
    pub live_bytes: u32,
    /// Bytes in use at its fullest.
    pub peak_bytes: u32,
    /// Times that memory was asked for.
    pub allocations: u32,
}
