//! A neuron of a fit, driven by images that are made for it: the images, a picture with their
//! controls and the receipt.

use super::laboratory::{DriveError, LaboratoryRequest, board_of, keep_images, steps};
use super::{SavedExperiment, Watch};
use crate::documents::brain_control::{BrainControl, control_images, driven_images};
use crate::results::{ResultFolder, SaveError};
use crate::scene::control::{Words, goal_name, trial as draw};
use cortexscope_brain::control::Goal;
use cortexscope_rig::session::Cancel;
use std::path::PathBuf;
use std::time::Instant;

/// A neuron that is to be driven.
#[derive(Clone, Debug, PartialEq)]
pub struct ControlRequest {
    /// The fit, the judge and the synthesis.
    pub laboratory: LaboratoryRequest,
    /// What images are made for.
    pub goal: Goal,
    /// The neuron, from 0.
    pub neuron: usize,
    /// Images, each from its own seed.
    pub seeds: usize,
    /// Images made for other neurons, as controls.
    pub others: usize,
    /// The folder for the images, the picture and the receipt.
    pub folder: PathBuf,
}

/// Seeds below which a note says that they are few.
const FEW_SEEDS: usize = 5;

/// Makes the images, and writes them, `control.png` and `control.json` into the folder. `cancel`
/// ends what is asked of a board, and `watch` is told how far the work is.
///
/// # Errors
/// [`DriveError`].
pub fn control_neuron(
    request: &ControlRequest,
    cancel: &Cancel,
    watch: Watch<'_>,
) -> Result<SavedExperiment<BrainControl>, DriveError> {
    let begun = Instant::now();
    let session = request.laboratory.open()?;
    let fit = &session.fit;
    let (seeds, goal) = (request.seeds, request.goal);
    let protocol = request
        .laboratory
        .protocol(fit, goal, seeds, request.others)?;
    let mut laboratory = request.laboratory.laboratory(&session, cancel, watch)?;
    laboratory.check(request.neuron)?;
    let results = ResultFolder::begin(&request.folder)?;
    let others = request.others.min(fit.readout.neurons() - 1);
    let all = request.laboratory.steps * (seeds + others);
    let trial = laboratory.drive(request.neuron, &protocol, &mut steps(all, watch))?;

    let files = keep_images(&results, &trial)?;
    let judge = request.laboratory.judge_name();
    let words = Words {
        model: &fit.model.name,
        layer: &fit.about.layer,
        judge,
    };
    let drawing = draw(&trial, words).map_err(SaveError::from)?;
    let picture = results.drawing("control.png", &drawing, 1)?;
    let settings = protocol.settings;
    let document = BrainControl {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        goal: goal_name(goal).to_owned(),
        fit: request.laboratory.fit.display().to_string(),
        neuron: request.neuron,
        judge: judge.map(str::to_owned),
        board: board_of(&mut laboratory)?,
        steps: settings.steps,
        rate: settings.rate,
        jitter: settings.jitter,
        variation: settings.variation,
        natural_max: trial.natural_max_judge.unwrap_or(trial.natural_max_own),
        natural_max_own: trial.natural_max_own,
        natural_image: trial.natural_image,
        natural_images: trial.natural_images,
        beyond_natural: trial.beyond_judge(),
        beyond_natural_own: trial.beyond_own(),
        seed_similarity: trial.seed_similarity(),
        images: driven_images(&trial, &files),
        controls: control_images(&trial),
        notes: notes(judge.is_some(), seeds),
        picture: picture.display().to_string(),
        seconds: begun.elapsed().as_secs_f64(),
    };
    let receipt = results.receipt("control.json", &document)?;
    results.commit()?;
    Ok(SavedExperiment {
        document,
        drawings: vec![drawing],
        receipt: Some(receipt),
    })
}

/// What the reader has to know.
fn notes(is_judged: bool, seeds: usize) -> Vec<String> {
    let mut notes = Vec::new();
    if !is_judged {
        notes.push(
            "without --judge the images are graded by the model that they were made with, which \
             says nothing of control"
                .to_owned(),
        );
    }
    if seeds < FEW_SEEDS {
        notes.push(format!(
            "{seeds} seeds are too few to say much: take five or more"
        ));
    }
    notes
}
