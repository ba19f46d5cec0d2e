//! Encoding models: what a layer of a network predicts of a neuron.
//!
//! `ŷ = Σ_hw Σ_c Ws[hw] · Wd[c] · X[c, hw] + b` for the factorised readout, ŷ = W · X + b
//! for ridge regression (Bashivan, Kar and DiCarlo 2019; Klindt et al. 2017).

mod ceiling;
mod error;
mod factorised;
mod features;
mod fit;
mod geometry;
mod readout;
mod ridge;
mod session_fit;
mod stored;

pub use ceiling::{Ceiling, explainable, reliability, signal_to_noise};
pub use error::{CheckpointError, EncodeError};
pub use factorised::{Checkpoint, DataTerm, Factorised, Lambda};
pub use features::{Features, Pooling};
pub use fit::{Fit, Method, NeuronScore, Request, ceiling_formula, fit};
pub use geometry::Geometry;
pub use readout::{Readout, ReadoutKind, ReadoutWeights};
pub use ridge::Ridge;
pub use session_fit::SessionFit;
pub use stored::{About, Stored, StoredError, save};

/// What a fit is doing, and how much of it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Features of images.
    Features,
    /// Epochs of a factorised readout, or folds of a ridge regression.
    Readout,
}

/// Told what is done of how much; `Break` ends the work.
pub type Watch<'a> = &'a mut dyn FnMut(Stage, usize, usize) -> std::ops::ControlFlow<()>;
