//! Whether attributions can be trusted: the measures of a method's maps as a document.

use crate::documents::assess::{Agreement, Assess, AssessRow, CurvePoint};
use crate::results::{ResultFolder, SaveError};
use cortexscope_explain::assess::{
    Assessment, LayerAgreement, Measures, Metric, Point, Row, measure,
};
use cortexscope_explain::attribute::{ReceiptParameters, Report};
use cortexscope_net::RequestError;
use cortexscope_net::input::FloatInput;
use cortexscope_study::assess::{AssessError, AssessmentStudy, Progress};
use cortexscope_study::shard::{Parts, ShareEnd, ShareRequest};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Why measures cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum AssessmentError {
    /// They cannot be made.
    #[error(transparent)]
    Study(#[from] AssessError),
    /// The document cannot be saved.
    #[error(transparent)]
    Save(#[from] SaveError),
}

impl RequestError for AssessmentError {
    fn is_request(&self) -> bool {
        match self {
            Self::Study(error) => error.is_request(),
            Self::Save(error) => error.is_request(),
        }
    }
}

/// Where a document of measures goes, and what is in it.
#[derive(Clone, Copy, Debug)]
pub struct AssessmentOutput<'a> {
    /// Whether the points of curves are given too.
    pub has_points: bool,
    /// The folder that it is written into, as `assess.METRIC.METHOD.json`.
    pub folder: Option<&'a Path>,
}

/// What was measured, and its file.
#[derive(Clone, Debug)]
pub struct SavedAssessment {
    /// The document.
    pub document: Assess,
    /// Its file, where it was written into a folder.
    pub path: Option<PathBuf>,
}

/// Measures the maps of one input.
///
/// # Errors
/// [`AssessmentError`].
pub fn assess_input(
    assessment: Assessment<'_>,
    input: &FloatInput,
    output: AssessmentOutput<'_>,
    report: Report<'_>,
) -> Result<SavedAssessment, AssessmentError> {
    let begun = Instant::now();
    let inputs = std::slice::from_ref(&input.values);
    let measures = measure(assessment, inputs, report).map_err(AssessError::from)?;
    let mut document = document(assessment, &measures, output.has_points);
    document.input = Some(input.argument.clone());
    document.seconds = Some(begun.elapsed().as_secs_f64());
    Ok(save(document, output.folder)?)
}

/// Measures the `share` of a set that is asked for, and makes the document of a whole one.
/// `watch` sees how far it is, and may end it.
///
/// # Errors
/// [`AssessmentError`].
pub fn assess_set(
    study: &AssessmentStudy<'_>,
    share: &ShareRequest,
    output: AssessmentOutput<'_>,
    watch: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<ShareEnd<SavedAssessment>, AssessmentError> {
    let begun = Instant::now();
    let measures = match study.run(share, watch)? {
        ShareEnd::Part(part) => return Ok(ShareEnd::Part(part)),
        ShareEnd::Whole(measures) => measures,
    };
    let mut document = of_set(study, &measures, output.has_points);
    document.seconds = Some(begun.elapsed().as_secs_f64());
    Ok(ShareEnd::Whole(save(document, output.folder)?))
}

/// Joins the parts of a set, and makes the document as [`assess_set`] does for a whole one; it
/// says no time, so that it does not depend on the number of the parts.
///
/// # Errors
/// [`AssessmentError`].
pub fn joined_assessment(
    study: &AssessmentStudy<'_>,
    parts: &Parts,
    output: AssessmentOutput<'_>,
) -> Result<SavedAssessment, AssessmentError> {
    let measures = study.join(parts)?;
    let document = of_set(study, &measures, output.has_points);
    Ok(save(document, output.folder)?)
}

/// Writes the document into the folder, where there is one.
fn save(document: Assess, folder: Option<&Path>) -> Result<SavedAssessment, SaveError> {
    let mut path = None;
    if let Some(folder) = folder {
        let name = format!("assess.{}.{}.json", document.metric, document.method);
        let results = ResultFolder::begin(folder)?;
        path = Some(results.receipt(&name, &document)?);
        results.commit()?;
    }
    Ok(SavedAssessment { document, path })
}

fn of_set(study: &AssessmentStudy<'_>, measures: &Measures, has_points: bool) -> Assess {
    Assess {
        data: Some(study.data.argument.clone()),
        ..document(study.assessment, measures, has_points)
    }
}

/// What was measured; not yet of what, nor in which time.
fn document(assessment: Assessment<'_>, measures: &Measures, has_points: bool) -> Assess {
    let Assessment {
        model,
        method,
        metric,
        seed,
    } = assessment;
    let images = measures.len();
    let rows = measures.rows(assessment);
    let value = rows.first().and_then(|row| row.value);
    let missing = rows.iter().filter(|row| row.inputs < images);
    let notes = missing.map(|row| {
        let without = images - row.inputs;
        format!(
            "{}: {without} of {images} maps have no such value, because they are constant or 0 everywhere",
            row.map
        )
    });
    Assess {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        model: model.name.clone(),
        model_sha256: model.sha256_hex(),
        input: None,
        data: None,
        images,
        metric: metric.kind().name().to_owned(),
        paper: metric.paper().to_owned(),
        setting: metric.setting(model),
        step: match metric {
            Metric::Curve { step, .. } => Some(*step),
            _ => None,
        },
        seed,
        method: method.name().to_owned(),
        method_variant: method.variant(),
        parameters: ReceiptParameters(method.parameters().into_iter().collect()),
        value,
        auc: value.filter(|_| metric.kind().is_curve()),
        notes: notes.collect(),
        rows: rows
            .into_iter()
            .map(|row| of_map(row, has_points))
            .collect(),
        seconds: None,
    }
}

fn of_map(row: Row, has_points: bool) -> AssessRow {
    let curve = row.curve.iter().filter(|_| has_points);
    AssessRow {
        map: row.map.to_owned(),
        value: row.value,
        images: row.inputs,
        curve: curve.map(Into::into).collect(),
        layers: row.layers.into_iter().map(Into::into).collect(),
    }
}

impl From<&Point> for CurvePoint {
    fn from(point: &Point) -> Self {
        Self {
            share: point.share,
            value: point.value,
        }
    }
}

impl From<LayerAgreement> for Agreement {
    fn from(layer: LayerAgreement) -> Self {
        Self {
            order: layer.order.name().to_owned(),
            layer: layer.layer,
            ssim: layer.ssim,
            ssim_absolute: layer.ssim_absolute,
            spearman: layer.spearman,
            spearman_absolute: layer.spearman_absolute,
        }
    }
}
