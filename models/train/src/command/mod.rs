//! The subcommands, one per file.

pub mod calibration;
pub mod evaluate;
pub mod train;
