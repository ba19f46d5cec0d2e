//! SmoothGrad: derivatives at noisy inputs, averaged (Smilkov et al. 2017).

use super::{
    Attribution, Backward, ExplainError, Report, Request, Rules, SmoothGrad, SmoothGradOf, Wrt,
    tell, whole,
};
use crate::float_model::{FloatModel, Forward};
use cortexscope_net::random::Random;

/// M(x) = 1/n Σ g(x + N(0, σ²)), with σ = level × (greatest − least value of x),
/// as the paper gives noise levels: σ / (greatest − least).
pub fn run(
    model: &FloatModel,
    request: Request<'_>,
    parameters: &SmoothGrad,
    report: Report<'_>,
) -> Result<Attribution, ExplainError> {
    let Request { input, aim, .. } = request;
    if parameters.samples == 0 {
        return Err(ExplainError::Parameter("samples is a number from 1 up"));
    }
    if !(parameters.level.is_finite() && parameters.level >= 0.0) {
        return Err(ExplainError::Parameter(
            "the noise level is a number from 0 up",
        ));
    }
    let [least, greatest] = input
        .iter()
        .fold([f32::INFINITY, f32::NEG_INFINITY], |[low, high], &value| {
            [low.min(value), high.max(value)]
        });
    let sigma = parameters.level * f64::from(greatest - least);
    let mut random = Random::new(parameters.seed);
    let mut backward = Backward::new(model, aim.layer, Wrt::Input, Rules::Gradient)?;
    let mut sums = vec![0.0_f64; input.len()];
    for sample in 0..parameters.samples {
        let noisy: Vec<f32> = input
            .iter()
            .map(|&value| (f64::from(value) + sigma * random.normal()) as f32)
            .collect();
        let pass = backward.run(&noisy, aim)?;
        for (sum, &g) in sums.iter_mut().zip(&pass.gradient) {
            let g = f64::from(g);
            *sum += match parameters.of {
                SmoothGradOf::Gradient => g,
                SmoothGradOf::Magnitude => g.abs(),
                SmoothGradOf::Square => g * g,
            };
        }
        tell(report, sample + 1, parameters.samples)?;
    }
    let mean = |sum: &f64| (sum / parameters.samples as f64) as f32;
    let values = sums.iter().map(mean).collect();
    // The value at the input itself, not at a noisy one.
    let layer = Forward::new(model, &[aim.layer])?.run(input)?;
    let score = aim.value(&layer[0]);
    Ok(whole(model, score, values))
}
