//! Flashing: through the installed probe-rs, which knows the debug probes and the parts.
//!
//! What would not fit is refused before the debug probe is touched: the regions are those
//! that the firmware was linked with.

use crate::board::BoardKind;
use cortexscope_compile::model_files::ModelFiles;
use cortexscope_core::Mode;
use object::{Object, ObjectSymbol};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;

const PROGRAM: &str = "probe-rs";

/// Why a board cannot be flashed.
#[derive(Debug, thiserror::Error)]
pub enum FlashError {
    /// There is no firmware for it yet.
    #[error("no firmware for {board} at {}: build it with `cargo xtask firmware --board {board}`", path.display())]
    NoFirmware {
        /// The board.
        board: &'static str,
        /// Where the ELF file was looked for.
        path: PathBuf,
    },
    /// The ELF file is not the firmware of a board.
    #[error("{} is not a board's firmware: {reason}", path.display())]
    Elf {
        /// The file.
        path: PathBuf,
        /// What is missing in it.
        reason: String,
    },
    /// The board image is larger than its region.
    #[error(
        "the model {model} takes {need_bytes} bytes of flash, the board has {have_bytes} for it; \
             `cortexscope compile --weights-once` makes a smaller image"
    )]
    ModelTooLarge {
        /// The model.
        model: String,
        /// Bytes of its board image.
        need_bytes: usize,
        /// Bytes of the board's model region.
        have_bytes: usize,
    },
    /// No plan of the model fits the arena.
    #[error(
        "the model {model} takes {need_bytes} bytes of arena at least, the board has {have_bytes}"
    )]
    ArenaTooSmall {
        /// The model.
        model: String,
        /// Bytes of its smallest plan and its input.
        need_bytes: usize,
        /// Bytes of the board's arena.
        have_bytes: usize,
    },
    /// probe-rs is not there.
    #[error(
        "probe-rs is not installed: `cargo install probe-rs-tools --locked`, or see https://probe.rs"
    )]
    NoProgram,
    /// probe-rs failed; it has said why.
    #[error(
        "`{line}` failed ({status}): is the debug probe plugged in, and may you use it? \
             `probe-rs list` shows the debug probes"
    )]
    Failed {
        /// The command.
        line: String,
        /// How it ended.
        status: String,
    },
}

/// What flashes a part.
#[derive(Clone, Copy, Debug)]
pub struct Flasher<'a> {
    /// What probe-rs calls the part.
    pub chip: &'a str,
    /// Which debug probe; the only one if none.
    pub probe: Option<&'a str>,
}

/// One call of probe-rs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    arguments: Vec<String>,
}

impl Flasher<'_> {
    /// Writes the firmware and starts it.
    ///
    /// # Errors
    /// [`FlashError::Elf`] if there is no such file.
    pub fn firmware(&self, elf: &Path) -> Result<Vec<Call>, FlashError> {
        if !elf.is_file() {
            return Err(FlashError::Elf {
                path: elf.to_owned(),
                reason: "there is no such file; `cargo xtask firmware` makes it".to_owned(),
            });
        }
        let elf = elf.display().to_string();
        Ok(vec![
            self.call("download", &["--verify", &elf]),
            self.call("reset", &[]),
        ])
    }

    /// Writes the board image `file` to `address`, and starts the firmware again.
    pub fn model(&self, file: &Path, address: u32) -> Vec<Call> {
        let file = file.display().to_string();
        let address = format!("{address:#010x}");
        let place = ["--binary-format", "bin", "--base-address", &address];
        let arguments = [&place[..], &["--verify", &file]].concat();
        vec![self.call("download", &arguments), self.call("reset", &[])]
    }

    fn call(&self, subcommand: &str, arguments: &[&str]) -> Call {
        let mut all = vec![subcommand, "--chip", self.chip];
        if let Some(probe) = self.probe {
            all.extend(["--probe", probe]);
        }
        all.extend(arguments);
        Call {
            arguments: all.into_iter().map(str::to_owned).collect(),
        }
    }
}

impl Call {
    /// The command as a person types it.
    pub fn line(&self) -> String {
        let words = std::iter::once(PROGRAM).chain(self.arguments.iter().map(String::as_str));
        words.collect::<Vec<_>>().join(" ")
    }

    /// Runs it, with its output on the terminal.
    ///
    /// # Errors
    /// [`FlashError::NoProgram`] or [`FlashError::Failed`].
    pub fn run(&self) -> Result<(), FlashError> {
        let failed = |status: String| FlashError::Failed {
            line: self.line(),
            status,
        };
        match Command::new(PROGRAM).args(&self.arguments).status() {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(failed(status.to_string())),
            Err(error) if error.kind() == ErrorKind::NotFound => Err(FlashError::NoProgram),
            Err(error) => Err(failed(error.to_string())),
        }
    }
}

