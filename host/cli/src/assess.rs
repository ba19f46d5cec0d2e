//! `cortexscope assess`.

use super::assess_parameters::{MeasureArgs, MetricArg};
use super::common::{blame, ctrl_c, print_json, wrong};
use super::data::{count, open_study_data};
use super::explain_arguments::{MethodArguments, methods};
use super::full::{FloatModelArgs, one_input};
use super::merge::MergeCommand;
use super::preparation::ShowInputArgs;
use super::progress;
use super::shard::ShardArgs;
use clap::Args;
use cortexscope_draw::number::significant;
use cortexscope_explain::assess::{Assessment, Measures, Metric, Row, measure};
use cortexscope_explain::attribute::{Method, ReceiptParameters};
use cortexscope_explain::float_model::FloatModel;
use cortexscope_present::documents::assess::{Agreement, Assess, AssessRow, CurvePoint};
use cortexscope_present::results::ResultFolder;
use cortexscope_study::assess::{Work, go_on};
use cortexscope_study::data::Data;
use cortexscope_study::shard::{Asked, Parts, ShardError};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

/// Inputs of a part between two times at which it may be kept.
const PIECE: usize = 8;

/// Measures whether a method's attributions can be trusted, compared with a random map and
/// with the edges of the input. What is explained is the logit of the predicted class.
#[derive(Args)]
#[command(allow_negative_numbers = true)]
pub(super) struct AssessCommand {
    /// The measure.
    #[arg(value_enum)]
    metric: MetricArg,
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
struct Opened {
    model: FloatModel,
    method: Method,
    metric: Metric,
    seed: u64,
}

impl Opened {
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
        if self.measure.step == Some(0) {
            return Err(wrong("--step: give a number of pixels from 1 up"));
        }
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
    fn open(&self) -> anyhow::Result<Opened> {
        let model = self.model.open()?;
        Ok(Opened {
            method: self.parameters.method(&self.method, &model)?,
            metric: self.measure.metric(self.metric, &model)?,
            seed: self.measure.chance,
            model,
        })
    }

    /// Measures one input.
    fn of_input(&self, name: &str, assessment: Assessment<'_>) -> anyhow::Result<ExitCode> {
        let input = one_input(name, assessment.model, &ShowInputArgs::default())?;
        let cancel = ctrl_c()?;
        let bar = progress::bar(1, "maps");
        let begun = Instant::now();
        let mut watch = progress::watch(&bar, &cancel);
        let measures = measure(assessment, &[input.values], &mut watch).map_err(blame)?;
        bar.finish_and_clear();
        let document = self.document(assessment, &measures, Some(begun));
        self.finish(&document, self.output.as_deref(), self.json)
    }

    /// Measures a set.
    fn over(&self, name: &str, assessment: Assessment<'_>) -> anyhow::Result<ExitCode> {
        let begun = Instant::now();
        let data = open_study_data(name, assessment.model)?;
        let images = count(data.set(), Some(self.images))?;
        let folder = self.output.as_deref();
        let mut share = self.shard.share(asked(&data, assessment, images), folder)?;
        let inputs = share.inputs.clone();
        let before = share.load(|found: &Measures| found.fit(assessment, inputs.len()))?;
        let mut measures = before.unwrap_or_default();
        let cancel = ctrl_c()?;
        let is_over = || cancel.is_cancelled();
        let bar = progress::bar(inputs.len(), "inputs");
        let mut failed = None;
        let work = Work {
            assessment,
            data: &data,
            piece: if folder.is_some() {
                PIECE
            } else {
                inputs.len()
            },
            inputs,
        };
        let result = go_on(
            &mut measures,
            &work,
            &mut |now| {
                let of_piece = now.done * work.piece.min(work.inputs.len()) / now.all.max(1);
                bar.set_position((now.inputs + of_piece) as u64);
                progress::go_on(&cancel)
            },
            &mut |found| share.go_on(|| found.clone(), is_over(), &mut failed),
        );
        bar.finish_and_clear();
        if let Some(error) = failed {
            return Err(blame(error));
        }
        if let Err(error) = result {
            if is_over() && folder.is_some() {
                share.keep(|| measures.clone(), true).map_err(blame)?;
                return Err(share.interrupted(measures.len()));
            }
            return Err(blame(error));
        }
        if let Some(code) = share.end(&measures, self.json)? {
            return Ok(code);
        }
        let document = self.document(assessment, &measures, Some(begun));
        self.finish(&document, folder, self.json)
    }

