//! The engine's kernels for the processor of a PC, chosen when the program runs.
//!
//! | layer | module | what it does |
//! |---|---|---|
//! | instructions | `instructions` | what one processor can do, behind one trait: AVX-512 VNNI, AVX2, plain Rust |
//! | geometry | `taps` | which bytes of the padded input a window reads |
//! | weights | `filters` | repacked once, in the order in which they are read |
//! | rows | `layer` | rows of a convolution or a dense layer, pooled before they are requantised |
//! | engine | [`SimdKernels`] | the layers of a model, as the engine's [`Accelerator`] |
//!
//! Everything is allocated when a model is loaded, nothing for a frame.
//!
//! ```
//! use cortexscope_core::{Mode, Model, NoTap, first_greatest, run_with};
//! use cortexscope_simd::SimdKernels;
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
//! let mut kernels = SimdKernels::new(&model);
//! let blank = vec![-128_i8; model.input_shape().elements()];
//! run_with(&model, &plan, arena, &blank, &mut NoTap, &mut kernels).expect("a large arena");
//! let class = first_greatest(plan.logits(arena).expect("the arena of the run"));
//! println!("{:?}, by {}", model.label(class), kernels.instructions());
//! # Ok(())
//! # }
//! ```
//!
//! Architecture invariant: the bytes are those of the core's kernels, whatever the
//! processor; so this crate may be left out, and nothing but the time changes.
#![deny(missing_docs)]

mod filters;
mod instructions;
mod kernels;
mod layer;
mod taps;

#[cfg(test)]
mod tests;

pub use kernels::{InstructionSet, SimdKernels};

#[cfg(doc)]
use cortexscope_core::Accelerator;
