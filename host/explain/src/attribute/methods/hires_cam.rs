//! HiResCAM (Draelos and Carin 2020): where a layer's maps speak for the target and where
//! against it.

use crate::attribute::attribution::Attribution;
use crate::attribute::error::ExplainError;
use crate::attribute::map_layer::{COARSE, LAYER, MapExplainer, MapLayer};
use crate::attribute::method::MethodInfo;
use crate::attribute::run::Run;

/// HiResCAM.
pub(super) const INFO: MethodInfo = MethodInfo {
    name: "hires-cam",
    summary: "Maps of a layer times their derivatives, element by element, summed; not rectified.",
    paper: "Draelos and Carin 2020",
    arguments: &[LAYER, COARSE],
    build: |arguments| Ok(HiResCam(MapLayer::given(arguments)?).into()),
};

/// HiResCAM and its layer.
#[derive(Clone, Debug, Default)]
pub struct HiResCam(pub MapLayer);

impl MapExplainer for HiResCam {
    fn info(&self) -> &'static MethodInfo {
        &INFO
    }

    /// Σₖ ∂y/∂Aₖ ⊙ Aₖ, without a rectifier (section 3.2 of the paper): where only linear
    /// layers follow, the values add up to the target less its biases.
    fn run(&self, run: &mut Run<'_>) -> Result<Attribution, ExplainError> {
        let of = self.0.slopes("HiResCAM", run)?;
        let coarse = of.summed(|slope, value| slope * value);
        let coarse = coarse.iter().map(|&sum| sum as f32).collect();
        Ok(self.0.attribution(run.model, &of, coarse, None))
    }

    fn variant(&self) -> String {
        "sum of products, not rectified, upsampled bilinearly".to_owned()
    }

    fn maps(&self) -> &MapLayer {
        &self.0
    }

    fn is_rectified(&self) -> bool {
        false
    }
}
