//! `cortexscope robustness`.

use super::beside::{SideBoard, SideBoardArgs};
use super::common::{blame, ctrl_c, print_json, wrong};
use super::corrupt::VariantArg;
use super::data::{count, open_study_data};
use super::full::FloatModelArgs;
use super::merge::MergeCommand;
use super::progress;
use super::shard::ShardArgs;
use anyhow::Context;
use clap::{Args, ValueEnum};
use cortexscope_corrupt::{Kind, SEVERITIES, Settings};
use cortexscope_draw::{Chart, Curves, curves};
use cortexscope_explain::float_model::{FloatModel, Overrides};
use cortexscope_present::documents::robustness as document;
use cortexscope_present::results::ResultFolder;
use cortexscope_present::terminal::{Column, Style, write_table};
use cortexscope_study::robustness::{
    Corruption, Count, Counts, Measured, Network, Networks, Progress, Suite, mce, mean_error,
    suited,
};
use cortexscope_study::shard::{Asked, Parts, ShardError};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

/// Measures how often a model is right on corrupted pictures, float and int8.
#[derive(Args)]
pub(super) struct RobustnessCommand {
    #[command(flatten)]
    model: FloatModelArgs,
    /// A data set with labels: mnist (the 10,000 test digits), a folder with a folder of pictures
    /// for each class, a .csv table, or a stack or an IDX file with its labels.
    #[arg(long, value_name = "DATA")]
    data: String,
    /// Take the first IMAGES inputs [default: all].
    #[arg(long, value_name = "IMAGES")]
    images: Option<usize>,
    /// A model that errors are compared with: mCE is 1 where both are as bad.
    #[arg(long, value_name = "MODEL")]
    baseline: Option<String>,
    /// A named set of corruptions [default: mnist-c for digits, else imagenet-c].
    #[arg(long, value_enum, conflicts_with = "corruption")]
    suite: Option<SuiteArg>,
    /// Kinds of corruption instead of a set.
    #[arg(long, value_name = "KIND", value_delimiter = ',')]
    corruption: Vec<String>,
    /// Severities, from 1 to 5 [default: all].
    #[arg(long, value_name = "SEVERITY", value_delimiter = ',')]
    severity: Vec<u8>,
    /// The severities that the set was published with: for MNIST-C one each.
    #[arg(long, conflicts_with_all = ["severity", "corruption"])]
    published: bool,
    /// Seed of everything that is random.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Which form, where a reference departs from the definition.
    #[arg(long, value_enum, default_value_t)]
    variant: VariantArg,
    #[command(flatten)]
    shard: ShardArgs,
    #[command(flatten)]
    board: SideBoardArgs,
    /// The folder for the curves and the document.
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Print one JSON document on stdout.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum SuiteArg {
    /// The 15 of ImageNet-C.
    #[value(name = "imagenet-c")]
    ImageNetC,
    /// The 15 of MNIST-C.
    #[value(name = "mnist-c")]
    MnistC,
}

impl From<SuiteArg> for Suite {
    fn from(suite: SuiteArg) -> Self {
        match suite {
            SuiteArg::ImageNetC => Self::ImageNetC,
            SuiteArg::MnistC => Self::MnistC,
        }
    }
}

impl RobustnessCommand {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let model = self.model.open()?;
        let data = open_study_data(&self.data, &model)?;
        data.check_labels().map_err(blame)?;
        let images = count(data.set(), self.images)?;
        let (suite, corruptions) = self.corruptions(&model)?;
        let open = |name: &String| FloatModel::open(name, &Overrides::default()).map_err(blame);
        let baseline = self.baseline.as_ref().map(open).transpose()?;
        let board = self.board.beside(&model)?;
        let settings = self.settings();
        let parameters = parameters(&corruptions, &settings, baseline.as_ref(), board.as_ref());
        let of = (self.data.as_str(), data.set());
        let asked = Asked::new("robustness", &model, of, images, parameters);
        let mut share = self.shard.share(asked, self.output.as_deref())?;
        let inputs = share.inputs.clone();
        let before = share.load(|counts: &Counts| counts.fit(&corruptions, inputs.len()))?;
        let mut rig = board.as_ref().map(SideBoard::open).transpose()?;
        let network = rig.as_ref().map(|rig| rig.session.board().name.clone());
        let mut counts = before.unwrap_or_else(|| Counts::begin(network));

