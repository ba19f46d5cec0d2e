//! Instructions of the programmable pins of RP2040 and RP2350, as the parts' HALs have them.
//!
//! The crate of this name adds an assembler as a macro. It builds a parser generator first,
//! which takes longer than a board's whole firmware, and nothing here is assembled.
#![no_std]

pub use pio_core::*;
