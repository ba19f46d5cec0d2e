//! `cortexscope doctor`.

use super::common::{blame, ctrl_c, print_json};
use super::data::open_study_data;
use super::full::FloatModelArgs;
use super::{printer, progress};
use clap::Args;
use cortexscope_present::examination::{ExaminationRequest, examine_network, write};
use cortexscope_present::terminal::Style;
use cortexscope_rig::board;
use std::path::PathBuf;
use std::process::ExitCode;

/// Examines what int8 costs a network, layer by layer, where accuracy is lost first, and what
/// helps, with the effect measured. The int8 values are a board's own bytes.
#[derive(Args)]
pub(super) struct DoctorCommand {
    #[command(flatten)]
    model: FloatModelArgs,
    /// Inputs like those to come; with labels, right answers are counted too.
    #[arg(long, value_name = "DATA")]
    data: String,
    /// Measure on this many inputs, spread evenly over the data.
    #[arg(long, value_name = "N", default_value_t = 64)]
    images: usize,
    /// Calibrate with this data [default: --data].
    #[arg(long, value_name = "DATA")]
    calibrate: Option<String>,
    /// The greatest number of inputs to calibrate with; they are spread evenly over all.
    #[arg(long, value_name = "N", default_value_t = 128)]
    calibration_limit: usize,
    /// The board whose bytes are looked at.
    #[arg(long, default_value = board::NATIVE)]
    board: String,
    /// The folder for the picture and the document.
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Print one JSON document on stdout.
    #[arg(long)]
    json: bool,
}

impl DoctorCommand {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let model = self.model.open()?;
        let calibrate = self.calibrate.as_ref().unwrap_or(&self.data);
        let request = ExaminationRequest {
            model: &model,
            data: &open_study_data(&self.data, &model)?,
            images: self.images,
            calibration: &open_study_data(calibrate, &model)?,
            calibration_limit: self.calibration_limit,
            board: &self.board,
            folder: self.output.as_deref(),
        };
        let cancel = ctrl_c()?;
        let bar = progress::bar(1, "inputs");
        let mut step = progress::watch(&bar, &cancel);
        let made = examine_network(&request, &cancel, &mut |what, done, total| {
            bar.set_message(what);
            step(done, total)
        });
        let document = made.map_err(blame)?;
        bar.finish_and_clear();
        if self.json {
            print_json(&document)?;
        } else {
            write(&mut printer::stdout(), Style::of_stdout(), &document)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
