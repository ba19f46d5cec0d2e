//! `cortexscope compile`.

use super::common::{blame, ctrl_c, print_json, stage, wrong};
use super::graph_arguments::{GraphArgs, of_model};
use super::preparation::PreparationArgs;
use super::{printer, progress};
use anyhow::Context;
use clap::{Args, ValueEnum};
use cortexscope_compile::board_image::{self, BoardImage};
use cortexscope_compile::layer_error::{layer_errors, where_it_starts};
use cortexscope_compile::{
    Accuracy, Compiled, Options, Pair, Progress, RangeRule, Report, Source, accuracy, compile_with,
    warnings,
};
use cortexscope_core::Mode;
use cortexscope_net::input::data::{MNIST, Pick};
use cortexscope_net::input::{DataSet, ModelSpec};
use cortexscope_net::onnx::file;
use cortexscope_net::onnx::pb::ModelProto;
use cortexscope_net::output::StagedFolder;
use cortexscope_net::reader::{self, Hint};
use cortexscope_net::resources::ResourcePath;
use cortexscope_net::{hex, labels, output};
use cortexscope_present::documents::compile::PlannedArena;
use cortexscope_present::{documents, fit};
use cortexscope_record::RigChoice;
use cortexscope_rig::board::BoardKind;
use cortexscope_rig::drive::{self, DriveError};
use sha2::{Digest, Sha256};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// Bytes that the calibration inputs may take.
const CALIBRATION_BYTES: usize = 512 << 20;
/// Inputs on which both networks are compared layer by layer.
const COMPARED: usize = 16;

/// Makes an int8 ONNX and a board image from a float ONNX.
#[derive(Args)]
pub(super) struct Compile {
    /// The float ONNX. `MODEL.toml` beside it says how it wants its input.
    model: PathBuf,
    /// Inputs like those to come: a folder of pictures, also one for each class, a .csv
    /// table of them, a .npy or .npz stack, an IDX file, or `mnist`.
    #[arg(long, value_name = "DATA")]
    calibrate: String,
    /// The greatest number of inputs to use; they are spread evenly over all.
    #[arg(long, default_value_t = 512)]
    calibration_limit: usize,
    /// Where the files go.
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// The model's name; by default, the name of its file.
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    graph: GraphArgs,
    /// Measure both networks on labelled DATA, or on the first N of the 10,000 test
    /// digits: the float network in tract, the int8 network in the engine that the
    /// boards run.
    #[arg(long, value_name = "DATA|N")]
    accuracy: Option<String>,
    /// The greatest number of inputs of DATA to measure on; the first ones are taken.
    #[arg(long, value_name = "N", requires = "accuracy")]
    accuracy_limit: Option<usize>,
    /// Bring the channels of neighbouring layers to like scales first. The float network
    /// computes the same, to the bit.
    #[arg(long)]
    equalise: bool,
    /// How the range of a layer follows from the calibration inputs.
    #[arg(long, value_enum, value_name = "RULE", default_value_t)]
    ranges: RangesArg,
    /// A text file with the name of one class on each line.
    #[arg(long, value_name = "TXT", help_heading = "Input")]
    labels: Option<PathBuf>,
    /// Also write the board image as a UF2 file, to be dragged onto the drive of this
    /// board's boot loader: the model alone, the firmware stays.
    #[arg(long, value_name = "BOARD")]
    uf2: Option<String>,
    #[command(flatten)]
    preparation: PreparationArgs,
    /// Print one JSON document on stdout.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum RangesArg {
    /// The range with the least mean square error.
    #[default]
    LeastError,
    /// From the least to the greatest value.
    Extremes,
}

impl From<RangesArg> for RangeRule {
    fn from(argument: RangesArg) -> Self {
        match argument {
            RangesArg::LeastError => Self::LeastSquareError,
            RangesArg::Extremes => Self::Extremes,
        }
    }
}

impl Compile {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        if !self.model.is_file() {
            return Err(wrong(format!(
                "no such file: {}. Give a float ONNX",
                self.model.display()
            )));
        }
        let uf2_board = match &self.uf2 {
            Some(name) => Some(drive_board(name)?),
            None => None,
        };
        let path = ResourcePath::from(self.model.as_path());
        let named = |error| of_model(&self.model.display(), error);
        let onnx = file::bytes(&path).map_err(|error| named(error.into()))?;
        let model = file::decode_at(&onnx, &path);
        let model = model.map_err(|error| named(error.into()))?;
        let stem = self
            .model
            .file_stem()
            .map(|stem| stem.to_string_lossy().into_owned());
        let name = self
            .name
            .clone()
            .or(stem)
            .unwrap_or_else(|| "model".to_owned());
        output::check_name(&name).map_err(blame)?;
        let staged = stage(&self.output)?;
        let spec = self.spec(&model)?;
        let hint = Hint {
            shape: Some(spec.input.shape()),
            ..self.graph.hint()
        };
        let graph = reader::read(model, &hint).map_err(named)?;
        for note in &graph.notes {
            progress::note(note);
        }
        let mut warned = Vec::new();
        let calibration = self.calibration(&spec, &mut warned)?;
        // What is wrong with the data to measure on is said before the work begins.
        let measured_on = self.measured_on(&spec)?;

