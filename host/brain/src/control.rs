//! Neural control: an image made for a neuron through its encoding model, and the controls
//! that tell whether it was the neuron that was driven (Bashivan, Kar and DiCarlo 2019).
//!
//! A model's own prediction for the image that was climbed on it says nothing of control: the
//! score that counts is that of a judge which the image was not made with.

mod error;
mod judge;
mod manipulate;
mod population;
mod sites;
mod synthesise;
mod trial;

pub use error::ControlError;
pub use judge::{ImagesShown, Judge};
pub use manipulate::{contrast, phase_scrambled, similarity, with_contrast};
pub use sites::{Site, sites};
pub use synthesise::{Goal, Settings, Synthesis, synthesise};
pub use trial::{
    Answered, Control, ControlKind, ControlTrial, Driven, Laboratory, Protocol, StepWatch,
};
