//! From a board's name to a link with the board at its other end.

use super::native::{DEFAULT_ARENA_BYTES, NativeBoard};
use super::{BoardKind, Engine, Transport};
use crate::link::qemu::{QemuConfig, QemuLink};
use crate::link::serial::SerialLink;
use crate::link::{Link, LinkError};
use crate::session::logs::{Logs, LogsError};
use cortexscope_compile::model_files::ModelFiles;
use cortexscope_net::resources::folders;
use image::GrayImage;
use object::{Object, ObjectSection};
use std::path::{Path, PathBuf};

/// A serial port to a real board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// Its path: `/dev/ttyACM0`.
    pub path: String,
    /// Bits per second.
    pub baud: u32,
}

/// A link, and what its board should say of itself.
pub struct Connection {
    /// The link.
    pub link: Box<dyn Link>,
    /// Build id of the firmware that should run, if it is known.
    pub elf_build_id: Option<Vec<u8>>,
    /// Reads the board's log.
    pub logs: Logs,
}

/// Why a board cannot be reached.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// There is no firmware for it yet.
    #[error(
        "no firmware for {board}: build it with `cargo xtask firmware --board {board}{}` in a clone. It was looked for at {}",
        engine.flag(),
        listed(places)
    )]
    NoFirmware {
        /// The board.
        board: &'static str,
        /// The engine that it was to have.
        engine: Engine,
        /// Where the ELF file was looked for.
        places: Vec<PathBuf>,
    },
    /// The firmware's ELF file cannot be read.
    #[error("cannot read the firmware {}: build it again with `cargo xtask firmware`", path.display())]
    Elf {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: object::Error,
    },
    /// The file with the firmware or the image cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A serial port was named for a board that has none.
    #[error("{board} runs in this process and has no serial port: leave --port out")]
    NoPort {
        /// The board.
        board: &'static str,
    },
    /// No serial port was named for a board that is reached at one only.
    #[error("there is no emulator for {board}: name its serial port with --port")]
    NoEmulator {
        /// The board.
        board: &'static str,
    },
    /// The firmware's log table cannot be read.
    #[error(transparent)]
    Logs(#[from] LogsError),
    /// The link cannot be opened.
    #[error(transparent)]
    Link(#[from] LinkError),
}

fn listed(places: &[PathBuf]) -> String {
    let places = places.iter().map(|place| place.display().to_string());
    places.collect::<Vec<_>>().join(", ")
}

/// The ELF file of a board with an engine: the first of [`firmware_places`] that is
/// there, or the first of them where none is.
pub fn firmware_elf(board: &BoardKind, engine: Engine) -> PathBuf {
    let places = firmware_places(board, engine);
    let there = places.iter().find(|place| place.is_file());
    there.or(places.first()).cloned().unwrap_or_default()
}

/// The ELF file of a board's small firmware, if it is there: `cargo xtask firmware --small`
/// makes it.
pub fn small_firmware_elf(board: &BoardKind) -> Option<PathBuf> {
    let folder = Path::new("firmware").join(board.name);
    let places = folders::places_of(&folder.join(format!("{}-small.elf", board.name)));
    places.into_iter().find(|place| place.is_file())
}

/// Where the ELF file of a board with an engine may lie: `firmware/BOARD/BOARD.elf`
/// in `target/` of a checkout, where `cargo xtask firmware` leaves it, beside the
/// program, where it was installed with the program, and in the user's data folder.
pub fn firmware_places(board: &BoardKind, engine: Engine) -> Vec<PathBuf> {
    let folder = Path::new("firmware").join(board.name);
    folders::places_of(&folder.join(format!("{}{}.elf", board.name, engine.suffix())))
}

/// Where a board is.
#[derive(Clone, Debug)]
pub enum FarEnd {
    /// At a serial port.
    Serial(Port),
    /// On this machine: emulated, or in this process.
    Here {
        /// What the native board's camera takes; none for no camera.
        sensor: Vec<GrayImage>,
    },
}

/// A link to `board`, emulated with `model` in its region, or at a serial port. It
/// should run `engine`.
///
/// # Errors
/// [`ConnectError`]: what is missing and how to get it.
pub fn connect(
    board: &'static BoardKind,
    engine: Engine,
    model: &ModelFiles,
    far_end: FarEnd,
) -> Result<Connection, ConnectError> {
    if board.transport == Transport::InProcess {
        let FarEnd::Here { sensor } = far_end else {
            return Err(ConnectError::NoPort { board: board.name });
        };
        let native = NativeBoard::with_camera(model.image.bytes(), DEFAULT_ARENA_BYTES, sensor);
        return Ok(Connection {
            link: Box::new(native),
            elf_build_id: None,
            logs: Logs::default(),
        });
    }
    let path = firmware_elf(board, engine);
    if !path.exists() {
        return Err(ConnectError::NoFirmware {
            board: board.name,
            engine,
            places: firmware_places(board, engine),
        });
    }
    let elf = std::fs::read(&path).map_err(|source| ConnectError::Read {
        path: path.clone(),
        source,
    })?;
    let elf_build_id = build_id(&elf).map_err(|source| ConnectError::Elf {
        path: path.clone(),
        source,
    })?;
    let logs = Logs::from_elf(&elf)?;
    let link: Box<dyn Link> = match (far_end, board.transport) {
        (FarEnd::Serial(Port { path, baud }), _) => Box::new(SerialLink::open(&path, baud)?),
        (
            FarEnd::Here { .. },
            Transport::Qemu {
                machine,
                arguments,
                model_address,
            },
        ) => {
            let config = QemuConfig::new(machine, path)
                .arguments(arguments)
                .load_bytes(model.image.bytes(), model_address);
            Box::new(QemuLink::start(config)?)
        }
        (FarEnd::Here { .. }, _) => return Err(ConnectError::NoEmulator { board: board.name }),
    };
    Ok(Connection {
        link,
        elf_build_id,
        logs,
    })
}

fn build_id(elf: &[u8]) -> object::Result<Option<Vec<u8>>> {
    Ok(object::File::parse(elf)?.build_id()?.map(<[u8]>::to_vec))
}

/// The compiler that an ELF file says it was made by: `rustc version 1.95.0 (…)`.
pub fn compiler(elf: &[u8]) -> Option<String> {
    let file = object::File::parse(elf).ok()?;
    let comment = file.section_by_name(".comment")?.uncompressed_data().ok()?;
    let texts = comment.split(|&byte| byte == 0);
    let mut texts = texts.filter_map(|text| std::str::from_utf8(text).ok());
    texts
        .find(|text| text.starts_with("rustc"))
        .map(str::to_owned)
}