        let begun = Instant::now();
        let cancel = ctrl_c()?;
        let rows: usize = corruptions.iter().map(|c| c.severities.len()).sum();
        let bar = progress::bar(inputs.len().saturating_mul(rows + 1), "pictures");
        let networks = Networks {
            model: &model,
            baseline: baseline.as_ref(),
            board: rig.as_mut(),
        };
        let mut failed = None;
        let mut report = |now: Progress, counts: &Counts| {
            bar.set_position(now.done as u64);
            if let Some((kind, severity)) = now.at {
                bar.set_message(format!("{kind} {severity}"));
            }
            share.go_on(|| counts.clone(), cancel.is_cancelled(), &mut failed)
        };
        let result = counts.go_on(
            networks,
            &data,
            inputs,
            &corruptions,
            &settings,
            &mut report,
        );
        if let Some(error) = failed {
            return Err(blame(error));
        }
        result.map_err(blame)?;
        bar.finish_and_clear();
        if let Some(code) = share.end(&counts, self.json)? {
            return Ok(code);
        }
        let results = Results {
            model: &model,
            baseline: baseline.as_ref(),
            suite,
            corruptions: &corruptions,
            counts: &counts,
        };
        let seconds = Some(begun.elapsed().as_secs_f64());
        let folder = self.output.as_deref();
        let within = |name: &str| folder.map(|folder| folder.join(name).display().to_string());
        let picture = within("robustness.png");
        let found = self.finish(&results, seconds, folder, picture)?;
        tell(&found, Path::new(""), self.json)
    }

    /// Joins the parts that this command made.
    pub fn merge(&self, parts: &Parts, to: &MergeCommand) -> anyhow::Result<ExitCode> {
        let model = self.model.open()?;
        let data = open_study_data(&self.data, &model)?;
        let images = count(data.set(), self.images)?;
        let (suite, corruptions) = self.corruptions(&model)?;
        let open = |name: &String| FloatModel::open(name, &Overrides::default()).map_err(blame);
        let baseline = self.baseline.as_ref().map(open).transpose()?;
        let board = self.board.beside(&model)?;
        let settings = self.settings();
        let parameters = parameters(&corruptions, &settings, baseline.as_ref(), board.as_ref());
        let of = (self.data.as_str(), data.set());
        let asked = Asked::new("robustness", &model, of, images, parameters);
        parts.check(&asked).map_err(blame)?;
        let mut all: Option<Counts> = None;
        for part in parts.found::<Counts>() {
            let (path, part) = part.map_err(blame)?;
            if !part.is_whole(&corruptions) || !part.fit(&corruptions, part.inputs()) {
                let path = path.to_owned();
                return Err(blame(ShardError::Damaged { path }));
            }
            match &mut all {
                None => all = Some(part),
                Some(all) => all.join(&part),
            }
        }
        let counts = all.filter(|counts| counts.inputs() == images);
        let counts = counts.context("the parts do not count as many inputs as they say")?;
        let results = Results {
            model: &model,
            baseline: baseline.as_ref(),
            suite,
            corruptions: &corruptions,
            counts: &counts,
        };
        let picture = Some("robustness.png".to_owned());
        let found = self.finish(&results, None, Some(&to.output), picture)?;
        tell(&found, &to.output, to.json)
    }

    fn settings(&self) -> Settings {
        Settings {
            seed: self.seed,
            variant: self.variant.into(),
            ..Settings::default()
        }
    }

