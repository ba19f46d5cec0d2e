//! The board's program: requests in, events out, over any byte link.
//!
//! | module | what it does |
//! |---|---|
//! | `serve` | the loop: takes a request, has it done, answers |
//! | `port` | the board's end of a session: frames, send window, resends |
//! | `stream` | from the engine's tap to events, with the counter stopped meanwhile |
//! | `engine`, `static_engine` | what runs the network: an interface, and `cortexscope-core` behind it |
//! | `request` | what engines make of the model region and of requests |
//! | `camera`, `capture` | what a board with a camera of its own implements, and how its pictures are sent |
//! | `form`, `no_form` | an input made on the board, of a picture; the feature `digit` chooses one of both |
//! | `board` | what a board must offer: a name, a counter, its linker's figures |
//!
//! A board is a link, a [`Board`], a model region and an arena. The link of this one is
//! closed, so that the program ends; a UART's never is, and `main` calls [`serve`] in a loop.
//!
//! ```
//! use cortexscope_probe::wire::Slot;
//! use cortexscope_probe::wire::message::{CounterKind, Sections};
//! use cortexscope_probe::{Board, End, StaticEngine, serve};
//! use embedded_io::{ErrorType, Read, ReadReady, Write};
//! use std::convert::Infallible;
//!
//! struct Bare;
//!
//! impl Board for Bare {
//!     fn name(&self) -> &str { "bare" }
//!     fn elf_build_id(&self) -> &[u8] { &[] }
//!     fn counter_kind(&self) -> CounterKind { CounterKind::None }
//!     fn counter(&mut self) -> u64 { 0 }
//!     fn sections(&self) -> Sections { Sections::default() }
//!     fn take_logs(&mut self, _: &mut [u8]) -> usize { 0 }
//! }
//!
//! struct Unplugged;
//!
//! impl ErrorType for Unplugged { type Error = Infallible; }
//! impl Read for Unplugged {
//!     fn read(&mut self, _: &mut [u8]) -> Result<usize, Infallible> { Ok(0) }
//! }
//! impl ReadReady for Unplugged {
//!     fn read_ready(&mut self) -> Result<bool, Infallible> { Ok(true) }
//! }
//! impl Write for Unplugged {
//!     fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> { Ok(bytes.len()) }
//!     fn flush(&mut self) -> Result<(), Infallible> { Ok(()) }
//! }
//!
//! let mut arena = [0; 1024];
//! let mut engine = StaticEngine::new(&[], &mut arena);
//! let mut window = [Slot::EMPTY; 8];
//! let end = serve(&mut Bare, &mut Unplugged, &mut engine, &mut window);
//! assert!(matches!(end, End::Closed));
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
#[cfg(feature = "digit")]
mod form;
#[cfg(not(feature = "digit"))]
#[path = "no_form.rs"]
mod form;
mod image_fault;
mod port;
mod request;
mod serve;
mod static_engine;
mod stream;

pub use board::Board;
pub use camera::Camera;
pub use cortexscope_wire as wire;
pub use engine::{Engine, Macs, MapSink, PictureRoom, Refusal};
pub use request::{checked_model, model_identity, occluder, signed};
pub use serve::{End, serve};
pub use static_engine::StaticEngine;