        let cancel = ctrl_c()?;
        let bar = progress::bar(calibration.len(), "inputs");
        let mut step = progress::watch(&bar, &cancel);
        let mut report = |progress: Progress| step(progress.done, progress.total);
        let source = Source {
            graph: &graph,
            sha256: Sha256::digest(&onnx).into(),
        };
        let options = Options {
            equalise: self.equalise,
            ranges: self.ranges.into(),
        };
        let compiled = compile_with(&source, &name, &spec, &calibration, options, &mut report)?;
        for note in &compiled.float.notes {
            progress::note(note);
        }
        let scores = compiled.network.layers.last();
        let classes = scores.map_or(0, |scores| scores.output.shape.iter().product());
        if let (true, Some((_, whose))) = (
            compiled.network.labels.is_empty(),
            labels::well_known(classes),
        ) {
            progress::note(format!(
                "class names are those of {whose}; --labels gives other names"
            ));
        }
        let onnx_hash: [u8; 32] = Sha256::digest(&compiled.int8_onnx).into();
        let image = board_image::emit(&compiled.network, onnx_hash)?;
        let measured = match &measured_on {
            Some((data, pick)) => Some(measure(&compiled, &image, data, *pick, &mut report)?),
            None => None,
        };
        if let (Some(found), Some((data, pick))) = (&measured, &measured_on) {
            warned.extend(lost_accuracy(&compiled, data, *pick, found)?);
        }
        bar.finish_and_clear();
        for warning in &warned {
            printer::say(format_args!("warning: {warning}"));
        }

