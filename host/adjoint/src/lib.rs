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
//! Layers: `request` walks the graph backward and has each node's `derivative` or
//! `relevance` written on the `tape`; `operators` are ours; `plan` runs.

#![deny(missing_docs)]

mod derivative;
mod error;
mod load;
mod memory;
mod objective;
mod operators;
mod plan;
mod relevance;
mod request;
mod rule;
mod tape;

pub use error::AdjointError;
pub use load::{load_onnx, load_onnx_bytes, outlet};
pub use memory::Memory;
pub use objective::{Objective, Target};
pub use plan::{Pass, Plan, Share};
pub use request::Adjoint;
pub use rule::{Rule, Rules};
