//! A set of inputs, attacked piece by piece.

use std::ops::{ControlFlow, Range};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::data::{CountError, Data, DataError};
use crate::shard::{Interrupted, ShardError};
use cortexscope_explain::attack::{Outcome, Request, Sample, Survey, survey};
use cortexscope_explain::attribute::ExplainError;
use cortexscope_explain::float_model::FloatModel;
use cortexscope_net::RequestError;

/// What became of the inputs of a range: what a part of a survey holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Outcomes {
    /// A list for each request, in the order of the inputs.
    of_requests: Vec<Vec<Outcome>>,
}

/// Inputs that are to be attacked.
pub struct Work<'a> {
    /// The model.
    pub model: &'a FloatModel,
    /// What is done with each input.
    pub requests: &'a [Request],
    /// The set.
    pub data: &'a Data,
    /// Numbers of the inputs.
    pub inputs: Range<usize>,
    /// Inputs between two times at which what is found may be kept.
    pub piece: usize,
}

/// Why a set cannot be attacked.
#[derive(Debug, Error)]
pub enum SurveyError {
    /// An input cannot be read.
    #[error(transparent)]
    Data(#[from] DataError),
    /// There are not so many inputs.
    #[error(transparent)]
    Images(#[from] CountError),
    /// The attack cannot be made, or the work was ended.
    #[error(transparent)]
    Attack(#[from] ExplainError),
    /// There is no request.
    #[error("no ε was given, so there is nothing to attack with: give --eps")]
    NoEps,
    /// A share cannot be kept, or parts do not belong together.
    #[error(transparent)]
    Shard(#[from] ShardError),
    /// The work was ended, and what was found is kept.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

impl RequestError for SurveyError {
    fn is_request(&self) -> bool {
        match self {
            Self::Data(error) => error.is_request(),
            Self::Images(error) => error.is_request(),
            Self::Attack(error) => error.is_request(),
            Self::NoEps => false,
            Self::Shard(error) => error.is_request(),
            Self::Interrupted(error) => error.is_request(),
        }
    }
}

impl Outcomes {
    /// Nothing done yet of `requests`.
    pub fn begin(requests: &[Request]) -> Self {
        Self {
            of_requests: vec![Vec::new(); requests.len()],
        }
    }

    /// Inputs that are done.
    pub fn len(&self) -> usize {
        self.of_requests.first().map_or(0, Vec::len)
    }

    /// Whether none is done.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether they can be of `requests` and of at most `inputs` inputs: what comes out of a
    /// file may not.
    pub fn fit(&self, requests: &[Request], inputs: usize) -> bool {
        self.len() <= inputs
            && self.of_requests.len() == requests.len()
            && self
                .of_requests
                .iter()
                .zip(requests)
                .all(|(list, request)| {
                    list.len() == self.len()
                        && list
                            .iter()
                            .all(|outcome| outcome.attempts.len() == request.eps.len())
                })
    }

    /// Adds what became of the inputs after these.
    pub fn join(&mut self, other: Self) {
        for (list, other) in self.of_requests.iter_mut().zip(other.of_requests) {
            list.extend(other);
        }
    }

    /// Attacks the inputs that are not done yet, piece by piece. `stop` may end the work at any
    /// run of the model; what pieces before have found stays. `report` is told how many attacks
    /// are done, an input counted once for each request. `keep` sees what is found after each
    /// piece, and may end the work too. An attack depends on the input's number in the set, and
    /// not on the range or the piece.
    ///
    /// # Errors
    /// [`SurveyError`].
    pub fn go_on(
        &mut self,
        work: &Work<'_>,
        stop: &(dyn Fn() -> bool + Sync),
        report: &mut dyn FnMut(usize),
        keep: &mut dyn FnMut(&Self) -> ControlFlow<()>,
    ) -> Result<(), SurveyError> {
        let Work {
            model,
            requests,
            data,
            inputs,
            piece,
        } = work;
        while self.len() < inputs.len() {
            let first = inputs.start + self.len();
            let last = inputs.end.min(first + (*piece).max(1));
            let before = requests.len() * self.len();
            let mut found = Vec::with_capacity(requests.len());
            for (round, request) in requests.iter().enumerate() {
                let mut unread = None;
                let samples = (first..last).map_while(|index| {
                    let input = data
                        .input(index)
                        .map_err(|error| unread = Some(error))
                        .ok()?;
                    Some(Sample {
                        name: input.name,
                        values: input.values,
                        label: input.label,
                    })
                });
                let mut tell = |done| {
                    report(before + round * (last - first) + done);
                    ControlFlow::Continue(())
                };
                let surveyed = survey(model, request, first, samples, stop, &mut tell);
                if let Some(error) = unread {
                    return Err(error.into());
                }
                found.push(surveyed?.outcomes);
            }
            self.join(Self { of_requests: found });
            if keep(self).is_break() {
                return Err(ExplainError::Interrupted.into());
            }
        }
        Ok(())
    }

    /// The survey of all requests.
    pub fn survey(self, requests: &[Request]) -> Option<Survey> {
        let lists = requests.iter().zip(self.of_requests);
        let mut surveys = lists.map(|(request, list)| Survey::of(request, list));
        let mut all = surveys.next()?;
        surveys.for_each(|other| all.join(other));
        Some(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::open_data;
    use cortexscope_explain::attack::{Method, Reference, Start, Steps};
    use cortexscope_explain::float_model::Overrides;

    /// A random start depends on the input and the seed: shares, pieces and a file between
    /// change nothing.
    #[test]
    fn shares_in_pieces_are_the_whole_bit_for_bit() {
        let model = FloatModel::open("lenet5", &Overrides::default()).unwrap();
        let data = open_data("mnist", &model).unwrap();
        let request = |eps| Request {
            method: Method::Pgd(Steps {
                rate: 0.05,
                count: 2,
                start: Start::Random,
            }),
            eps: vec![eps],
            target: None,
            reference: Reference::Label,
            seed: 3,
            keep: true,
        };
        let requests = [request(0.1), request(0.2)];
        let mut counts = Vec::new();
        let mut found = |range: Range<usize>, piece| {
            let mut outcomes = Outcomes::begin(&requests);
            let mut report = |done| counts.push(done);
            let work = Work {
                model: &model,
                requests: &requests,
                data: &data,
                inputs: range,
                piece,
            };
            let mut keep = |_: &Outcomes| ControlFlow::Continue(());
            outcomes
                .go_on(&work, &|| false, &mut report, &mut keep)
                .unwrap();
            assert!(outcomes.fit(&requests, work.inputs.len()));
            let text = serde_json::to_vec(&outcomes).unwrap();
            serde_json::from_slice::<Outcomes>(&text).unwrap()
        };
        let whole = found(0..5, 5);
        let mut parts = found(0..3, 2);
        parts.join(found(3..5, 1));
        assert_eq!(parts, whole);
        assert!(!whole.fit(&requests[..1], 5) && !whole.fit(&requests, 4));
        let other = found(1..3, 2);
        assert_eq!(other.of_requests[1], whole.of_requests[1][1..3]);
        assert_eq!(counts[..10], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
        let survey = whole.survey(&requests).unwrap();
        assert_eq!(
            (survey.rows.len(), survey.outcomes[4].attempts.len()),
            (2, 2)
        );
    }
}
