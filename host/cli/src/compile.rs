//! `cortexscope compile`.

use super::common::{blame, ctrl_c, print_json, wrong};
use super::graph_arguments::{GraphArgs, of_model};
use super::input::test_digits;
use super::progress;
use clap::Args;
use cortexscope_compile::board_image::{self, BoardImage};
use cortexscope_compile::{
    Accuracy, Compiled, Pair, Progress, Report, Source, accuracy, compile_graph,
};
use cortexscope_core::Mode;
use cortexscope_net::hex;
use cortexscope_net::input::ModelSpec;
use cortexscope_net::onnx::file;
use cortexscope_net::onnx::pb::ModelProto;
use cortexscope_net::reader::{self, Hint};
use cortexscope_net::resources::ResourcePath;
use cortexscope_present::documents;
use cortexscope_present::documents::compile::PlannedArena;
use sha2::{Digest, Sha256};
use std::io::Write;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::ExitCode;

/// Makes an int8 ONNX and a board image from a float ONNX.
#[derive(Args)]
pub(super) struct Compile {
    /// The float ONNX. `MODEL.toml` beside it says how it wants its input.
    model: PathBuf,
    /// Inputs like those to come: a folder of pictures, a .npy stack, or an IDX file.
    #[arg(long, value_name = "DATA")]
    calibrate: PathBuf,
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
    /// Measure both networks on the first N of the 10,000 test digits: the float
    /// network in tract, the int8 network in the engine that the boards run.
    #[arg(long, value_name = "N")]
    accuracy: Option<usize>,
    /// One JSON document on stdout.
    #[arg(long)]
    json: bool,
}

impl Compile {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        if !self.model.is_file() {
            return Err(wrong(format!(
                "no such file: {}. Give a float ONNX",
                self.model.display()
            )));
        }
        if !self.calibrate.exists() {
            return Err(wrong(format!(
                "{}: no such file or folder",
                self.calibrate.display()
            )));
        }
        let path = ResourcePath::from(self.model.as_path());
        let named = |error| of_model(&self.model.display(), error);
        let onnx = file::bytes(&path).map_err(|error| named(error.into()))?;
        let model = file::decode_in(&onnx, self.model.parent());
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
        let spec = self.spec(&model)?;
        let hint = Hint {
            shape: Some(spec.input.shape()),
            ..self.graph.hint()
        };
        let graph = reader::read(model, &hint).map_err(named)?;
        for note in &graph.notes {
            eprintln!("{note}");
        }
        let calibration = spec
            .input
            .calibration(&self.calibrate, self.calibration_limit)?;

        let cancel = ctrl_c()?;
        let bar = progress::bar(calibration.len(), "inputs");
        let mut report = |progress: Progress| {
            bar.set_length(progress.total as u64);
            bar.set_position(progress.done as u64);
            if cancel.is_cancelled() {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        let source = Source {
            graph: &graph,
            sha256: Sha256::digest(&onnx).into(),
        };
        let compiled = compile_graph(&source, &name, &spec, &calibration, &mut report)?;
        for note in &compiled.float.notes {
            eprintln!("{note}");
        }
        let onnx_hash: [u8; 32] = Sha256::digest(&compiled.int8_onnx).into();
        let image = board_image::emit(&compiled.network, onnx_hash)?;
        let measured = self.measure(&compiled, &image, &spec, &mut report)?;
        bar.finish_and_clear();

        let saved = compiled.save(&image, &spec, &self.output).map_err(blame)?;
        let model = image.model();
        let arena = |mode| model.plan(mode).map(|plan| plan.arena_bytes());
        if self.json {
            print_json(&documents::compile::Compile {
                model: name,
                source_sha256: hex(&compiled.source_sha256),
                model_sha256: hex(model.hash()),
                calibration_inputs: calibration.len(),
                int8_onnx: saved.int8_onnx.display().to_string(),
                image: saved.image.display().to_string(),
                spec: saved.spec.display().to_string(),
                image_bytes: model.image_bytes(),
                macs: model.macs(),
                layers: model.layer_count(),
                planned_arena_bytes: PlannedArena {
                    fused: arena(Mode::Fused),
                    tapped: arena(Mode::Tapped),
                },
                accuracy: measured.map(Into::into),
            })?;
        } else {
            writeln!(
                std::io::stdout(),
                "{name}: {} layers, {} MACs",
                model.layer_count(),
                model.macs()
            )?;
            writeln!(
                std::io::stdout(),
                "  {}  the int8 contract",
                saved.int8_onnx.display()
            )?;
            writeln!(
                std::io::stdout(),
                "  {}  {} bytes of flash",
                saved.image.display(),
                model.image_bytes()
            )?;
            writeln!(
                std::io::stdout(),
                "  {}  how it wants its input",
                saved.spec.display()
            )?;
            for (mode, what) in [(Mode::Fused, "fused"), (Mode::Tapped, "tapped")] {
                if let Some(bytes) = arena(mode) {
                    let input = model.input().bytes();
                    writeln!(
                        std::io::stdout(),
                        "  arena, {what}: {bytes} bytes; with the input {}, as a board counts",
                        bytes + input
                    )?;
                }
            }
            if let Some(found) = measured {
                writeln!(
                    std::io::stdout(),
                    "  of {} test digits: float right on {} ({:.2} %), int8 on {} ({:.2} %)",
                    found.images,
                    found.float_right,
                    found.float_percent(),
                    found.int8_right,
                    found.int8_percent()
                )?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Both networks on the test digits, where that is asked for.
    fn measure(
        &self,
        compiled: &Compiled,
        image: &BoardImage,
        spec: &ModelSpec,
        report: Report<'_>,
    ) -> anyhow::Result<Option<Accuracy>> {
        let Some(images) = self.accuracy else {
            return Ok(None);
        };
        let digits = test_digits()?;
        if images == 0 || images > digits.len() {
            return Err(wrong(format!(
                "--accuracy has to be from 1 to {}",
                digits.len()
            )));
        }
        let pair = Pair {
            float: &compiled.float,
            network: &compiled.network,
            image,
        };
        Ok(Some(accuracy(&pair, &spec.input, digits, images, report)?))
    }

    /// The description beside the model, or what is assumed without one.
    fn spec(&self, model: &ModelProto) -> anyhow::Result<ModelSpec> {
        let path = self.model.with_extension("toml");
        if path.is_file() {
            return Ok(ModelSpec::open(&path.into())?);
        }
        let shape = reader::input_shape(model, &self.graph.hint());
        let shape = shape.map_err(|error| of_model(&self.model.display(), error))?;
        let spec = ModelSpec::assumed(shape);
        progress::note(format!("no {}: assumed {}", path.display(), spec.input));
        Ok(spec)
    }
}
