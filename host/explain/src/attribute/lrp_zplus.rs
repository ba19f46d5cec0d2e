//! Layer-wise relevance propagation, z⁺ rule (Montavon et al. 2017).

use super::attribution::Attribution;
use super::composite::{Composite, LrpRule};
use super::error::ExplainError;
use super::method::{Explainer, MethodInfo, Parameters, ValueKind};
use super::relevance::{self, ARGUMENTS};
use super::run::Run;

/// Layer-wise relevance propagation, z⁺ rule.
pub const INFO: MethodInfo = MethodInfo {
    name: "lrp-zplus",
    summary: "Layer-wise relevance propagation by the z⁺ rule.",
    paper: "Montavon et al. 2017",
    arguments: ARGUMENTS,
    build: |arguments| {
        let composite = relevance::composite(arguments, |_, _| LrpRule::ZPlus)?;
        Ok(LrpZPlus(composite).into())
    },
};

/// Layer-wise relevance propagation, z⁺ rule.
#[derive(Clone, Debug)]
pub struct LrpZPlus(pub Composite);

impl Explainer for LrpZPlus {
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
