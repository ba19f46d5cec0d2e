//! Guided backpropagation (Springenberg et al. 2015).

use crate::attribute::attribution::Attribution;
use crate::attribute::backward::Rules;
use crate::attribute::error::ExplainError;
use crate::attribute::method::{Explainer, MethodInfo, ValueKind};
use crate::attribute::run::Run;

/// Guided backpropagation.
pub(super) const INFO: MethodInfo = MethodInfo {
    name: "guided-backprop",
    summary: "Derivative for which a rectifier passes only what is positive and was passed forward.",
    paper: "Springenberg et al. 2015",
    arguments: &[],
    build: |_| Ok(GuidedBackprop.into()),
};

/// Backward through rectifiers only what is positive and was passed forward.
#[derive(Clone, Copy, Debug)]
pub struct GuidedBackprop;

impl Explainer for GuidedBackprop {
    fn info(&self) -> &'static MethodInfo {
        &INFO
    }

    fn run(&self, run: &mut Run<'_>) -> Result<Attribution, ExplainError> {
        let (input, aim) = (run.input, run.aim);
        let pass = run.backward(Rules::Guided)?.run(input, aim)?;
        Ok(Attribution::whole(run.model, pass.score, pass.gradient))
    }

    fn variant(&self) -> String {
        "every rectifier guided".to_owned()
    }

    fn statement(&self) -> String {
        "only positive signals pass rectifiers that were open".to_owned()
    }

    fn caption(&self) -> String {
        "every rectifier".to_owned()
    }

    fn values(&self) -> ValueKind {
        ValueKind::Signals
    }
}
