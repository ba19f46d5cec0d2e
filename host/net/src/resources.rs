//! The files that the program needs at run time, and where they are.
//!
//! Models, descriptions and digits are in the program itself ([`shipped`]). What
//! cannot be in it, such as firmware, lies in a folder ([`folders`]). A
//! [`ResourcePath`] names a file of either kind.

pub mod folders;
mod path;
mod shipped;

pub use path::ResourcePath;
pub use shipped::{shipped, shipped_bytes};
