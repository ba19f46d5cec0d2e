//! What a firmware's ELF file says: who takes its flash, and how deep its stack gets.

pub mod linked;
pub mod size;
pub mod stack;
