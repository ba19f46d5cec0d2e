//! `cortexscope robustness`.

use super::common::{blame, ctrl_c, print_json, wrong};
use super::corrupt::VariantArg;
use super::full::FloatModelArgs;
use super::progress;
use super::side_board::SideBoardArgs;
use anyhow::Context;
use clap::{Args, ValueEnum};
use cortexscope_corrupt::{Kind, SEVERITIES, Settings};
use cortexscope_draw::{Chart, Curves, Theme, curves};
use cortexscope_explain::float_model::{FloatModel, Overrides};
use cortexscope_net::output::make_folder;
use cortexscope_present::documents;
use cortexscope_present::documents::robustness as document;
use cortexscope_present::terminal::{Column, Style, write_table};
use cortexscope_study::data::open_data;
use cortexscope_study::robustness::{
    Corruption, Count, Measured, Network, Networks, Suite, mce, mean_error, measure, suited,
};
use std::io::Write;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

/// Measures how often a model is right on corrupted pictures, float and int8.
#[derive(Args)]
pub(super) struct RobustnessCommand {
    #[command(flatten)]
    model: FloatModelArgs,
    /// `mnist` for the 10,000 test digits, or a folder with a folder of pictures for each
    /// class.
    #[arg(long)]
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
        let data = open_data(&self.data, &model).map_err(blame)?;
        data.check_labels().map_err(blame)?;
        let images = self.images.unwrap_or(data.len());
        if images == 0 || images > data.len() {
            return Err(wrong(format!("--images is from 1 to {}", data.len())));
        }
        let (suite, corruptions) = self.corruptions(&model)?;
        let open = |name: &String| FloatModel::open(name, &Overrides::default()).map_err(blame);
        let baseline = self.baseline.as_ref().map(open).transpose()?;
        if let Some(folder) = &self.output {
            make_folder(folder).map_err(blame)?;
        }
        let mut rig = self.board.open(&self.model)?;
        let board = rig.as_ref().map(|rig| rig.session.board().name.clone());
        let settings = Settings {
            seed: self.seed,
            variant: self.variant.into(),
            ..Settings::default()
        };
        let begun = Instant::now();
        let cancel = ctrl_c()?;
        let rows: usize = corruptions.iter().map(|c| c.severities.len()).sum();
        let bar = progress::bar(images.saturating_mul(rows + 1), "pictures");
        let networks = Networks {
            model: &model,
            baseline: baseline.as_ref(),
            board: rig.as_mut(),
        };
        let measured = measure(
            networks,
            &data,
            images,
            &corruptions,
            &settings,
            &mut |now| {
                bar.set_position(now.done as u64);
                if let Some((kind, severity)) = now.at {
                    bar.set_message(format!("{kind} {severity}"));
                }
                if cancel.is_cancelled() {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            },
        );
        let measured = measured.map_err(blame)?;
        bar.finish_and_clear();
        let mut found = self.document(&model, baseline.as_ref(), board, suite, images, &measured);
        found.seconds = Some(begun.elapsed().as_secs_f64());
        if let Some(folder) = &self.output {
            let path = folder.join("robustness.png");
            let drawing = curves(&charts(&found, &measured, &corruptions))?;
            let drawn = drawing.raster(Theme::Light, 2);
            drawn
                .save(&path)
                .with_context(|| format!("cannot write {}", path.display()))?;
            found.picture = Some(path.display().to_string());
            documents::write(&folder.join("robustness.json"), &found)?;
        }
        if self.json {
            print_json(&found)?;
        } else {
            say(&found)?;
        }
        Ok(ExitCode::SUCCESS)
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

    fn document(
        &self,
        model: &FloatModel,
        baseline: Option<&FloatModel>,
        board: Option<String>,
        suite: &str,
        images: usize,
        measured: &Measured,
    ) -> document::Robustness {
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
            images,
            suite: suite.to_owned(),
            variant: self.variant.name().to_owned(),
            seed: self.seed,
            baseline: baseline.map(|baseline| baseline.name.clone()),
            board,
            clean: count(&measured.clean),
            rows: rows
                .iter()
                .map(|row| document::Row {
                    corruption: row.kind.name().to_owned(),
                    severity: row.severity,
                    count: count(&row.count),
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

fn count(count: &Count) -> document::Count {
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

/// The table, and what it comes to.
fn say(found: &document::Robustness) -> anyhow::Result<()> {
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
    let mut out = std::io::stdout().lock();
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
        writeln!(out, "{picture}")?;
    }
    Ok(())
}