    /// Joins the parts that this command made.
    pub fn merge(&self, parts: &Parts, to: &MergeCommand) -> anyhow::Result<ExitCode> {
        let opened = self.open()?;
        let assessment = opened.assessment();
        let name = self.data.as_deref().unwrap_or_default();
        let data = open_study_data(name, assessment.model)?;
        let images = count(data.set(), Some(self.images))?;
        parts
            .check(&asked(&data, assessment, images))
            .map_err(blame)?;
        let mut all = Measures::default();
        for part in parts.found::<Measures>() {
            let (path, part) = part.map_err(blame)?;
            if !part.fit(assessment, images) {
                let path = path.to_owned();
                return Err(blame(ShardError::Damaged { path }));
            }
            all.join(part);
        }
        let document = self.document(assessment, &all, None);
        self.finish(&document, Some(&to.output), to.json)
    }

    /// Writes the document into the folder, where there is one, and says what is in it.
    fn finish(
        &self,
        document: &Assess,
        folder: Option<&Path>,
        json: bool,
    ) -> anyhow::Result<ExitCode> {
        let mut written = None;
        if let Some(folder) = folder {
            let name = format!("assess.{}.{}.json", document.metric, document.method);
            let results = ResultFolder::begin(folder).map_err(blame)?;
            let path = results.receipt(&name, document).map_err(blame)?;
            results.commit().map_err(blame)?;
            written = Some(path);
        }
        if json {
            print_json(document)?;
        } else {
            say(document, written.as_deref())?;
        }
        Ok(ExitCode::SUCCESS)
    }

    /// What was measured; without a beginning it is of parts that were joined.
    fn document(
        &self,
        assessment: Assessment<'_>,
        measures: &Measures,
        begun: Option<Instant>,
    ) -> Assess {
        let Assessment {
            model,
            method,
            metric,
            ..
        } = assessment;
        let images = measures.len();
        let rows = measures.rows(assessment);
        let step = match metric {
            Metric::Curve { step, .. } => Some(*step),
            _ => None,
        };
        let value = rows.first().and_then(|row| row.value);
        let missing = rows.iter().filter(|row| row.inputs < images);
        let notes = missing.map(|row| {
            let without = images - row.inputs;
            format!("{}: {without} of {images} maps have no such value, because they are constant or 0 everywhere", row.map)
        });
        Assess {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            model: model.name.clone(),
            model_sha256: model.sha256_hex(),
            input: self.input.clone(),
            data: self.data.clone(),
            images,
            metric: self.metric.name().to_owned(),
            paper: self.measure.paper(self.metric).to_owned(),
            setting: self.measure.setting(model, metric),
            step,
            seed: self.measure.chance,
            method: method.name().to_owned(),
            method_variant: method.variant(),
            parameters: ReceiptParameters(method.parameters().into_iter().collect()),
            value,
            auc: value.filter(|_| self.metric.is_curve()),
            notes: notes.collect(),
            rows: rows.into_iter().map(|row| self.row(row)).collect(),
            seconds: begun.map(|begun| begun.elapsed().as_secs_f64()),
        }
    }

    fn row(&self, row: Row) -> AssessRow {
        let curve = row.curve.iter().filter(|_| self.measure.curve);
        let layers = row.layers.into_iter();
        AssessRow {
            map: row.map.to_owned(),
            value: row.value,
            images: row.inputs,
            curve: curve
                .map(|point| CurvePoint {
                    share: point.share,
                    value: point.value,
                })
                .collect(),
            layers: layers
                .map(|layer| Agreement {
                    order: layer.order.name().to_owned(),
                    layer: layer.layer,
                    ssim: layer.ssim,
                    ssim_absolute: layer.ssim_absolute,
                    spearman: layer.spearman,
                    spearman_absolute: layer.spearman_absolute,
                })
                .collect(),
        }
    }
}

/// What decides the measures of a set.
fn asked(data: &Data, assessment: Assessment<'_>, images: usize) -> Asked {
    let Assessment {
        model,
        method,
        metric,
        seed,
    } = assessment;
    let of = (data.argument.as_str(), data.set());
    let parameters = format!("{method:?} {metric:?} {seed}");
    Asked::new("assess", model, of, images, parameters)
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
