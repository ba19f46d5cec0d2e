//! What a board says of its memory, in owned form.

use super::error::{SessionError, unexpected};
use super::open::Session;
use cortexscope_net::described;
use cortexscope_net::printable::printable;
use cortexscope_wire::message::MemoryReport;
use cortexscope_wire::{Event, Request};

/// Where a board's memory goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Memory {
    /// What the linker placed and what the engine was given.
    pub report: MemoryReport,
    /// What the engine took of the heap, phase by phase; empty without a heap.
    pub heap: Vec<HeapUse>,
}

/// Phases that an engine's life may have: building, optimising, running, and room for
/// more.
const HEAP_PHASES_MAX: usize = 16;

impl Session {
    /// What the board's flash and RAM are used for.
    ///
    /// # Errors
    /// What the link cannot repair, and a report that no board can make.
    pub fn memory(&mut self) -> Result<Memory, SessionError> {
        self.request(|session| {
            let mut report = None;
            let mut heap = Vec::new();
            let host_end = &mut session.host_end;
            host_end.ask(&Request::Memory, &mut |event| match event {
                Event::Memory(memory) => {
                    report = Some(*memory);
                    Ok(())
                }
                Event::Heap(_) if heap.len() == HEAP_PHASES_MAX => Err(SessionError::TooMuch {
                    what: "heap phases",
                    most: HEAP_PHASES_MAX,
                }),
                Event::Heap(phase) => {
                    heap.push(HeapUse {
                        phase: printable(phase.name).into_owned(),
                        live_bytes: phase.live_bytes,
                        peak_bytes: phase.peak_bytes,
                        allocations: phase.allocations,
                    });
                    Ok(())
                }
                other => Err(unexpected(other)),
            })?;
            let report = report.ok_or(SessionError::Protocol("its memory report is missing"))?;
            check(&report)?;
            Ok(Memory { report, heap })
        })
    }
}

/// Refuses a report whose parts do not fit an address space of 32 bits together, so
/// that nobody who adds some of them has to think of it.
fn check(report: &MemoryReport) -> Result<(), SessionError> {
    let sections = &report.sections;
    let flash = [
        sections.text_bytes,
        sections.rodata_bytes,
        sections.data_bytes,
        report.model_region_bytes.max(report.image_bytes),
    ];
    let ram = [
        sections.data_bytes,
        sections.bss_bytes,
        sections.stack_bytes,
        sections.heap_bytes,
        report.arena_bytes,
        report.window_bytes,
    ];
    let sum = |parts: &[u32]| parts.iter().map(|&bytes| u64::from(bytes)).sum::<u64>();
    if sum(&flash).max(sum(&ram)) > u32::MAX.into() {
        return Err(SessionError::Protocol(
            "it reports more than 4 GiB of memory",
        ));
    }
    Ok(())
}

impl Memory {
    /// Flash that the firmware takes, the board image left out.
    pub fn firmware_flash_bytes(&self) -> u32 {
        let sections = &self.report.sections;
        sections.text_bytes + sections.rodata_bytes + sections.data_bytes
    }
}

described! {
    /// What an engine took of the heap in one phase.
    #[derive(Eq)]
    pub struct HeapUse {
        /// What the engine did: `build`, `optimise` or `run`.
        pub phase: String,
        /// Bytes in use at the end of the phase.
        pub live_bytes: u32,
        /// Greatest number of bytes in use during the phase.
        pub peak_bytes: u32,
        /// Allocations made during the phase.
        pub allocations: u32,
    }
}
