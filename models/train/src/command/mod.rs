//! The subcommands, one per file.

pub mod calibration;
pub mod evaluate;
pub mod neuro;
pub mod train;
