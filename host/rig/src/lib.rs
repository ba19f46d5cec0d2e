//! A board over a link: opening it, asking it, measuring it and writing to it.

pub mod bench;
pub mod board;
pub mod elf;
pub mod flash;
pub mod link;
pub mod measure;
pub mod session;
pub mod verify;

mod rig;

pub use rig::{Activation, Recording, Rig, RigError, softmax};
