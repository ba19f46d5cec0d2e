//! The int8 engine of Cortexscope: no_std, no allocation, and no unsafe code
//! but for the DSP instructions of `ops`.
//!
//! | layer | module | what it does |
//! |---|---|---|
//! | format | [`image`] | the board image: records in flash, checked once, read in place |
//! | plan | [`plan`], [`sharing`] | where each tensor lies in the arena, step by step; which steps write over their input |
//! | kernels | [`ops`] | convolution, dense, pooling, lookup: one row or one layer at a time |
//! | run | [`run()`] | one inference, with a [`Tap`] on every tensor |
//! | occlusion | [`occlude()`] | one inference per occluder position, recomputing what changed |
//!
//! Tensors are numbered in topological order: tensor 0 is the input and layer
//! `i` writes tensor `i + 1`. Activations are `[H, W, C]`, channels innermost.
//! The last tensor holds the logits.
//!
//! ```no_run
//! use cortexscope_core::{Mode, Model, NoTap, run};
//!
//! # fn example(image: &[u8], arena: &mut [u8], digit: &[i8]) -> Option<usize> {
//! let model = Model::check(image).ok()?;
//! let plan = model.plan(Mode::Fused)?;
//! run(&model, &plan, arena, digit, &mut NoTap).ok()?;
//! let logits = plan.logits(&model, arena).ok()?;
//! (0..logits.len()).max_by(|&a, &b| logits[a].total_cmp(&logits[b]))
//! # }
//! ```
//!
//! Architecture invariant: this crate knows nothing of boards, links or the
//! protocol, and a constructed [`Model`] cannot fail on a shape later.
#![no_std]
#![deny(unsafe_code)]
#![deny(missing_docs)]

#[cfg(test)]
extern crate std;

pub mod image;
pub mod ops;
pub mod plan;
pub mod sharing;

mod arena;
mod free;
mod occlude;
mod run;
mod softmax;
mod tap;

pub use arena::ArenaError;
pub use image::{ImageError, Layer, Model, Op, Tensor};
pub use occlude::{Occluder, OcclusionError, OcclusionReport, occlude, occlusion_arena_bytes};
pub use plan::{Mode, Plan, Step};
pub use run::{RunError, run};
pub use softmax::softmax_probability;
pub use tap::{NoTap, Tap};

/// The most tensors, input and logits included, that an image may hold.
pub const MAX_TENSORS: usize = 128;
