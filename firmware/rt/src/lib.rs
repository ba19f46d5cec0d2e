//! What every Cortex-M board shares, so that a board is its clock, link, counter
//! and memory map, and nothing else.
//!
//! | module | what it does |
//! |---|---|
//! | `run` | the probe, with the static engine, over the board's link |
//! | `board` | the probe's `Board` for any Cortex-M part |
//! | `counter` | what tells how long the work took: cycles of a part, instructions of an emulated board |
//! | `linked` | what the linker placed: sections, arena, model region, build id |
//! | `stack` | paints the stack and finds how deep it went |
//! | `cmsdk_uart` | the UART of Arm's MPS2 images, with the feature `cmsdk-uart` |
//! | `semihosting` | a shorter way past that UART where the board is emulated |
//! | `log`, `ring` | keep defmt frames until the probe sends them |
//! | `rtt` | the same frames for a debug probe, with the feature `rtt` |
//! | `fault` | turns a panic or a fault into a log and a reset |
//!
//! What touches the processor exists only where there is no operating system; the
//! ring and the counter's arithmetic are tested on the host.
#![cfg_attr(not(test), no_std)]
#![deny(missing_docs)]

#[cfg(not(any(unix, windows)))]
mod board;
#[cfg(all(not(any(unix, windows)), feature = "cmsdk-uart"))]
mod cmsdk_uart;
#[cfg(not(any(unix, windows)))]
mod fault;
#[cfg(all(not(any(unix, windows)), feature = "cmsdk-uart"))]
mod interrupts;
#[cfg(not(any(unix, windows)))]
mod linked;
#[cfg(not(any(unix, windows)))]
mod log;
#[cfg(target_os = "none")]
mod memory;
#[cfg(all(not(any(unix, windows)), feature = "rtt"))]
mod rtt;
#[cfg(not(any(unix, windows)))]
mod run;
#[cfg(all(not(any(unix, windows)), feature = "cmsdk-uart"))]
mod semihosting;
#[cfg(not(any(unix, windows)))]
mod stack;

pub mod counter;
pub mod ring;

#[cfg(not(any(unix, windows)))]
pub use board::CortexM;
#[cfg(all(not(any(unix, windows)), feature = "cmsdk-uart"))]
pub use cmsdk_uart::CmsdkUart0;
#[cfg(not(any(unix, windows)))]
pub use counter::{CoreCounter, CycleCounter, InstructionCounter};
#[cfg(not(any(unix, windows)))]
pub use linked::{model_region, take_heap};
#[cfg(all(not(any(unix, windows)), feature = "rtt"))]
pub use rtt::start as start_rtt;
#[cfg(not(any(unix, windows)))]
pub use run::{run, run_engine};
