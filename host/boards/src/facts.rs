//! What a `board.toml` says, checked.
//!
//! The build script reads the files with this; the library has only its result.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Deserialize;

/// A `board.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BoardFile {
    core: String,
    target: String,
    engines: Vec<EngineName>,
    flash_bytes: u32,
    ram_bytes: u32,
    chip: Option<String>,
    regions: RegionsTable,
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

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Planned {
    core: String,
    flash_bytes: u32,
    ram_bytes: u32,
    firmware: Firmware,
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
        if regions.arena_bytes >= regions.ram.bytes {
            return Err(
                "regions.arena_bytes must be less than the bytes of regions.ram".to_owned(),
            );
        }
        Ok(())
    }

    /// The Rust expression of the board `name`.
    pub fn source(&self, name: &str) -> String {
        let Self {
            core,
            target,
            engines,
            flash_bytes,
            ram_bytes,
            chip,
            regions,
            emulator,
            firmware,
        } = self;
        let engines: Vec<String> = engines
            .iter()
            .map(|engine| format!("Engine::{engine:?}"))
            .collect();
        let transport = match emulator {
            Some(Emulator { machine, arguments }) => format!(
                "Transport::Qemu {{ machine: {machine:?}, arguments: &{arguments:?}, \
                 model_address: {} }}",
                regions.model.address
            ),
            None => "Transport::Serial".to_owned(),
        };
        let region =
            |Extent { address, bytes }| format!("Region {{ address: {address}, bytes: {bytes} }}");
        format!(
            "BoardKind {{ name: {name:?}, core: {core:?}, flash_bytes: Some({flash_bytes}), \
             ram_bytes: Some({ram_bytes}), chip: {chip:?}, engines: &[{}], \
             transport: {transport}, build: Some(Build {{ target: {target:?}, \
             regions: Regions {{ flash: {}, model: {}, stack: {}, ram: {} }}, \
             arena_bytes: {} }}), firmware: Some({}) }}",
            engines.join(", "),
            region(regions.flash),
            region(regions.model),
            region(regions.stack),
            region(regions.ram),
            regions.arena_bytes,
            firmware.source(),
        )
    }
}

impl Extent {
    fn length(self) -> u64 {
        self.bytes.into()
    }

    fn overlaps(self, other: Self) -> bool {
        let end = |region: Self| u64::from(region.address) + region.length();
        u64::from(self.address) < end(other) && u64::from(other.address) < end(self)
    }
}

impl Firmware {
    fn source(&self) -> String {
        format!(
            "Footprint {{ flash_bytes: {}, ram_bytes: {} }}",
            self.flash_bytes, self.ram_bytes
        )
    }
}

/// The Rust items of all boards and planned parts.
///
/// # Errors
/// `planned` is not a file of planned parts, or names a board that is there.
pub fn source(boards: &BTreeMap<String, BoardFile>, planned: &str) -> Result<String, String> {
    let parts: BTreeMap<String, Planned> =
        toml::from_str(planned).map_err(|error| error.to_string())?;
    let mut source = String::from(
        "/// Every board that can be named: the native one, then those with firmware.\n\
         pub const BOARDS: &[BoardKind] = &[\n    NATIVE,\n",
    );
    for (name, board) in boards {
        // Writing to a string cannot fail.
        let _ = writeln!(source, "    {},", board.source(name));
    }
    source.push_str(
        "];\n\n/// Parts that are planned for, without firmware yet.\n\
         pub const PLANNED_PARTS: &[PlannedPart] = &[\n",
    );
    for (name, part) in &parts {
        if boards.contains_key(name) {
            return Err(format!(
                "{name} has firmware now: take it out of planned.toml"
            ));
        }
        let _ = writeln!(
            source,
            "    PlannedPart {{ name: {name:?}, core: {:?}, flash_bytes: {}, ram_bytes: {}, \
             firmware: {} }},",
            part.core,
            part.flash_bytes,
            part.ram_bytes,
            part.firmware.source(),
        );
    }
    source.push_str("];\n");
    Ok(source)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{BoardFile, source};

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
        let large = error("arena_bytes = 0x4_0000", "arena_bytes = 0x3F_0000");
        assert!(large.starts_with("regions.arena_bytes"), "{large}");
        let empty = error("bytes = 0x1_0000 ", "bytes = 0 ");
        assert_eq!(empty, "regions.stack has no bytes");
    }

    #[test]
    fn a_board_without_an_emulator_is_reached_at_a_serial_port() {
        let text = BOARD.replace("[emulator]\nmachine = \"mps2-an386\"", "");
        let board = BoardFile::parse(&text).expect("a good file");
        assert!(board.source("x").contains("Transport::Serial"));
    }

    #[test]
    fn a_planned_part_has_no_firmware_yet() {
        let planned = include_str!("../planned.toml");
        let board = || BoardFile::parse(BOARD).expect("a good file");
        let named = |name: &str| BTreeMap::from([(name.to_owned(), board())]);
        assert!(source(&named("mps2-an386"), planned).is_ok());
        let error = source(&named("microbit"), planned).expect_err("a board now");
        assert!(error.contains("microbit has firmware now"), "{error}");
    }
}
