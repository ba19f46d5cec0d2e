//! `cortexscope fool`.

use super::beside::board_beside;
use super::common::{blame, ctrl_c, print_json, wrong};
use super::full::FloatModelArgs;
use super::progress;
use clap::{Args, ValueEnum};
use cortexscope_draw::number::percent;
use cortexscope_explain::fool::Progress;
use cortexscope_present::fooling::{FoolMethod, FoolRequest, FoolingImages, fool, fool_board};
use cortexscope_record::RigChoice;
use cortexscope_rig::session::Cancel;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// Finds pictures without sense that a model takes for each of its classes.
#[derive(Args)]
pub(super) struct FoolCommand {
    /// How pictures are found.
    #[arg(value_enum)]
    method: MethodArg,
    #[command(flatten)]
    model: FloatModelArgs,
    /// Ask the int8 network on this board instead of the float model: direct and cppn.
    #[arg(long)]
    board: Option<String>,
    /// End when every class has a picture of this probability.
    #[arg(long, value_name = "PROBABILITY", default_value_t = 0.9999)]
    confidence: f64,
    /// The greatest number of generations; with the method gradient, of steps for each class.
    #[arg(long, default_value_t = 200)]
    generations: usize,
    /// Children in each generation.
    #[arg(long, value_name = "CHILDREN", default_value_t = 400)]
    offspring: usize,
    /// Length of a step of gradient, in pixels from 0 to 1.
    #[arg(long, value_name = "LENGTH", default_value_t = 0.5)]
    step: f64,
    /// Seed of everything that is random.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// The folder for the sheet, the pictures, the arrays and the receipt.
    #[arg(short, long, value_name = "DIR", default_value = "cortexscope-output")]
    output: PathBuf,
    /// Print one JSON document, the receipt, on stdout.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum MethodArg {
    /// Evolution of the pixels themselves.
    Direct,
    /// Evolution of small networks that draw pictures.
    Cppn,
    /// Gradient ascent from noise.
    Gradient,
}

impl From<MethodArg> for FoolMethod {
    fn from(method: MethodArg) -> Self {
        match method {
            MethodArg::Direct => Self::Direct,
            MethodArg::Cppn => Self::Cppn,
            MethodArg::Gradient => Self::Gradient,
        }
    }
}

impl FoolCommand {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        self.check()?;
        let request = FoolRequest {
            method: self.method.into(),
            confidence: self.confidence,
            generations: self.generations,
            offspring: self.offspring,
            step: self.step,
            seed: self.seed,
            folder: &self.output,
        };
        let cancel = ctrl_c()?;
        let found = match &self.board {
            None => self.float(&request, &cancel)?,
            Some(board) => {
                let model = self.model.open()?;
                let choice = RigChoice::of(board, &model.name);
                let mut rig = board_beside(&model, &choice, cancel.clone())?;
                let bar = progress::bar(self.generations, "generations");
                let found = fool_board(&mut rig, board, &request, &mut |now| told(&bar, now));
                bar.finish_and_clear();
                found.map_err(blame)?
            }
        };
        let FoolingImages { document, receipt } = found;
        if self.json {
            print_json(&document)?;
            return Ok(ExitCode::SUCCESS);
        }
        let mut out = crate::printer::stdout();
        for class in &document.classes {
            let probability = percent(class.probability as f32);
            writeln!(
                out,
                "{}: {probability} after {} queries",
                class.label, class.queries
            )?;
        }
        for note in &document.notes {
            writeln!(out, "note: {note}")?;
        }
        writeln!(out, "{}\n{}", document.picture, receipt.display())?;
        Ok(ExitCode::SUCCESS)
    }

    fn check(&self) -> anyhow::Result<()> {
        if !(self.confidence > 0.0 && self.confidence <= 1.0) {
            return Err(wrong(
                "--confidence: give a probability greater than 0, at most 1",
            ));
        }
        if self.generations == 0 || self.offspring == 0 {
            return Err(wrong(
                "--generations and --offspring: give numbers from 1 up",
            ));
        }
        if !(self.step.is_finite() && self.step > 0.0) {
            return Err(wrong("--step: give a number greater than 0"));
        }
        if self.board.is_some() && self.method == MethodArg::Gradient {
            return Err(wrong(
                "--board: a board gives no gradient; use direct or cppn, which ask for scores alone",
            ));
        }
        Ok(())
    }

    fn float(&self, request: &FoolRequest<'_>, cancel: &Cancel) -> anyhow::Result<FoolingImages> {
        let model = self.model.open()?;
        let bar = if self.method == MethodArg::Gradient {
            let classes = model.layer(model.logits().map_err(blame)?).elements();
            progress::bar(classes, "classes")
        } else {
            progress::bar(self.generations, "generations")
        };
        let stop = || cancel.is_cancelled();
        let found = fool(&model, request, &stop, &mut |now| told(&bar, now));
        bar.finish_and_clear();
        found.map_err(blame)
    }
}

fn told(bar: &progress::Bar, now: Progress) {
    bar.set_position(now.done as u64);
    bar.set_message(format!("{} classes reached", now.reached));
}
