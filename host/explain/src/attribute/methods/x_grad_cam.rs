//! XGrad-CAM (Fu et al. 2020): weights that keep sensitivity and conservation.

use crate::attribute::attribution::Attribution;
use crate::attribute::error::ExplainError;
use crate::attribute::map_layer::{COARSE, LAYER, MapExplainer, MapLayer, rectified};
use crate::attribute::method::MethodInfo;
use crate::attribute::run::Run;

/// XGrad-CAM.
pub(super) const INFO: MethodInfo = MethodInfo {
    name: "xgrad-cam",
    summary: "Maps of a layer, summed with their derivatives as weights, each position weighted by its value; rectified.",
    paper: "Fu et al. 2020",
    arguments: &[LAYER, COARSE],
    build: |arguments| Ok(XGradCam(MapLayer::given(arguments)?).into()),
};

/// XGrad-CAM and its layer.
#[derive(Clone, Debug, Default)]
pub struct XGradCam(pub MapLayer);

impl MapExplainer for XGradCam {
    fn info(&self) -> &'static MethodInfo {
        &INFO
    }

    /// Weights αₖ = Σₓᵧ(∂y/∂Aₖ · Aₖ) / Σₓᵧ Aₖ; the map ReLU(Σₖ αₖ Aₖ). A map that sums to 0
    /// has no such mean, and weight 0.
    fn run(&self, run: &mut Run<'_>) -> Result<Attribution, ExplainError> {
        let of = self.0.slopes("XGrad-CAM", run)?;
        let weights = of.weights(|map, slopes| {
            let whole: f64 = map.iter().copied().map(f64::from).sum();
            let products = map.iter().zip(slopes);
            let product: f64 = products.map(|(&a, &g)| f64::from(a) * f64::from(g)).sum();
            if whole == 0.0 { 0.0 } else { product / whole }
        });
        let coarse = rectified(&of.weighted(&weights));
        Ok(self.0.attribution(run.model, &of, coarse, Some(&weights)))
    }

    fn variant(&self) -> String {
        "weights by the maps' own values, rectified sum, upsampled bilinearly".to_owned()
    }

    fn maps(&self) -> &MapLayer {
        &self.0
    }

    fn is_rectified(&self) -> bool {
        true
    }
}
