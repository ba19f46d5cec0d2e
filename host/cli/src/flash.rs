//! `cortexscope flash`.

use super::common::{EngineArg, blame, open_model, wrong};
use super::progress;
use anyhow::Context;
use clap::Args;
use cortexscope_compile::model_files::ModelFiles;
use cortexscope_present::fit;
use cortexscope_record::RigChoice;
use cortexscope_rig::board::{BoardKind, FLASHED, firmware_elf};
use cortexscope_rig::drive::{self, DriveError};
use cortexscope_rig::flash::{FlashError, Flasher, Image, Region};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Write firmware or a board image to a board: onto its drive, or through a debug probe.
///
/// Without --model this writes the board's firmware. With --model it writes only the
/// board image, which has a region of its own; the firmware stays. A board whose boot
/// loader shows a drive is flashed by a UF2 file that is copied there; without a drive,
/// and for every other board, it takes a debug probe.
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
        match self.drive(board)? {
            Some(path) => self.by_drive(board, &path, &elf, model.as_ref()),
            None => self.by_probe(board, &elf, model.as_ref()),
        }
    }

    /// Where the board's drive is mounted, if one is to be used.
    fn drive(&self, board: &'static BoardKind) -> anyhow::Result<Option<PathBuf>> {
        if let Some(path) = &self.drive {
            return match drive::check_drive(board, path) {
                Ok(()) => Ok(Some(path.clone())),
                Err(error) => Err(wrong(error.to_string())),
            };
        }
        if board.drive.is_none() || self.probe.is_some() {
            return Ok(None);
        }
        match drive::drive_of(board, drive::drives(drive::mounted())) {
            Err(several @ DriveError::Several { .. }) => Err(wrong(several.to_string())),
            found => Ok(found?),
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
            drive::copy(drive, &name, &uf2)?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn by_probe(
        &self,
        board: &'static BoardKind,
        elf: &Path,
        model: Option<&ModelFiles>,
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
        let commands = match model {
            None => flasher.firmware(elf)?,
            Some(model) => {
                let region = Region::of(elf, board)?;
                region.holds(&Image::of(model))?;
                let image = model
                    .image_path
                    .on_disk()
                    .with_context(|| format!("cannot write {} to a file", model.image_path))?;
                flasher.model(&image, region.address)
            }
        };
        for command in &commands {
            let line = command.line();
            if self.dry_run {
                writeln!(crate::printer::stdout(), "{line}")?;
                continue;
            }
            progress::note(&line);
            match command.run() {
                Err(FlashError::NoProgram) if board.drive.is_some() => {
                    return Err(FlashError::NoProgram).context(format!(
                        "no drive of a {} is mounted: hold BOOTSEL while you plug the board \
                         in, or say with --drive where its drive is. A debug probe would do, too",
                        board.name
                    ));
                }
                result => result?,
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
