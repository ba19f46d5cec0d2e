//! What a board is.

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
    /// The drive that its boot loader shows; none if it shows none.
    pub drive: Option<Drive>,
    /// The engines that there is firmware with, [`Engine::Small`] aside; the first is the
    /// default.
    pub engines: &'static [Engine],
    /// How it is reached.
    pub transport: Transport,
    /// How its firmware is built; none for the host.
    pub build: Option<Build>,
    /// What its firmware takes; none for the host.
    pub firmware: Option<Footprint>,
}

/// The drive of a boot loader: a UF2 file that is dragged onto it is written to flash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drive {
    /// The `Board-ID` of the file `INFO_UF2.TXT` on it.
    pub board_id: &'static str,
    /// The family of UF2 files that it takes.
    pub uf2_family: u32,
}

/// How the firmware of a board is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Build {
    /// The Rust target of its core.
    pub target: &'static str,
    /// What the compiler calls the core, where the target alone leaves out what it can do.
    pub cpu: Option<&'static str>,
    /// Where the linker puts what.
    pub regions: Regions,
    /// Bytes of the arena, which lies in [`Regions::ram`].
    pub arena_bytes: u32,
}

/// The regions of a board's memories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Regions {
    /// The firmware.
    pub flash: Region,
    /// The board image of a model.
    pub model: Region,
    /// The stack.
    pub stack: Region,
    /// Variables and the arena.
    pub ram: Region,
}

/// A part of a memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    /// Where it begins.
    pub address: u32,
    /// Its length.
    pub bytes: u32,
}

/// What everything but the network takes of a part: probe, protocol, engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Footprint {
    /// Code and constants.
    pub flash_bytes: u32,
    /// Variables, and the stack at its deepest.
    pub ram_bytes: u32,
}

/// What runs the network on a board.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Engine {
    /// The planned int8 engine.
    #[default]
    Static,
    /// The same in the smallest firmware: no loop written by hand, maps by whole inferences,
    /// no chains of layers. Its bytes are the same.
    Small,
    /// tract itself, on boards that have room for it.
    Tract,
}

/// How a board is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// The probe runs in this process.
    InProcess,
    /// QEMU emulates it, or it is a part at a serial port.
    Qemu {
        /// QEMU's name of the machine.
        machine: &'static str,
        /// What else QEMU is told.
        arguments: &'static [&'static str],
        /// Where its model region begins.
        model_address: u32,
    },
    /// It is a part at a serial port, and there is no emulator for it.
    Serial,
}

impl BoardKind {
    /// Whether there is firmware for it with `engine`, or can be: the static engine's is
    /// made in two sizes for every board.
    pub fn runs(&self, engine: Engine) -> bool {
        match engine {
            Engine::Small => self.build.is_some(),
            Engine::Static | Engine::Tract => self.engines.contains(&engine),
        }
    }
}

impl Engine {
    /// Every engine.
    pub const ALL: [Self; 3] = [Self::Static, Self::Small, Self::Tract];

    /// Its name on a command line and in a `board.toml`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Static => "static",
            Self::Small => "small",
            Self::Tract => "tract",
        }
    }

    /// What chooses it on a command line, with a space before it.
    pub const fn flag(self) -> &'static str {
        match self {
            Self::Static => "",
            Self::Small => " --engine small",
            Self::Tract => " --engine tract",
        }
    }

    /// The Cargo feature that chooses it where a board's package is built; none for the
    /// default.
    pub const fn feature(self) -> Option<&'static str> {
        match self {
            Self::Static => None,
            Self::Small => Some("cortexscope-rt/small"),
            Self::Tract => Some("tract"),
        }
    }

    /// What follows the board's name in the file name of its firmware.
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::Static => "",
            Self::Small => "-small",
            Self::Tract => "-tract",
        }
    }
}

impl Build {
    /// Whether the core has the DSP extension, with two products an instruction, for which
    /// the engine has loops of its own: every ARMv7E-M core, and of the ARMv8-M cores those
    /// of which [`Build::cpu`] says it.
    pub fn has_dsp(&self) -> bool {
        self.target.starts_with("thumbv7em") || self.cpu == Some("cortex-m33")
    }

    /// The linker's `MEMORY` command and the arena's length, for a memory map to include.
    pub fn linker_regions(&self) -> String {
        let Regions {
            flash,
            model,
            stack,
            ram,
        } = self.regions;
        let line = |name, Region { address, bytes }| {
            format!("  {name} : ORIGIN = {address:#010x}, LENGTH = {bytes:#x}\n")
        };
        let lines = [
            line("FLASH", flash),
            line("MODEL", model),
            line("STACK", stack),
            line("RAM", ram),
        ];
        format!(
            "MEMORY\n{{\n{}}}\n\n__arena_bytes = {:#x};\n",
            lines.concat(),
            self.arena_bytes
        )
    }
}
