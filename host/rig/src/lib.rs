//! A board over a link: opening it, asking it, measuring it and writing to it.
//!
//! | layer | module | what it gives |
//! |---|---|---|
//! | a model on a board | [`Rig`], [`inputs`], [`verify`], [`measure`], [mod@bench], [`kernel`] | results in the model's own terms: layers by name, `[C, H, W]` |
//! | boards | [`board`], [`flash`], [`drive`], [`attached`], [`elf`] | the known boards, how each is reached, what its firmware takes |
//! | sessions | [`session`] | requests and answers that are whole, whatever the link does and the board says |
//! | links | [`link`] | bytes to a board and back: in this process, emulated, or at a serial port |
//!
//! ```
//! use cortexscope_compile::model_files::ModelFiles;
//! use cortexscope_rig::Rig;
//! use cortexscope_rig::board::{Engine, FarEnd, find};
//! use cortexscope_rig::session::{Cancel, Mode, TensorSet};
//!
//! let native = find("native").ok_or("the native board is always there")?;
//! let model = ModelFiles::open("lecture-lenet")?;
//! let input = vec![0; model.image.model().input().bytes()];
//! let here = FarEnd::Here { sensor: Vec::new() };
//! let mut rig = Rig::open(native, Engine::Static, model, here, Cancel::default())?;
//! let recording = rig.infer(&input, Mode::Fused, TensorSet::ALL, &mut |_| {})?;
//! assert_eq!(recording.logits.len(), 10);
//! println!("{}: class {}", rig.session.board().name, recording.predicted());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod attached;
pub mod bench;
pub mod board;
pub mod drive;
pub mod elf;
pub mod flash;
pub mod inputs;
pub mod kernel;
pub mod link;
pub mod measure;
pub mod session;
pub mod verify;

mod rig;

pub use rig::{Activation, Recording, Rig, RigError, softmax};