    /// Writes the results into the folder, if there is one.
    fn finish(
        &self,
        results: &Results<'_>,
        seconds: Option<f64>,
        folder: Option<&Path>,
        picture: Option<String>,
    ) -> anyhow::Result<document::Robustness> {
        let measured = results.counts.measured(results.corruptions);
        let measured = measured.context("some corruptions were not measured: run the command again, it goes on from what is there")?;
        let mut found = self.document(results, &measured);
        found.seconds = seconds;
        if let Some(folder) = folder {
            let drawing = curves(&charts(&found, &measured, results.corruptions))?;
            let files = ResultFolder::begin(folder).map_err(blame)?;
            files
                .drawing("robustness.png", &drawing, 2)
                .map_err(blame)?;
            found.picture = picture;
            files.receipt("robustness.json", &found).map_err(blame)?;
            files.commit().map_err(blame)?;
        }
        Ok(found)
    }

    fn corruptions(&self, model: &FloatModel) -> anyhow::Result<(&'static str, Vec<Corruption>)> {
        if let Some(severity) = self.severity.iter().find(|s| !SEVERITIES.contains(s)) {
            return Err(wrong(format!(
                "--severity {severity}: there are severities from 1 to 5"
            )));
        }
        let all: Vec<u8> = SEVERITIES.collect();
        let severities = if self.severity.is_empty() {
            &all
        } else {
            &self.severity
        };
        if !self.corruption.is_empty() {
            let kinds = self.corruption.iter().map(|name| name.parse::<Kind>());
            let kinds = kinds.collect::<Result<Vec<_>, _>>();
            let kinds = kinds.map_err(|error| wrong(error.to_string()))?;
            let named = kinds
                .into_iter()
                .map(|kind| Corruption::new(kind, severities));
            return Ok(("named", named.collect()));
        }
        let suite = self
            .suite
            .map_or_else(|| suited(model.input_shape()), Suite::from);
        let corruptions = if self.published {
            suite.published()
        } else {
            suite.corruptions(Some(severities))
        };
        Ok((suite.name(), corruptions))
    }

    fn document(&self, results: &Results<'_>, measured: &Measured) -> document::Robustness {
        let Results {
            model,
            baseline,
            suite,
            counts,
            ..
        } = *results;
        let rows = &measured.rows;
        let mut notes = Vec::new();
        let mut compared = |network| {
            mce(rows, network).unwrap_or_else(|kind| {
                notes.push(format!(
                    "no mCE: the baseline makes no error with {kind}; take more images or other severities"
                ));
                None
            })
        };
        let (own, of_board) = (compared(Network::Float), compared(Network::Board));
        notes.dedup();
        if model.spec.input.size.iter().any(|&side| side < 64) && suite == "imagenet-c" {
            notes.push(
                "ImageNet-C's sizes are in pixels of 224×224 pictures: on small ones its blurs leave \
                 nothing to see"
                    .to_owned(),
            );
        }
        document::Robustness {
            model: model.name.clone(),
            model_sha256: model.sha256_hex(),
            preprocessing: model.spec.input.to_string(),
            data: self.data.clone(),
            images: counts.inputs(),
            suite: suite.to_owned(),
            variant: self.variant.name().to_owned(),
            seed: self.seed,
            baseline: baseline.map(|baseline| baseline.name.clone()),
            board: counts.board.clone(),
            clean: counted(&measured.clean),
            rows: rows
                .iter()
                .map(|row| document::Row {
                    corruption: row.kind.name().to_owned(),
                    severity: row.severity,
                    count: counted(&row.count),
                })
                .collect(),
            mean_error: mean_error(rows, Network::Float).unwrap_or_default(),
            board_mean_error: mean_error(rows, Network::Board),
            baseline_mean_error: mean_error(rows, Network::Baseline),
            mce: own,
            board_mce: of_board,
            notes,
            picture: None,
            seconds: None,
        }
    }
}

/// What was measured, and of what.
struct Results<'a> {
    model: &'a FloatModel,
    baseline: Option<&'a FloatModel>,
    suite: &'static str,
    corruptions: &'a [Corruption],
    counts: &'a Counts,
}

