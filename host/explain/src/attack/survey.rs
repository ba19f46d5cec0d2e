//! A set of inputs, attacked with one method at several sizes of change.

use std::ops::ControlFlow;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;

use serde::{Deserialize, Serialize};

use super::example::{Example, attack};
use super::found::Slopes;
use super::method::Method;
use super::objective::Goal;
use super::pixels::levels;
use super::victim::{Judged, Victim};
use crate::attribute::{ExplainError, threads_for};
use crate::float_model::FloatModel;
use cortexscope_net::random::Random;

/// One input of a set.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// What it is called.
    pub name: String,
    /// `[C, H, W]`, in the model's units.
    pub values: Vec<f32>,
    /// Its class, where that is known.
    pub label: Option<usize>,
}

/// The class from which an untargeted attack leads away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reference {
    /// The input's label, or what the model predicts where there is none.
    Label,
    /// What the model predicts, so that the attack knows no label (Kurakin et al. 2017,
    /// "label leaking").
    Prediction,
}

/// What is done with each input.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// Sizes of the change to try, in pixels from 0 to 1. A method that takes none has one
    /// attempt all the same.
    pub eps: Vec<f64>,
    /// The class to lead to; none leads away from what [`Request::reference`] says.
    pub target: Option<usize>,
    /// The class to lead away from.
    pub reference: Reference,
    /// Seed of what is random. Each input and ε has a stream of its own, so that the
    /// number of threads changes nothing.
    pub seed: u64,
    /// Whether outcomes keep the pictures.
    pub keep: bool,
}

/// What an attack on one input begins with.
#[derive(Clone, Debug)]
pub struct Begun {
    /// The picture that stands for it, `[C, H, W]`, pixels from 0 to 1.
    pub original: Vec<f32>,
    /// Values of the input that are no pixels, and were clipped.
    pub outside: usize,
    /// What the model takes the picture for, in 8 bits.
    pub before: Judged,
    /// Where it is to go.
    pub goal: Goal,
}

/// What one attempt came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attempt {
    /// The class that the changed picture is taken for, in 8 bits.
    pub class: usize,
    /// That class's probability.
    #[serde(with = "crate::exact")]
    pub probability: f64,
    /// Whether the attack on the picture succeeded.
    pub is_reached: bool,
    /// The size of the change before rounding, as the method measures it.
    #[serde(with = "crate::exact")]
    pub size: f64,
    /// What the derivatives were like.
    pub slopes: Slopes,
    /// Runs of the model.
    pub queries: u64,
    /// The changed picture in 8 bits, `[C, H, W]`; empty where it was not to be kept.
    pub levels: Vec<u8>,
}

/// What became of one input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// What it is called.
    pub name: String,
    /// The class that counts as right: its label, or the prediction where it has none.
    pub truth: usize,
    /// What the model took it for.
    pub before: usize,
    /// What it was to be taken for.
    pub goal: Goal,
    /// The picture before, in 8 bits, `[C, H, W]`; empty where it was not to be kept.
    pub levels: Vec<u8>,
    /// One attempt for each ε.
    pub attempts: Vec<Attempt>,
}

impl Outcome {
    /// Whether the model was right before the attack.
    pub fn was_right(&self) -> bool {
        self.before == self.truth
    }

    /// Whether it was right before, and is after this attempt.
    pub fn is_still_right(&self, attempt: &Attempt) -> bool {
        self.was_right() && attempt.class == self.truth
    }
}

/// All inputs at one ε.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row {
    /// ε; `None` for a method that takes none.
    pub eps: Option<f64>,
    /// Inputs that were classified right before and are after the attack.
    pub right: usize,
    /// Inputs.
    pub images: usize,
    /// Inputs that were right before.
    pub right_before: usize,
    /// Inputs whose attack succeeded, of those that were right before.
    pub reached: usize,
    /// Inputs whose every derivative was 0: the attack could do nothing.
    pub zero_gradients: usize,
    /// Inputs for which the margin stood in for a cross-entropy without slope.
    pub by_margin: usize,
}

/// What a survey found.
#[derive(Clone, Debug, PartialEq)]
pub struct Survey {
    /// One row for each ε.
    pub rows: Vec<Row>,
    /// One outcome for each input, in the order of the set.
    pub outcomes: Vec<Outcome>,
}

