//! `cortexscope flash`.

use super::common::{blame, open_model, wrong};
use super::progress;
use anyhow::Context;
use clap::Args;
use cortexscope_present::fit;
use cortexscope_record::RigChoice;
use cortexscope_rig::board::firmware_elf;
use cortexscope_rig::flash::{Flasher, Image, Region};
use std::io::Write;
use std::process::ExitCode;

/// Write firmware or a board image to a board through a debug probe.
///
/// Without --model this writes the board's firmware. With --model it writes only the
/// board image, which has a region of its own; the firmware stays.
#[derive(Args)]
pub(super) struct Flash {
    /// The board; `cortexscope boards` lists all boards.
    #[arg(long, default_value = "stm32f405")]
    board: String,
    /// A shipped model or the path of a board image.
    #[arg(long)]
    model: Option<String>,
    /// The debug probe, as `probe-rs list` names it, if several are connected.
    #[arg(long)]
    probe: Option<String>,
    /// Print the commands without running them.
    #[arg(long)]
    dry_run: bool,
}

impl Flash {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let model = self.model.as_deref().unwrap_or("lecture-lenet");
        let choice = RigChoice::of(&self.board, model);
        let board = choice.board_with_engine().map_err(blame)?;
        let Some(chip) = board.chip else {
            return Err(wrong(format!(
                "{} cannot be flashed: it is emulated, or runs in this process",
                board.name
            )));
        };
        let elf = firmware_elf(board, choice.engine);
        let flasher = Flasher {
            chip,
            probe: self.probe.as_deref(),
        };
        let commands = match &self.model {
            None => flasher.firmware(&elf)?,
            Some(_) => {
                let model = open_model(&choice)?;
                fit::check(&model, board).map_err(blame)?;
                let region = Region::of(&elf, board)?;
                region.holds(&Image::of(&model))?;
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
                writeln!(std::io::stdout(), "{line}")?;
            } else {
                progress::note(&line);
                command.run()?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
