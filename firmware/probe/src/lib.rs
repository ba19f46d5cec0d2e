//! The board's program: requests in, events out, over any byte link.
#![no_std]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod board;

pub use board::Board;
