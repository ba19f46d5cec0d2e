//! Questions to a float model and to the int8 network on a board, side by side.
//!
//! - [`mod@compare`]: explains an input on both by the same method, and says how far the maps
//!   agree and whether the class changes.
//!
//! ```
//! use std::ops::ControlFlow;
//!
//! use cortexscope_explain::attribute::Method;
//! use cortexscope_explain::float_model::{FloatModel, Overrides};
//! use cortexscope_study::compare::{FloatAnswers, compare};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let model = FloatModel::open("lecture-lenet", &Overrides::default())?;
//! let methods = [Method::standard("occlusion", [28, 28]).expect("a method")];
//! // The model beside itself: a board's network is a `BoardAnswers`.
//! let mut other = FloatAnswers::of(&model)?;
//! let input: Vec<f32> = (0..784).map(|at| (at % 29) as f32 / 29.0).collect();
//! let found = compare(&model, &mut other, &input, &methods, &mut |_, _| {
//!     ControlFlow::Continue(())
//! })?;
//! assert!(!found.classes.changed());
//! assert_eq!(found.methods[0].rank_correlation, Some(1.0));
//! # Ok(())
//! # }
//! ```

pub mod compare;
