//! What a `board.toml` says, checked.

use serde::Deserialize;

use crate::board::{BoardKind, Build, Drive, Engine, Footprint, Region, Regions, Transport};

/// What a boot loader with a drive erases at once.
const SECTOR_BYTES: u32 = 4096;

/// A `board.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BoardFile {
    core: String,
    target: String,
    cpu: Option<String>,
    engines: Vec<EngineName>,
    flash_bytes: u32,
    ram_bytes: u32,
    chip: Option<String>,
    regions: RegionsTable,
    drive: Option<DriveTable>,
    emulator: Option<Emulator>,
    firmware: Firmware,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum EngineName {
    Static,
    Tract,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RegionsTable {
    flash: Extent,
    model: Extent,
    stack: Extent,
    ram: Extent,
    arena_bytes: u32,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Extent {
    address: u32,
    bytes: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DriveTable {
    board_id: String,
    uf2_family: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Emulator {
    machine: String,
    #[serde(default)]
    arguments: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Firmware {
    flash_bytes: u32,
    ram_bytes: u32,
}

impl BoardFile {
    /// Reads the text of a `board.toml`.
    ///
    /// # Errors
    /// It is not TOML, a fact is missing or unknown, or the regions do not fit the part.
    pub fn parse(text: &str) -> Result<Self, String> {
        let board: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        board.check()?;
        Ok(board)
    }

    fn check(&self) -> Result<(), String> {
        if self.engines.first() != Some(&EngineName::Static) {
            return Err("engines must begin with \"static\"".to_owned());
        }
        let regions = &self.regions;
        let named = [
            ("flash", regions.flash),
            ("model", regions.model),
            ("stack", regions.stack),
            ("ram", regions.ram),
        ];
        for (index, (name, region)) in named.iter().enumerate() {
            if region.bytes == 0 {
                return Err(format!("regions.{name} has no bytes"));
            }
            for (other_name, other) in &named[..index] {
                if region.overlaps(*other) {
                    return Err(format!("regions.{name} overlaps regions.{other_name}"));
                }
            }
        }
        let fits = |what: &str, bytes: u64, part_bytes: u32| {
            if bytes <= part_bytes.into() {
                return Ok(());
            }
            Err(format!(
                "{what} take {bytes} bytes, and the part has {part_bytes}"
            ))
        };
        fits(
            "regions.flash and regions.model",
            regions.flash.length() + regions.model.length(),
            self.flash_bytes,
        )?;
        fits(
            "regions.stack and regions.ram",
            regions.stack.length() + regions.ram.length(),
            self.ram_bytes,
        )?;
        if self.drive.is_some() && !regions.model.address.is_multiple_of(SECTOR_BYTES) {
            return Err(format!(
                "regions.model must begin at a multiple of {SECTOR_BYTES}: a boot loader erases \
                 whole sectors, and a model is dragged without the firmware"
            ));
        }
        if regions.arena_bytes >= regions.ram.bytes {
            return Err(
                "regions.arena_bytes must be less than the bytes of regions.ram".to_owned(),
            );
        }
        Ok(())
    }

    /// The board `name` with these facts. Its texts live as long as the program.
    pub fn board(self, name: &'static str) -> BoardKind {
        let Self { regions, .. } = self;
        let engines = self.engines.iter().map(|engine| match engine {
            EngineName::Static => Engine::Static,
            EngineName::Tract => Engine::Tract,
        });
        let transport = match self.emulator {
            Some(Emulator { machine, arguments }) => {
                let arguments = arguments.into_iter().map(|text| &*text.leak());
                Transport::Qemu {
                    machine: machine.leak(),
                    arguments: arguments.collect::<Vec<_>>().leak(),
                    model_address: regions.model.address,
                }
            }
            None => Transport::Serial,
        };
        BoardKind {
            name,
            core: self.core.leak(),
            flash_bytes: Some(self.flash_bytes),
            ram_bytes: Some(self.ram_bytes),
            chip: self.chip.map(|chip| &*chip.leak()),
            drive: self.drive.map(|drive| Drive {
                board_id: drive.board_id.leak(),
                uf2_family: drive.uf2_family,
            }),
            engines: engines.collect::<Vec<_>>().leak(),
            transport,
            build: Some(Build {
                target: self.target.leak(),
                cpu: self.cpu.map(|cpu| &*cpu.leak()),
                regions: Regions {
                    flash: regions.flash.region(),
                    model: regions.model.region(),
                    stack: regions.stack.region(),
                    ram: regions.ram.region(),
                },
                arena_bytes: regions.arena_bytes,
            }),
            firmware: Some(self.firmware.footprint()),
        }
    }
}

impl Extent {
    fn region(self) -> Region {
        Region {
            address: self.address,
            bytes: self.bytes,
        }
    }

    fn length(self) -> u64 {
        self.bytes.into()
    }

    fn overlaps(self, other: Self) -> bool {
        let end = |region: Self| u64::from(region.address) + region.length();
        u64::from(self.address) < end(other) && u64::from(other.address) < end(self)
    }
}

impl Firmware {
    fn footprint(self) -> Footprint {
        Footprint {
            flash_bytes: self.flash_bytes,
            ram_bytes: self.ram_bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::BoardFile;
    use crate::board::Transport;

    const BOARD: &str = include_str!("../../../firmware/boards/mps2-an386/board.toml");

    fn error(from: &str, to: &str) -> String {
        assert!(BOARD.contains(from), "{from}");
        BoardFile::parse(&BOARD.replace(from, to)).expect_err("a mistake")
    }

    #[test]
    fn a_mistake_in_a_board_is_told() {
        BoardFile::parse(BOARD).expect("a good file");
        let unknown = error("machine =", "cpu = \"m4\"\nmachine =");
        assert!(unknown.contains("unknown field `cpu`"), "{unknown}");
        let missing = error("core =", "kore =");
        assert!(missing.contains("kore"), "{missing}");
        assert_eq!(
            error("ram_bytes = 0x40_0000", "ram_bytes = 0x20_0000"),
            "regions.stack and regions.ram take 4194304 bytes, and the part has 2097152"
        );
        assert_eq!(
            error("address = 0x2001_0000", "address = 0x2000_8000"),
            "regions.ram overlaps regions.stack"
        );
        assert_eq!(
            error("[\"static\"]", "[\"tract\"]"),
            "engines must begin with \"static\""
        );
        let drive = "[drive]\nboard_id = \"RP2350\"\nuf2_family = 1\n[emulator]";
        let with_drive = BOARD.replace("[emulator]", drive);
        BoardFile::parse(&with_drive).expect("a board with a drive");
        let shared = with_drive.replace("address = 0x0010_0000", "address = 0x0010_0800");
        let shared = BoardFile::parse(&shared).expect_err("a shared sector");
        assert!(shared.starts_with("regions.model"), "{shared}");
        let large = error("arena_bytes = 0x4_0000", "arena_bytes = 0x3F_0000");
        assert!(large.starts_with("regions.arena_bytes"), "{large}");
        let empty = error("bytes = 0x1_0000 ", "bytes = 0 ");
        assert_eq!(empty, "regions.stack has no bytes");
    }

    #[test]
    fn a_board_without_an_emulator_is_reached_at_a_serial_port() {
        let text = BOARD.replace("[emulator]\nmachine = \"mps2-an386\"", "");
        let board = BoardFile::parse(&text).expect("a good file");
        assert_eq!(board.board("x").transport, Transport::Serial);
    }
}
