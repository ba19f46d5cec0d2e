//! Integrated gradients (Sundararajan et al. 2017).

use super::{
    Attribution, Backward, ExplainError, IntegratedGradients, Report, Request, Residual, Rules,
    Wrt, tell, whole,
};
use crate::float_model::FloatModel;

/// (x − x′) ∫ ∂F(x′ + α(x − x′))/∂x dα over α from 0 to 1, and how far the sum is from
/// F(x) − F(x′): the paper's completeness.
pub fn run(
    model: &FloatModel,
    request: Request<'_>,
    parameters: &IntegratedGradients,
    report: Report<'_>,
) -> Result<Attribution, ExplainError> {
    let Request { input, aim, .. } = request;
    if parameters.steps == 0 {
        return Err(ExplainError::Parameter("steps is a number from 1 up"));
    }
    let baseline = parameters.baseline.values(&model.spec.input, input)?;
    let nodes = parameters.quadrature.nodes(parameters.steps);
    let mut backward = Backward::new(model, aim.layer, Wrt::Input, Rules::Gradient)?;
    let mut integral = vec![0.0_f64; input.len()];
    for (done, &(at, weight)) in nodes.iter().enumerate() {
        let point: Vec<f32> = input
            .iter()
            .zip(&baseline)
            .map(|(&x, &from)| {
                let (x, from) = (f64::from(x), f64::from(from));
                (from + at * (x - from)) as f32
            })
            .collect();
        let pass = backward.run(&point, aim)?;
        for (sum, &g) in integral.iter_mut().zip(&pass.gradient) {
            *sum += weight * f64::from(g);
        }
        tell(report, done + 1, nodes.len())?;
    }
    let values: Vec<f32> = integral
        .iter()
        .zip(input.iter().zip(&baseline))
        .map(|(mean, (&x, &from))| (mean * (f64::from(x) - f64::from(from))) as f32)
        .collect();
    let score = backward.run(input, aim)?.score;
    let base = backward.run(&baseline, aim)?.score;
    let sum: f64 = values.iter().copied().map(f64::from).sum();
    let mut attribution = whole(model, score, values);
    let gap = sum - (score - base);
    attribution.residuals = vec![
        Residual {
            name: "value at the baseline",
            value: base,
        },
        Residual {
            name: "sum of the attributions",
            value: sum,
        },
        Residual {
            name: "completeness: sum less difference of values",
            value: gap,
        },
    ];
    Ok(attribution)
}
