//! Measures of attributions over a data set, piece by piece.

use std::ops::{ControlFlow, Range};

use thiserror::Error;

use crate::data::{Data, DataError};
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
    /// The method cannot explain one, or the work was ended.
    #[error(transparent)]
    Explain(#[from] ExplainError),
}

impl RequestError for AssessError {
    fn is_request(&self) -> bool {
        match self {
            Self::Data(error) => error.is_request(),
            Self::Explain(error) => error.is_request(),
        }
    }
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Inputs of pieces that are done.
    pub inputs: usize,
    /// Steps of this piece that are done.
    pub done: usize,
    /// Steps of this piece.
    pub all: usize,
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
        let mut tell = |done, all| {
            report(Progress {
                inputs: before,
                done,
                all,
            })
        };
        measures.join(measure(work.assessment, &inputs, &mut tell)?);
        if keep(measures).is_break() {
            return Err(ExplainError::Interrupted.into());
        }
    }
    Ok(())
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
