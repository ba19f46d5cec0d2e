//! The int8 engine of Cortexscope: no_std, no allocation, and no unsafe code
//! but for the DSP instructions of `ops`.
//!
//! | layer | module | what it does |
//! |---|---|---|
//! | format | [`image`] | the board image: records in flash, read in place |
//! | check | `check` | the one check of an image, layer by layer and plan by plan |
//! | plan | [`plan`], [`sharing`] | where each tensor lies in the arena, step by step; which steps write over their input |
//! | kernels | [`ops`] | convolution, dense, pooling, lookup: one row or one layer at a time |
//! | run | [`run()`] | one inference, with a [`Tap`] on every tensor; an [`Accelerator`] may compute layers |
//! | occlusion | [`occlude()`] | one inference per occluder position, recomputing what changed |
//!
//! Tensors are numbered in topological order: tensor 0 is the input and layer
//! `i` writes tensor `i + 1`. Activations are `[H, W, C]`, channels innermost.
//! The last tensor holds the logits.
//!
//! ```
//! use cortexscope_core::{Mode, Model, NoTap, first_greatest, run};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/lenet5/lenet5.ctx");
//! // Words, because the image and the arena begin on a 4-byte boundary.
//! let mut image = vec![0_u32; 64 * 1024];
//! let bytes: &mut [u8] = bytemuck::cast_slice_mut(&mut image);
//! let file = std::fs::read(file)?;
//! bytes[..file.len()].copy_from_slice(&file);
//! let mut arena = vec![0_u32; 8 * 1024];
//! let arena: &mut [u8] = bytemuck::cast_slice_mut(&mut arena);
//!
//! let model = Model::check(bytes).expect("a sound image");
//! let plan = model.plan(Mode::Fused).expect("a plan for this mode");
//! let blank = vec![-128_i8; model.input_shape().elements()];
//! run(&model, &plan, arena, &blank, &mut NoTap).expect("an arena that is large enough");
//! let logits = plan.logits(arena).expect("the arena of the run");
//! let class = first_greatest(logits);
//! println!("{:?}", model.label(class));
//! # assert_eq!(logits.len(), model.classes());
//! # Ok(())
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
pub mod rows;
pub mod sharing;

mod accelerator;
mod arena;
mod check;
mod free;
mod occlude;
mod run;
mod softmax;
mod tap;

pub use accelerator::{Accelerator, NoAccelerator};
pub use arena::ArenaError;
pub use image::{ImageError, Layer, Model, Op, Tensor};
pub use occlude::{
    Occluder, OcclusionError, OcclusionReport, occlude, occlude_by_inferences,
    occlusion_arena_bytes,
};
pub use plan::{Mode, Plan, Step};
pub use run::{RunError, run, run_with};
pub use softmax::{first_greatest, softmax_probability};
pub use tap::{NoTap, Tap};

/// The most tensors, input and logits included, that an image may hold.
pub const MAX_TENSORS: usize = 128;
