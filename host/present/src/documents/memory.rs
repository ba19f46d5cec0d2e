//! The document of `cortexscope memory`.

use super::Document;
use super::origin::Origin;
use cortexscope_net::described;
use cortexscope_rig::elf::size::Section;
use cortexscope_rig::elf::stack::{Frame, StackBound, StackBoundError};
use cortexscope_rig::measure::{Measurement, OcclusionMeasurement};
use cortexscope_rig::session::{self, HeapUse};

described! {
    /// Where a board's flash and RAM go: as linked, as planned and as measured.
    pub struct Memory {
        /// Board, firmware and model.
        #[serde(flatten)]
        pub origin: Origin,
        /// The input that everything was measured with.
        pub input: String,
        /// What the linker placed.
        pub linked: Linked,
        /// One entry for each plan that the board image has.
        pub modes: Vec<Measurement>,
        /// The sections of the firmware's ELF file; `null` for a board without one.
        pub firmware: Option<Firmware>,
        /// The builds of the static engine's firmware that are there, the fast one first; empty
        /// for a board without firmware.
        pub builds: Vec<Build>,
        /// The stack.
        pub stack: Stack,
        /// The heap, phase by phase; empty for an engine without a heap.
        pub heap: Vec<HeapUse>,
        /// What an occlusion map takes.
        pub occlusion: OcclusionMeasurement,
    }

    /// What the linker placed, and what the engine was given.
    pub struct Linked {
        /// Bytes of flash of the part; 0 if they are not known.
        pub flash_bytes: u32,
        /// Bytes of RAM of the part; 0 if they are not known.
        pub ram_bytes: u32,
        /// Bytes of code.
        pub text_bytes: u32,
        /// Bytes of constants.
        pub rodata_bytes: u32,
        /// Bytes of initialised variables; they take flash and RAM.
        pub data_bytes: u32,
        /// Bytes of variables that begin as zero.
        pub bss_bytes: u32,
        /// Bytes reserved for the stack.
        pub stack_bytes: u32,
        /// Bytes reserved for a heap.
        pub heap_bytes: u32,
        /// Bytes reserved for activations.
        pub arena_bytes: u32,
        /// Bytes of the input's buffer.
        pub input_bytes: u32,
        /// Bytes of flash reserved for the board image.
        pub model_region_bytes: u32,
        /// Bytes of the board image in it.
        pub image_bytes: u32,
    }

    /// The firmware's ELF file.
    pub struct Firmware {
        /// The sections that take memory.
        pub sections: Vec<Section>,
    }

    /// One build of the firmware, without a board image.
    pub struct Build {
        /// `fast`, or `small`, which `cargo xtask firmware --small` makes.
        pub size: String,
        /// Bytes of code and constants.
        pub flash_bytes: u64,
        /// Bytes of variables, and of the stack at the deepest that it can be.
        pub ram_bytes: u64,
    }

    /// The stack: reserved, measured and bounded.
    pub struct Stack {
        /// Bytes reserved for the stack.
        pub room_bytes: u32,
        /// Bytes at the deepest in all measurements; `null` if the board cannot tell.
        pub measured_bytes: Option<u32>,
        /// Bytes that the stack never exceeds, worked out from the ELF file; `null` without an
        /// ELF file or without a bound.
        pub bound_bytes: Option<u32>,
        /// The path of calls from reset that needs the most stack; `null` without a bound.
        pub path: Option<Vec<Frame>>,
        /// What an interrupt adds to it: the frame that the hardware pushes, then the deepest
        /// path of a handler; `null` without a bound.
        pub interrupt: Option<Vec<Frame>>,
        /// Why there is no bound; `null` if there is one.
        pub no_bound: Option<String>,
    }
}

impl Document for Memory {
    const NAME: &'static str = "memory";
}

impl From<&session::Memory> for Linked {
    fn from(memory: &session::Memory) -> Self {
        let report = &memory.report;
        let sections = &report.sections;
        Self {
            flash_bytes: sections.flash_bytes,
            ram_bytes: sections.ram_bytes,
            text_bytes: sections.text_bytes,
            rodata_bytes: sections.rodata_bytes,
            data_bytes: sections.data_bytes,
            bss_bytes: sections.bss_bytes,
            stack_bytes: sections.stack_bytes,
            heap_bytes: sections.heap_bytes,
            arena_bytes: report.arena_bytes,
            input_bytes: report.input_bytes,
            model_region_bytes: report.model_region_bytes,
            image_bytes: report.image_bytes,
        }
    }
}

impl Stack {
    /// The stack with `room_bytes`, of which `measured_bytes` were used at most. `bound`
    /// is the bound from the ELF file, if there is such a file.
    pub fn new(
        room_bytes: u32,
        measured_bytes: Option<u32>,
        bound: Option<&Result<StackBound, StackBoundError>>,
    ) -> Self {
        let found = bound.and_then(|bound| bound.as_ref().ok());
        let why = bound.and_then(|bound| bound.as_ref().err());
        Self {
            room_bytes,
            measured_bytes,
            bound_bytes: found.map(|bound| bound.bytes),
            path: found.map(|bound| bound.path.clone()),
            interrupt: found.map(|bound| bound.interrupt.clone()),
            no_bound: why.map(ToString::to_string),
        }
    }
}
