//! What int8 costs a network, layer by layer, and what helps: bars, tables and the document.

mod table;

pub use table::write;

use crate::documents::doctor::Doctor;
use crate::results::{ResultFolder, SaveError};
use cortexscope_compile::Source;
use cortexscope_draw::{LayerNoise, NoiseRow, layer_noise};
use cortexscope_explain::float_model::{FloatModel, FloatModelError};
use cortexscope_net::RequestError;
use cortexscope_net::input::DataError;
use cortexscope_record::{ChoiceError, RigChoice};
use cortexscope_rig::session::Cancel;
use cortexscope_study::data::Data;
use cortexscope_study::doctor::{
    Diagnosis, DoctorError, Report, Subject, advice, examine, spread_cases,
};
use std::path::Path;
use std::time::Instant;

/// What is examined, and by which inputs.
#[derive(Clone, Copy)]
pub struct ExaminationRequest<'a> {
    /// The float model.
    pub model: &'a FloatModel,
    /// What is measured on.
    pub data: &'a Data,
    /// The greatest number of inputs of it; they are spread evenly over all.
    pub images: usize,
    /// What is calibrated with.
    pub calibration: &'a Data,
    /// The greatest number of inputs of it; they are spread evenly over all.
    pub calibration_limit: usize,
    /// The name of the board whose bytes are looked at.
    pub board: &'a str,
    /// The folder for the picture and the document, if they are saved.
    pub folder: Option<&'a Path>,
}

/// Why a network is not examined, or the result not saved.
#[derive(Debug, thiserror::Error)]
pub enum ExaminationError {
    /// There is no such board.
    #[error(transparent)]
    Board(#[from] ChoiceError),
    /// No inputs were asked for.
    #[error("--images and --calibration-limit are at least 1")]
    NoInputs,
    /// An input cannot be read.
    #[error(transparent)]
    Data(Box<DataError>),
    /// The float model cannot be read again.
    #[error(transparent)]
    Model(Box<FloatModelError>),
    /// The network cannot be examined.
    #[error(transparent)]
    Doctor(Box<DoctorError>),
    /// The result cannot be saved.
    #[error(transparent)]
    Save(#[from] SaveError),
}

impl RequestError for ExaminationError {
    fn is_request(&self) -> bool {
        match self {
            Self::Board(error) => error.is_request(),
            Self::NoInputs => true,
            Self::Data(error) => error.is_request(),
            Self::Model(error) => error.is_request(),
            Self::Doctor(_) => false,
            Self::Save(error) => error.is_request(),
        }
    }
}

impl From<DataError> for ExaminationError {
    fn from(error: DataError) -> Self {
        Self::Data(Box::new(error))
    }
}

impl From<FloatModelError> for ExaminationError {
    fn from(error: FloatModelError) -> Self {
        Self::Model(Box::new(error))
    }
}

impl From<DoctorError> for ExaminationError {
    fn from(error: DoctorError) -> Self {
        Self::Doctor(Box::new(error))
    }
}

/// Examines a network, and with a folder writes `doctor.png` and `doctor.json` there.
/// `report` is told what is being done, and may end the work.
///
/// # Errors
/// [`ExaminationError`].
pub fn examine_network(
    request: &ExaminationRequest<'_>,
    cancel: &Cancel,
    report: Report<'_>,
) -> Result<Doctor, ExaminationError> {
    let begun = Instant::now();
    let board = RigChoice::of(request.board, "").board()?;
    if request.images == 0 || request.calibration_limit == 0 {
        return Err(ExaminationError::NoInputs);
    }
    let model = request.model;
    let cases = spread_cases(request.data, request.images)?;
    let calibration = spread_cases(request.calibration, request.calibration_limit)?;
    let calibration: Vec<Vec<f32>> = calibration.into_iter().map(|case| case.values).collect();
    let graph = model.read_again()?;
    let subject = Subject {
        source: Source {
            graph: &graph,
            sha256: model.sha256,
        },
        name: &model.name,
        spec: &model.spec,
        calibration: &calibration,
        inputs: &cases,
        board,
    };
    let results = request.folder.map(ResultFolder::begin).transpose()?;
    let found = examine(&subject, cancel, report)?;
    let mut document = document(request, &subject, &found);
    document.seconds = begun.elapsed().as_secs_f64();
    if let Some(results) = results {
        let drawing = layer_noise(&bars(&document, &found)).map_err(SaveError::from)?;
        let picture = results.drawing("doctor.png", &drawing, 2)?;
        document.picture = Some(picture.display().to_string());
        results.receipt("doctor.json", &document)?;
        results.commit()?;
    }
    Ok(document)
}

fn document(request: &ExaminationRequest<'_>, subject: &Subject<'_>, found: &Diagnosis) -> Doctor {
    let model = request.model;
    let images = subject.inputs.len();
    Doctor {
        model: model.name.clone(),
        model_sha256: model.sha256_hex(),
        preprocessing: model.spec.input.to_string(),
        data: request.data.argument.clone(),
        images,
        calibration: request.calibration.argument.clone(),
        calibration_inputs: subject.calibration.len(),
        board: request.board.to_owned(),
        float_right: found.float_right,
        first_costly_layer: found.first_costly.map(|at| found.layers[at].layer.clone()),
        advice: advice(found, images),
        layers: found.layers.clone(),
        remedies: found.remedies.clone(),
        picture: None,
        seconds: 0.0,
    }
}

fn bars(document: &Doctor, found: &Diagnosis) -> LayerNoise {
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
