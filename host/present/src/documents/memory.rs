//! The document of `cortexscope memory`.

use super::Document;
use super::mode::Mode;
use super::origin::Origin;
use super::shape::described;
use cortexscope_rig::elf;
use cortexscope_rig::measure::{LayerMeasurement, Measurement, OcclusionMeasurement};
use cortexscope_rig::session;

described! {
    /// Where a board's flash and RAM go: as linked, as planned and as measured.
    pub struct Memory {
        /// Board, firmware and model.
        #[serde(flatten)]
        pub origin: Origin,
        /// What the linker placed.
        pub linked: Linked,
        /// One entry for each plan that the board image has.
        pub modes: Vec<ModeMemory>,
        /// The sections of the firmware's ELF file; `null` for a board without one.
        pub firmware: Option<Firmware>,
        /// The stack.
        pub stack: Stack,
        /// The heap, phase by phase; empty for an engine without a heap.
        pub heap: Vec<HeapPhase>,
        /// What an occlusion map takes.
        pub occlusion: OcclusionMemory,
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

    /// The arena and the stack in one mode.
    pub struct ModeMemory {
        /// The plan that ran: `fused` or `tapped`.
        pub mode: Mode,
        /// Bytes of arena in the plan.
        pub planned_arena_bytes: u32,
        /// Bytes of arena up to the last one written, found by painting; `null` if the board
        /// cannot tell.
        pub measured_arena_bytes: Option<u32>,
        /// Bytes of stack at the deepest; `null` if the board cannot tell.
        pub stack_bytes: Option<u32>,
        /// The input, then each layer in the order of execution.
        pub layers: Vec<LayerMemory>,
    }

    /// The arena and the stack of one layer.
    pub struct LayerMemory {
        /// The layer's name; the first one is the input.
        pub name: String,
        /// Offset of its tensor in the arena, in bytes; `null` if it is fused away.
        pub offset: Option<u32>,
        /// Bytes of its tensor in the arena; `null` if it is fused away.
        pub bytes: Option<u32>,
        /// Bytes of arena up to the last one in use while the layer runs, earlier layers that
        /// are still needed included, by the plan; `null` for the input.
        pub planned_arena_bytes: Option<u32>,
        /// The same, found by painting what is free before each layer; `null` if the board
        /// cannot tell.
        pub measured_arena_bytes: Option<u32>,
        /// Bytes of stack at the deepest while the layer ran.
        pub stack_bytes: Option<u32>,
        /// Instructions or cycles of the layer; `null` if they were not counted.
        pub instructions: Option<u64>,
    }

    /// The firmware's ELF file.
    pub struct Firmware {
        /// The sections that take memory.
        pub sections: Vec<Section>,
    }

    /// One section of the ELF file.
    pub struct Section {
        /// The section's name.
        pub name: String,
        /// Its bytes.
        pub bytes: u64,
        /// Whether it takes flash.
        pub is_flash: bool,
        /// Whether it takes RAM.
        pub is_ram: bool,
        /// What it holds; the bytes add up to the section's.
        pub causes: Vec<Cause>,
    }

    /// One part of a section.
    pub struct Cause {
        /// What the part is for.
        pub cause: String,
        /// Its bytes.
        pub bytes: u64,
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
        pub path: Option<Vec<StackFrame>>,
        /// What an interrupt adds to it: the frame that the hardware pushes, then the deepest
        /// path of a handler; `null` without a bound.
        pub interrupt: Option<Vec<StackFrame>>,
        /// Why there is no bound; `null` if there is one.
        pub no_bound: Option<String>,
    }

    /// One function's part of the stack.
    pub struct StackFrame {
        /// The function's name.
        pub function: String,
        /// Bytes of stack that it takes.
        pub bytes: u32,
    }

    /// What an engine took of the heap in one phase.
    pub struct HeapPhase {
        /// What the engine did: `build`, `optimise` or `run`.
        pub phase: String,
        /// Bytes in use at the end of the phase.
        pub live_bytes: u32,
        /// Greatest number of bytes in use during the phase.
        pub peak_bytes: u32,
        /// Allocations made during the phase.
        pub allocations: u32,
    }

    /// What an occlusion map takes.
    pub struct OcclusionMemory {
        /// Rows and columns of the window.
        pub window: [u16; 2],
        /// Bytes of arena that a map with this window needs.
        pub planned_arena_bytes: u32,
        /// Bytes of arena up to the last one written, with the window at some positions;
        /// `null` if the board cannot tell.
        pub measured_arena_bytes: Option<u32>,
        /// Bytes of stack at the deepest; `null` if the board cannot tell.
        pub stack_bytes: Option<u32>,
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

impl From<&Measurement> for ModeMemory {
    fn from(measurement: &Measurement) -> Self {
        Self {
            mode: measurement.mode.into(),
            planned_arena_bytes: measurement.planned_arena_bytes,
            measured_arena_bytes: measurement.measured_arena_bytes,
            stack_bytes: measurement.stack_bytes,
            layers: measurement.layers.iter().map(LayerMemory::from).collect(),
        }
    }
}

impl From<&LayerMeasurement> for LayerMemory {
    fn from(layer: &LayerMeasurement) -> Self {
        Self {
            name: layer.name.clone(),
            offset: layer.offset,
            bytes: layer.bytes,
            planned_arena_bytes: layer.planned_arena_bytes,
            measured_arena_bytes: layer.measured_arena_bytes,
            stack_bytes: layer.stack_bytes,
            instructions: layer.count,
        }
    }
}

impl From<&elf::size::Section> for Section {
    fn from(section: &elf::size::Section) -> Self {
        let causes = section.causes.iter().map(|&(cause, bytes)| Cause {
            cause: cause.words().to_owned(),
            bytes,
        });
        Self {
            name: section.name.clone(),
            bytes: section.bytes,
            is_flash: section.is_flash,
            is_ram: section.is_ram,
            causes: causes.collect(),
        }
    }
}

impl Stack {
    /// The stack with `room_bytes`, of which `measured_bytes` were used at most. `bound`
    /// is the bound from the ELF file, if there is such a file.
    pub fn new(
        room_bytes: u32,
        measured_bytes: Option<u32>,
        bound: Option<&Result<elf::stack::StackBound, elf::stack::StackBoundError>>,
    ) -> Self {
        let frames = |frames: &[elf::stack::Frame]| frames.iter().map(StackFrame::from).collect();
        let found = bound.and_then(|bound| bound.as_ref().ok());
        let why = bound.and_then(|bound| bound.as_ref().err());
        Self {
            room_bytes,
            measured_bytes,
            bound_bytes: found.map(|bound| bound.bytes),
            path: found.map(|bound| frames(&bound.path)),
            interrupt: found.map(|bound| frames(&bound.interrupt)),
            no_bound: why.map(ToString::to_string),
        }
    }
}

impl From<&elf::stack::Frame> for StackFrame {
    fn from(frame: &elf::stack::Frame) -> Self {
        Self {
            function: frame.function.clone(),
            bytes: frame.bytes,
        }
    }
}

impl From<&session::HeapUse> for HeapPhase {
    fn from(phase: &session::HeapUse) -> Self {
        Self {
            phase: phase.phase.clone(),
            live_bytes: phase.live_bytes,
            peak_bytes: phase.peak_bytes,
            allocations: phase.allocations,
        }
    }
}

impl OcclusionMemory {
    /// What was planned and measured with `window`.
    pub fn new(window: [u16; 2], measured: &OcclusionMeasurement) -> Self {
        Self {
            window,
            planned_arena_bytes: measured.planned_arena_bytes,
            measured_arena_bytes: measured.measured_arena_bytes,
            stack_bytes: measured.stack_bytes,
        }
    }
}
