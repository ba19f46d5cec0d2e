//! What a board's memory is used for.

use super::fields;
use postcard_schema::Schema;
use serde::{Deserialize, Serialize};

/// What the linker placed and what there is. All 0 on a board without a linker
/// map, such as the native one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Schema)]
pub struct Sections {
    /// Flash that the part has.
    pub flash_bytes: u32,
    /// RAM that the part has.
    pub ram_bytes: u32,
    /// Code and vector table, in flash.
    pub text_bytes: u32,
    /// Constants, in flash.
    pub rodata_bytes: u32,
    /// Initialised variables: this much RAM, and as much flash.
    pub data_bytes: u32,
    /// Zeroed and uninitialised variables, the arena not included.
    pub bss_bytes: u32,
    /// RAM that is left to the stack.
    pub stack_bytes: u32,
    /// RAM of the heap, where there is one.
    pub heap_bytes: u32,
}

/// What an engine with a heap took of it in one phase of its life: loading,
/// optimising, running, idle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Schema)]
pub struct HeapPhase<'a> {
    /// What the engine did, at most 32 bytes.
    pub name: &'a str,
    /// Bytes in use when it ended.
    pub live_bytes: u32,
    /// Bytes in use at its fullest.
    pub peak_bytes: u32,
    /// Times that memory was asked for.
    pub allocations: u32,
}

/// Where a board's flash and RAM go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Schema)]
pub struct MemoryReport {
    /// What the linker placed.
    pub sections: Sections,
    /// Flash reserved for the board image.
    pub model_region_bytes: u32,
    /// Flash that the board image takes of it.
    pub image_bytes: u32,
    /// RAM of the arena, the input's part included.
    pub arena_bytes: u32,
    /// RAM of the arena that holds the input between requests.
    pub input_bytes: u32,
    /// RAM of the send window; a part of
    /// [`Sections::bss_bytes`] or of the stack.
    pub window_bytes: u32,
    /// Bytes of arena that the tapped plan takes, if the image has one.
    #[serde(serialize_with = "fields::optional")]
    pub tapped_arena_bytes: Option<u32>,
    /// Bytes of arena that the fused plan takes, if the image has one.
    #[serde(serialize_with = "fields::optional")]
    pub fused_arena_bytes: Option<u32>,
}
