//! ONNX files: reading what others exported, building what `compile` emits.
//!
//! The protocol-buffer types are tract's own ([`pb`]); what is read from a file
//! is bounded and checked here before tract sees it.

pub mod attributes;
pub mod builder;
pub mod constant;
pub mod engine;
pub mod file;

pub use attributes::{AttributeError, Attributes};
pub use builder::GraphBuilder;
pub use constant::{Constant, ConstantError, Values};
pub use engine::{Engine, EngineError};
pub use file::{FileError, Weights};
pub use tract_onnx::pb;
