//! Auto-encoders that also predict neurons, and the decoder of `brain evolve`: small networks
//! in the manner of Klindt et al. (2017, CNN-FR) and of "DAE-NR" (arXiv 2111.15309).
//!
//! | module | gives |
//! |---|---|
//! | [`table`] | the layers of each arm, once for burn and for ONNX |
//! | [`network`] | the table as a burn module |
//! | [`loss`] | reconstruction, Poisson and the penalties |
//! | [`data`] | shipped digits and planted neurons as tensors |
//! | [`recipe`] | every choice of a run |
//! | [`train`] | steps, and when to stop |
//! | [`emit`] | the table and the trained weights as an ONNX file |
//! | [`decoder`] | the generator's decoder |
//! | [`witness`] | whether that file is the network |
//! | [`form`] | how a network wants its input |
//!
//! Architecture, weights and data split of the DAE-NR paper are in no text that we had, so these
//! are our choice and are called "in the manner of".

pub mod data;
pub mod decoder;
pub mod emit;
pub mod form;
pub mod loss;
pub mod network;
pub mod recipe;
pub mod table;
pub mod train;
pub mod witness;
