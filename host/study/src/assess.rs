//! Measures of attributions over a data set, piece by piece.

use std::cell::Cell;
use std::ops::{ControlFlow, Range};

use thiserror::Error;

use crate::data::{CountError, Data, DataError, count};
use crate::shard::{Asked, Interrupted, Parts, ShardError, Share, ShareEnd, ShareRequest};
use cortexscope_explain::assess::{Assessment, Measures, measure};
use cortexscope_explain::attribute::ExplainError;
use cortexscope_net::RequestError;

/// Inputs whose maps are to be measured.
pub struct Work<'a> {
    /// What is measured.
    pub assessment: Assessment<'a>,
    /// The set.
    pub data: &'a Data,
    /// Numbers of the inputs.
    pub inputs: Range<usize>,
    /// Inputs between two times at which what is found may be kept.
    pub piece: usize,
}

/// Why a set cannot be measured.
#[derive(Debug, Error)]
pub enum AssessError {
    /// An input cannot be read.
    #[error(transparent)]
    Data(#[from] DataError),
    /// There are not so many inputs.
    #[error(transparent)]
    Images(#[from] CountError),
    /// The method cannot explain one, or the work was ended.
    #[error(transparent)]
    Explain(#[from] ExplainError),
    /// A share cannot be kept, or parts do not belong together.
    #[error(transparent)]
    Shard(#[from] ShardError),
    /// The work was ended, and what was found is kept.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

impl RequestError for AssessError {
    fn is_request(&self) -> bool {
        match self {
            Self::Data(error) => error.is_request(),
            Self::Images(error) => error.is_request(),
            Self::Explain(error) => error.is_request(),
            Self::Shard(error) => error.is_request(),
            Self::Interrupted(error) => error.is_request(),
        }
    }
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Inputs that are done; those of a piece count as its steps are done.
    pub done: usize,
    /// How many there are.
    pub total: usize,
}

/// Measures the inputs that `measures` does not have yet, piece by piece. `report` may end the
/// work at any step; what pieces before have found stays. `keep` sees what is found after each
/// piece, and may end the work too. The measure of an input does not depend on the piece.
///
/// # Errors
/// [`AssessError`].
pub fn go_on(
    measures: &mut Measures,
    work: &Work<'_>,
    report: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    keep: &mut dyn FnMut(&Measures) -> ControlFlow<()>,
) -> Result<(), AssessError> {
    while measures.len() < work.inputs.len() {
        let first = work.inputs.start + measures.len();
        let last = work.inputs.end.min(first + work.piece.max(1));
        let inputs = (first..last).map(|index| Ok(work.data.input(index)?.values));
        let inputs = inputs.collect::<Result<Vec<_>, DataError>>()?;
        let before = measures.len();
        let mut tell = |done: usize, all: usize| {
            report(Progress {
                done: before + done * inputs.len() / all.max(1),
                total: work.inputs.len(),
            })
        };
        measures.join(measure(work.assessment, &inputs, &mut tell)?);
        if keep(measures).is_break() {
            return Err(ExplainError::Interrupted.into());
        }
    }
    Ok(())
}

/// Measures over the first inputs of a set, in shares and from parts.
pub struct AssessmentStudy<'a> {
    /// What is measured.
    pub assessment: Assessment<'a>,
    /// The set.
    pub data: &'a Data,
    /// Inputs, from its first.
    pub images: usize,
}

impl<'a> AssessmentStudy<'a> {
    /// A study of the first `images` inputs of `data`.
    ///
    /// # Errors
    /// [`AssessError::Images`].
    pub fn new(
        assessment: Assessment<'a>,
        data: &'a Data,
        images: usize,
    ) -> Result<Self, AssessError> {
        Ok(Self {
            assessment,
            data,
            images: count(data.set(), Some(images))?,
        })
    }

    /// Measures the share that is asked for. `watch` sees how far it is, and may end it.
    ///
    /// # Errors
    /// [`AssessError`].
    pub fn run(
        &self,
        share: &ShareRequest,
        watch: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<ShareEnd<Measures>, AssessError> {
        let assessment = self.assessment;
        let share = Share::begin(self.asked(), share)?;
        let work = Work {
            assessment,
            data: self.data,
            inputs: share.inputs.clone(),
            piece: share.piece(),
        };
        share.make(
            |measures: &Measures| measures.fit(assessment, work.inputs.len()),
            Measures::default,
            |measures, keeper| {
                let flow = Cell::new(ControlFlow::Continue(()));
                let done = go_on(
                    measures,
                    &work,
                    &mut |now| {
                        flow.set(watch(now));
                        flow.get()
                    },
                    &mut |measures| keeper.keep(|| measures.clone(), flow.get()),
                );
                if done.is_err() && flow.get().is_break() && keeper.keeps() {
                    let _ = keeper.keep(|| measures.clone(), flow.get());
                    return Err(keeper.interrupted(measures.len()).into());
                }
                done
            },
        )
    }

    /// Joins the parts of all shares.
    ///
    /// # Errors
    /// [`AssessError::Shard`].
    pub fn join(&self, parts: &Parts) -> Result<Measures, AssessError> {
        let fits = |part: &Measures| part.fit(self.assessment, self.images);
        Ok(parts.joined(&self.asked(), fits, Measures::join)?)
    }

    /// What decides the measures.
    fn asked(&self) -> Asked {
        let Assessment {
            model,
            method,
            metric,
            seed,
        } = self.assessment;
        let of = (self.data.argument.as_str(), self.data.set());
        let parameters = format!("{method:?} {metric:?} {seed}");
        Asked::new("assess", model, of, self.images, parameters)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::open_data;
    use cortexscope_explain::assess::Metric;
    use cortexscope_explain::attribute::{Method, Saliency};
    use cortexscope_explain::float_model::{FloatModel, Overrides};

    /// However the inputs are cut, the bytes are the same, and so are those that were kept in
    /// the middle.
    #[test]
    fn pieces_and_shares_make_no_difference() {
        let model = FloatModel::open("lenet5", &Overrides::default()).expect("it is shipped");
        let data = open_data("mnist", &model).expect("it is shipped");
        let method: Method = Saliency.into();
        let metric = Metric::Sparseness;
        let assessment = Assessment {
            model: &model,
            method: &method,
            metric: &metric,
            seed: 0,
        };
        let of = |inputs: Range<usize>, piece: usize, mut measures: Measures| {
            let work = Work {
                assessment,
                data: &data,
                inputs,
                piece,
            };
            let done = go_on(
                &mut measures,
                &work,
                &mut |_| ControlFlow::Continue(()),
                &mut |_| ControlFlow::Continue(()),
            );
            done.expect("they are measured");
            measures
        };
        let whole = of(0..5, 5, Measures::default());
        let mut parts = of(0..2, 1, Measures::default());
        parts.join(of(2..5, 2, Measures::default()));
        let bytes = |measures: &Measures| serde_json::to_vec(measures).expect("they are kept");
        assert_eq!(bytes(&parts), bytes(&whole));
        // Begun again from what was kept of the first two.
        let begun = serde_json::from_slice(&bytes(&of(0..2, 2, Measures::default())));
        assert_eq!(of(0..5, 2, begun.expect("they are read")), whole);
    }
}
