//! A float network compiled: its files, how often it is right, and the document.

mod error;
#[cfg(test)]
mod tests;

pub use error::CompilationError;

use crate::documents::compile::{Compile, PlannedArena};
use crate::fit;
use cortexscope_compile::board_image::BoardImage;
use cortexscope_compile::network::Network;
use cortexscope_compile::{
    Accuracy, Compiled, Options, Pair, Progress, Saved, SourceFile, SourceOverrides, accuracy,
    accuracy_loss, calibration_set, compile_with,
};
use cortexscope_core::Mode;
use cortexscope_net::input::data::{DataError, MNIST};
use cortexscope_net::input::{DataSet, ModelSpec, Pick};
use cortexscope_net::output::{self, StagedFolder};
use cortexscope_net::{hex, labels};
use cortexscope_record::RigChoice;
use cortexscope_rig::board::BoardKind;
use cortexscope_rig::drive::{self, DriveError};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// What is compiled, and how.
#[derive(Clone, Debug)]
pub struct CompilationRequest<'a> {
    /// The float ONNX.
    pub model: &'a Path,
    /// What is said over the file and its description.
    pub overrides: SourceOverrides,
    /// The data to calibrate with, as [`DataSet::open`] takes it.
    pub calibrate: &'a str,
    /// The greatest number of inputs of it.
    pub calibration_limit: usize,
    /// The model's name; `None` for the name of its file.
    pub name: Option<&'a str>,
    /// What can be chosen of a compilation.
    pub options: Options,
    /// What both networks are measured on, if they are.
    pub accuracy: Option<MeasuredOn<'a>>,
    /// The name of the board for whose boot loader a UF2 file is written, too.
    pub uf2: Option<&'a str>,
    /// The folder that all files go into.
    pub folder: &'a Path,
}

/// What accuracy is measured on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MeasuredOn<'a> {
    /// The first so many of the shipped test digits.
    TestDigits(usize),
    /// Labelled data.
    Data {
        /// As [`DataSet::open`] takes it.
        argument: &'a str,
        /// The greatest number of inputs of it, the first ones; `None` for all.
        limit: Option<usize>,
    },
}

