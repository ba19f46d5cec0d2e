//! Neurons and networks: how well a network's features predict recorded neurons, which image
//! drives them, and how alike their views of images are.
//!
//! Layers, from the bottom up; each uses those above it in this list:
//!
//! - [`data`]: images and responses from files;
//! - [`linear`]: products and systems of equations;
//! - [`encode`]: readouts of a layer's features, fitted to neurons (Bashivan, Kar and
//!   DiCarlo 2019), their scores and the ceilings of these;
//! - [`similarity`]: dissimilarities of images, compared;
//! - [`control`]: images made for a neuron, and whether it was driven.
//!
//! ```
//! use cortexscope_brain::similarity::{Rdm, compare};
//!
//! // Four images as three units see them, and as a brain does: the first two are alike.
//! let units = [1.0, 0.0, 0.1, 0.9, 0.1, 0.0, 0.0, 1.0, 0.5, 0.2, 0.1, 1.0];
//! let brain = Rdm {
//!     images: 4,
//!     pairs: vec![0.1, 0.9, 0.8, 1.0, 0.7, 0.5],
//! };
//! let found = compare(&Rdm::of(&units, 3), &[brain], 20, 0).expect("both vary");
//! assert!(found.spearman > 0.3);
//! ```

pub mod control;
pub mod data;
pub mod encode;
pub mod linear;
pub mod similarity;
