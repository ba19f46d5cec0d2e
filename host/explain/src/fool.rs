//! Fooling images: pictures in which nobody sees anything, and a network sees a class with
//! certainty (Nguyen, Yosinski and Clune 2015).
//!
//! Pictures have 8 bits. Evolution asks for logits alone, so that it questions a board as
//! well as a float model: both are a [`Judge`].
//!
//! Layers: [`evolve`] keeps the best picture of each class, whatever a picture's genome
//! is; a genome is [`DirectGenome`], its pixels, or [`CppnGenome`], a small network that
//! draws them. [`climb`] follows the gradient of a float model instead.

mod cppn;
mod direct;
mod gradient;
mod map_elites;
mod polynomial;

pub use cppn::CppnGenome;
pub use direct::DirectGenome;
pub use gradient::{Climb, climb};
pub use map_elites::{Champion, Evolution, Fooled, Genome, Progress, evolve};

pub use crate::attack::Judge;
