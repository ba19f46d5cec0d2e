//! `cortexscope compile`.

use super::common::{blame, ctrl_c, print_json};
use super::graph_arguments::GraphArgs;
use super::preparation::PreparationArgs;
use super::{printer, progress};
use clap::{Args, ValueEnum};
use cortexscope_compile::{Options, RangeRule, SourceOverrides, Weights};
use cortexscope_present::compilation::{
    Compilation, CompilationEvent, CompilationRequest, MeasuredOn, compile_model,
};
use std::io::Write;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::ExitCode;

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
    /// Keep each weight once in the board image, not once more as a fast kernel reads it: for a
    /// board that has not the flash. Its bytes stay the same, and it takes more instructions.
    #[arg(long)]
    weights_once: bool,
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
        let request = CompilationRequest {
            model: &self.model,
            overrides: SourceOverrides {
                hint: self.graph.hint(),
                preparation: self.preparation.overrides(),
                labels: self.labels.clone(),
            },
            calibrate: &self.calibrate,
            calibration_limit: self.calibration_limit,
            name: self.name.as_deref(),
            options: Options {
                equalise: self.equalise,
                ranges: self.ranges.into(),
                weights: if self.weights_once {
                    Weights::Once
                } else {
                    Weights::AsKernelsRead
                },
            },
            accuracy: self.accuracy.as_deref().map(|text| self.measured_on(text)),
            uf2: self.uf2.as_deref(),
            folder: &self.output,
        };
        let cancel = ctrl_c()?;
        let bar = progress::bar(1, "inputs");
        let mut step = progress::watch(&bar, &cancel);
        let made = compile_model(&request, &mut |event| match event {
            CompilationEvent::Note(said) => {
                progress::note(said);
                ControlFlow::Continue(())
            }
            CompilationEvent::Progress(progress) => step(progress.done, progress.total),
            CompilationEvent::Warning(warning) => {
                bar.finish_and_clear();
                printer::say(format_args!("warning: {warning}"));
                ControlFlow::Continue(())
            }
        });
        let made = made.map_err(blame)?;
        bar.finish_and_clear();
        if self.json {
            print_json(&made.document)?;
        } else {
            say(&made)?;
        }
        Ok(ExitCode::SUCCESS)
    }

    /// What `--accuracy` means: so many test digits, or data.
    fn measured_on<'a>(&self, text: &'a str) -> MeasuredOn<'a> {
        match text.parse() {
            Ok(images) => MeasuredOn::TestDigits(images),
            Err(_) => MeasuredOn::Data {
                argument: text,
                limit: self.accuracy_limit,
            },
        }
    }
}

/// The files, what they take, and how often both networks are right.
fn say(made: &Compilation) -> anyhow::Result<()> {
    let (document, out) = (&made.document, &mut printer::stdout());
    writeln!(
        out,
        "{}: {} layers, {} MACs",
        document.model, document.layers, document.macs
    )?;
    writeln!(out, "  {}  the int8 contract", document.int8_onnx)?;
    writeln!(
        out,
        "  {}  {} bytes of flash",
        document.image, document.image_bytes
    )?;
    writeln!(out, "  {}  how it wants its input", document.spec)?;
    if let Some(path) = &document.uf2 {
        writeln!(out, "  {path}  to be dragged onto the board's drive")?;
    }
    let arena = &document.planned_arena_bytes;
    for (bytes, what) in [(arena.fused, "fused"), (arena.tapped, "tapped")] {
        if let Some(bytes) = bytes {
            writeln!(
                out,
                "  arena, {what}: {bytes} bytes; with the input {}, as a board counts",
                bytes + made.input_bytes
            )?;
        }
    }
    if let Some(found) = &made.accuracy {
        let accuracy = &found.accuracy;
        writeln!(
            out,
            "  of {} {}: float right on {} ({:.2} %), int8 on {} ({:.2} %)",
            accuracy.images,
            found.inputs,
            accuracy.float_right,
            accuracy.float_percent(),
            accuracy.int8_right,
            accuracy.int8_percent()
        )?;
    }
    Ok(())
}