impl Request {
    /// Checks the parameters.
    ///
    /// # Errors
    /// [`ExplainError::Parameter`] says which is out of range.
    pub fn check(&self) -> Result<(), ExplainError> {
        self.method.check()?;
        if self.eps.is_empty() {
            return Err(ExplainError::Parameter("give an ε"));
        }
        if !self.eps.iter().all(|eps| eps.is_finite() && *eps >= 0.0) {
            return Err(ExplainError::Parameter("ε is a number from 0 up"));
        }
        Ok(())
    }

    /// Where an input with this label, where it has one, and this prediction is to go.
    pub fn goal(&self, label: Option<usize>, predicted: usize) -> Goal {
        match (self.target, self.reference) {
            (Some(target), _) => Goal::Towards(target),
            (None, Reference::Label) => Goal::Away(label.unwrap_or(predicted)),
            (None, Reference::Prediction) => Goal::Away(predicted),
        }
    }

    /// What an attack on an input begins with; `label` is its class, where that is known.
    ///
    /// # Errors
    /// The model cannot be run, or the work is to end.
    pub fn begin(
        &self,
        victim: &mut Victim<'_>,
        values: &[f32],
        label: Option<usize>,
    ) -> Result<Begun, ExplainError> {
        let (original, outside) = victim.pixels.picture(values);
        let before = victim.judge(levels(&original))?;
        Ok(Begun {
            goal: self.goal(label, before.class),
            original,
            outside,
            before,
        })
    }

    /// One attack at the size `eps`; what is random comes from `seed`, as
    /// [`Request::seed_of`] gives it.
    ///
    /// # Errors
    /// The model cannot be run, or the work is to end.
    pub fn example(
        &self,
        victim: &mut Victim<'_>,
        begun: &Begun,
        eps: f64,
        seed: u64,
    ) -> Result<Example, ExplainError> {
        let mut random = Random::new(seed);
        let Begun {
            original,
            before,
            goal,
            ..
        } = begun;
        attack(
            victim,
            &self.method,
            original,
            before,
            *goal,
            eps,
            &mut random,
        )
    }

    /// Attacks one input, which is number `index` of its set.
    ///
    /// # Errors
    /// The model cannot be run, or the work is to end.
    pub fn attempt(
        &self,
        victim: &mut Victim<'_>,
        sample: &Sample,
        index: usize,
    ) -> Result<Outcome, ExplainError> {
        let begun = self.begin(victim, &sample.values, sample.label)?;
        let goal = begun.goal;
        if goal.class() >= victim.classes {
            let why = "a class, or an input's label, is not among the model's classes";
            return Err(ExplainError::Parameter(why));
        }
        let mut attempts = Vec::with_capacity(self.eps.len());
        for (column, &eps) in self.eps.iter().enumerate() {
            let seed = self.seed_of(index, column);
            let example = self.example(victim, &begun, eps, seed)?;
            attempts.push(Attempt {
                class: example.after.class,
                probability: example.after.probability,
                is_reached: example.is_reached,
                size: example.size,
                slopes: example.slopes,
                queries: example.queries,
                levels: if self.keep {
                    example.after.levels
                } else {
                    Vec::new()
                },
            });
        }
        let before = begun.before;
        Ok(Outcome {
            name: sample.name.clone(),
            truth: sample.label.unwrap_or(before.class),
            before: before.class,
            goal,
            levels: if self.keep { before.levels } else { Vec::new() },
            attempts,
        })
    }

    /// The seed of one attempt; that of the first is the user's.
    pub fn seed_of(&self, index: usize, column: usize) -> u64 {
        // Odd constants of SplitMix64 (Steele et al. 2014) keep the streams apart.
        let index = (index as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let column = (column as u64).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        self.seed ^ index ^ column
    }
}

impl Survey {
    /// The rows and outcomes of `request`.
    pub fn of(request: &Request, outcomes: Vec<Outcome>) -> Self {
        let rows = request.eps.iter().enumerate().map(|(column, &eps)| {
            let tried = || {
                let all = outcomes.iter();
                all.filter_map(move |outcome| Some((outcome, outcome.attempts.get(column)?)))
            };
            let count = |holds: &dyn Fn(&Outcome, &Attempt) -> bool| {
                tried()
                    .filter(|(outcome, attempt)| holds(outcome, attempt))
                    .count()
            };
            Row {
                eps: request.method.takes_eps().then_some(eps),
                right: count(&|outcome, attempt| outcome.is_still_right(attempt)),
                images: outcomes.len(),
                right_before: count(&|outcome, _| outcome.was_right()),
                reached: count(&|outcome, attempt| outcome.was_right() && attempt.is_reached),
                zero_gradients: count(&|_, attempt| attempt.slopes.are_flat()),
                by_margin: count(&|_, attempt| attempt.slopes.by_margin > 0),
            }
        });
        let rows = rows.collect();
        Self { rows, outcomes }
    }

