//! Saliency (Simonyan et al. 2014, "Class Saliency Extraction").

use crate::attribute::attribution::{Attribution, greatest_magnitude};
use crate::attribute::backward::Rules;
use crate::attribute::error::ExplainError;
use crate::attribute::method::{Explainer, MethodInfo, ValueKind};
use crate::attribute::run::Run;

/// Saliency.
pub(super) const INFO: MethodInfo = MethodInfo {
    name: "saliency",
    summary: "Greatest magnitude of the derivative over the channels.",
    paper: "Simonyan et al. 2014",
    arguments: &[],
    build: |_| Ok(Saliency.into()),
};

/// Greatest magnitude of the derivative over the channels.
#[derive(Clone, Copy, Debug)]
pub struct Saliency;

impl Explainer for Saliency {
    fn info(&self) -> &'static MethodInfo {
        &INFO
    }

    fn run(&self, run: &mut Run<'_>) -> Result<Attribution, ExplainError> {
        let (input, aim) = (run.input, run.aim);
        let pass = run.backward(Rules::Gradient)?.run(input, aim)?;
        let [_, height, width] = run.model.input_shape();
        let values = greatest_magnitude(&pass.gradient, height * width);
        Ok(Attribution::of([1, height, width], values, pass.score))
    }

    fn variant(&self) -> String {
        "greatest magnitude over channels".to_owned()
    }

    fn statement(&self) -> String {
        "greatest magnitude of the derivative over the channels".to_owned()
    }

    fn caption(&self) -> String {
        "|·|, channels: max".to_owned()
    }

    fn values(&self) -> ValueKind {
        ValueKind::Slopes
    }

    fn is_signed(&self) -> bool {
        false
    }
}
