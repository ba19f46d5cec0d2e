//! Parts that others emulate, each behind a serial port, so that the program reaches them as
//! it reaches a part.
//!
//! | command | what is behind the port |
//! |---|---|
//! | `pico2` | an RP2350 by the crate `rp2350-emu`, over the link in RAM |
//! | `child` | any program that takes what is sent as its input and prints what answers |
//!
//! The first line of the output is the path of the port.

mod child;
mod pico2;
mod port;
mod uf2;

use std::path::PathBuf;

use anyhow::Result;
use clap::Parser;

#[derive(Parser)]
enum Command {
    /// An RP2350 that boots from UF2 files.
    Pico2 {
        /// The firmware, which has the symbols of the link.
        #[arg(long)]
        elf: PathBuf,
        /// What was dragged onto its drive, one after the other.
        #[arg(required = true)]
        uf2: Vec<PathBuf>,
    },
    /// A program.
    Child {
        /// It and its arguments.
        #[arg(required = true, trailing_var_arg = true)]
        command: Vec<String>,
    },
}

fn main() -> Result<()> {
    match Command::parse() {
        Command::Pico2 { elf, uf2 } => pico2::run(&elf, &uf2),
        Command::Child { command } => child::run(&command),
    }
}
