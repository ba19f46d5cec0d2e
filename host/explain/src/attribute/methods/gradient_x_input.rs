//! Gradient times input (Shrikumar et al. 2016).

use crate::attribute::attribution::Attribution;
use crate::attribute::backward::Rules;
use crate::attribute::error::ExplainError;
use crate::attribute::method::{Explainer, MethodInfo, ValueKind};
use crate::attribute::run::Run;

/// Gradient times input.
pub(super) const INFO: MethodInfo = MethodInfo {
    name: "gradient-x-input",
    summary: "Derivative times input, element by element.",
    paper: "Shrikumar et al. 2016",
    arguments: &[],
    build: |_| Ok(GradientXInput.into()),
};

/// Derivative times input, element by element.
#[derive(Clone, Copy, Debug)]
pub struct GradientXInput;

impl Explainer for GradientXInput {
    fn info(&self) -> &'static MethodInfo {
        &INFO
    }

    fn run(&self, run: &mut Run<'_>) -> Result<Attribution, ExplainError> {
        let (input, aim) = (run.input, run.aim);
        let pass = run.backward(Rules::Gradient)?.run(input, aim)?;
        let products = pass.gradient.iter().zip(input).map(|(g, x)| g * x);
        Ok(Attribution::whole(
            run.model,
            pass.score,
            products.collect(),
        ))
    }

    fn variant(&self) -> String {
        "signed".to_owned()
    }

    fn statement(&self) -> String {
        "derivative times input".to_owned()
    }

    fn values(&self) -> ValueKind {
        ValueKind::Shares
    }
}
