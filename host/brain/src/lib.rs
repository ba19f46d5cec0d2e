//! Neurons and networks: how well a network's features predict recorded neurons.
//!
//! Layers, from the bottom up; each uses those above it in this list:
//!
//! - [`data`]: images and responses from files;
//! - [`linear`]: products and systems of equations;
//! - [`encode`]: readouts of a layer's features, fitted to neurons (Bashivan, Kar and
//!   DiCarlo 2019), their scores and the ceilings of these;
//! - [`similarity`]: dissimilarities of images, compared;
//! - [`control`]: images made for a neuron, and whether it was driven.

pub mod control;
pub mod data;
pub mod encode;
pub mod linear;
pub mod similarity;
