//! What physiologists do to neurons, done to whatever answers an image with a rate: a unit
//! of a float network, a unit of the int8 network on a board, a program.
//!
//! Layers, from the bottom up; each uses those above it in this list:
//!
//! - [`data`]: recorded images and responses from files;
//! - [`stimuli`]: images as neurons see them, from black 0 to white 1, and their classes;
//! - [`linear`]: products and systems of equations;
//! - [`encode`]: readouts of a layer's features, fitted to neurons (Bashivan, Kar and
//!   DiCarlo 2019), their scores and the ceilings of these;
//! - [`neuron`]: the trait, and its kinds, a file for each; [`noise`] on top of them;
//! - [`planted`]: neurons that are known, to hold the others against;
//! - [`generator`]: codes to images, a file for each image space;
//! - [`optimise`]: searches by rates alone, a file for each;
//! - [`evolve`]: a search with an exact budget, and the truth beside it;
//! - [`similarity`]: dissimilarities of images, compared;
//! - [`control`]: images made for a neuron, and whether it was driven;
//! - [`autoencode`]: networks that reconstruct images and predict neurons;
//! - [`trials`]: what people answered to disturbed pictures, from a log of trials.
//!
//! ```
//! use std::ops::ControlFlow;
//!
//! use cortexscope_brain::evolve::{Settings, evolve};
//! use cortexscope_brain::generator::Linear;
//! use cortexscope_brain::neuron::FloatNeuron;
//! use cortexscope_explain::float_model::{FloatModel, Overrides};
//! use cortexscope_explain::target::{ClassValue, Target};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let model = FloatModel::open("lenet5", &Overrides::default())?;
//! let aim = "class:3".parse::<Target>()?.aim(&model, ClassValue::Logit)?;
//! let mut neuron = FloatNeuron::new(&model, aim)?;
//! let generator = Linear::low_pass(model.input_shape());
//! let settings = Settings {
//!     queries: 60,
//!     ..Settings::default()
//! };
//! let found = evolve(&mut neuron, &generator, &settings, &mut |_| ControlFlow::Continue(()))?;
//! assert_eq!(found.queries_spent(), 60);
//! # Ok(())
//! # }
//! ```

pub mod autoencode;
pub mod control;
pub mod data;
pub mod encode;
pub mod evolve;
pub mod generator;
pub mod linear;
pub mod neuron;
pub mod noise;
pub mod optimise;
pub mod planted;
pub mod similarity;
pub mod stimuli;
pub mod trials;

mod symmetric;
