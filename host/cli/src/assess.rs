//! `cortexscope assess`.

use super::assess_parameters::{MeasureArgs, metrics};
use super::common::{blame, ctrl_c, print_json, wrong};
use super::data::open_study_data;
use super::explain_arguments::{MethodArguments, methods};
use super::full::{FloatModelArgs, one_input};
use super::merge::MergeCommand;
use super::preparation::ShowInputArgs;
use super::progress;
use super::shard::{ShardArgs, print_part};
use clap::Args;
use cortexscope_draw::number::significant;
use cortexscope_explain::assess::{Assessment, Metric, MetricKind};
use cortexscope_explain::attribute::Method;
use cortexscope_explain::float_model::FloatModel;
use cortexscope_present::assessment::{
    AssessmentOutput, SavedAssessment, assess_input, assess_set, joined_assessment,
};
use cortexscope_present::documents::assess::Assess;
use cortexscope_study::assess::AssessmentStudy;
use cortexscope_study::shard::{Parts, ShareEnd};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Measures whether a method's attributions can be trusted, compared with a random map and
/// with the edges of the input. What is explained is the logit of the predicted class.
#[derive(Args)]
#[command(allow_negative_numbers = true)]
pub(super) struct AssessCommand {
    /// The measure.
    #[arg(value_parser = metrics())]
    metric: MetricKind,
    /// The method; it takes the arguments that it has in `cortexscope explain`.
    #[arg(value_parser = methods())]
    method: String,
    #[command(flatten)]
    model: FloatModelArgs,
    /// A picture, a .npy array (taken as it is), or mnist:N.
    #[arg(required_unless_present = "data", conflicts_with = "data")]
    input: Option<String>,
    /// A data set instead of one input: mnist (the 10,000 test digits), a folder of pictures, a
    /// .csv table, a .npy or .npz stack, or an IDX file.
    #[arg(long, value_name = "DATA")]
    data: Option<String>,
    /// How many inputs of the data set, from the first.
    #[arg(long, default_value_t = 100, value_name = "N")]
    images: usize,
    #[command(flatten)]
    parameters: MethodArguments,
    #[command(flatten)]
    measure: MeasureArgs,
    #[command(flatten)]
    shard: ShardArgs,
    /// The folder for the document, and for what is found while it is made.
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Print one JSON document on stdout.
    #[arg(long)]
    json: bool,
}

/// What is measured, and how.
struct OpenedAssessment {
    model: FloatModel,
    method: Method,
    metric: Metric,
    seed: u64,
}

impl OpenedAssessment {
    fn assessment(&self) -> Assessment<'_> {
        Assessment {
            model: &self.model,
            method: &self.method,
            metric: &self.metric,
            seed: self.seed,
        }
    }
}

impl AssessCommand {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        if self.shard.is_given() && self.data.is_none() {
            return Err(wrong(
                "--shard: give the set that it is a share of, with --data",
            ));
        }
        let opened = self.open()?;
        let assessment = opened.assessment();
        match (&self.input, &self.data) {
            (Some(input), _) => self.of_input(input, assessment),
            (None, data) => self.over(data.as_deref().unwrap_or_default(), assessment),
        }
    }

    /// Opens what is measured, and how.
    fn open(&self) -> anyhow::Result<OpenedAssessment> {
        let model = self.model.open()?;
        Ok(OpenedAssessment {
            method: self.parameters.method(&self.method, &model)?,
            metric: self.measure.metric(self.metric, &model)?,
            seed: self.measure.chance,
            model,
        })
    }

    fn output<'a>(&self, folder: Option<&'a Path>) -> AssessmentOutput<'a> {
        AssessmentOutput {
            has_points: self.measure.curve,
            folder,
        }
    }

    /// Measures one input.
    fn of_input(&self, name: &str, assessment: Assessment<'_>) -> anyhow::Result<ExitCode> {
        let input = one_input(name, assessment.model, &ShowInputArgs::default())?;
        let output = self.output(self.output.as_deref());
        let cancel = ctrl_c()?;
        let bar = progress::bar(1, "maps");
        let mut watch = progress::watch(&bar, &cancel);
        let made = assess_input(assessment, &input, output, &mut watch).map_err(blame)?;
        bar.finish_and_clear();
        tell(&made, self.json)
    }

    /// Measures a set.
    fn over(&self, name: &str, assessment: Assessment<'_>) -> anyhow::Result<ExitCode> {
        let data = open_study_data(name, assessment.model)?;
        let study = AssessmentStudy::new(assessment, &data, self.images).map_err(blame)?;
        let folder = self.output.as_deref();
        let share = self.shard.request(folder)?;
        let cancel = ctrl_c()?;
        let bar = progress::bar(1, "inputs");
        let mut watch = progress::watch(&bar, &cancel);
        let made = assess_set(&study, &share, self.output(folder), &mut |now| {
            watch(now.done, now.total)
        });
        bar.finish_and_clear();
        match made.map_err(blame)? {
            ShareEnd::Part(part) => print_part(part, self.json),
            ShareEnd::Whole(made) => tell(&made, self.json),
        }
    }

    /// Joins the parts that this command made.
    pub fn merge(&self, parts: &Parts, to: &MergeCommand) -> anyhow::Result<ExitCode> {
        let opened = self.open()?;
        let assessment = opened.assessment();
        let name = self.data.as_deref().unwrap_or_default();
        let data = open_study_data(name, assessment.model)?;
        let study = AssessmentStudy::new(assessment, &data, self.images).map_err(blame)?;
        let made = joined_assessment(&study, parts, self.output(Some(&to.output)));
        tell(&made.map_err(blame)?, to.json)
    }
}

/// Prints the document, or what it says.
fn tell(made: &SavedAssessment, json: bool) -> anyhow::Result<ExitCode> {
    if json {
        print_json(&made.document)?;
    } else {
        say(&made.document, made.path.as_deref())?;
    }
    Ok(ExitCode::SUCCESS)
}

fn say(document: &Assess, written: Option<&Path>) -> anyhow::Result<()> {
    let mut out = crate::printer::stdout();
    let number = |value: Option<f64>| {
        value.map_or_else(|| "none".to_owned(), |value| significant(value as f32))
    };
    writeln!(
        out,
        "{} ({}), {} input(s)\n  {}",
        document.metric, document.paper, document.images, document.setting
    )?;
    for row in &document.rows {
        writeln!(out, "  {:<20} {}", row.map, number(row.value))?;
        for point in &row.curve {
            let (share, value) = (100.0 * point.share, significant(point.value as f32));
            writeln!(out, "    {share:>6.2} %  {value}")?;
        }
        for layer in &row.layers {
            writeln!(
                out,
                "    {:<11}  {:<16}  SSIM {}, of magnitudes {}; rank correlation {}, of magnitudes {}",
                layer.order,
                layer.layer,
                number(layer.ssim),
                number(layer.ssim_absolute),
                number(layer.spearman),
                number(layer.spearman_absolute)
            )?;
        }
    }
    for note in &document.notes {
        writeln!(out, "  note: {note}")?;
    }
    if let Some(path) = written {
        writeln!(out, "{}", path.display())?;
    }
    Ok(())
}
