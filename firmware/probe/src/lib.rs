//! The board's program: requests in, events out, over any byte link.
//!
//! | module | what it does |
//! |---|---|
//! | `serve` | the loop: takes a request, has it done, answers |
//! | `port` | the board's end of a session: frames, window, resends |
//! | `stream` | from the engine's tap to events, with the counter stopped meanwhile |
//! | `engine`, `static_engine` | what runs the network: an interface, and `cortexscope-core` behind it |
//! | `request` | what engines make of the model region and of requests |
//! | `camera`, `capture` | what a board with a camera of its own implements, and how its pictures are sent |
//! | `board` | what a board must offer: a name, a counter, its linker's figures |
//!
//! A board is a link, a [`Board`], a model region and an arena:
//!
//! ```no_run
//! # use cortexscope_probe::{Board, StaticEngine, serve, wire::Slot};
//! # use embedded_io::{Read, ReadReady, Write};
//! fn main_of_a_board<B: Board, L: Read + ReadReady + Write>(
//!     mut board: B,
//!     mut uart: L,
//!     model_region: &'static [u8],
//!     arena: &'static mut [u8],
//! ) -> ! {
//!     let mut window = [Slot::EMPTY; 8];
//!     let mut engine = StaticEngine::new(model_region, arena);
//!     loop {
//!         // A UART never closes; what it calls an error is repaired by the protocol.
//!         serve(&mut board, &mut uart, &mut engine, &mut window);
//!     }
//! }
//! ```
//!
//! Architecture invariant: no panic can be reached from the link's bytes, and
//! nothing here waits for anything but the link.
#![no_std]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod board;
mod camera;
mod capture;
mod engine;
mod image_fault;
mod port;
mod request;
mod serve;
mod static_engine;
mod stream;

pub use board::Board;
pub use camera::Camera;
pub use cortexscope_wire as wire;
pub use engine::{Engine, Macs, MapSink, Refusal};
pub use request::{checked_model, model_identity, occluder, signed};
pub use serve::{End, serve};
pub use static_engine::StaticEngine;
