//! What every Cortex-M board shares. A board's own crate sets its clock up, opens its
//! link, starts its counter, and calls `run`.
//!
//! | module | what it does |
//! |---|---|
//! | `run` | the probe, with the static engine, over the board's link |
//! | `board` | the probe's `Board` for any Cortex-M part |
//! | `counter` | what tells how long the work took: cycles of a part, instructions of an emulated board |
//! | `memory_map` | what the linker placed: sections, arena, model region, build id |
//! | `mem_intrinsics` | short `memcpy`, `memset` and `memcmp` for Armv7-M and later; others have the compiler's |
//! | `once` | something that can be had once, such as the arena |
//! | `stack` | paints the stack and finds how deep it went |
//! | `cmsdk_uart` | the UART of Arm's MPS2 images, with the feature `cmsdk-uart` |
//! | `semihosting` | a shorter way past a UART where the board is emulated, with the feature `semihosting` |
//! | `rp` | USB and the LED of boards with an RP2040 or an RP2350, with the feature `rp` |
//! | `memory_link` | a link through RAM, for emulators and debug probes of these boards |
//! | `log`, `ring` | keep defmt frames until the probe sends them |
//! | `rtt` | the same frames for a debug probe, with the feature `rtt` |
//! | `fault` | turns a panic or a fault into a log and a reset |
//!
//! Code that touches the processor is compiled only for targets without an operating
//! system, so that there is no example here that runs as a test: `firmware/boards/mps2-an386`
//! is the shortest one. The ring, the counter's arithmetic and `once` are tested on the
//! host.
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
mod log;
#[cfg(all(target_os = "none", armv7m))]
mod mem_intrinsics;
#[cfg(not(any(unix, windows)))]
mod memory_map;
#[cfg(all(not(any(unix, windows)), feature = "rtt"))]
mod rtt;
#[cfg(not(any(unix, windows)))]
mod run;
#[cfg(not(any(unix, windows)))]
mod stack;

pub mod counter;
#[cfg(any(feature = "rp", test))]
pub mod memory_link;
pub mod once;
pub mod ring;
#[cfg(any(feature = "rp", test))]
pub mod rp;
#[cfg(all(not(any(unix, windows)), feature = "semihosting"))]
pub mod semihosting;

#[cfg(not(any(unix, windows)))]
pub use board::CortexM;
#[cfg(all(not(any(unix, windows)), feature = "cmsdk-uart"))]
pub use cmsdk_uart::{CmsdkUart, CmsdkUart0};
#[cfg(all(not(any(unix, windows)), armv7m))]
pub use counter::{CoreCounter, CycleCounter};
#[cfg(not(any(unix, windows)))]
pub use counter::{InstructionCounter, SysTickCycles};
#[cfg(not(any(unix, windows)))]
pub use memory_map::{model_region, take_heap};
#[cfg(all(not(any(unix, windows)), feature = "rtt"))]
pub use rtt::start as start_rtt;
#[cfg(not(any(unix, windows)))]
pub use run::{run, run_engine, run_with_send_window};
#[cfg(not(any(unix, windows)))]
pub use stack::lowest as lowest_stack_address;
