//! `cortexscope attack`.

use super::attack_parameters::{AttackArgs, methods};
use super::attack_transfer::{Made, Networks, TransferArgs};
use super::common::{blame, ctrl_c, print_json, wrong};
use super::data::{count, open_study_data};
use super::full::{FloatModelArgs, one_input};
use super::gradients::GradientsArg;
use super::merge::MergeCommand;
use super::preparation::ShowInputArgs;
use super::progress;
use super::shard::ShardArgs;
use anyhow::Context;
use clap::Args;
use cortexscope_draw::number::{percent, significant};
use cortexscope_explain::attack::Request;
use cortexscope_explain::float_model::FloatModel;
use cortexscope_present::adversarial::{Examples, ExamplesRequest, examples};
use cortexscope_present::adversarial::{SavedSurvey, SurveyRequest, save_survey};
use cortexscope_present::documents::attack as documents;
use cortexscope_present::results::ResultFolder;
use cortexscope_study::attack::{Outcomes, Work};
use cortexscope_study::beside::compiled;
use cortexscope_study::data::Data;
use cortexscope_study::shard::{Asked, Parts, ShardError};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

/// Inputs of a part between two times at which it may be kept.
const PIECE: usize = 8;

/// Changes inputs by so little that a person sees the same, and a model another class.
#[derive(Args)]
#[command(
    allow_negative_numbers = true,
    after_help = "Sizes are in pixels from 0 to 1, before the model's own normalisation. The changed \
                  picture is clipped to valid pixels and judged in 8 bits."
)]
pub(super) struct AttackCommand {
    /// The method.
    #[arg(value_parser = methods())]
    method: String,
    #[command(flatten)]
    model: FloatModelArgs,
    /// Pictures, .npy arrays (taken as they are), or mnist:N.
    #[arg(required_unless_present = "data", conflicts_with = "data")]
    inputs: Vec<String>,
    /// Attack a set of inputs and count what is still right: mnist (the 10,000 test digits), a
    /// folder of pictures, a .csv table, a .npy or .npz stack, or an IDX file. Where it has no
    /// labels, the model's predictions count as right.
    #[arg(long, value_name = "DATA")]
    data: Option<String>,
    /// The first N inputs of the set.
    #[arg(long, value_name = "N", requires = "data")]
    images: Option<usize>,
    #[command(flatten)]
    shard: ShardArgs,
    /// Which network is attacked.
    #[arg(long, value_enum, default_value_t)]
    gradients: GradientsArg,
    #[command(flatten)]
    parameters: AttackArgs,
    #[command(flatten)]
    transfer: TransferArgs,
    /// The folder for pictures, arrays and the receipt.
    #[arg(short, long, value_name = "DIR", default_value = "cortexscope-output")]
    output: PathBuf,
    /// Print one JSON document, the receipt, on stdout.
    #[arg(long)]
    json: bool,
}

