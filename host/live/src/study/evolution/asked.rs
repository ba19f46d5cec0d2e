//! A neuron on the board that the page watches: asked between frames.

use super::{SearchError, failed};
use crate::question::Asker;
use crate::shared::Shared;
use crate::study::board::ask_board;
use cortexscope_brain::neuron::{BoardUnit, Neuron, NeuronError, check_rates, check_sizes};
use cortexscope_brain::stimuli::values;
use cortexscope_compile::model_files::ModelFiles;
use cortexscope_explain::target::Target;
use cortexscope_net::input::InputSpec;
use cortexscope_rig::Rig;
use cortexscope_rig::session::{Mode, SessionError};
use std::time::{Duration, Instant};

/// How long the board works on one question, while frames wait.
const SLICE: Duration = Duration::from_millis(20);
/// Images of one question, so that few of them are copied in vain.
const IMAGES_MAX: usize = 32;

/// A unit of the network on the board.
pub(super) struct AskedNeuron<'a> {
    shared: &'a Shared,
    generation: u64,
    files: ModelFiles,
    unit: BoardUnit,
    board: String,
    is_stopped: bool,
}

impl<'a> AskedNeuron<'a> {
    /// The unit `target` of the network of `generation`.
    pub(super) fn new(
        shared: &'a Shared,
        generation: u64,
        target: &Target,
    ) -> Result<Self, SearchError> {
        let known = ask(shared, generation, |rig| {
            Ok((rig.model.clone(), rig.session.board().name.clone()))
        });
        let (files, board) = known.ok_or(SearchError::Stopped)?;
        let unit = BoardUnit::of(&files, target).map_err(failed)?;
        Ok(Self {
            shared,
            generation,
            files,
            unit,
            board,
            is_stopped: false,
        })
    }

    /// How images become the network's input.
    pub(super) fn spec(&self) -> &InputSpec {
        &self.files.spec.input
    }

    /// What came of asking; a search that was stopped, or whose board went away, has not
    /// failed.
    pub(super) fn blame<T>(&self, result: Result<T, NeuronError>) -> Result<T, SearchError> {
        result.map_err(|error| {
            if self.is_stopped {
                SearchError::Stopped
            } else {
                failed(error)
            }
        })
    }
}

impl Neuron for AskedNeuron<'_> {
    fn shape(&self) -> [usize; 3] {
        self.spec().shape()
    }

    fn description(&self) -> String {
        format!("{} on {}", self.unit.words(), self.board)
    }

    fn rates(&mut self, images: &[&[f32]]) -> Result<Vec<f64>, NeuronError> {
        check_sizes(images, self.shape())?;
        let mut rates = Vec::with_capacity(images.len());
        while let Some(left) = images.get(rates.len()..).filter(|left| !left.is_empty()) {
            let inputs: Vec<Vec<i8>> = left
                .iter()
                .take(IMAGES_MAX)
                .map(|image| self.files.quantise(&values(self.spec(), image)))
                .collect();
            let unit = self.unit.clone();
            let answered = ask(self.shared, self.generation, move |rig| {
                answer(rig, &unit, &inputs)
            });
            let Some(answered) = answered else {
                self.is_stopped = true;
                return Err(SessionError::Cancelled.into());
            };
            rates.extend(answered);
        }
        check_rates(rates)
    }
}

/// The rates of one image or more of `inputs`, as many as there is time for.
fn answer(rig: &mut Rig, unit: &BoardUnit, inputs: &[Vec<i8>]) -> Result<Vec<f64>, SessionError> {
    let begun = Instant::now();
    let mut rates = Vec::new();
    for input in inputs {
        let recording = rig.infer(input, Mode::Fused, unit.taps(), &mut |_| {})?;
        rates.push(unit.rate(&recording));
        if begun.elapsed() > SLICE {
            break;
        }
    }
    Ok(rates)
}

/// What `work` makes of the board; `None` also where the search is to stop.
fn ask<T: Send + 'static>(
    shared: &Shared,
    generation: u64,
    work: impl FnOnce(&mut Rig) -> Result<T, SessionError> + Send + 'static,
) -> Option<T> {
    let is_over = || shared.evolutions.is_waiting();
    ask_board(shared, Asker::Evolution, generation, is_over, work)
}
