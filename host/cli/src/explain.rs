//! `cortexscope explain`.

use super::common::{blame, ctrl_c, print_json, wrong};
use super::explain_arguments::{MethodArguments, methods};
use super::full::{FloatModelArgs, one_input};
use super::gradients::GradientsArg;
use super::preparation::ShowInputArgs;
use super::progress;
use clap::{Args, ValueEnum};
use cortexscope_draw::ColourLimit;
use cortexscope_draw::number::significant;
use cortexscope_explain::target::{Aim, ClassValue, Target};
use cortexscope_present::explanation::{Explanation, ExplanationRequest, explain_input};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// Attributes a class score, a feature map or a neuron to the pixels of an input.
#[derive(Args)]
#[command(
    allow_negative_numbers = true,
    after_help = "Each method has arguments of its own: `cortexscope explain METHOD --help` shows them."
)]
pub(super) struct Explain {
    /// The method.
    #[arg(value_parser = methods())]
    method: String,
    #[command(flatten)]
    model: FloatModelArgs,
    /// A picture, a .npy or .npz array, or mnist:N.
    input: String,
    /// What is explained: LAYER:CHANNEL, LAYER:CHANNEL:Y:X or class:K [default: the
    /// predicted class].
    #[arg(long, value_name = "TARGET")]
    target: Option<String>,
    /// Which value of a class is explained.
    #[arg(long, value_enum, default_value_t)]
    class_value: ClassValueArg,
    /// Which network is explained.
    #[arg(long, value_enum, default_value_t)]
    gradients: GradientsArg,
    #[command(flatten)]
    parameters: MethodArguments,
    /// Percent of the values that the colours tell apart; larger values get the last
    /// colour.
    #[arg(long, value_name = "PERCENT", default_value_t = 99.5)]
    reach: f32,
    /// The folder for the picture, the arrays and the receipt.
    #[arg(short, long, value_name = "DIR", default_value = "cortexscope-output")]
    output: PathBuf,
    #[command(flatten)]
    show: ShowInputArgs,
    /// Print one JSON document, the receipt, on stdout.
    #[arg(long)]
    json: bool,
}

/// Which value of a class is meant.
#[derive(Clone, Copy, Default, ValueEnum)]
pub(super) enum ClassValueArg {
    /// The score before the softmax.
    #[default]
    Logit,
    /// The softmax's probability.
    Probability,
}

impl From<ClassValueArg> for ClassValue {
    fn from(value: ClassValueArg) -> Self {
        match value {
            ClassValueArg::Logit => Self::Logit,
            ClassValueArg::Probability => Self::Probability,
        }
    }
}

impl Explain {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        if !(self.reach > 0.0 && self.reach <= 100.0) {
            return Err(wrong(
                "--reach: give a percentage greater than 0, at most 100",
            ));
        }
        let target = self.target.as_deref().map(str::parse::<Target>);
        let target = target.transpose().map_err(blame)?;
        let float = self.model.open()?;
        let model = self.gradients.int8(&float)?.unwrap_or(float);
        let method = self.parameters.method(&self.method, &model)?;
        let input = one_input(&self.input, &model, &self.show)?;
        let value = self.class_value.into();
        let aim = match &target {
            Some(target) => target.aim(&model, value).map_err(blame)?,
            None => Aim::predicted(&model, &input.values, value).map_err(blame)?,
        };
        let request = ExplanationRequest {
            input: &input,
            target: self.target.as_deref(),
            aim: &aim,
            method: &method,
            reach: if self.reach < 100.0 {
                ColourLimit::Percentile(self.reach)
            } else {
                ColourLimit::Greatest
            },
            folder: &self.output,
        };
        let cancel = ctrl_c()?;
        let bar = progress::bar(1, "steps");
        let made = explain_input(&model, &request, &mut progress::watch(&bar, &cancel));
        let made = made.map_err(blame)?;
        bar.finish_and_clear();
        if self.json {
            print_json(&made.receipt)?;
        } else {
            self.say(&aim, &made)?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn say(&self, aim: &Aim, made: &Explanation) -> anyhow::Result<()> {
        let attribution = &made.attribution;
        let mut out = crate::printer::stdout();
        writeln!(
            out,
            "{}{}: {} {}, {:.2} s",
            self.method,
            match self.gradients {
                GradientsArg::Float => "",
                GradientsArg::Int8 => " on int8 (straight-through)",
            },
            aim.words,
            significant(attribution.score as f32),
            made.receipt.seconds
        )?;
        for residual in &attribution.residuals {
            let value = significant(residual.value as f32);
            writeln!(out, "  {}: {value}", residual.name)?;
        }
        for note in &attribution.notes {
            writeln!(out, "  note: {note}")?;
        }
        for path in &made.files {
            writeln!(out, "{}", path.display())?;
        }
        Ok(())
    }
}
