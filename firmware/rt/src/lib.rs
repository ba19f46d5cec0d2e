//! What every Cortex-M board shares, so that a board is its clock, link, counter
//! and memory map, and nothing else.
//!
//! | module | what it does |
//! |---|---|
//! | `run` | the probe, with the static engine, over the board's link |
//! | `board` | the probe's `Board` for any Cortex-M part |
//! | `counter` | what tells how long the work took: SysTick, on emulated boards |
//! | `linked` | what the linker placed: sections, arena, model region, build id |
//! | `stack` | paints the stack and finds how deep it went |
//! | `log`, `ring` | keep defmt frames until the probe sends them |
//! | `fault` | turns a panic or a fault into a log and a reset |
//!
//! What touches the processor exists only on `target_os = "none"`; the ring and
//! the counter's arithmetic are tested on the host.
#![cfg_attr(not(test), no_std)]
#![deny(missing_docs)]

#[cfg(target_os = "none")]
mod board;
#[cfg(target_os = "none")]
mod fault;
#[cfg(target_os = "none")]
mod linked;
#[cfg(target_os = "none")]
mod log;
#[cfg(target_os = "none")]
mod run;
#[cfg(target_os = "none")]
mod stack;

pub mod counter;
pub mod ring;

#[cfg(target_os = "none")]
pub use board::CortexM;
#[cfg(target_os = "none")]
pub use counter::InstructionCounter;
#[cfg(target_os = "none")]
pub use run::run;