/// What happens while a network is compiled.
#[derive(Clone, Copy, Debug)]
pub enum CompilationEvent<'a> {
    /// Something was assumed or decided.
    Note(&'a str),
    /// The work goes on.
    Progress(Progress),
    /// Something is wrong with the data or with the accuracy, though the network compiled. All
    /// warnings come after the last progress.
    Warning(&'a str),
}

/// Told what happens; [`ControlFlow::Break`] ends the work where it goes on.
pub type CompilationWatch<'a> = &'a mut dyn FnMut(CompilationEvent<'_>) -> ControlFlow<()>;

/// A compiled network, saved.
#[derive(Clone, Debug)]
pub struct Compilation {
    /// The document.
    pub document: Compile,
    /// Bytes of the input, which a board counts beside the arena.
    pub input_bytes: usize,
    /// How often both networks are right, where that was measured.
    pub accuracy: Option<MeasuredAccuracy>,
}

/// How often both networks are right.
#[derive(Clone, Debug)]
pub struct MeasuredAccuracy {
    /// What the inputs are called: `test digits`.
    pub inputs: String,
    /// Right answers.
    pub accuracy: Accuracy,
}

/// Compiles a float ONNX, and writes `NAME.int8.onnx`, `NAME.ctx`, `NAME.toml`, and for a boot
/// loader `NAME-BOARD.uf2` into the folder: all of them or none.
///
/// # Errors
/// [`CompilationError`].
pub fn compile_model(
    request: &CompilationRequest<'_>,
    watch: CompilationWatch<'_>,
) -> Result<Compilation, CompilationError> {
    let uf2_board = request.uf2.map(drive_board).transpose()?;
    let mut note = |said: &str| {
        let _ = watch(CompilationEvent::Note(said));
    };
    let source = SourceFile::open(request.model, &request.overrides, &mut note)?;
    let spec = &source.spec;
    let name = name(request);
    output::check_name(&name)?;
    let staged = StagedFolder::begin(request.folder)?;
    let calibrate = open(request.calibrate, spec, &mut note)?;
    // What is wrong with the data to measure on is said before the work begins.
    let measured_on = request.accuracy.map(|on| pick(on, spec, &mut note));
    let measured_on = measured_on.transpose()?;

    let mut report = |progress| watch(CompilationEvent::Progress(progress));
    let limit = request.calibration_limit;
    let calibration = calibration_set(&calibrate, limit, &spec.input, &mut report)?;
    let (inputs, mut warnings) = (calibration.inputs, calibration.warnings);
    let compiled = compile_with(
        &source.source(),
        &name,
        spec,
        &inputs,
        request.options,
        &mut report,
    )?;
    let names = class_names(&compiled.network);
    for said in compiled.float.notes.iter().chain(&names) {
        let _ = watch(CompilationEvent::Note(said));
    }
    let image = compiled.image()?;
    let mut measured = None;
    if let Some((data, pick)) = &measured_on {
        let (accuracy, warning) = measure(&compiled, &image, data, *pick, watch)?;
        warnings.extend(warning);
        let inputs = called(data);
        measured = Some(MeasuredAccuracy { inputs, accuracy });
    }
    for warning in &warnings {
        let _ = watch(CompilationEvent::Warning(warning));
    }

    // The file for a boot loader is staged beside the others: all of them or none.
    let uf2 = uf2_board.map(|board| stage_uf2(board, &name, &image, &staged));
    let uf2 = uf2.transpose()?;
    let saved = compiled.save(&image, spec, staged)?;
    let mut document = document(&compiled, &image, &saved);
    document.calibration_inputs = inputs.len();
    document.uf2 = uf2.map(|path| path.display().to_string());
    document.accuracy = measured.as_ref().map(|found| found.accuracy.into());
    document.warnings = warnings;
    Ok(Compilation {
        document,
        input_bytes: image.model().input().bytes(),
        accuracy: measured,
    })
}

/// The model's name: what was asked for, or that of its file.
fn name(request: &CompilationRequest<'_>) -> String {
    let stem = || Some(request.model.file_stem()?.to_string_lossy().into_owned());
    let name = request.name.map(str::to_owned).or_else(stem);
    name.unwrap_or_else(|| "model".to_owned())
}

/// The board of this name, whose boot loader shows a drive.
fn drive_board(name: &str) -> Result<&'static BoardKind, CompilationError> {
    let board = RigChoice::of(name, "").board()?;
    match board.drive {
        Some(_) => Ok(board),
        None => Err(DriveError::NoDrive { board: board.name }.into()),
    }
}

/// A set of inputs; says what was found and decided.
fn open(
    argument: &str,
    spec: &ModelSpec,
    note: &mut dyn FnMut(&str),
) -> Result<DataSet, DataError> {
    let data = DataSet::open(argument, &spec.input, &spec.output.labels)?;
    data.notes.iter().for_each(|said| note(said));
    Ok(data)
}

/// The data to measure on, and which of its inputs.
fn pick(
    on: MeasuredOn<'_>,
    spec: &ModelSpec,
    note: &mut dyn FnMut(&str),
) -> Result<(DataSet, Pick), CompilationError> {
    match on {
        MeasuredOn::TestDigits(images) => {
            let data = open(MNIST, spec, note)?;
            if images == 0 || images > data.len() {
                let most = data.len();
                return Err(CompilationError::TestDigits { most });
            }
            Ok((data, Pick::First(images)))
        }
        MeasuredOn::Data { argument, limit } => {
            let data = open(argument, spec, note)?;
            Ok((data, limit.map_or(Pick::All, Pick::First)))
        }
    }
}

/// What the inputs of a set are called in words.
fn called(data: &DataSet) -> String {
    match data.argument() {
        MNIST => "test digits".to_owned(),
        argument => format!("inputs of {argument}"),
    }
}

/// That the names of classes are those of a well-known set of as many, where they are.
fn class_names(network: &Network) -> Option<String> {
    let scores = network.layers.last();
    let classes = scores.map_or(0, |scores| scores.output.shape.iter().product());
    let (_, whose) = labels::well_known(classes).filter(|_| network.labels.is_empty())?;
    Some(format!(
        "class names are those of {whose}; --labels gives other names"
    ))
}

/// How often both networks are right on a set, and a warning where int8 is less often.
fn measure(
    compiled: &Compiled,
    image: &BoardImage,
    data: &DataSet,
    pick: Pick,
    watch: CompilationWatch<'_>,
) -> Result<(Accuracy, Option<String>), CompilationError> {
    let classes = image.model().logits().shape.elements();
    data.check_labels(classes.max(2))?;
    let pair = Pair {
        float: &compiled.float,
        network: &compiled.network,
        image,
    };
    let mut report = |progress| watch(CompilationEvent::Progress(progress));
    let found = accuracy(&pair, data.inputs(pick)?, &mut report)?;
    Ok((found, accuracy_loss(compiled, &found, data, pick)?))
}

/// Writes the board image as a UF2 file for `board` beside the others, and gives its path.
fn stage_uf2(
    board: &'static BoardKind,
    name: &str,
    image: &BoardImage,
    staged: &StagedFolder,
) -> Result<PathBuf, CompilationError> {
    fit::check_image(name, &image.model(), board)?;
    let uf2 = drive::image_uf2(board, image.bytes())?;
    let file = format!("{name}-{}.uf2", board.name);
    output::write(&staged.path().join(&file), &uf2)?;
    Ok(staged.folder().join(file))
}

/// The document of a compiled network, but for what was calibrated and measured.
fn document(compiled: &Compiled, image: &BoardImage, saved: &Saved) -> Compile {
    let model = image.model();
    let arena = |mode| model.plan(mode).map(|plan| plan.arena_bytes());
    Compile {
        model: compiled.network.name.clone(),
        source_sha256: hex(&compiled.source_sha256),
        model_sha256: hex(model.hash()),
        onnx_sha256: hex(&compiled.source_sha256),
        int8_onnx_sha256: hex(model.onnx_hash()),
        image_sha256: hex(model.hash()),
        calibration_inputs: 0,
        int8_onnx: saved.int8_onnx.display().to_string(),
        image: saved.image.display().to_string(),
        spec: saved.spec.display().to_string(),
        uf2: None,
        image_bytes: model.image_bytes(),
        macs: model.macs(),
        layers: model.layer_count(),
        planned_arena_bytes: PlannedArena {
            fused: arena(Mode::Fused),
            tapped: arena(Mode::Tapped),
        },
        accuracy: None,
        warnings: Vec::new(),
    }
}
