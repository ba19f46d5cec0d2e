//! The board beside a float model: the same network as int8.

use super::common::{blame, ctrl_c};
use super::port::PortArgs;
use super::progress;
use clap::Args;
use cortexscope_compile::model_files::ModelFiles;
use cortexscope_explain::float_model::FloatModel;
use cortexscope_record::RigChoice;
use cortexscope_rig::Rig;
use cortexscope_rig::session::Cancel;
use cortexscope_study::beside::compiled;

/// Which board, if any.
#[derive(Args, Clone)]
#[command(
    mut_arg("port", |port| port.requires("board").help_heading("Board")),
    mut_arg("baud", |baud| baud.help_heading("Board"))
)]
pub(super) struct SideBoardArgs {
    /// Ask the int8 network on this board, too; `cortexscope boards` lists all boards. The
    /// board image lies beside the float model.
    #[arg(long, value_name = "BOARD", help_heading = "Board")]
    board: Option<String>,
    #[command(flatten)]
    port: PortArgs,
}

/// The board that was named, and the compiled model that it is to run.
pub(super) struct SideBoard {
    choice: RigChoice,
    files: ModelFiles,
}

impl SideBoardArgs {
    /// What was named, beside `model`; no board is opened.
    pub fn beside(&self, model: &FloatModel) -> anyhow::Result<Option<SideBoard>> {
        let Some(board) = &self.board else {
            return Ok(None);
        };
        let choice = RigChoice {
            port: self.port.port(),
            ..RigChoice::of(board, &model.name)
        };
        // A board that is not there is refused before anything else.
        choice.board().map_err(blame)?;
        let files = open_compiled(model)?;
        Ok(Some(SideBoard { choice, files }))
    }
}

impl SideBoard {
    /// The compiled model.
    pub fn files(&self) -> &ModelFiles {
        &self.files
    }

    /// What tells it from another one in the parameters of a study.
    pub fn identity(&self) -> String {
        format!("int8 {} on {}", self.files.hash_hex(), self.choice.board)
    }

    /// Reaches the board.
    pub fn open(&self) -> anyhow::Result<Rig> {
        let rig = self.choice.open(self.files.clone(), ctrl_c()?);
        rig.map_err(blame)
    }
}

/// The compiled model beside `model`; says what was assumed of it.
pub(super) fn open_compiled(model: &FloatModel) -> anyhow::Result<ModelFiles> {
    let files = compiled(model).map_err(blame)?;
    if let Some(assumed) = &files.assumed {
        progress::note(assumed);
    }
    Ok(files)
}

/// Reaches the board of `choice` with the compiled model that lies beside `model`, whatever
/// model `choice` names; `cancel` ends what is asked of it.
pub(super) fn board_beside(
    model: &FloatModel,
    choice: &RigChoice,
    cancel: Cancel,
) -> anyhow::Result<Rig> {
    choice.open(open_compiled(model)?, cancel).map_err(blame)
}