/// What decides the result beside model and data.
fn parameters(
    corruptions: &[Corruption],
    settings: &Settings,
    baseline: Option<&FloatModel>,
    board: Option<&SideBoard>,
) -> String {
    let baseline = baseline.map(FloatModel::sha256_hex);
    let board = board.map(SideBoard::identity);
    format!("{corruptions:?}, {settings:?}, baseline {baseline:?}, board {board:?}")
}

fn counted(count: &Count) -> document::Count {
    document::Count {
        images: count.images,
        right: count.right,
        board_right: count.board_right,
        baseline_right: count.baseline_right,
    }
}

/// A chart for each kind; 0 on its axis is the picture as it is.
fn charts(found: &document::Robustness, measured: &Measured, corruptions: &[Corruption]) -> Curves {
    let mut names = vec![format!("{}, float", found.model)];
    names.extend(found.board.iter().map(|board| format!("int8 on {board}")));
    names.extend(
        found
            .baseline
            .iter()
            .map(|baseline| format!("baseline {baseline}")),
    );
    let rights = |count: &Count| {
        let all = [Some(count.right), count.board_right, count.baseline_right];
        let shares = all.into_iter().flatten();
        shares
            .map(|right| right as f64 / count.images.max(1) as f64)
            .collect::<Vec<_>>()
    };
    let clean = rights(&measured.clean);
    let charts = corruptions.iter().map(|corruption| {
        let mut lines: Vec<_> = clean.iter().map(|&share| vec![(0, share)]).collect();
        for row in measured
            .rows
            .iter()
            .filter(|row| row.kind == corruption.kind)
        {
            for (line, share) in lines.iter_mut().zip(rights(&row.count)) {
                line.push((usize::from(row.severity), share));
            }
        }
        Chart {
            title: corruption.kind.name().to_owned(),
            lines,
        }
    });
    Curves {
        title: found.model.clone(),
        op: "right answers against severity".to_owned(),
        statement: format!("{} of {}, seed {}", found.images, found.data, found.seed),
        footnote: String::new(),
        names,
        last: 5,
        charts: charts.collect(),
    }
}

/// Prints the document, or what it says; its path begins at `folder`.
fn tell(found: &document::Robustness, folder: &Path, json: bool) -> anyhow::Result<ExitCode> {
    if json {
        print_json(found)?;
    } else {
        say(found, folder)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The table, and what it comes to.
fn say(found: &document::Robustness, folder: &Path) -> anyhow::Result<()> {
    let mut columns = vec![
        Column::text("corruption"),
        Column::number("severity"),
        Column::number("float"),
    ];
    if found.board.is_some() {
        columns.push(Column::number("int8"));
    }
    if found.baseline.is_some() {
        columns.push(Column::number("baseline"));
    }
    let line = |name: &str, severity: String, count: &document::Count| {
        let percent =
            |right: usize| format!("{:.1} %", 100.0 * right as f64 / count.images.max(1) as f64);
        let mut line = vec![name.to_owned(), severity, percent(count.right)];
        line.extend(count.board_right.map(percent));
        line.extend(count.baseline_right.map(percent));
        line
    };
    let mut rows = vec![line("none", String::new(), &found.clean)];
    let corrupted = found.rows.iter();
    rows.extend(corrupted.map(|row| line(&row.corruption, row.severity.to_string(), &row.count)));
    let mut out = crate::printer::stdout();
    write_table(&mut out, Style::of_stdout(), &columns, rows)?;
    let percent = |share: f64| format!("{:.1} %", 100.0 * share);
    writeln!(out, "mean error: {}", percent(found.mean_error))?;
    if let Some(error) = found.board_mean_error {
        writeln!(out, "mean error of int8: {}", percent(error))?;
    }
    if let (Some(mce), Some(baseline)) = (found.mce, &found.baseline) {
        writeln!(out, "mCE against {baseline}: {}", percent(mce))?;
    }
    if let Some(mce) = found.board_mce {
        writeln!(out, "mCE of int8: {}", percent(mce))?;
    }
    for note in &found.notes {
        writeln!(out, "note: {note}")?;
    }
    if let Some(picture) = &found.picture {
        writeln!(out, "{}", folder.join(picture).display())?;
    }
    Ok(())
}
