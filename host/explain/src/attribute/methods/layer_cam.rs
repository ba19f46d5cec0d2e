//! Layer-CAM (Jiang et al. 2021): element-wise gradient-weighted class activation mapping.

use crate::attribute::attribution::Attribution;
use crate::attribute::error::ExplainError;
use crate::attribute::map_layer::{COARSE, LAYER, MapExplainer, MapLayer, rectified};
use crate::attribute::method::MethodInfo;
use crate::attribute::run::Run;

/// Layer-CAM.
pub(super) const INFO: MethodInfo = MethodInfo {
    name: "layer-cam",
    summary: "Maps of a layer times their positive derivatives, element by element, summed and rectified.",
    paper: "Jiang et al. 2021",
    arguments: &[LAYER, COARSE],
    build: |arguments| Ok(LayerCam(MapLayer::given(arguments)?).into()),
};

/// Layer-CAM and its layer.
#[derive(Clone, Debug, Default)]
pub struct LayerCam(pub MapLayer);

impl MapExplainer for LayerCam {
    fn info(&self) -> &'static MethodInfo {
        &INFO
    }

    /// ReLU(Σₖ ReLU(∂y/∂Aₖ) ⊙ Aₖ), equations 5 to 7 of the paper: one rectifier on the
    /// slopes, one on the sum. The paper's scaling of shallow layers by tanh, for pictures,
    /// is left out.
    fn run(&self, run: &mut Run<'_>) -> Result<Attribution, ExplainError> {
        let of = self.0.slopes("Layer-CAM", run)?;
        let coarse = rectified(&of.summed(|slope, value| slope.max(0.0) * value));
        Ok(self.0.attribution(run.model, &of, coarse, None))
    }

    fn variant(&self) -> String {
        "rectified slopes, rectified sum, upsampled bilinearly".to_owned()
    }

    fn maps(&self) -> &MapLayer {
        &self.0
    }

    fn is_rectified(&self) -> bool {
        true
    }
}
