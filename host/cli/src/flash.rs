//! `cortexscope flash`.

use super::common::{EngineArg, blame, open_model, wrong};
use super::progress;
use anyhow::Context;
use clap::Args;
use cortexscope_compile::model_files::ModelFiles;
use cortexscope_present::fit;
use cortexscope_record::RigChoice;
use cortexscope_rig::board::{BoardKind, FLASHED, firmware_elf};
use cortexscope_rig::drive::{self, Copied, DriveError, MountedDrive};
use cortexscope_rig::flash::{Flasher, Image, Region};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Write firmware or a board image to a board: onto its drive, or through a debug probe.
///
/// Without --model this writes the board's firmware. With --model it writes only the
/// board image, which has a region of its own; the firmware stays. A board whose boot
/// loader shows a drive is flashed by a UF2 file that is copied there, and --with-firmware
/// puts firmware and model into one; without a drive, and for every other board, it takes a
/// debug probe.
#[derive(Args)]
pub(super) struct Flash {
    /// The board; `cortexscope boards` lists all boards.
    #[arg(long, default_value = FLASHED)]
    board: String,
    /// The engine of the firmware.
    #[arg(long, value_enum, default_value_t = EngineArg::Static)]
    engine: EngineArg,
    /// A shipped model or the path of a board image.
    #[arg(long)]
    model: Option<String>,
    /// Write the firmware as well as the model: one file for a board's drive, so that BOOTSEL is
    /// held once.
    #[arg(long, requires = "model")]
    with_firmware: bool,
    /// The folder at which the board's drive is mounted, if it is not found or there are
    /// several.
    #[arg(long, value_name = "DIR", conflicts_with = "probe")]
    drive: Option<PathBuf>,
    /// The debug probe, as `probe-rs list` names it, if several are connected.
    #[arg(long)]
    probe: Option<String>,
    /// Print what would be done without doing it.
    #[arg(long)]
    dry_run: bool,
}

impl Flash {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let name = self.model.as_deref().unwrap_or("lecture-lenet");
        let choice = RigChoice {
            engine: self.engine.into(),
            ..RigChoice::of(&self.board, name)
        };
        let board = choice.board_with_engine().map_err(blame)?;
        let elf = firmware_elf(board, choice.engine);
        let model = match &self.model {
            None => None,
            Some(_) => {
                let model = open_model(&choice)?;
                fit::check(&model, board).map_err(blame)?;
                Some(model)
            }
        };
        if let Some(path) = &self.drive {
            drive::check_drive(board, path).map_err(|error| wrong(error.to_string()))?;
            return self.by_drive(board, path, &elf, model.as_ref());
        }
        if board.drive.is_none() || self.probe.is_some() {
            return self.by_probe(board, &elf, model.as_ref(), None);
        }
        let drives = drive::drives(drive::mounted());
        match drive_of(board, drives.clone())? {
            Some(path) => self.by_drive(board, &path, &elf, model.as_ref()),
            None => {
                let no_drive = drive::not_mounted(board, &drives);
                self.by_probe(board, &elf, model.as_ref(), Some(&no_drive))
            }
        }
    }

    fn by_drive(
        &self,
        board: &'static BoardKind,
        drive: &Path,
        elf: &Path,
        model: Option<&ModelFiles>,
    ) -> anyhow::Result<ExitCode> {
        let (uf2, name) = match model {
            None => (
                drive::firmware_uf2(board, elf)?,
                format!("{}.uf2", board.name),
            ),
            Some(model) if self.with_firmware => (
                drive::whole_uf2(board, elf, model.image.bytes())?,
                format!("{}-{}.uf2", board.name, model.name),
            ),
            Some(model) => (
                drive::model_uf2(board, model)?,
                format!("{}-{}.uf2", model.name, board.name),
            ),
        };
        let line = format!("{name}, {} bytes, to {}", uf2.len(), drive.display());
        if self.dry_run {
            writeln!(crate::printer::stdout(), "{line}")?;
        } else {
            progress::note(&line);
            if drive::copy(drive, &name, &uf2)? == Copied::DriveLeft {
                progress::note(
                    "the drive went away before it confirmed the file, as it does when the board \
                     has all of it and restarts; if the board does not answer, flash it again",
                );
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    fn by_probe(
        &self,
        board: &'static BoardKind,
        elf: &Path,
        model: Option<&ModelFiles>,
        no_drive: Option<&str>,
    ) -> anyhow::Result<ExitCode> {
        let Some(chip) = board.chip else {
            return Err(wrong(format!(
                "{} cannot be flashed: it is emulated, or runs in this process",
                board.name
            )));
        };
        let flasher = Flasher {
            chip,
            probe: self.probe.as_deref(),
        };
        let mut commands = match model {
            Some(_) if !self.with_firmware => Vec::new(),
            _ => flasher.firmware(elf)?,
        };
        if let Some(model) = model {
            let region = Region::of(elf, board)?;
            region.holds(&Image::of(model))?;
            let image = model
                .image_path
                .on_disk()
                .with_context(|| format!("cannot write {} to a file", model.image_path))?;
            commands.extend(flasher.model(&image, region.address));
        }
        if let Some(no_drive) = no_drive.filter(|_| self.dry_run) {
            progress::note(format!("{no_drive}; a debug probe would be told:"));
        }
        for command in &commands {
            let line = command.line();
            if self.dry_run {
                writeln!(crate::printer::stdout(), "{line}")?;
                continue;
            }
            progress::note(&line);
            let Err(error) = command.run() else {
                continue;
            };
            return Err(match no_drive {
                Some(no_drive) => {
                    let text = format!("{no_drive}. A debug probe would do, too");
                    anyhow::Error::from(error).context(text)
                }
                None => error.into(),
            });
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Where the board's drive is mounted, if it is.
fn drive_of(
    board: &'static BoardKind,
    drives: Vec<MountedDrive>,
) -> anyhow::Result<Option<PathBuf>> {
    match drive::drive_of(board, drives) {
        Err(several @ DriveError::Several { .. }) => Err(wrong(several.to_string())),
        found => Ok(found?),
    }
}