impl AttackCommand {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        if self.images == Some(0) {
            return Err(wrong("--images: give a number of inputs from 1 up"));
        }
        let float = self.model.open()?;
        let int8 = self.int8(&float)?;
        let networks = Networks {
            float: &float,
            int8: int8.as_ref(),
        };
        let has_board = self.transfer.board.is_some();
        let is_shared = self.shard.is_given();
        let keep = has_board || (int8.is_some() && self.data.is_some() && !is_shared);
        let requests = self.parameters.requests(&self.method, &float, keep)?;
        if self.shard.is_given() {
            if self.data.is_none() {
                return Err(wrong(
                    "--shard: give the set that it is a share of, with --data",
                ));
            }
            if has_board {
                return Err(wrong(
                    "--shard: one board judges all examples; leave --board out",
                ));
            }
        }
        if has_board {
            // Before the examples are made, which may take long.
            compiled(&float).map_err(blame)?;
        }
        match &self.data {
            Some(data) => self.over(data, networks, &requests)?,
            None => self.each(networks.attacked(), &requests)?,
        }
        Ok(ExitCode::SUCCESS)
    }

    /// The int8 network, where it is attacked.
    fn int8(&self, float: &FloatModel) -> anyhow::Result<Option<FloatModel>> {
        let int8 = self.gradients.int8(float)?;
        if int8.is_some() && !self.has_gradients() {
            return Err(wrong(format!(
                "--gradients int8: {} asks for no gradients; --board attacks the int8 network by \
                 queries",
                self.method
            )));
        }
        Ok(int8)
    }

    fn has_gradients(&self) -> bool {
        self.method != "one-pixel"
    }

    /// The method, and on which network where that is not the float model.
    fn what(&self) -> String {
        match self.gradients {
            GradientsArg::Float => self.method.clone(),
            GradientsArg::Int8 => format!("{} on int8 (straight-through)", self.method),
        }
    }

    /// Attacks a set of inputs.
    fn over(&self, name: &str, networks: Networks<'_>, requests: &[Request]) -> anyhow::Result<()> {
        let model = networks.attacked();
        let cancel = ctrl_c()?;
        let begun = Instant::now();
        let data = open_study_data(name, model)?;
        let images = count(data.set(), self.images)?;
        let asked = asked(&data, model, requests, images);
        // The whole is not kept while it is made, as it never was.
        let folder = self.shard.is_given().then_some(self.output.as_path());
        // A part is a file that outlives this process; only the whole is staged.
        let results = match folder {
            Some(_) => None,
            None => Some(ResultFolder::begin(&self.output).map_err(blame)?),
        };
        let mut share = self.shard.share(asked, folder)?;
        let inputs = share.inputs.clone();
        let before = share.load(|outcomes: &Outcomes| outcomes.fit(requests, inputs.len()))?;
        let mut outcomes = before.unwrap_or_else(|| Outcomes::begin(requests));
        let piece = if folder.is_some() {
            PIECE
        } else {
            inputs.len()
        };
        let bar = progress::bar(inputs.len() * requests.len(), "inputs");
        let mut failed = None;
        let is_over = || cancel.is_cancelled();
        let work = Work {
            model,
            requests,
            data: &data,
            inputs,
            piece,
        };
        let result = outcomes.go_on(
            &work,
            &is_over,
            &mut |done| bar.set_position(done as u64),
            &mut |outcomes| share.go_on(|| outcomes.clone(), is_over(), &mut failed),
        );
        bar.finish_and_clear();
        if let Some(error) = failed {
            return Err(blame(error));
        }
        if let Err(error) = result {
            if is_over() && folder.is_some() {
                share.keep(|| outcomes.clone(), true).map_err(blame)?;
                return Err(share.interrupted(outcomes.len()));
            }
            return Err(blame(error));
        }
        let ended = share.end(&outcomes, self.json)?;
        let (None, Some(results)) = (ended, results) else {
            return Ok(());
        };
        let survey = outcomes
            .survey(requests)
            .context("no ε was given, so there is nothing to attack with: give --eps")?;
        let made = Made {
            survey: &survey,
            requests,
            data: &data,
            has_gradients: self.has_gradients(),
        };
        let transfer = self.transfer.table(networks, &made, &cancel)?;
        let request = SurveyRequest {
            model,
            requests,
            data: name,
            survey: &survey,
            transfer,
            seconds: Some(begun.elapsed().as_secs_f64()),
        };
        let saved = save_survey(request, results).map_err(blame)?;
        self.finish(&saved, self.json)
    }

    /// Joins the parts that this command made.
    pub fn merge(&self, parts: &Parts, to: &MergeCommand) -> anyhow::Result<ExitCode> {
        let float = self.model.open()?;
        let model = self.int8(&float)?.unwrap_or(float);
        let requests = self.parameters.requests(&self.method, &model, false)?;
        let name = self.data.as_deref().unwrap_or_default();
        let data = open_study_data(name, &model)?;
        let images = count(data.set(), self.images)?;
        let asked = asked(&data, &model, &requests, images);
        parts.check(&asked).map_err(blame)?;
        let mut all = Outcomes::begin(&requests);
        for part in parts.found::<Outcomes>() {
            let (path, part) = part.map_err(blame)?;
            if !part.fit(&requests, images) {
                let path = path.to_owned();
                return Err(blame(ShardError::Damaged { path }));
            }
            all.join(part);
        }
        let survey = all
            .survey(&requests)
            .context("no ε was given, so there is nothing to attack with: give --eps")?;
        let results = ResultFolder::begin(&to.output).map_err(blame)?;
        let request = SurveyRequest {
            model: &model,
            requests: &requests,
            data: name,
            survey: &survey,
            transfer: None,
            seconds: None,
        };
        let saved = save_survey(request, results).map_err(blame)?;
        self.finish(&saved, to.json)?;
        Ok(ExitCode::SUCCESS)
    }

    /// Prints what a survey came to.
    fn finish(&self, saved: &SavedSurvey, json: bool) -> anyhow::Result<()> {
        let document = &saved.document;
        if json {
            return print_json(document);
        }
        let mut out = crate::printer::stdout();
        for row in &document.results {
            let eps = row.eps.map_or(String::new(), |eps| {
                format!(", ε {}", significant(eps as f32))
            });
            writeln!(
                out,
                "{}{eps}: {} of {} still right; {} of the {} that were right before {}",
                self.what(),
                row.right,
                row.images,
                row.reached,
                row.right_before,
                if document.setup.target.is_some() {
                    "reached the target"
                } else {
                    "are taken for another class"
                },
            )?;
        }
        for row in document.transfer.iter().flat_map(|transfer| &transfer.rows) {
            writeln!(
                out,
                "made on {}, judged by {}: {} of {} fool it ({} inputs were right on both)",
                row.made_on, row.judged_by, row.fooled, row.examples, row.right_on_both
            )?;
        }
        for note in &document.notes {
            writeln!(out, "note: {note}")?;
        }
        for path in saved.picture.iter().chain([&saved.receipt]) {
            writeln!(out, "{}", path.display())?;
        }
        Ok(())
    }

    /// Attacks single inputs.
    fn each(&self, model: &FloatModel, requests: &[Request]) -> anyhow::Result<()> {
        let cancel = ctrl_c()?;
        let stop = || cancel.is_cancelled();
        let inputs = self.inputs.iter();
        let inputs = inputs.map(|name| one_input(name, model, &ShowInputArgs::default()));
        let inputs = inputs.collect::<anyhow::Result<Vec<_>>>()?;
        let request = ExamplesRequest {
            inputs: &inputs,
            requests,
            folder: &self.output,
        };
        let bar = progress::bar(request.examples(), "examples");
        let made = examples(model, &request, &stop, &mut |made| {
            bar.set_position(made as u64)
        });
        let Examples { document, receipt } = made.map_err(blame)?;
        bar.finish_and_clear();
        if self.json {
            return print_json(&document);
        }
        let mut out = crate::printer::stdout();
        for example in &document.examples {
            let side = |side: &documents::AdversarialSide| {
                format!("{} ({})", side.label, percent(side.probability as f32))
            };
            let eps = example.eps.map_or(String::new(), |eps| {
                format!(", ε {}", significant(eps as f32))
            });
            writeln!(
                out,
                "{}: {}{eps}: {} → {}, greatest change {}",
                example.input,
                self.what(),
                side(&example.original),
                side(&example.adversarial),
                significant(example.greatest_change as f32)
            )?;
            for note in &example.notes {
                writeln!(out, "  note: {note}")?;
            }
            writeln!(out, "{}", example.picture)?;
        }
        writeln!(out, "{}", receipt.display())?;
        Ok(())
    }
}

/// What decides the result of an attack over a set.
fn asked(data: &Data, model: &FloatModel, requests: &[Request], images: usize) -> Asked {
    let of = (data.argument.as_str(), data.set());
    Asked::new("attack", model, of, images, format!("{requests:?}"))
}