        // The file for a boot loader is staged beside the others: all of them or none.
        let uf2 = match uf2_board {
            Some(board) => Some(stage_uf2(board, &name, &image, &staged)?),
            None => None,
        };
        let saved = compiled.save(&image, &spec, staged).map_err(blame)?;
        let model = image.model();
        let arena = |mode| model.plan(mode).map(|plan| plan.arena_bytes());
        if self.json {
            print_json(&documents::compile::Compile {
                model: name,
                source_sha256: hex(&compiled.source_sha256),
                model_sha256: hex(model.hash()),
                onnx_sha256: hex(&compiled.source_sha256),
                int8_onnx_sha256: hex(model.onnx_hash()),
                image_sha256: hex(model.hash()),
                calibration_inputs: calibration.len(),
                int8_onnx: saved.int8_onnx.display().to_string(),
                image: saved.image.display().to_string(),
                spec: saved.spec.display().to_string(),
                uf2: uf2.map(|path| path.display().to_string()),
                image_bytes: model.image_bytes(),
                macs: model.macs(),
                layers: model.layer_count(),
                planned_arena_bytes: PlannedArena {
                    fused: arena(Mode::Fused),
                    tapped: arena(Mode::Tapped),
                },
                accuracy: measured.map(Into::into),
                warnings: warned,
            })?;
        } else {
            writeln!(
                printer::stdout(),
                "{name}: {} layers, {} MACs",
                model.layer_count(),
                model.macs()
            )?;
            writeln!(
                printer::stdout(),
                "  {}  the int8 contract",
                saved.int8_onnx.display()
            )?;
            writeln!(
                printer::stdout(),
                "  {}  {} bytes of flash",
                saved.image.display(),
                model.image_bytes()
            )?;
            writeln!(
                printer::stdout(),
                "  {}  how it wants its input",
                saved.spec.display()
            )?;
            if let Some(path) = uf2 {
                writeln!(
                    printer::stdout(),
                    "  {}  to be dragged onto the board's drive",
                    path.display()
                )?;
            }
            for (mode, what) in [(Mode::Fused, "fused"), (Mode::Tapped, "tapped")] {
                if let Some(bytes) = arena(mode) {
                    let input = model.input().bytes();
                    writeln!(
                        printer::stdout(),
                        "  arena, {what}: {bytes} bytes; with the input {}, as a board counts",
                        bytes + input
                    )?;
                }
            }
            if let Some(found) = measured {
                writeln!(
                    printer::stdout(),
                    "  of {} {}: float right on {} ({:.2} %), int8 on {} ({:.2} %)",
                    found.images,
                    measured_on
                        .as_ref()
                        .map_or_else(String::new, |(data, _)| called(data)),
                    found.float_right,
                    found.float_percent(),
                    found.int8_right,
                    found.int8_percent()
                )?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    /// The inputs to calibrate with.
    fn calibration(
        &self,
        spec: &ModelSpec,
        warned: &mut Vec<String>,
    ) -> anyhow::Result<Vec<Vec<f32>>> {
        let data = open(&self.calibrate, spec)?;
        let size: usize = spec.input.shape().iter().product();
        let room = (CALIBRATION_BYTES / (4 * size.max(1))).max(1);
        let limit = self.calibration_limit.min(room);
        if limit < self.calibration_limit.min(data.len()) {
            warned.push(format!(
                "calibrated with {limit} inputs: more would take over {} MiB",
                CALIBRATION_BYTES >> 20
            ));
        }
        let mut inputs = Vec::new();
        let mut empty = Vec::new();
        for input in data.inputs(Pick::Spread(limit)).map_err(blame)? {
            let input = input.map_err(blame)?;
            empty.extend(input.emptiness.map(|why| format!("{} ({why})", input.name)));
            inputs.push(input.values);
        }
        if let Some(first) = empty.first() {
            warned.push(format!(
                "{} of {} pictures give an empty input, first {first}",
                empty.len(),
                inputs.len()
            ));
        }
        warned.extend(warnings::of_inputs(&inputs, &spec.input));
        Ok(inputs)
    }

    /// The data to measure on, where that is asked for, and how much of it.
    fn measured_on(&self, spec: &ModelSpec) -> anyhow::Result<Option<(DataSet, Pick)>> {
        let Some(text) = &self.accuracy else {
            return Ok(None);
        };
        let (data, pick) = match text.parse::<usize>() {
            Ok(images) => {
                let data = open(MNIST, spec)?;
                if images == 0 || images > data.len() {
                    let last = data.len();
                    return Err(wrong(format!("--accuracy has to be from 1 to {last}")));
                }
                (data, Pick::First(images))
            }
            Err(_) => (
                open(text, spec)?,
                self.accuracy_limit.map_or(Pick::All, Pick::First),
            ),
        };
        Ok(Some((data, pick)))
    }

    /// The description beside the model, or what is assumed without one, and what the
    /// command line says over it.
    fn spec(&self, model: &ModelProto) -> anyhow::Result<ModelSpec> {
        let path = self.model.with_extension("toml");
        let is_described = path.is_file();
        let mut spec = if is_described {
            ModelSpec::open(&path.clone().into())
                .with_context(|| format!("could not use the description {}", path.display()))?
        } else {
            let shape = reader::input_shape(model, &self.graph.hint());
            let shape = shape.map_err(|error| of_model(&self.model.display(), error))?;
            ModelSpec::assumed(shape)
        };
        self.preparation.apply(&mut spec.input)?;
        if let Some(file) = &self.labels {
            spec.output.labels = labels::read(file)?;
        }
        if !is_described {
            progress::note(format!(
                "there is no {}; the program assumes that the input is {}",
                path.display(),
                spec.input
            ));
        }
        Ok(spec)
    }
}

/// The board of this name, whose boot loader shows a drive.
fn drive_board(name: &str) -> anyhow::Result<&'static BoardKind> {
    let board = RigChoice::of(name, "").board().map_err(blame)?;
    match board.drive {
        Some(_) => Ok(board),
        None => Err(wrong(DriveError::NoDrive { board: board.name }.to_string())),
    }
}

/// Writes the board image as a UF2 file for `board` beside the others, and gives its path.
fn stage_uf2(
    board: &'static BoardKind,
    name: &str,
    image: &BoardImage,
    staged: &StagedFolder,
) -> anyhow::Result<PathBuf> {
    fit::check_image(name, &image.model(), board).map_err(blame)?;
    let uf2 = drive::image_uf2(board, image.bytes())?;
    let file = format!("{name}-{}.uf2", board.name);
    output::write(&staged.path().join(&file), &uf2).map_err(blame)?;
    Ok(staged.folder().join(file))
}

/// A set of inputs; says what was found and decided.
fn open(argument: &str, spec: &ModelSpec) -> anyhow::Result<DataSet> {
    let data = DataSet::open(argument, &spec.input, &spec.output.labels).map_err(blame)?;
    for note in &data.notes {
        progress::note(note);
    }
    Ok(data)
}

/// What the inputs of a set are called in the summary.
fn called(data: &DataSet) -> String {
    match data.argument() {
        MNIST => "test digits".to_owned(),
        argument => format!("inputs of {argument}"),
    }
}

/// How often both networks are right on a set.
fn measure(
    compiled: &Compiled,
    image: &BoardImage,
    data: &DataSet,
    pick: Pick,
    report: Report<'_>,
) -> anyhow::Result<Accuracy> {
    let classes = image.model().logits().shape.elements();
    data.check_labels(classes.max(2)).map_err(blame)?;
    let pair = Pair {
        float: &compiled.float,
        network: &compiled.network,
        image,
    };
    Ok(accuracy(&pair, data.inputs(pick).map_err(blame)?, report)?)
}

/// A warning where int8 is right less often than float, with the layer where it starts.
fn lost_accuracy(
    compiled: &Compiled,
    data: &DataSet,
    pick: Pick,
    found: &Accuracy,
) -> anyhow::Result<Option<String>> {
    if warnings::of_accuracy(found, None).is_none() {
        return Ok(None);
    }
    let some = data.inputs(pick).map_err(blame)?.take(COMPARED);
    let some = some.map(|input| Ok(input.map_err(blame)?.values));
    let some = some.collect::<anyhow::Result<Vec<_>>>()?;
    let errors = layer_errors(
        &compiled.float,
        &compiled.network,
        &compiled.int8_onnx,
        &some,
    )?;
    Ok(warnings::of_accuracy(found, where_it_starts(&errors)))
}
