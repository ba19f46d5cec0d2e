//! tract as a board's engine: the network of a board image, built, optimised and
//! run on the chip by tract itself, which is not patched.
//!
//! | module | what it does |
//! |---|---|
//! | `graph` | from a checked board image to tract's typed model |
//! | `optimise` | tract's optimiser, driven so that the heap stays small |
//! | `engine` | that model behind the probe's `Engine`: taps, occlusion |
//! | `heap` | what each phase takes of the heap, and the last words of one that died |
//! | `allocator`, `system`, `run` | a chip's heap, and what std asks of a system that is not there |
//!
//! It needs std, which no Cortex-M target has: `cargo xtask firmware --engine tract`
//! builds one for a target of this folder's own. What touches the processor exists
//! only there; the rest is tested on the host, in `tests/tests/e2e/tract_engine.rs`,
//! which is its example.
#![deny(missing_docs)]

mod engine;
mod graph;
pub mod heap;
mod optimise;

#[cfg(not(any(unix, windows)))]
mod allocator;
#[cfg(not(any(unix, windows)))]
mod run;
#[cfg(not(any(unix, windows)))]
mod system;

pub use engine::TractEngine;
#[cfg(not(any(unix, windows)))]
pub use run::run;
