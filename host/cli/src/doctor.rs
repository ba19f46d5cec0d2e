//! `cortexscope doctor`.

use super::common::{blame, ctrl_c, print_json, wrong};
use super::full::FloatModelArgs;
use super::progress;
use clap::Args;
use cortexscope_compile::Source;
use cortexscope_draw::{LayerNoise, NoiseRow, layer_noise};
use cortexscope_explain::float_model::FloatModel;
use cortexscope_net::input::Pick;
use cortexscope_present::documents;
use cortexscope_present::results::ResultFolder;
use cortexscope_present::terminal::{Column, Style, write_table};
use cortexscope_record::ChoiceError;
use cortexscope_rig::board;
use cortexscope_study::data::open_data;
use cortexscope_study::doctor::{Case, Diagnosis, LayerHealth, Subject, advice, examine};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

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
        let begun = Instant::now();
        let kind = board::find(&self.board).ok_or_else(|| {
            let name = self.board.clone();
            blame(ChoiceError::UnknownBoard { name })
        })?;
        if self.images == 0 || self.calibration_limit == 0 {
            return Err(wrong(
                "--images and --calibration-limit are at least 1".to_owned(),
            ));
        }
        let model = self.model.open()?;
        let cases = read(&self.data, &model, self.images)?;
        let calibration = self.calibrate.as_ref().unwrap_or(&self.data);
        let calibrated = read(calibration, &model, self.calibration_limit)?;
        let calibrated: Vec<Vec<f32>> = calibrated.into_iter().map(|case| case.values).collect();
        let graph = model.read_again().map_err(blame)?;
        let subject = Subject {
            source: Source {
                graph: &graph,
                sha256: model.sha256,
            },
            name: &model.name,
            spec: &model.spec,
            calibration: &calibrated,
            inputs: &cases,
            board: kind,
        };
        let results = self.output.as_deref().map(ResultFolder::begin);
        let results = results.transpose().map_err(blame)?;
        let cancel = ctrl_c()?;
        let bar = progress::bar(cases.len(), "inputs");
        let mut step = progress::watch(&bar, &cancel);
        let mut report = |what: &str, done: usize, total: usize| {
            bar.set_message(what);
            step(done, total)
        };
        let found = examine(&subject, &cancel, &mut report)?;
        bar.finish_and_clear();
        let mut document = documents::doctor::Doctor {
            model: model.name.clone(),
            model_sha256: model.sha256_hex(),
            preprocessing: model.spec.input.to_string(),
            data: self.data.clone(),
            images: cases.len(),
            calibration: calibration.clone(),
            calibration_inputs: calibrated.len(),
            board: self.board.clone(),
            float_right: found.float_right,
            first_costly_layer: found.first_costly.map(|at| found.layers[at].layer.clone()),
            advice: advice(&found, cases.len()),
            layers: found.layers.clone(),
            remedies: found.remedies.clone(),
            picture: None,
            seconds: 0.0,
        };
        document.seconds = begun.elapsed().as_secs_f64();
        if let Some(results) = results {
            let drawing = layer_noise(&bars(&document, &found))?;
            let picture = results.drawing("doctor.png", &drawing, 2).map_err(blame)?;
            document.picture = Some(picture.display().to_string());
            results.receipt("doctor.json", &document).map_err(blame)?;
            results.commit().map_err(blame)?;
        }
        if self.json {
            print_json(&document)?;
        } else {
            say(&document)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Inputs of a data set.
fn read(argument: &str, model: &FloatModel, most: usize) -> anyhow::Result<Vec<Case>> {
    let data = open_data(argument, model).map_err(blame)?;
    for note in data.notes() {
        progress::note(note);
    }
    let inputs = data.set().inputs(Pick::Spread(most)).map_err(blame)?;
    inputs
        .map(|input| {
            let input = input.map_err(blame)?;
            Ok(Case {
                values: input.values,
                label: input.label,
            })
        })
        .collect()
}

fn bars(document: &documents::doctor::Doctor, found: &Diagnosis) -> LayerNoise {
    let rows = found.layers.iter().enumerate().map(|(at, layer)| NoiseRow {
        name: layer.layer.clone(),
        decibels: layer.sqnr_db,
        note: format!("{} of {} change", layer.changed, document.images),
        is_marked: Some(at) == found.first_costly,
    });
    LayerNoise {
        title: document.model.clone(),
        statement: format!(
            "{} of {}, bytes of {}",
            document.images, document.data, document.board
        ),
        footnote: match &document.first_costly_layer {
            Some(layer) => format!("orange: {layer}, where classes change first"),
            None => "no class changes".to_owned(),
        },
        rows: rows.collect(),
    }
}

fn decibels(value: Option<f64>) -> String {
    value.map_or_else(|| "exact".to_owned(), |value| format!("{value:.1}"))
}

/// The tables, and what to do.
fn say(document: &documents::doctor::Doctor) -> anyhow::Result<()> {
    let out = &mut crate::printer::stdout();
    let style = Style::of_stdout();
    let images = document.images;
    let right =
        |right: Option<usize>| right.map_or_else(|| "–".to_owned(), |right| right.to_string());
    writeln!(
        out,
        "{}: {images} inputs of {}, calibrated with {}, bytes of {}",
        document.model, document.data, document.calibration_inputs, document.board
    )?;
    if let Some(right) = document.float_right {
        writeln!(out, "float: right on {right} of {images}")?;
    }
    let columns = [
        Column::text("layer"),
        Column::number("SQNR dB"),
        Column::number("saturated"),
        Column::number("dead"),
        Column::number("spread"),
        Column::number("changed"),
        Column::number("right"),
    ];
    let row = |layer: &LayerHealth| {
        vec![
            layer.layer.clone(),
            decibels(layer.sqnr_db),
            format!("{:.2} %", 100.0 * layer.saturated),
            format!("{}/{}", layer.dead_channels, layer.channels),
            layer
                .spread
                .map_or_else(|| "–".to_owned(), |spread| format!("{spread:.1}")),
            layer.changed.to_string(),
            right(layer.right),
        ]
    };
    write_table(
        out,
        style,
        &columns,
        document.layers.iter().map(row).collect(),
    )?;
    match &document.first_costly_layer {
        Some(layer) => writeln!(out, "classes change first at {layer}")?,
        None => writeln!(out, "no class changes")?,
    }
    let columns = [
        Column::text("tried"),
        Column::number("SQNR dB"),
        Column::number("changed"),
        Column::number("right"),
    ];
    let remedies = document.remedies.iter().map(|remedy| {
        vec![
            remedy.name.clone(),
            decibels(remedy.sqnr_db),
            remedy.changed.to_string(),
            right(remedy.right),
        ]
    });
    write_table(out, style, &columns, remedies.collect())?;
    for line in &document.advice {
        writeln!(out, "{line}")?;
    }
    if let Some(picture) = &document.picture {
        writeln!(out, "{picture}")?;
    }
    Ok(())
}
