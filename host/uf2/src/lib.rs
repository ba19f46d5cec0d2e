//! UF2 files, which a boot loader writes to flash when they are dragged onto its drive.
//!
//! | module | what it does |
//! |---|---|
//! | `blocks` | bytes at addresses as the blocks of a file |
//! | `elf` | what an ELF file puts into flash |
//!
//! The format is Microsoft's (<https://github.com/microsoft/uf2>). What Raspberry Pi's boot
//! loaders want beyond it is in `blocks`.
//!
//! ```
//! use cortexscope_uf2::{Piece, RP2040, emit};
//!
//! let file = emit(RP2040, &[Piece { address: 0x1010_0000, bytes: b"a model" }])?;
//! // A sector of flash, 256 bytes in each block of 512.
//! assert_eq!(file.len(), 4096 / 256 * 512);
//! # Ok::<(), cortexscope_uf2::Uf2Error>(())
//! ```
#![deny(missing_docs)]

mod blocks;
mod elf;

pub use blocks::{Piece, RP2040, RP2350_ARM_S, Uf2Error, emit};
pub use elf::{ElfError, flashed};
