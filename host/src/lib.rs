//! Cortexscope: electrophysiology for a convolutional network that lives on a
//! Cortex-M microcontroller.

pub mod bench;
pub mod board;
pub mod board_image;
pub mod budget;
pub mod cli;
pub mod compile;
pub mod data;
pub mod demonstration;
pub mod dump;
pub mod firmware_size;
pub mod link;
pub mod live;
pub mod measure;
pub mod model_files;
pub mod onnx;
pub mod picture;
pub mod planner;
pub mod report;
pub mod rig;
pub mod scene;
pub mod session;
pub mod terminal;
pub mod verify;
