//! A fit whose neurons are driven, and who judges the images: what
//! [`control`](super::control) and [`sites`](super::sites) have in common.

use super::{Progress, Watch};
use crate::documents::evolve::{EvolveBoard, board_queries};
use crate::results::{ResultFolder, SaveError};
use crate::scene::control::goal_name;
use cortexscope_brain::control::{
    ControlError, ControlTrial, Goal, Judge, Laboratory, Protocol, Settings,
};
use cortexscope_brain::data::{DataError, Images, NumberArray};
use cortexscope_brain::encode::{Stored, StoredError};
use cortexscope_brain::neuron::{BoardNeuron, NeuronError};
use cortexscope_net::RequestError;
use cortexscope_record::{ChoiceError, RigChoice};
use cortexscope_rig::board::NATIVE;
use cortexscope_rig::session::Cancel;
use cortexscope_study::beside::{BesideError, BoardLayerError, board_layer, compiled};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// The fit, the judge and the synthesis.
#[derive(Clone, Debug, PartialEq)]
pub struct LaboratoryRequest {
    /// The folder of the fit.
    pub fit: PathBuf,
    /// Who judges the images; without one the fit grades its own.
    pub judge: Option<JudgeChoice>,
    /// The natural images, where they are no longer where the fit found them.
    pub images: Option<String>,
    /// Steps of each image.
    pub steps: usize,
    /// Size of a step, of grey levels from −1 to 1.
    pub rate: f64,
    /// Weight of the total variation, if it is not that of the literature.
    pub variation: Option<f64>,
    /// Standard deviation of the grey levels of the control with raised contrast, 0 to 255.
    pub contrast: f64,
}

/// Who judges.
#[derive(Clone, Debug, PartialEq)]
pub enum JudgeChoice {
    /// What [`Judge::open`] takes.
    Model {
        /// A fit's folder, a folder of planted neurons, a network or a folder of such.
        name: String,
        /// How the network wants its input, instead of the file beside it.
        spec: Option<PathBuf>,
        /// Its responses to the natural images, where they were computed before.
        responses: Option<String>,
    },
    /// The neurons of the fit as the int8 network on this board computes them.
    Board(String),
}

