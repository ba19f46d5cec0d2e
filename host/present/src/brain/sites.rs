//! Several neurons of a fit, each driven in both ways: the images, the figure of the whole
//! population and the receipt.

use super::laboratory::{DriveError, LaboratoryRequest, board_of, keep_images, steps};
use super::{SavedExperiment, Watch};
use crate::documents::brain_sites::{BrainSites, DrivenGoal, DrivenSite, driven_goal};
use crate::results::{ResultFolder, SaveError};
use crate::scene::control::{Words, sites as draw};
use cortexscope_brain::control::{ControlTrial, Goal, sites};
use cortexscope_rig::session::Cancel;
use std::path::PathBuf;
use std::time::Instant;

/// Sites that are to be driven.
#[derive(Clone, Debug, PartialEq)]
pub struct SitesRequest {
    /// The fit, the judge and the synthesis.
    pub laboratory: LaboratoryRequest,
    /// The neurons, from 0; the first [`SITES`] if none is named.
    pub neurons: Vec<usize>,
    /// Images of each kind, each from its own seed; the figure shows the first.
    pub seeds: usize,
    /// The folder for the images, the figure and the receipt.
    pub folder: PathBuf,
}

/// Neurons in the lecture's figure, and columns that a figure has room for.
pub const SITES: usize = 6;

/// Makes the images, and writes them, `sites.png` and `sites.json` into the folder. `cancel` ends
/// what is asked of a board, and `watch` is told how far the work is.
///
/// # Errors
/// [`DriveError`].
pub fn drive_sites(
    request: &SitesRequest,
    cancel: &Cancel,
    watch: Watch<'_>,
) -> Result<SavedExperiment<BrainSites>, DriveError> {
    let begun = Instant::now();
    let session = request.laboratory.open()?;
    let fit = &session.fit;
    let neurons = if request.neurons.is_empty() {
        (0..fit.readout.neurons().min(SITES)).collect()
    } else {
        request.neurons.clone()
    };
    if neurons.len() > SITES {
        return Err(DriveError::Sites { most: SITES });
    }
    let protocol = request
        .laboratory
        .protocol(fit, Goal::Stretch, request.seeds, 0)?;
    let mut laboratory = request.laboratory.laboratory(&session, cancel, watch)?;
    for &neuron in &neurons {
        laboratory.check(neuron)?;
    }
    let results = ResultFolder::begin(&request.folder)?;
    let all = request.laboratory.steps * 2 * neurons.len() * request.seeds;
    let driven = sites(&mut laboratory, &neurons, &protocol, &mut steps(all, watch))?;

    let documented = driven.iter().map(|site| {
        Ok(DrivenSite {
            neuron: site.neuron,
            stretch: kept(&results, &site.stretch)?,
            ohp: kept(&results, &site.one_hot)?,
        })
    });
    let documented = documented.collect::<Result<_, SaveError>>()?;
    let judge = request.laboratory.judge_name();
    let mut notes = Vec::new();
    if judge.is_none() {
        notes.push(
            "without --judge or --board the images are graded by the model that they were made \
             with, which says nothing of control"
                .to_owned(),
        );
    }
    let words = Words {
        model: &fit.model.name,
        layer: &fit.about.layer,
        judge,
    };
    let drawing = draw(&driven, words).map_err(SaveError::from)?;
    let picture = results.drawing("sites.png", &drawing, 2)?;
    let settings = protocol.settings;
    let document = BrainSites {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        fit: request.laboratory.fit.display().to_string(),
        judge: judge.map(str::to_owned),
        board: board_of(&mut laboratory)?,
        steps: settings.steps,
        rate: settings.rate,
        jitter: settings.jitter,
        variation: settings.variation,
        sites: documented,
        notes,
        picture: picture.display().to_string(),
        seconds: begun.elapsed().as_secs_f64(),
    };
    let receipt = results.receipt("sites.json", &document)?;
    results.commit()?;
    Ok(SavedExperiment {
        document,
        drawings: vec![drawing],
        receipt: Some(receipt),
    })
}

/// Writes the images of a trial, and says what was answered to them.
fn kept(results: &ResultFolder, trial: &ControlTrial) -> Result<DrivenGoal, SaveError> {
    Ok(driven_goal(trial, &keep_images(results, trial)?))
}
