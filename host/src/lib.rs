//! Cortexscope: electrophysiology for a convolutional network that lives on a
//! Cortex-M microcontroller.

pub mod board_image;
pub mod compile;
pub mod picture;
