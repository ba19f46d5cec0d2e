//! Grad-CAM++ (Chattopadhay et al. 2018): several places of one class count alike.

use crate::attribute::attribution::Attribution;
use crate::attribute::error::ExplainError;
use crate::attribute::map_layer::{COARSE, LAYER, MapExplainer, MapLayer, rectified};
use crate::attribute::method::MethodInfo;
use crate::attribute::run::Run;

/// Grad-CAM++.
pub(super) const INFO: MethodInfo = MethodInfo {
    name: "grad-cam-plus-plus",
    summary: "Maps of a layer, summed with weights of their positive derivatives that count each place alike; rectified.",
    paper: "Chattopadhay et al. 2018",
    arguments: &[LAYER, COARSE],
    build: |arguments| Ok(GradCamPlusPlus(MapLayer::given(arguments)?).into()),
};

/// Grad-CAM++ and its layer.
#[derive(Clone, Debug, Default)]
pub struct GradCamPlusPlus(pub MapLayer);

impl MapExplainer for GradCamPlusPlus {
    fn info(&self) -> &'static MethodInfo {
        &INFO
    }

    /// wₖ = Σₓᵧ αₓᵧ ReLU(gₓᵧ) with α = g² / (2g² + (Σ A) g³), equations 10 and 19 of the paper,
    /// where the target is the exponential of y: its factor exp(y), the same everywhere, is
    /// left out. The map is ReLU(Σₖ wₖ Aₖ).
    fn run(&self, run: &mut Run<'_>) -> Result<Attribution, ExplainError> {
        let of = self.0.slopes("Grad-CAM++", run)?;
        let weights = of.weights(|map, slopes| {
            let whole: f64 = map.iter().copied().map(f64::from).sum();
            slopes.iter().map(|&g| share(f64::from(g), whole)).sum()
        });
        let coarse = rectified(&of.weighted(&weights));
        Ok(self.0.attribution(run.model, &of, coarse, Some(&weights)))
    }

    fn variant(&self) -> String {
        "positive slopes, weighted by second and third derivatives; rectified sum, upsampled bilinearly".to_owned()
    }

    fn maps(&self) -> &MapLayer {
        &self.0
    }

    fn is_rectified(&self) -> bool {
        true
    }
}

/// α · ReLU(g) of a position with the slope g in a map that sums to `whole`: 0 where g is not
/// positive, and where the map is so negative that α has no value. g² is cancelled, which
/// would be 0 in a computer where g is not.
fn share(g: f64, whole: f64) -> f64 {
    let below = 2.0 + whole * g;
    if g > 0.0 && below != 0.0 {
        g / below
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::share;

    #[test]
    fn a_share_is_0_where_it_has_no_value() {
        assert_eq!(share(2.0, -1.0), 0.0);
        assert_eq!(share(1.0, -1.0), 1.0);
        assert_eq!(share(3.0, 2.0), 0.375);
        assert_eq!(share(-3.0, 2.0), 0.0);
        assert_eq!(share(0.0, 2.0), 0.0);
    }
}
