//! Grad-CAM (Selvaraju et al. 2017).

use crate::attribute::attribution::{Attribution, Note};
use crate::attribute::error::ExplainError;
use crate::attribute::map_layer::{COARSE, LAYER, MapExplainer, MapLayer, rectified};
use crate::attribute::method::MethodInfo;
use crate::attribute::run::Run;

/// Grad-CAM.
pub(super) const INFO: MethodInfo = MethodInfo {
    name: "grad-cam",
    summary: "Maps of a layer, summed with their mean derivatives as weights, then rectified.",
    paper: "Selvaraju et al. 2017",
    arguments: &[LAYER, COARSE],
    build: |arguments| Ok(GradCam(MapLayer::given(arguments)?).into()),
};

/// Grad-CAM and its layer.
#[derive(Clone, Debug, Default)]
pub struct GradCam(pub MapLayer);

impl MapExplainer for GradCam {
    fn info(&self) -> &'static MethodInfo {
        &INFO
    }

    /// Weights αₖ = 1/Z ΣᵢΣⱼ ∂y/∂Aₖᵢⱼ over the Z positions of a map Aₖ; the map
    /// ReLU(Σₖ αₖ Aₖ), upsampled to the input.
    fn run(&self, run: &mut Run<'_>) -> Result<Attribution, ExplainError> {
        let of = self.0.slopes("Grad-CAM", run)?;
        let mean = |_: &[f32], slopes: &[f32]| {
            let sum: f64 = slopes.iter().copied().map(f64::from).sum();
            sum / slopes.len() as f64
        };
        let weights = of.weights(mean);
        let sums = of.weighted(&weights);
        let is_cut = sums.iter().all(|&sum| sum <= 0.0) && sums.iter().any(|&sum| sum < 0.0);
        let coarse = rectified(&sums);
        let mut attribution = self.0.attribution(run.model, &of, coarse, Some(&weights));
        if is_cut {
            let layer = self.0.id("Grad-CAM", run.model, run.aim)?;
            let layer = run.model.layer(layer).name.clone();
            attribution.notes.push(Note::NowherePositive { layer });
        }
        Ok(attribution)
    }

    fn variant(&self) -> String {
        "rectified sum, upsampled bilinearly".to_owned()
    }

    fn maps(&self) -> &MapLayer {
        &self.0
    }

    fn is_rectified(&self) -> bool {
        true
    }
}
