//! What a board says of its memory, in owned form.

use cortexscope_wire::message::MemoryReport;
use serde_json::{Value, json};

/// Where a board's memory goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Memory {
    /// What the linker placed and what the engine was given.
    pub report: MemoryReport,
    /// What the engine took of the heap, phase by phase; empty without a heap.
    pub heap: Vec<HeapUse>,
}

impl Memory {
    /// What the linker placed, as `linked` of the document `memory`.
    pub fn linked(&self) -> Value {
        let report = &self.report;
        let sections = &report.sections;
        json!({
            "flash_bytes": sections.flash_bytes,
            "ram_bytes": sections.ram_bytes,
            "text_bytes": sections.text_bytes,
            "rodata_bytes": sections.rodata_bytes,
            "data_bytes": sections.data_bytes,
            "bss_bytes": sections.bss_bytes,
            "stack_bytes": sections.stack_bytes,
            "heap_bytes": sections.heap_bytes,
            "arena_bytes": report.arena_bytes,
            "input_bytes": report.input_bytes,
            "model_region_bytes": report.model_region_bytes,
            "image_bytes": report.image_bytes,
        })
    }
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
