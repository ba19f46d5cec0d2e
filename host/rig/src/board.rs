//! The boards that Cortexscope knows, and how to reach each.
//!
//! What they are stands in `firmware/boards/<board>/board.toml`; see `cortexscope-boards`.

pub mod native;

mod connect;
mod firmware;
mod parts;
mod presence;

pub use connect::{
    ConnectError, Connection, FarEnd, Port, compiler, connect, firmware_elf, firmware_places,
    small_firmware_elf,
};
pub use cortexscope_boards::{BAUD, DEFAULT, FLASHED, NATIVE};
pub use cortexscope_boards::{BOARDS, BoardKind, Engine, Footprint, Transport, find};
pub use firmware::{
    FirmwareBuild, FirmwareError, firmware_builds, firmware_compiler, firmware_file,
};
pub use parts::{Part, parts};
pub use presence::Presence;
