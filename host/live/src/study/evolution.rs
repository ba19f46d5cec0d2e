//! Searches for an image that drives a neuron on the board (XDREAM): generation by
//! generation, the board asked between frames.

mod asked;
mod view;

use super::models::Models;
use crate::command::Evolve;
use crate::shared::{EvolutionTask, Shared};
use crate::state::KeptSearch;
use asked::AskedNeuron;
use cortexscope_brain::evolve::{Checkpoint, EvolveError, Natural, Settings, resume, screen};
use cortexscope_brain::generator::{COMPONENTS, Generator, Linear, Pixels};
use cortexscope_brain::neuron::Neuron;
use cortexscope_brain::noise::Noise;
use cortexscope_brain::optimise::preset;
use cortexscope_brain::stimuli::{Stimuli, levels};
use cortexscope_explain::target::TargetError;
use cortexscope_net::input::{InputSpec, MnistError, MnistSet};
use std::ops::ControlFlow;
use view::View;

/// Test digits that a search is read beside: the median of their rates counts as 0, and the
/// image space `pca` is made of them.
const NATURAL: usize = 200;

/// Why a search ended before its budget was spent.
#[derive(Debug, thiserror::Error)]
enum SearchError {
    /// Its target is not written as one.
    #[error(transparent)]
    Target(TargetError),
    /// The digits cannot be read.
    #[error(transparent)]
    Digits(MnistError),
    /// The neuron, the image space or the search cannot be used.
    #[error(transparent)]
    Evolve(Box<EvolveError>),
    /// It was stopped, or the board went away.
    #[error("stopped")]
    Stopped,
}

fn failed(error: impl Into<EvolveError>) -> SearchError {
    SearchError::Evolve(Box::new(error.into()))
}

/// A search, and what the neuron has answered.
struct Search {
    evolve: Evolve,
    answers: Checkpoint,
    natural: Option<Natural>,
}

pub(super) fn run(shared: &Shared, _: &Models) {
    let mut kept: Option<Search> = None;
    while let Some(task) = shared.evolutions.take() {
        let (mut search, generation) = match task {
            EvolutionTask::Start(evolve, generation) => (Search::new(evolve), generation),
            EvolutionTask::Resume(generation) => match kept.take() {
                Some(search) => (search, generation),
                None => continue,
            },
            EvolutionTask::Stop => continue,
        };
        kept = None;
        let choice = shared.state.borrow().choice.clone();
        shared.state.send_modify(|state| state.kept_search = None);
        let mut view = View::new(shared, generation, &search.evolve);
        match search.go_on(shared, generation, &mut view) {
            Ok(()) => view.end("the budget is spent"),
            Err(SearchError::Stopped) => {
                view.end("stopped");
                let known = KeptSearch {
                    choice,
                    evolve: search.evolve.clone(),
                    spent: search.answers.len(),
                };
                shared
                    .state
                    .send_modify(|state| state.kept_search = Some(known));
                kept = Some(search);
            }
            Err(error) => view.fail(&error),
        }
    }
}

impl Search {
    fn new(evolve: Evolve) -> Self {
        Self {
            evolve,
            answers: Checkpoint::in_memory(),
            natural: None,
        }
    }

    /// Searches on from what was answered; the answers are kept whatever happens.
    fn go_on(
        &mut self,
        shared: &Shared,
        generation: u64,
        view: &mut View<'_>,
    ) -> Result<(), SearchError> {
        let evolve = self.evolve.clone();
        let target = evolve.target.parse().map_err(SearchError::Target)?;
        let preset = preset(&evolve.optimiser, Some(&evolve.preset)).map_err(failed)?;
        let mut neuron = AskedNeuron::new(shared, generation, &target)?;
        view.begin(&neuron);
        let stimuli = stimuli(neuron.spec())?;
        let generator = generator(&evolve.generator, neuron.shape(), &stimuli)?;
        let natural = match self.natural.take() {
            Some(natural) => natural,
            None => {
                let mut on = |count| {
                    view.natural(count, stimuli.images.len());
                    !shared.evolutions.is_waiting()
                };
                let screened = screen(&mut neuron, &stimuli, &mut on);
                neuron.blame(screened)?.ok_or(SearchError::Stopped)?
            }
        };
        view.beside(&natural, &stimuli);
        let settings = Settings {
            preset,
            noise: Noise::None,
            queries: evolve.queries,
            seed: evolve.seed,
            zero: natural.median,
        };
        self.natural = Some(natural);
        let found = resume(
            &mut neuron,
            generator.as_ref(),
            &settings,
            &mut self.answers,
            &mut |made| {
                view.generation(&made);
                if shared.evolutions.is_waiting() {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            },
        );
        match found {
            Ok(_) => Ok(()),
            Err(EvolveError::Interrupted) => Err(SearchError::Stopped),
            Err(EvolveError::Neuron(error)) => neuron.blame(Err(error)),
            Err(error) => Err(failed(error)),
        }
    }
}

/// Natural images for a model of `spec`: digits where it reads such, otherwise none.
fn stimuli(spec: &InputSpec) -> Result<Stimuli, SearchError> {
    if spec.shape() != [1, 28, 28] {
        return Ok(Stimuli::default());
    }
    // Not all ten thousand are prepared for the sake of a few.
    let digits = MnistSet::test_digits().map_err(SearchError::Digits)?;
    let mut stimuli = Stimuli {
        shape: spec.shape(),
        ..Stimuli::default()
    };
    for index in 0..NATURAL.min(digits.len()) {
        if let Some(values) = digits.input(index, spec) {
            stimuli.images.push(levels(spec, &values));
            stimuli.names.push(format!("mnist:{index}"));
        }
    }
    Ok(stimuli)
}

/// The image space of this name.
fn generator(
    name: &str,
    shape: [usize; 3],
    stimuli: &Stimuli,
) -> Result<Box<dyn Generator>, SearchError> {
    Ok(match name {
        "pca" => Box::new(Linear::pca(stimuli, COMPONENTS).map_err(failed)?),
        "pixels" => Box::new(Pixels::new(shape)),
        _ => Box::new(Linear::low_pass(shape)),
    })
}
