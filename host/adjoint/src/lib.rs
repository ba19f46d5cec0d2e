//! Reverse-mode differentiation of tract's typed graphs, with replaceable backward
//! rules: gradients, guided backpropagation, the deconvnet, and layer-wise relevance
//! propagation.
//!
//! An [`Adjoint`] says which values of a graph an objective reads, what it is
//! differentiated with respect to and by which [`Rules`]; its [`Plan`] runs any number of
//! times. The objective is any [`Objective`]: a [`Target`] or a closure that gets the
//! values and gives a number and its derivatives.
//!
//! The backward pass is a tract graph too, optimised and run by tract. Operators of our
//! own stand in where tract has none (the switches of max-pooling) or is slow (the
//! derivative of a convolution).
//!
//! Ties: at a rectifier's kink nothing passes, `max(x, 0)` has the derivative 0 at 0, and
//! so has every bound by a constant number. Of two varying operands that are equal each
//! gets half, as do elements that tie in a reduction. A max-pool's switch points to the
//! first of equal values, by rows.
//!
//! [`straight_through`] has the arithmetic of int8 networks with the derivatives that are
//! usual for it.
//!
//! [`with_own_operators`] has the way forward alone, with the operators that are ours, for many
//! inputs side by side; [`with_threads`] for one large input.
//!
//! Layers: `request` walks the graph backward and has the `derivative` or the `relevance`
//! of each node written on the `tape`; `operators` are our own, and a `window` says where
//! they look, and [`matrix`] and [`vector`] multiply for them; `plan` runs.
//!
//! ```
//! use tract_adjoint::{Adjoint, Target};
//! use tract_onnx::prelude::*;
//! use tract_onnx::tract_core::ops::math;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut model = TypedModel::default();
//! let x = model.add_source("x", f32::fact([3]))?;
//! let y = model.wire_node("square", math::square(), &[x])?[0];
//! model.select_output_outlets(&[y])?;
//!
//! let mut plan = Adjoint::of(&model).read(&[y]).wrt(&[x]).plan()?;
//! let pass = plan.run(tvec![tensor1(&[1.0_f32, 2.0, 3.0]).into()], &Target::Sum)?;
//! assert_eq!(pass.value, 14.0);
//! assert_eq!(*pass.gradients[0], tensor1(&[2.0_f32, 4.0, 6.0]));
//! # Ok(())
//! # }
//! ```

#![deny(missing_docs)]

mod awake;
mod derivative;
mod error;
mod forward;
mod load;
pub mod matrix;
mod memory;
mod objective;
mod operators;
mod plan;
mod relevance;
mod request;
mod rule;
pub mod straight_through;
mod tape;
pub mod vector;
mod window;

pub use error::AdjointError;
pub use forward::{with_own_operators, with_threads};
pub use load::{load_onnx, load_onnx_bytes, outlet};
pub use memory::Memory;
pub use objective::{Objective, Target};
pub use plan::{Pass, Plan, Share};
pub use request::Adjoint;
pub use rule::{Rule, Rules};
