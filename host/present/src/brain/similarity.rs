//! A network compared with brains, layer by layer: a picture and the receipt.

use super::{Progress, SavedExperiment, Watch};
use crate::documents::brain_compare::{BrainCompare, CeilingRange, LayerAgreement};
use crate::results::{ResultFolder, SaveError};
use crate::scene::dissimilarity::{LabelledRdm, agreement, matrices};
use crate::scene::last_part;
use cortexscope_brain::data::{DataError, Images};
use cortexscope_brain::encode::{EncodeError, Features};
use cortexscope_brain::similarity::{Reference, ReferenceFile};
use cortexscope_brain::stimuli::as_shown;
use cortexscope_explain::float_model::{FloatModel, FloatModelError, LayerId};
use cortexscope_net::RequestError;
use std::path::PathBuf;
use thiserror::Error;

/// A comparison that is wanted.
#[derive(Clone, Debug, PartialEq)]
pub struct SimilarityRequest {
    /// The images, as [`Images::open`] takes them.
    pub images: String,
    /// What the network is compared with.
    pub reference: ReferenceFile,
    /// The layers; what each rectifier writes if none is named, or every layer where there is
    /// none.
    pub layers: Vec<String>,
    /// Cells a side that pooling leaves at most.
    pub cells: usize,
    /// Shuffles for p, and draws with replacement for the interval.
    pub draws: usize,
    /// Seed of shuffles, draws and halves of repeats.
    pub seed: u64,
    /// The folder for the picture and the receipt; nothing is written without it.
    pub folder: Option<PathBuf>,
}

/// Why a network was not compared, or the comparison not saved.
#[derive(Debug, Error)]
pub enum SimilarityError {
    /// Too few draws, or too many.
    #[error("--draws: give a number from 10 to 1,000,000")]
    Draws,
    /// Images, responses or the network.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// The results cannot be saved.
    #[error(transparent)]
    Save(#[from] SaveError),
}

impl From<DataError> for SimilarityError {
    fn from(error: DataError) -> Self {
        EncodeError::from(error).into()
    }
}

impl From<FloatModelError> for SimilarityError {
    fn from(error: FloatModelError) -> Self {
        EncodeError::from(error).into()
    }
}

impl RequestError for SimilarityError {
    fn is_request(&self) -> bool {
        match self {
            Self::Draws => true,
            Self::Encode(error) => error.is_request(),
            Self::Save(error) => error.is_request(),
        }
    }
}

impl SimilarityRequest {
    /// Checks what can be known without a network and images.
    ///
    /// # Errors
    /// [`SimilarityError::Draws`].
    pub fn check(&self) -> Result<(), SimilarityError> {
        if (10..=1_000_000).contains(&self.draws) {
            Ok(())
        } else {
            Err(SimilarityError::Draws)
        }
    }

    fn layers(&self, model: &FloatModel) -> Result<Vec<LayerId>, FloatModelError> {
        if !self.layers.is_empty() {
            return self.layers.iter().map(|name| model.find(name)).collect();
        }
        let rectifiers = model.rectifiers();
        Ok(if rectifiers.is_empty() {
            (0..model.layers().len()).map(LayerId).collect()
        } else {
            rectifiers
        })
    }
}

/// Compares layers of `model` with brains, and writes `compare.png` and `compare.json` into the
/// folder, if there is one. The network takes the images as they were shown, whatever its
/// description says. The drawings are the layers' agreement, where one varies, and the matrices.
///
/// # Errors
/// [`SimilarityError`].
pub fn compare_layers(
    mut model: FloatModel,
    request: &SimilarityRequest,
    watch: Watch<'_>,
) -> Result<SavedExperiment<BrainCompare>, SimilarityError> {
    request.check()?;
    model.spec.input = as_shown(&model.spec.input);
    let model = &model;
    let layers = request.layers(model)?;
    let images = Images::open(&request.images)?;
    let count = images.stimuli.len();
    let reference = Reference::open(&request.reference, count, request.seed)?;
    let results = request.folder.as_deref().map(ResultFolder::begin);
    let results = results.transpose()?;
    let mut step = |done, all| {
        watch(Progress::Work {
            unit: "images",
            doing: "",
            done,
            all,
        })
    };
    let all = Features::compute(
        model,
        &layers,
        request.cells,
        &images,
        &mut |_, done, all| step(done, all),
    )?;

    let mut agreements = Vec::new();
    let mut shown = vec![LabelledRdm {
        lines: vec![
            last_part(&reference.name).to_owned(),
            "mean of ranks".to_owned(),
        ],
        rdm: reference.mean_of_ranks(),
    }];
    for (&id, features) in layers.iter().zip(&all) {
        if step(count, count).is_break() {
            return Err(EncodeError::Interrupted.into());
        }
        let compared = reference.compare(features, request.draws, request.seed);
        let name = model.layer(id).name.clone();
        let rho = compared.agreement.as_ref().map(|found| found.spearman);
        shown.push(LabelledRdm {
            lines: vec![
                name.clone(),
                rho.map_or_else(|| "does not vary".to_owned(), |rho| format!("ρ {rho:.3}")),
            ],
            rdm: compared.rdm.ranked(),
        });
        let (agreement, cka) = (compared.agreement, compared.cka);
        agreements.push(LayerAgreement::new(name, features.shape, agreement, cka));
    }
    let drawing = matrices(model, &shown).map_err(SaveError::from)?;
    let picture = results
        .as_ref()
        .map(|results| results.drawing("compare.png", &drawing, 1))
        .transpose()?;
    let document = BrainCompare {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        model: model.name.clone(),
        model_sha256: model.sha256_hex(),
        preprocessing: model.spec.input.to_string(),
        images: images.name.clone(),
        compared_with: reference.name.clone(),
        subjects: reference.rdms.len(),
        images_compared: reference.images.len(),
        draws: request.draws,
        seed: request.seed,
        layers: agreements,
        ceiling: CeilingRange {
            formula: reference.ceiling_formula.to_owned(),
            lower: reference.ceiling.map(|ceiling| ceiling.lower),
            upper: reference.ceiling.map(|ceiling| ceiling.upper),
        },
        notes: reference.notes,
        picture: picture.map(|path| path.display().to_string()),
    };
    let receipt = match results {
        Some(results) => {
            let receipt = results.receipt("compare.json", &document)?;
            results.commit()?;
            Some(receipt)
        }
        None => None,
    };
    Ok(SavedExperiment {
        drawings: agreement(&document).into_iter().chain([drawing]).collect(),
        document,
        receipt,
    })
}
