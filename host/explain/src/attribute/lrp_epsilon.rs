//! Layer-wise relevance propagation, ε rule (Bach et al. 2015, equation 58; Montavon et al. 2019, section 10.2.1).

use super::attribution::Attribution;
use super::composite::{Composite, LrpRule};
use super::error::ExplainError;
use super::method::{Explainer, MethodInfo, Parameters, ValueKind};
use super::relevance::{self, ARGUMENTS};
use super::run::Run;

/// Layer-wise relevance propagation, ε rule.
pub const INFO: MethodInfo = MethodInfo {
    name: "lrp-epsilon",
    summary: "Layer-wise relevance propagation by the ε rule.",
    paper: "Bach et al. 2015, equation 58; Montavon et al. 2019, section 10.2.1",
    arguments: ARGUMENTS,
    build: |arguments| {
        let composite = relevance::composite(arguments, |epsilon, _| LrpRule::Epsilon(epsilon))?;
        Ok(LrpEpsilon(composite).into())
    },
};

/// Layer-wise relevance propagation, ε rule.
#[derive(Clone, Debug)]
pub struct LrpEpsilon(pub Composite);

impl Explainer for LrpEpsilon {
    fn info(&self) -> &'static MethodInfo {
        &INFO
    }

    fn run(&self, run: &mut Run<'_>) -> Result<Attribution, ExplainError> {
        relevance::propagate(run, &self.0)
    }

    fn variant(&self) -> String {
        self.0.name().to_owned()
    }

    fn statement(&self) -> String {
        self.0.description()
    }

    fn parameters(&self) -> Parameters {
        relevance::parameters(&self.0)
    }

    fn values(&self) -> ValueKind {
        ValueKind::Shares
    }
}
