//! What is measured of whom, in shares and from parts.

use std::ops::ControlFlow;

use super::choice::{ChosenCorruptions, CorruptionChoice};
use super::counts::Counts;
use super::run::{Networks, Progress, RobustnessError};
use crate::data::{Data, count};
use crate::shard::{Asked, Parts, ShardError, Share, ShareEnd, ShareRequest};
use cortexscope_corrupt::{Settings, Variant};
use cortexscope_explain::float_model::FloatModel;
use cortexscope_rig::Rig;

/// How often which networks are right on which pictures.
#[derive(Clone, Copy)]
pub struct RobustnessRequest<'a> {
    /// The float model.
    pub model: &'a FloatModel,
    /// The pictures, with their classes.
    pub data: &'a Data,
    /// How many of them, from the first; `None` for all.
    pub images: Option<usize>,
    /// How they are corrupted.
    pub corruptions: &'a CorruptionChoice,
    /// Seed of everything that is random.
    pub seed: u64,
    /// Which form, where a reference departs from the definition.
    pub variant: Variant,
    /// A model that errors are compared with.
    pub baseline: Option<&'a FloatModel>,
    /// What tells the board and the network on it from others, where one is asked too.
    pub board: Option<&'a str>,
}

/// A request that was checked.
pub struct RobustnessStudy<'a> {
    /// The request.
    pub request: RobustnessRequest<'a>,
    /// Inputs of each row, the first ones of the data.
    pub images: usize,
    /// What is measured.
    pub chosen: ChosenCorruptions,
}

impl<'a> RobustnessStudy<'a> {
    /// The study that `request` asks for.
    ///
    /// # Errors
    /// [`RobustnessError`]: the inputs have no classes, or there are no such inputs or
    /// severities.
    pub fn new(request: RobustnessRequest<'a>) -> Result<Self, RobustnessError> {
        request.data.check_labels()?;
        Self::of_parts(request)
    }

    /// The same to join what is measured already: the inputs are not looked at again.
    ///
    /// # Errors
    /// As [`RobustnessStudy::new`].
    pub fn of_parts(request: RobustnessRequest<'a>) -> Result<Self, RobustnessError> {
        let images = count(request.data.set(), request.images)?;
        let shape = request.model.input_shape();
        Ok(Self {
            request,
            images,
            chosen: request.corruptions.corruptions(shape)?,
        })
    }

    /// Measures the share that is asked for. `board` is the one that the request tells from
    /// others. `watch` sees how far it is, and may end it.
    ///
    /// # Errors
    /// [`RobustnessError`].
    pub fn run(
        &self,
        share: &ShareRequest,
        board: Option<&mut Rig>,
        watch: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<ShareEnd<Counts>, RobustnessError> {
        let corruptions = &self.chosen.corruptions;
        let name = board.as_ref().map(|rig| rig.session.board().name.clone());
        let networks = Networks {
            model: self.request.model,
            baseline: self.request.baseline,
            board,
        };
        let share = Share::begin(self.asked(), share)?;
        let inputs = share.inputs.clone();
        share.make(
            |counts: &Counts| counts.fit(corruptions, inputs.len()),
            || Counts::begin(name),
            |counts, keeper| {
                counts.go_on(
                    networks,
                    self.request.data,
                    inputs.clone(),
                    corruptions,
                    &self.settings(),
                    &mut |now, counts| keeper.keep(|| counts.clone(), watch(now)),
                )
            },
        )
    }

    /// Joins the parts of all shares.
    ///
    /// # Errors
    /// [`RobustnessError::Shard`].
    pub fn join(&self, parts: &Parts) -> Result<Counts, RobustnessError> {
        let corruptions = &self.chosen.corruptions;
        let counts = parts.joined(
            &self.asked(),
            |part: &Counts| part.is_whole(corruptions) && part.fit(corruptions, part.inputs()),
            |all, part| all.join(&part),
        )?;
        if counts.inputs() == self.images {
            Ok(counts)
        } else {
            Err(ShardError::Count.into())
        }
    }

    fn settings(&self) -> Settings {
        Settings {
            seed: self.request.seed,
            variant: self.request.variant,
            ..Settings::default()
        }
    }

    /// What decides the result.
    fn asked(&self) -> Asked {
        let RobustnessRequest {
            model,
            data,
            baseline,
            board,
            ..
        } = self.request;
        let (corruptions, settings) = (&self.chosen.corruptions, self.settings());
        let baseline = baseline.map(FloatModel::sha256_hex);
        let parameters =
            format!("{corruptions:?}, {settings:?}, baseline {baseline:?}, board {board:?}");
        let of = (data.argument.as_str(), data.set());
        Asked::new("robustness", model, of, self.images, parameters)
    }
}
