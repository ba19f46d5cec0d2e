//! A float network, explained: activations, filters, attributions and ascents. tract runs the
//! network; [`tract_adjoint`] differentiates it for the methods that need slopes.
//!
//! Layers, from the bottom up; each uses those above it in this list:
//!
//! - [`float_model`]: an ONNX file as a network whose layers are known by name;
//! - [`target`]: what is explained or raised: a map, a neuron, a class;
//! - [`activations`] and [`filters`]: what layers write, and what convolutions look for;
//! - [`attribute`]: what each value of an input contributes, a file for each method;
//! - [`assess`]: how far an attribution is to be trusted;
//! - [`ascend`]: an input that raises a target;
//! - [`attack`]: small changes after which an input is taken for another class;
//! - [`fool`]: pictures without sense that are taken for a class;
//! - [`dream`]: what a layer sees in a picture, made stronger;
//! - [`invert`]: a picture as a layer remembers it.
//!
//! Results are plain arrays; this crate draws nothing and talks to no board.
//!
//! ```
//! use std::ops::ControlFlow;
//!
//! use cortexscope_explain::attribute::{Gradient, Request, explain};
//! use cortexscope_explain::float_model::{FloatModel, Overrides};
//! use cortexscope_explain::target::{ClassValue, Target};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let model = FloatModel::open("lecture-lenet", &Overrides::default())?;
//! let input = vec![0.5; 28 * 28];
//! let aim = "class:3".parse::<Target>()?.aim(&model, ClassValue::Logit)?;
//! let request = Request {
//!     input: &input,
//!     aim: &aim,
//!     method: &Gradient.into(),
//! };
//! let found = explain(&model, request, &mut |_, _| ControlFlow::Continue(()))?;
//! assert_eq!(found.shape, [1, 28, 28]);
//! # Ok(())
//! # }
//! ```

pub mod activations;
pub mod ascend;
pub mod assess;
pub mod attack;
pub mod attribute;
pub mod dream;
mod exact;
pub mod filters;
pub mod float_model;
pub mod fool;
pub mod invert;
pub mod target;
