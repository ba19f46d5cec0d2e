//! An attack over a set, in shares and from parts.

use std::ops::ControlFlow;

use super::outcomes::{Outcomes, SurveyError, Work};
use crate::data::{Data, count};
use crate::shard::{Asked, Parts, Share, ShareEnd, ShareRequest};
use cortexscope_explain::attack::{Request, Survey};
use cortexscope_explain::float_model::FloatModel;

/// An attack over the first inputs of a set.
pub struct AttackStudy<'a> {
    /// The model that is attacked.
    pub model: &'a FloatModel,
    /// What is done with each input.
    pub requests: &'a [Request],
    /// The set.
    pub data: &'a Data,
    /// Inputs, from its first.
    pub images: usize,
}

impl<'a> AttackStudy<'a> {
    /// A study of the first `images` inputs of `data`; `None` for all.
    ///
    /// # Errors
    /// [`SurveyError::Images`].
    pub fn new(
        model: &'a FloatModel,
        requests: &'a [Request],
        data: &'a Data,
        images: Option<usize>,
    ) -> Result<Self, SurveyError> {
        Ok(Self {
            model,
            requests,
            data,
            images: count(data.set(), images)?,
        })
    }

    /// Attacks the share that is asked for. `stop` may end the work at any run of the model.
    /// `report` is told how many attacks are done and how many there are, an input counted once
    /// for each request.
    ///
    /// # Errors
    /// [`SurveyError`].
    pub fn run(
        &self,
        share: &ShareRequest,
        stop: &(dyn Fn() -> bool + Sync),
        report: &mut dyn FnMut(usize, usize),
    ) -> Result<ShareEnd<Survey>, SurveyError> {
        let requests = self.requests;
        let share = Share::begin(self.asked(), share)?;
        let work = Work {
            model: self.model,
            requests,
            data: self.data,
            inputs: share.inputs.clone(),
            piece: share.piece(),
        };
        let all = work.inputs.len() * requests.len();
        let end = share.make(
            |outcomes: &Outcomes| outcomes.fit(requests, work.inputs.len()),
            || Outcomes::begin(requests),
            |outcomes, keeper| {
                let flow = || {
                    if stop() {
                        ControlFlow::Break(())
                    } else {
                        ControlFlow::Continue(())
                    }
                };
                let done = outcomes.go_on(
                    &work,
                    stop,
                    &mut |done| report(done, all),
                    &mut |outcomes| keeper.keep(|| outcomes.clone(), flow()),
                );
                if done.is_err() && stop() && keeper.keeps() {
                    let _ = keeper.keep(|| outcomes.clone(), ControlFlow::Break(()));
                    return Err(keeper.interrupted(outcomes.len()).into());
                }
                done
            },
        )?;
        Ok(match end {
            ShareEnd::Part(part) => ShareEnd::Part(part),
            ShareEnd::Whole(outcomes) => ShareEnd::Whole(self.survey(outcomes)?),
        })
    }

    /// Joins the parts of all shares.
    ///
    /// # Errors
    /// [`SurveyError::Shard`].
    pub fn join(&self, parts: &Parts) -> Result<Survey, SurveyError> {
        let fits = |part: &Outcomes| part.fit(self.requests, self.images);
        self.survey(parts.joined(&self.asked(), fits, Outcomes::join)?)
    }

    fn survey(&self, outcomes: Outcomes) -> Result<Survey, SurveyError> {
        outcomes.survey(self.requests).ok_or(SurveyError::NoEps)
    }

    /// What decides the result.
    fn asked(&self) -> Asked {
        let of = (self.data.argument.as_str(), self.data.set());
        let parameters = format!("{:?}", self.requests);
        Asked::new("attack", self.model, of, self.images, parameters)
    }
}