    /// Adds the rows of `other`, the same inputs at other sizes.
    pub fn join(&mut self, other: Self) {
        self.rows.extend(other.rows);
        for (mine, theirs) in self.outcomes.iter_mut().zip(other.outcomes) {
            mine.attempts.extend(theirs.attempts);
        }
    }

    /// For each input the smallest size of change that succeeded: the smallest ε of those
    /// tried, or the size of the change of a method that takes no ε. 0 for an input that the
    /// model had wrong before; `None` where none was found.
    pub fn smallest(&self) -> Vec<Option<f64>> {
        let of = |outcome: &Outcome| {
            if !outcome.was_right() {
                return Some(0.0);
            }
            let tried = self.rows.iter().zip(&outcome.attempts);
            let reached = tried.filter(|(_, attempt)| attempt.is_reached);
            let sizes = reached.map(|(row, attempt)| row.eps.unwrap_or(attempt.size));
            sizes.min_by(f64::total_cmp)
        };
        self.outcomes.iter().map(of).collect()
    }
}

/// Attacks every sample; `first` is the number of the first in its set, on which what is
/// random depends. Small models are run on all processors, an input on each; the
/// result is the same for any number of them. `progress` is told after each input how many
/// are done, and may end the work, as `stop` may at any run of the model.
///
/// # Errors
/// Parameters that cannot be used, a model that cannot be run, or the work was ended.
pub fn survey(
    model: &FloatModel,
    request: &Request,
    first: usize,
    samples: impl Iterator<Item = Sample> + Send,
    stop: &(dyn Fn() -> bool + Sync),
    progress: &mut dyn FnMut(usize) -> ControlFlow<()>,
) -> Result<Survey, ExplainError> {
    request.check()?;
    let ended = AtomicBool::new(false);
    let stopped = || ended.load(Ordering::Relaxed) || stop();
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    // A large model has the processors for itself.
    let is_small = threads_for(model.input_dims().iter().product()) == 1;
    let workers = if is_small { processors } else { 1 };
    let source = Mutex::new((first..).zip(samples));
    let next = || source.lock().ok().and_then(|mut samples| samples.next());
    let work = |tell: &dyn Fn(Result<(usize, Outcome), ExplainError>) -> bool| {
        let mut victim = match Victim::new(model, &stopped) {
            Ok(victim) => victim,
            Err(error) => {
                tell(Err(error));
                return;
            }
        };
        while let Some((index, sample)) = next() {
            let found = request.attempt(&mut victim, &sample, index);
            if !tell(found.map(|outcome| (index, outcome))) {
                return;
            }
        }
    };
    let mut outcomes: Vec<(usize, Outcome)> = Vec::new();
    let mut failed = None;
    std::thread::scope(|scope| {
        let (sender, receiver) = channel();
        for _ in 0..workers {
            let sender = sender.clone();
            let work = &work;
            scope.spawn(move || work(&|found| sender.send(found).is_ok()));
        }
        drop(sender);
        for found in receiver {
            match found {
                Ok(found) => {
                    outcomes.push(found);
                    if progress(outcomes.len()).is_break() {
                        ended.store(true, Ordering::Relaxed);
                    }
                }
                Err(error) => {
                    ended.store(true, Ordering::Relaxed);
                    // What the other workers say after the first error is that they ended.
                    failed.get_or_insert(error);
                }
            }
        }
    });
    if let Some(error) = failed {
        return Err(error);
    }
    if ended.into_inner() {
        return Err(ExplainError::Interrupted);
    }
    outcomes.sort_by_key(|(index, _)| *index);
    let outcomes = outcomes.into_iter().map(|(_, outcome)| outcome).collect();
    Ok(Survey::of(request, outcomes))
}
