//! The gradient (Baehrens et al. 2010; Simonyan et al. 2014, "Image-Specific Class
//! Saliency Visualisation").

use crate::attribute::attribution::Attribution;
use crate::attribute::backward::Rules;
use crate::attribute::error::ExplainError;
use crate::attribute::method::{Explainer, MethodInfo, ValueKind};
use crate::attribute::run::Run;

/// The gradient.
pub(super) const INFO: MethodInfo = MethodInfo {
    name: "gradient",
    summary: "Derivative of the target with respect to the input.",
    paper: "Baehrens et al. 2010; Simonyan et al. 2014",
    arguments: &[],
    build: |_| Ok(Gradient.into()),
};

/// Derivative of the target with respect to the input.
#[derive(Clone, Copy, Debug)]
pub struct Gradient;

impl Explainer for Gradient {
    fn info(&self) -> &'static MethodInfo {
        &INFO
    }

    fn run(&self, run: &mut Run<'_>) -> Result<Attribution, ExplainError> {
        let (input, aim) = (run.input, run.aim);
        let pass = run.backward(Rules::Gradient)?.run(input, aim)?;
        Ok(Attribution::whole(run.model, pass.score, pass.gradient))
    }

    fn variant(&self) -> String {
        "signed".to_owned()
    }

    fn statement(&self) -> String {
        "derivative of the target".to_owned()
    }

    fn values(&self) -> ValueKind {
        ValueKind::Slopes
    }
}
