//! The boards that Cortexscope knows, and how to reach each.

pub mod native;

mod connect;
mod parts;

pub use connect::{ConnectError, Connection, FarEnd, Port, compiler, connect, firmware_elf};
pub use parts::{Part, parts};

/// A kind of board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BoardKind {
    /// Its name on the command line, and its folder under `firmware/boards`.
    pub name: &'static str,
    /// Its processor core.
    pub core: &'static str,
    /// Flash that the part has; none for the host.
    pub flash_bytes: Option<u32>,
    /// RAM that the part has; none for the host.
    pub ram_bytes: Option<u32>,
    /// What debug probes call the part; none where there is no part to flash.
    pub chip: Option<&'static str>,
    /// The engines that there is firmware with; the first is the default.
    pub engines: &'static [Engine],
    /// How it is reached.
    pub reach: Reach,
}

/// What runs the network on a board.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Engine {
    /// The planned int8 engine.
    #[default]
    Static,
    /// tract itself, on boards that have room for it.
    Tract,
}

impl Engine {
    /// What chooses it on a command line, with a space before it.
    pub const fn flag(self) -> &'static str {
        match self {
            Self::Static => "",
            Self::Tract => " --engine tract",
        }
    }
}

/// How a board is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The probe runs in this process.
    InProcess,
    /// QEMU emulates it.
    Qemu {
        /// QEMU's name of the machine.
        machine: &'static str,
        /// Where its model region begins.
        model_address: u32,
    },
}

/// Every board that can be named.
pub const BOARDS: &[BoardKind] = &[
    BoardKind {
        name: "native",
        core: "host processor",
        flash_bytes: None,
        ram_bytes: None,
        chip: None,
        engines: &[Engine::Static],
        reach: Reach::InProcess,
    },
    BoardKind {
        name: "mps2-an386",
        core: "Cortex-M4F",
        flash_bytes: Some(4 << 20),
        ram_bytes: Some(4 << 20),
        chip: None,
        engines: &[Engine::Static],
        reach: Reach::Qemu {
            machine: "mps2-an386",
            model_address: 0x0010_0000,
        },
    },
    BoardKind {
        name: "mps2-an500",
        core: "Cortex-M7",
        flash_bytes: Some(8 << 20),
        ram_bytes: Some(1 << 20),
        chip: None,
        engines: &[Engine::Static, Engine::Tract],
        reach: Reach::Qemu {
            machine: "mps2-an500",
            model_address: 0x6000_0000,
        },
    },
    BoardKind {
        name: "stm32f405",
        core: "Cortex-M4F",
        flash_bytes: Some(1 << 20),
        ram_bytes: Some(192 << 10),
        chip: Some("STM32F405RG"),
        engines: &[Engine::Static],
        reach: Reach::Qemu {
            machine: "netduinoplus2",
            model_address: 0x0802_0000,
        },
    },
];

/// The board of this name.
pub fn find(name: &str) -> Option<&'static BoardKind> {
    BOARDS.iter().find(|board| board.name == name)
}
