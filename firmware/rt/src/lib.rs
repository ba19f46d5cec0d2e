//! What every Cortex-M board shares, so that a board is its clock, link, counter
//! and memory map, and nothing else.
//!
//! - [`board`] is the probe's `Board` for any Cortex-M part;
//! - [`counter`] counts instructions with SysTick on emulated boards;
//! - [`linked`] reads what the linker placed: sections, arena, model, build id;
//! - [`stack`] paints the stack and finds how deep it went;
//! - [`log`] keeps defmt frames in a small ring until the probe sends them;
//! - [`fault`] turns a panic or a fault into a log and a reset.
//!
//! What touches the processor exists only on `target_os = "none"`; the ring and
//! the counter's arithmetic are tested on the host.
#![cfg_attr(not(test), no_std)]
#![deny(missing_docs)]

#[cfg(target_os = "none")]
pub mod board;
#[cfg(target_os = "none")]
pub mod fault;
#[cfg(target_os = "none")]
pub mod linked;
#[cfg(target_os = "none")]
pub mod log;
#[cfg(target_os = "none")]
pub mod stack;

pub mod counter;
pub mod ring;