/// What a model takes of a board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// The model's name.
    pub name: String,
    /// Bytes of its board image.
    pub flash_bytes: usize,
    /// Bytes of arena of its smallest plan, the input included.
    pub arena_bytes: usize,
}

impl Image {
    /// What `model` takes.
    pub fn of(model: &ModelFiles) -> Self {
        let network = model.image.model();
        let plans = Mode::ALL.iter().filter_map(|&mode| network.plan(mode));
        let smallest = plans.map(|plan| plan.arena_bytes()).min();
        Self {
            name: model.name.clone(),
            flash_bytes: model.image.bytes().len(),
            arena_bytes: smallest.unwrap_or(0) + network.input().bytes(),
        }
    }
}

/// What a board's firmware leaves to a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    /// Where the model region begins.
    pub address: u32,
    /// Its length.
    pub flash_bytes: usize,
    /// The arena's length.
    pub arena_bytes: usize,
}

impl Region {
    /// What the firmware `elf` of `board` was linked with.
    ///
    /// # Errors
    /// There is no such file, or it has not the symbols of a memory map.
    pub fn of(elf: &Path, board: &BoardKind) -> Result<Self, FlashError> {
        let bytes = std::fs::read(elf).map_err(|_| FlashError::NoFirmware {
            board: board.name,
            path: elf.to_owned(),
        })?;
        let wrong = |reason: String| FlashError::Elf {
            path: elf.to_owned(),
            reason,
        };
        let file = object::File::parse(&*bytes).map_err(|error| wrong(error.to_string()))?;
        let address = |name: &str| {
            let symbol = file.symbols().find(|symbol| symbol.name() == Ok(name));
            symbol
                .map(|symbol| symbol.address())
                .ok_or_else(|| wrong(format!("it has no symbol {name}")))
        };
        let start = address("__model_start")?;
        let length = |from: u64, to: u64| to.saturating_sub(from) as usize;
        Ok(Self {
            address: start as u32,
            flash_bytes: length(start, address("__model_end")?),
            arena_bytes: length(address("__arena_start")?, address("__arena_end")?),
        })
    }

    /// Refuses a model that the board has no room for.
    ///
    /// # Errors
    /// [`FlashError::ModelTooLarge`] or [`FlashError::ArenaTooSmall`].
    pub fn holds(&self, image: &Image) -> Result<(), FlashError> {
        if image.flash_bytes > self.flash_bytes {
            return Err(FlashError::ModelTooLarge {
                model: image.name.clone(),
                need_bytes: image.flash_bytes,
                have_bytes: self.flash_bytes,
            });
        }
        if image.arena_bytes > self.arena_bytes {
            return Err(FlashError::ArenaTooSmall {
                model: image.name.clone(),
                need_bytes: image.arena_bytes,
                have_bytes: self.arena_bytes,
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{FlashError, Flasher, Image, Region};
    use std::path::Path;

    const FLASHER: Flasher<'_> = Flasher {
        chip: "STM32F405RG",
        probe: Some("0483:374b"),
    };

    #[test]
    fn a_model_goes_to_its_region_and_the_board_starts_again() {
        let calls = FLASHER.model(Path::new("lenet5.ctx"), 0x0802_0000);
        let lines: Vec<String> = calls.iter().map(super::Call::line).collect();
        assert_eq!(
            lines,
            [
                "probe-rs download --chip STM32F405RG --probe 0483:374b --binary-format bin \
                 --base-address 0x08020000 --verify lenet5.ctx",
                "probe-rs reset --chip STM32F405RG --probe 0483:374b",
            ]
        );
    }

    #[test]
    fn firmware_that_is_not_there_is_named() {
        let error = FLASHER.firmware(Path::new("/no/such.elf")).unwrap_err();
        assert!(error.to_string().contains("/no/such.elf"), "{error}");
    }

    #[test]
    fn what_does_not_fit_is_refused_in_bytes() {
        let region = Region {
            address: 0x0802_0000,
            flash_bytes: 1000,
            arena_bytes: 500,
        };
        let image = |flash_bytes, arena_bytes| Image {
            name: "alexnet".to_owned(),
            flash_bytes,
            arena_bytes,
        };
        region.holds(&image(1000, 500)).unwrap();
        assert!(matches!(
            region.holds(&image(1001, 1)),
            Err(FlashError::ModelTooLarge {
                need_bytes: 1001,
                have_bytes: 1000,
                ..
            })
        ));
        assert!(matches!(
            region.holds(&image(1, 501)),
            Err(FlashError::ArenaTooSmall {
                need_bytes: 501,
                have_bytes: 500,
                ..
            })
        ));
    }
}
