//! The board image: the host emits it, the board checks it once and reads it in place.
//!
//! [`format`] is the layout, [`Model`] the typed view that the rest of the engine uses.
//! The only way to a `Model` is [`Model::check`], in `check`.

mod error;
pub mod format;
mod layer;
mod model;

pub use error::{ImageError, LayerProblem, Part, PlanProblem};
pub(crate) use layer::Sliding;
pub use layer::{
    Add, Conv2d, Dense, DepthToSpace, Layer, MaxPool, Mul, Op, Quantiser, Shape, Tensor,
    WEIGHT_PADDING, Window,
};
pub use model::Model;
pub(crate) use model::{padded, slice_bytes, tensor_bytes};
