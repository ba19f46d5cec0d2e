//! A search on the float model and on a board, in shares and from parts.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use thiserror::Error;

use super::answers::Answers;
use super::search::{Search, SearchError};
use crate::beside::{BoardLayerError, board_layer};
use crate::data::Data;
use crate::shard::{Asked, Interrupted, Keeper, Parts, ShardError, Share, ShareEnd, ShareRequest};
use cortexscope_explain::float_model::FloatModel;
use cortexscope_net::RequestError;
use cortexscope_rig::Rig;

/// A search over the first inputs of a set.
pub struct TopStudy<'a> {
    /// The float model.
    pub model: &'a FloatModel,
    /// The set.
    pub data: &'a Data,
    /// What is looked for, over all inputs that are looked at.
    pub search: Search,
    /// What decides the result beside model, data and their number.
    pub parameters: String,
}

/// Why a search is not made.
#[derive(Debug, Error)]
pub enum TopStudyError {
    /// It cannot go on.
    #[error(transparent)]
    Search(#[from] SearchError),
    /// The board has no such layer.
    #[error(transparent)]
    Layer(#[from] BoardLayerError),
    /// A share cannot be kept, or parts do not belong together.
    #[error(transparent)]
    Shard(#[from] ShardError),
    /// It was ended.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

impl RequestError for TopStudyError {
    fn is_request(&self) -> bool {
        match self {
            Self::Search(error) => error.is_request(),
            Self::Layer(error) => error.is_request(),
            Self::Shard(error) => error.is_request(),
            Self::Interrupted(error) => error.is_request(),
        }
    }
}

/// Is told how many inputs of a pass are done, and of how many; may end the work.
type Watch<'a> = &'a mut dyn FnMut(usize, usize) -> ControlFlow<()>;

impl TopStudy<'_> {
    /// Searches the share that is asked for, on the float model and then on the board of `rig`;
    /// gives the time of the float model's pass too. `watch` sees how far each pass is, and may
    /// end it.
    ///
    /// # Errors
    /// [`TopStudyError`].
    pub fn run(
        &self,
        share: &ShareRequest,
        rig: Option<&mut Rig>,
        watch: Watch<'_>,
    ) -> Result<(ShareEnd<Answers>, Duration), TopStudyError> {
        let share = Share::begin(self.asked(), share)?;
        let search = Search {
            inputs: share.inputs.clone(),
            ..self.search.clone()
        };
        let network = rig.as_ref().map(|rig| rig.session.board().name.clone());
        let mut seconds = Duration::ZERO;
        let end = share.make(
            |answers: &Answers| answers.fit(&search),
            || Answers::begin(&search, network),
            |answers, keeper| {
                let begun = Instant::now();
                self.pass(&search, answers, keeper, watch)?;
                seconds = begun.elapsed();
                match rig {
                    Some(rig) => self.pass_on_board(&search, rig, answers, keeper, watch),
                    None => Ok(()),
                }
            },
        )?;
        Ok((end, seconds))
    }

    /// Joins the parts of all shares.
    ///
    /// # Errors
    /// [`ShardError`].
    pub fn join(&self, parts: &Parts) -> Result<Answers, ShardError> {
        let search = &self.search;
        let fits = |part: &Answers| part.fit(search);
        parts.joined(&self.asked(), fits, |all: &mut Answers, part| {
            all.join(search, part)
        })
    }

    /// What decides the result.
    fn asked(&self) -> Asked {
        let of = (self.data.argument.as_str(), self.data.set());
        let images = self.search.inputs.end;
        Asked::new("top", self.model, of, images, self.parameters.clone())
    }

    /// One pass of the float model, from where `answers` end.
    fn pass(
        &self,
        search: &Search,
        answers: &mut Answers,
        keeper: &mut Keeper<'_>,
        watch: Watch<'_>,
    ) -> Result<(), TopStudyError> {
        let before = answers.clone();
        let (from, count) = (search.inputs.start, search.inputs.len());
        let found = &mut answers.float;
        search.run(self.model, self.data, found, &mut |found| {
            let with = || Answers {
                float: found.clone(),
                ..before.clone()
            };
            keeper.keep(with, watch(found.next - from, count))
        })?;
        ended(found.next - from, count, keeper)
    }

    /// The same on the board.
    fn pass_on_board(
        &self,
        search: &Search,
        rig: &mut Rig,
        answers: &mut Answers,
        keeper: &mut Keeper<'_>,
        watch: Watch<'_>,
    ) -> Result<(), TopStudyError> {
        let before = answers.clone();
        let (from, count) = (search.inputs.start, search.inputs.len());
        let units = search.units.iter();
        let layers = units.map(|unit| board_layer(self.model, unit.layer, &rig.model));
        let layers = layers.collect::<Result<Vec<_>, _>>()?;
        let found = answers.board.get_or_insert_with(|| search.begin());
        search.run_on_board(rig, &layers, self.data, found, &mut |found| {
            let with = || Answers {
                board: Some(found.clone()),
                ..before.clone()
            };
            keeper.keep(with, watch(found.next - from, count))
        })?;
        ended(found.next - from, count, keeper)
    }
}

/// Whether a pass came to its end.
fn ended(done: usize, count: usize, keeper: &Keeper<'_>) -> Result<(), TopStudyError> {
    if done < count {
        return Err(keeper.interrupted(done).into());
    }
    Ok(())
}
