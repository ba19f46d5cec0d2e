//! Guided Grad-CAM (Selvaraju et al. 2017).

use super::grad_cam::GradCam;
use crate::attribute::attribution::Attribution;
use crate::attribute::backward::Rules;
use crate::attribute::error::ExplainError;
use crate::attribute::map_layer::{LAYER, MapLayer};
use crate::attribute::method::{Explainer, MethodInfo, ParameterValue, Parameters, ValueKind};
use crate::attribute::run::Run;

/// Guided Grad-CAM.
pub(super) const INFO: MethodInfo = MethodInfo {
    name: "guided-grad-cam",
    summary: "Guided backpropagation times Grad-CAM.",
    paper: "Selvaraju et al. 2017",
    arguments: &[LAYER],
    build: |arguments| {
        let layer = arguments.text(&LAYER)?.map(str::to_owned);
        Ok(GuidedGradCam(GradCam(MapLayer::from(layer))).into())
    },
};

/// Guided backpropagation, each channel times the upsampled Grad-CAM.
#[derive(Clone, Debug, Default)]
pub struct GuidedGradCam(pub GradCam);

impl Explainer for GuidedGradCam {
    fn info(&self) -> &'static MethodInfo {
        &INFO
    }

    fn run(&self, run: &mut Run<'_>) -> Result<Attribution, ExplainError> {
        let (input, aim) = (run.input, run.aim);
        let cam = self.0.run(run)?;
        let pass = run.backward(Rules::Guided)?.run(input, aim)?;
        let planes = pass.gradient.chunks_exact(cam.values.len());
        let products = planes.flat_map(|plane| plane.iter().zip(&cam.values).map(|(g, c)| g * c));
        let mut attribution = Attribution::whole(run.model, cam.score, products.collect());
        attribution.maps = cam.maps;
        attribution.notes = cam.notes;
        Ok(attribution)
    }

    fn variant(&self) -> String {
        "guided backprop times upsampled Grad-CAM".to_owned()
    }

    fn statement(&self) -> String {
        self.0.0.place()
    }

    fn caption(&self) -> String {
        self.0.caption()
    }

    fn parameters(&self) -> Parameters {
        let layer = self.0.0.layer.clone();
        vec![("layer", ParameterValue::Optional(layer))]
    }

    fn values(&self) -> ValueKind {
        ValueKind::Signals
    }
}
