//! Readouts of a layer's features, fitted to a session: readouts, predictions, a picture of the
//! masks and the receipt.

use super::{Progress, SavedExperiment, Watch};
use crate::documents::brain_fit::{BrainFit, LayerScore, fit_document};
use crate::results::{ResultFolder, SaveError};
use crate::scene::readout::masks;
use cortexscope_brain::data::{DataError, SessionFiles};
use cortexscope_brain::encode::{
    About, EncodeError, Fit, Geometry, Request, SessionFit, Stage, StoredError, save,
};
use cortexscope_brain::stimuli::as_shown;
use cortexscope_explain::float_model::{FloatModel, FloatModelError, LayerId};
use cortexscope_net::RequestError;
use std::path::PathBuf;
use std::time::Instant;
use thiserror::Error;

/// A fit that is wanted.
#[derive(Clone, Debug, PartialEq)]
pub struct FitRequest {
    /// The network as it was named; who uses the fit later opens it by this name.
    pub model: String,
    /// The layer whose features are read.
    pub layer: String,
    /// Other layers of the same network, for the table of layers.
    pub also: Vec<String>,
    /// Images and responses.
    pub session: SessionFiles,
    /// What is fitted, and how.
    pub fit: Request,
    /// Cells a side that pooling leaves at most.
    pub cells: usize,
    /// A folder that keeps features: a later fit of the same layer to the same images reads them
    /// there.
    pub features: Option<PathBuf>,
    /// A folder that keeps a factorised fit before each pass: the same request goes on from there.
    pub checkpoints: Option<PathBuf>,
    /// The folder for readouts, predictions, the picture and the receipt.
    pub folder: PathBuf,
}

/// Why neurons were not fitted, or the fit not saved.
#[derive(Debug, Error)]
pub enum FitError {
    /// The neurons cannot be fitted.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// The fit cannot be kept.
    #[error(transparent)]
    Stored(#[from] StoredError),
    /// The results cannot be saved.
    #[error(transparent)]
    Save(#[from] SaveError),
}

impl From<FloatModelError> for FitError {
    fn from(error: FloatModelError) -> Self {
        EncodeError::from(error).into()
    }
}

impl From<DataError> for FitError {
    fn from(error: DataError) -> Self {
        EncodeError::from(error).into()
    }
}

impl RequestError for FitError {
    fn is_request(&self) -> bool {
        match self {
            Self::Encode(error) => error.is_request(),
            Self::Stored(error) => error.is_request(),
            Self::Save(error) => error.is_request(),
        }
    }
}

/// Fits readouts of layers of `model`, which was opened by the name of the request, and writes
/// `masks.png`, `fit.json` and what [`Stored`](cortexscope_brain::encode::Stored) reads into the
/// folder. The network takes the images as they were shown, whatever its description says.
///
/// # Errors
/// [`FitError`].
pub fn fit_neurons(
    mut model: FloatModel,
    request: &FitRequest,
    watch: Watch<'_>,
) -> Result<SavedExperiment<BrainFit>, FitError> {
    let begun = Instant::now();
    request.fit.check()?;
    model.spec.input = as_shown(&model.spec.input);
    let model = &model;
    let layer = model.find(&request.layer)?;
    let also = request.also.iter().map(|name| model.find(name));
    let also = also.collect::<Result<Vec<_>, _>>()?;
    let (images, responses) = request.session.open()?;
    let results = ResultFolder::begin(&request.folder)?;
    let digest = images.digest();
    let session = SessionFit {
        model,
        images: &images,
        digest: &digest,
        responses: &responses,
        cells: request.cells,
        features: request.features.as_deref(),
        checkpoints: request.checkpoints.as_deref(),
    };
    session.make_folders()?;
    let mut run = |layer| fit_layer(&session, layer, &request.fit, watch);
    let fitted = run(layer)?;
    let mut layers = vec![score(model, layer, &fitted)];
    for &other in &also {
        layers.push(score(model, other, &run(other)?));
    }

    let pooling = session.pooling(layer);
    let about = about(request, &session, layer, &fitted);
    save(results.staging(), &fitted, &model.spec, &about)?;
    let geometry = Geometry::of(model, layer).map(|field| field.pooled(pooling));
    let drawing = masks(model, &request.layer, &fitted, geometry).map_err(SaveError::from)?;
    let picture = results.drawing("masks.png", &drawing, 1)?;

    let mut document = fit_document(&fitted, model, &request.fit);
    document.version = env!("CARGO_PKG_VERSION").to_owned();
    document.layer.clone_from(&request.layer);
    document.window = pooling.window;
    document.images.clone_from(&images.name);
    document.responses.clone_from(&request.session.responses);
    document.layers = layers;
    document.picture = picture.display().to_string();
    document.folder = request.folder.display().to_string();
    if let Some(field) = geometry {
        document.receptive_field = Some(field.into());
    }
    document.notes.extend(request.fit.repeated(&images));
    document.images_sha256 = digest;
    document.seconds = begun.elapsed().as_secs_f64();
    let receipt = results.receipt("fit.json", &document)?;
    results.commit()?;
    Ok(SavedExperiment {
        document,
        drawings: vec![drawing],
        receipt: Some(receipt),
    })
}

fn fit_layer(
    session: &SessionFit<'_>,
    layer: LayerId,
    request: &Request,
    watch: Watch<'_>,
) -> Result<Fit, EncodeError> {
    let features = format!("features of {}", session.model.layer(layer).name);
    session.fit(layer, request, &mut |stage, done, all| {
        let doing = match stage {
            Stage::Features => &features,
            Stage::Readout => "readout",
        };
        watch(Progress::Work {
            unit: "steps",
            doing,
            done,
            all,
        })
    })
}

/// What the fit keeps of itself.
fn about(request: &FitRequest, session: &SessionFit<'_>, layer: LayerId, fitted: &Fit) -> About {
    About {
        model: request.model.clone(),
        model_sha256: session.model.sha256_hex(),
        layer: request.layer.clone(),
        window: session.pooling(layer).window,
        shape: fitted.readout.shape,
        readout: request.fit.method.kind().name().to_owned(),
        images: session.images.name.clone(),
        means: fitted.scales.iter().map(|scale| scale[0]).collect(),
        deviations: fitted.scales.iter().map(|scale| scale[1]).collect(),
        bias: fitted.readout.bias.clone(),
    }
}

fn score(model: &FloatModel, layer: LayerId, fit: &Fit) -> LayerScore {
    LayerScore {
        layer: model.layer(layer).name.clone(),
        features: fit.readout.shape,
        median_r: fit.median_r(),
        median_explained_variance: fit
            .median_of(|score| Some(score.explained_variance))
            .unwrap_or(0.0),
    }
}
