//! Each method as it is where nothing else is asked for.

use super::composite::{Composite, CompositeKind, LrpRule};
use super::method::{
    Baseline, DeconvnetStart, GradCam, IntegratedGradients, Method, OcclusionParameters,
    Quadrature, SmoothGrad, SmoothGradOf,
};

/// ε of layer-wise relevance propagation, in the units of the layer.
pub const EPSILON: f32 = 1e-6;
/// γ of layer-wise relevance propagation.
pub const GAMMA: f32 = 0.25;

impl Method {
    /// The method called `name`, one of [`METHODS`](super::METHODS), with the command
    /// line's defaults for an input of `[height, width]`.
    pub fn standard(name: &str, [height, width]: [usize; 2]) -> Option<Self> {
        let lrp = |rule| Composite::of(CompositeKind::Uniform, rule, EPSILON, GAMMA);
        Some(match name {
            "gradient" => Self::Gradient,
            "saliency" => Self::Saliency,
            "gradient-x-input" => Self::GradientXInput,
            "guided-backprop" => Self::GuidedBackprop,
            "deconvnet" => Self::Deconvnet(DeconvnetStart::Strongest),
            "smooth-grad" => Self::SmoothGrad(SmoothGrad {
                of: SmoothGradOf::Gradient,
                samples: 50,
                level: 0.15,
                seed: 0,
            }),
            "integrated-gradients" => Self::IntegratedGradients(IntegratedGradients {
                baseline: Baseline::Black,
                steps: 100,
                quadrature: Quadrature::Midpoint,
            }),
            "grad-cam" => Self::GradCam(GradCam::default()),
            "guided-grad-cam" => Self::GuidedGradCam(GradCam::default()),
            "lrp-epsilon" => Self::LrpEpsilon(lrp(LrpRule::Epsilon(EPSILON))),
            "lrp-gamma" => Self::LrpGamma(lrp(LrpRule::Gamma(GAMMA))),
            "lrp-zplus" => Self::LrpZPlus(lrp(LrpRule::ZPlus)),
            "occlusion" => {
                let window = [height, width].map(|side| (side / 8).max(1));
                Self::Occlusion(OcclusionParameters {
                    window,
                    stride: window.map(|side| (side / 4).max(1)),
                    fill: Baseline::Level(128.0),
                })
            }
            _ => return None,
        })
    }

    /// The unit of its values where the target's is `target`.
    pub fn unit(&self, target: &str) -> String {
        match self {
            Self::Gradient | Self::Saliency => format!("{target} per unit of input"),
            Self::SmoothGrad(parameters) => match parameters.of {
                SmoothGradOf::Square => format!("({target} per unit of input)²"),
                SmoothGradOf::Gradient | SmoothGradOf::Magnitude => {
                    format!("{target} per unit of input")
                }
            },
            Self::GuidedBackprop
            | Self::Deconvnet(_)
            | Self::GradCam(_)
            | Self::GuidedGradCam(_) => "no unit".to_owned(),
            Self::GradientXInput
            | Self::IntegratedGradients(_)
            | Self::LrpEpsilon(_)
            | Self::LrpGamma(_)
            | Self::LrpZPlus(_) => format!("{target}, shares"),
            Self::Occlusion(_) => format!("{target} lost"),
        }
    }
}