/// Why neurons were not driven, or the images not saved.
#[derive(Debug, Error)]
pub enum DriveError {
    /// No seed, or no step.
    #[error("--seeds and --steps are numbers from 1 up")]
    Counts,
    /// A size of steps or a contrast that is not positive.
    #[error("--rate and --contrast are numbers greater than 0")]
    Sizes,
    /// A weight that is not a weight.
    #[error("--variation is a number from 0 up")]
    Variation,
    /// More sites than the figure has columns.
    #[error("--neurons: give at most {most}")]
    Sites {
        /// Columns.
        most: usize,
    },
    /// The board holds what comes after the fit's layer.
    #[error("the board holds {layer} as {held}, and the fit reads it before that: fit {held}")]
    HeldAs {
        /// The fit's layer.
        layer: String,
        /// The layer that the board holds.
        held: String,
    },
    /// There is no compiled model beside the network.
    #[error(transparent)]
    Beside(#[from] BesideError),
    /// The board does not hold the fit's layer.
    #[error(transparent)]
    BoardLayer(#[from] BoardLayerError),
    /// The board cannot be reached.
    #[error(transparent)]
    Board(#[from] ChoiceError),
    /// The neurons cannot be driven or judged.
    #[error(transparent)]
    Control(#[from] ControlError),
    /// The results cannot be saved.
    #[error(transparent)]
    Save(#[from] SaveError),
}

impl From<StoredError> for DriveError {
    fn from(error: StoredError) -> Self {
        ControlError::from(error).into()
    }
}

impl From<DataError> for DriveError {
    fn from(error: DataError) -> Self {
        ControlError::from(error).into()
    }
}

impl From<NeuronError> for DriveError {
    fn from(error: NeuronError) -> Self {
        ControlError::from(error).into()
    }
}

impl RequestError for DriveError {
    fn is_request(&self) -> bool {
        match self {
            Self::Counts
            | Self::Sizes
            | Self::Variation
            | Self::Sites { .. }
            | Self::HeldAs { .. } => true,
            Self::Beside(error) => error.is_request(),
            Self::BoardLayer(error) => error.is_request(),
            Self::Board(error) => error.is_request(),
            Self::Control(error) => error.is_request(),
            Self::Save(error) => error.is_request(),
        }
    }
}

/// The fit and its natural images.
pub(super) struct FitSession {
    pub fit: Stored,
    pub natural: Images,
}

impl LaboratoryRequest {
    /// The fit in this folder without a judge, and images that are made as in the literature.
    pub fn of_fit(folder: &Path) -> Self {
        Self {
            fit: folder.to_owned(),
            judge: None,
            images: None,
            steps: 200,
            rate: 0.01,
            variation: None,
            contrast: 64.0,
        }
    }

    /// How images are made; `seeds` of each, and `others` for other neurons.
    pub(super) fn protocol(
        &self,
        fit: &Stored,
        goal: Goal,
        seeds: usize,
        others: usize,
    ) -> Result<Protocol, DriveError> {
        if seeds == 0 || self.steps == 0 {
            return Err(DriveError::Counts);
        }
        let is_positive = |value: f64| value.is_finite() && value > 0.0;
        if !is_positive(self.rate) || !is_positive(self.contrast) {
            return Err(DriveError::Sizes);
        }
        let settings = Settings::new(goal, &fit.model.spec.input);
        let variation = self.variation.unwrap_or(settings.variation);
        if !(variation.is_finite() && variation >= 0.0) {
            return Err(DriveError::Variation);
        }
        Ok(Protocol {
            settings: Settings {
                steps: self.steps,
                rate: self.rate,
                variation,
                ..settings
            },
            seeds: seeds as u64,
            others,
            contrast: self.contrast,
        })
    }

    /// Reads the fit and its natural images.
    pub(super) fn open(&self) -> Result<FitSession, DriveError> {
        let fit = Stored::open(&self.fit)?;
        let named = self.images.as_ref().unwrap_or(&fit.about.images);
        Ok(FitSession {
            natural: Images::open(named)?,
            fit,
        })
    }

    /// The judge as it was named.
    pub(super) fn judge_name(&self) -> Option<&str> {
        self.judge.as_ref().map(|judge| match judge {
            JudgeChoice::Model { name, .. } => name.as_str(),
            JudgeChoice::Board(board) => board,
        })
    }

    /// The fit and who judges what is made with it. The judge is shown the natural images.
    pub(super) fn laboratory<'a>(
        &self,
        session: &'a FitSession,
        cancel: &Cancel,
        watch: Watch<'_>,
    ) -> Result<Laboratory<'a>, DriveError> {
        let FitSession { fit, natural } = session;
        let all = natural.stimuli.len();
        let judge = match &self.judge {
            Some(JudgeChoice::Model {
                name,
                spec,
                responses,
            }) => {
                let known = responses.as_deref().map(NumberArray::open).transpose()?;
                let mut shown = |done| watch(natural_images(done, all));
                let spec = spec.as_deref();
                Some(Judge::open(
                    name,
                    spec,
                    natural,
                    known.as_ref(),
                    &mut shown,
                )?)
            }
            Some(JudgeChoice::Board(board)) => {
                let judging = board_neurons(board, fit, cancel, watch)?;
                let mut twin = board_neurons(NATIVE, fit, cancel, watch)?.unchecked();
                let mut shown = |done| watch(natural_images(done, all));
                Some(Judge::of_board(
                    judging, &mut twin, fit, natural, &mut shown,
                )?)
            }
            None => None,
        };
        Ok(Laboratory::new(fit, judge, natural)?)
    }
}

fn natural_images(done: usize, all: usize) -> Progress<'static> {
    Progress::Work {
        unit: "natural images",
        doing: "",
        done,
        all,
    }
}

/// The fit's neurons on the board of this name.
fn board_neurons(
    board: &str,
    fit: &Stored,
    cancel: &Cancel,
    watch: Watch<'_>,
) -> Result<BoardNeuron, DriveError> {
    let files = compiled(&fit.model)?;
    if let Some(assumed) = &files.assumed {
        // Work that is to end does so at its first step.
        let _ = watch(Progress::Note(assumed));
    }
    let rig = RigChoice::of(board, &fit.about.model).open(files, cancel.clone())?;
    let held = board_layer(&fit.model, fit.layer, &rig.model)?;
    if held.float != fit.layer {
        return Err(DriveError::HeldAs {
            layer: fit.about.layer.clone(),
            held: fit.model.layer(held.float).name.clone(),
        });
    }
    Ok(BoardNeuron::fitted(rig, held.tensor, fit)?)
}

/// What the board that judged has cost, and whether tract answers the same.
pub(super) fn board_of(laboratory: &mut Laboratory<'_>) -> Result<Option<EvolveBoard>, DriveError> {
    let board = laboratory.judge.as_mut().and_then(Judge::board);
    Ok(board.map(board_queries).transpose()?)
}

/// Writes the images of a trial, and gives their paths.
pub(super) fn keep_images(
    results: &ResultFolder,
    trial: &ControlTrial,
) -> Result<Vec<String>, SaveError> {
    let goal = goal_name(trial.goal);
    let images = trial.images.iter().map(|image| {
        let name = format!("{goal}.neuron-{}.seed-{}.png", trial.neuron, image.seed);
        let file = results.picture(&name, image.answered.picture.clone())?;
        Ok(file.display().to_string())
    });
    images.collect()
}

/// Tells of each step of `all`.
pub(super) fn steps(all: usize, watch: Watch<'_>) -> impl FnMut() -> std::ops::ControlFlow<()> {
    let mut done = 0;
    move || {
        done += 1;
        watch(Progress::Work {
            unit: "steps",
            doing: "",
            done,
            all,
        })
    }
}
