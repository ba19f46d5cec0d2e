//! The board image: what the host emits, the board checks once and reads in place.
//!
//! [`format`] is the layout, [`Model::check`] the only way in, and [`Model`]
//! the typed view that the rest of the engine uses.

mod check;
mod check_layer;
mod check_plan;
mod error;
pub mod format;
mod layer;
mod model;

pub use error::{ImageError, LayerProblem, Part, PlanProblem};
pub use layer::{
    AFTER_WEIGHTS, Conv2d, Dense, Layer, MaxPool, Op, Quantiser, Shape, Tensor, Window,
};
pub use model::Model;
