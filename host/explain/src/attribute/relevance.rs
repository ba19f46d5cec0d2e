//! Layer-wise relevance propagation (Bach et al. 2015), with a rule for each
//! layer.

use super::{Attribution, Backward, Composite, ExplainError, Request, Residual, Rules, Wrt, whole};
use crate::float_model::{FloatModel, Forward};
use crate::target::Quantity;

/// Relevance of the input, from the target's own value; and what of it was kept:
/// biases and ε take their share (Bach et al. 2015; Montavon et al. 2019, section
/// 10.2).
pub fn run(
    model: &FloatModel,
    request: Request<'_>,
    composite: &Composite,
) -> Result<Attribution, ExplainError> {
    let Request { input, aim, .. } = request;
    composite.check(model)?;
    let layer = Forward::new(model, &[aim.layer])?.run(input)?.remove(0);
    let mut seed = vec![0.0; layer.len()];
    match aim.what {
        Quantity::Value(index) => seed[index] = layer[index],
        Quantity::Sum(channel) => {
            let positions = aim.shape[1] * aim.shape[2];
            let map = channel * positions..(channel + 1) * positions;
            seed[map.clone()].copy_from_slice(&layer[map]);
        }
        Quantity::Softmax(_) => {
            return Err(ExplainError::Parameter(
                "relevance is propagated from a logit, not from a probability",
            ));
        }
    }
    let rules = Rules::Relevance(composite);
    let mut backward = Backward::new(model, aim.layer, Wrt::Input, rules)?;
    let pass = backward.run_from(input, aim, &seed)?;
    let sum: f64 = pass.gradient.iter().copied().map(f64::from).sum();
    let started: f64 = seed.iter().copied().map(f64::from).sum();
    let mut attribution = whole(model, pass.score, pass.gradient);
    attribution.rules = pass.rules;
    let residuals = [
        ("relevance at the target", started),
        ("relevance at the input", sum),
        ("taken by biases", pass.bias),
        ("taken by ε or lost", pass.absorbed),
        (
            "conservation: target less all of these",
            started - sum - pass.bias - pass.absorbed,
        ),
    ];
    attribution.residuals = residuals
        .map(|(name, value)| Residual { name, value })
        .to_vec();
    Ok(attribution)
}
