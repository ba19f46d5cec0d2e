//! The recipe that trains the shipped networks on MNIST and exports them to ONNX.
//!
//! From the data to the file, one module per step:
//!
//! | module | gives |
//! |---|---|
//! | [`mnist`] | the published digits, checked against their published hashes |
//! | [`randomness`], [`augment`], [`batches`] | the order and the distortion of every training digit, from one seed |
//! | [`architecture`], [`networks`] | the layers of each network, as a table |
//! | [`network`] | that table as a burn module |
//! | [`schedule`], [`session`], [`checkpoint`] | the epochs, and how they survive an interruption |
//! | [`emit`] | the same table and the trained weights as an ONNX file |
//! | [`exported`] | what the rest of the project makes of that file: logits and accuracy |
//! | [`input_form`], [`provenance`] | the two notes that go beside the file |
//!
//! [`neuro`] trains auto-encoders that predict neurons, on shipped digits and planted neurons,
//! and the decoder of `brain evolve`.
//!
//! A network leaves this crate as an ONNX file, built by `cortexscope-net`, and is then
//! a network like any other: `cortexscope-compile` imports it to measure it.
//!
//! ```
//! use cortexscope_train::networks;
//!
//! let lecture = networks::by_name("lecture-lenet").unwrap();
//! assert_eq!(lecture.parameter_count(), 22_080);
//! ```

pub mod architecture;
pub mod augment;
pub mod batches;
pub mod calibration;
pub mod checkpoint;
pub mod emit;
pub mod exported;
pub mod input_form;
pub mod mnist;
pub mod network;
pub mod networks;
pub mod neuro;
pub mod provenance;
pub mod randomness;
pub mod recipe;
pub mod schedule;
pub mod session;
pub mod witness;
