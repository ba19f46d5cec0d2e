//! The deconvnet (Zeiler and Fergus 2014, section 2.1): activations of one map,
//! sent back to the pixels.

use super::{
    Attribution, Backward, DeconvnetStart, ExplainError, Request, Residual, Rules, Wrt, whole,
};
use crate::float_model::{FloatModel, Forward};
use crate::target::Quantity;

/// Sends activations back: unpooling by switches, rectification of the signal
/// itself, filters transposed. It begins with the activations' own values.
pub fn run(
    model: &FloatModel,
    request: Request<'_>,
    start: DeconvnetStart,
) -> Result<Attribution, ExplainError> {
    let Request { input, aim, .. } = request;
    let layer = Forward::new(model, &[aim.layer])?.run(input)?.remove(0);
    let mut seed = vec![0.0; layer.len()];
    let strongest = match aim.what {
        Quantity::Value(index) | Quantity::Softmax(index) => {
            seed[index] = layer[index];
            Some(index)
        }
        Quantity::Sum(channel) => {
            let positions = aim.shape[1] * aim.shape[2];
            let map = channel * positions..(channel + 1) * positions;
            match start {
                DeconvnetStart::Map => {
                    seed[map.clone()].copy_from_slice(&layer[map]);
                    None
                }
                DeconvnetStart::Strongest => {
                    let first = map.start;
                    let best = map.max_by(|&a, &b| layer[a].total_cmp(&layer[b]).then(b.cmp(&a)));
                    let best = best.unwrap_or(first);
                    seed[best] = layer[best];
                    Some(best)
                }
            }
        }
    };
    let mut backward = Backward::new(model, aim.layer, Wrt::Input, Rules::Deconvnet)?;
    let pass = backward.run_from(input, aim, &seed)?;
    let mut attribution = whole(model, pass.score, pass.gradient);
    if let Some(index) = strongest {
        let positions = aim.shape[1] * aim.shape[2];
        let at = index % positions;
        let residuals = [
            ("activation sent back", f64::from(layer[index])),
            ("its row", (at / aim.shape[2]) as f64),
            ("its column", (at % aim.shape[2]) as f64),
        ];
        attribution.residuals = residuals
            .map(|(name, value)| Residual { name, value })
            .to_vec();
    }
    Ok(attribution)
}
