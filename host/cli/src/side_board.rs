//! The board beside a float model: the same network as int8.

use super::common::{blame, ctrl_c, open_model};
use super::full::FloatModelArgs;
use clap::Args;
use cortexscope_record::RigChoice;
use cortexscope_rig::Rig;
use cortexscope_rig::board::Port;

/// Which board, if any.
#[derive(Args, Clone)]
pub(super) struct SideBoardArgs {
    /// Ask the int8 network on this board, too; `cortexscope boards` lists all boards. The
    /// board image lies beside the float model.
    #[arg(long, value_name = "BOARD", help_heading = "Board")]
    board: Option<String>,
    /// Use the board at this serial port instead of an emulated one.
    #[arg(long, requires = "board", help_heading = "Board")]
    port: Option<String>,
    /// Speed of the serial port in bits per second; the micro:bits need 115200.
    #[arg(long, default_value_t = 921_600, help_heading = "Board")]
    baud: u32,
}

impl SideBoardArgs {
    /// The board with the compiled network of `model` on it, where one is named.
    pub fn open(&self, model: &FloatModelArgs) -> anyhow::Result<Option<Rig>> {
        let Some(board) = &self.board else {
            return Ok(None);
        };
        let image = match model.model.strip_suffix(".onnx") {
            Some(stem) => format!("{stem}.ctx"),
            None => model.model.clone(),
        };
        let choice = RigChoice {
            port: self.port.clone().map(|path| Port {
                path,
                baud: self.baud,
            }),
            ..RigChoice::of(board, &image)
        };
        let files = open_model(&choice)?;
        let rig = choice.open(files, ctrl_c()?).map_err(blame)?;
        Ok(Some(rig))
    }
}
