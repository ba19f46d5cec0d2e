//! Layer-wise relevance propagation, γ rule (Montavon et al. 2019, section 10.2.1).

use super::attribution::Attribution;
use super::composite::{Composite, LrpRule};
use super::error::ExplainError;
use super::method::{Explainer, MethodInfo, Parameters, ValueKind};
use super::relevance::{self, ARGUMENTS};
use super::run::Run;

/// Layer-wise relevance propagation, γ rule.
pub const INFO: MethodInfo = MethodInfo {
    name: "lrp-gamma",
    summary: "Layer-wise relevance propagation by the γ rule; for inputs that are not negative.",
    paper: "Montavon et al. 2019, section 10.2.1",
    arguments: ARGUMENTS,
    build: |arguments| {
        let composite = relevance::composite(arguments, |_, gamma| LrpRule::Gamma(gamma))?;
        Ok(LrpGamma(composite).into())
    },
};

/// Layer-wise relevance propagation, γ rule.
#[derive(Clone, Debug)]
pub struct LrpGamma(pub Composite);

impl Explainer for LrpGamma {
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
