//! The parameters of `cortexscope explain`, method by method.

use super::common::wrong;
use super::full::{model_error, one_input, sides};
use clap::{Args, ValueEnum};
use cortexscope_explain::attribute::{
    Baseline, Composite, CompositeKind, DeconvnetStart, GradCam, IntegratedGradients, LrpRule,
    Method, OcclusionParameters, Quadrature, SmoothGrad, SmoothGradOf,
};
use cortexscope_explain::float_model::FloatModel;
use std::path::Path;

/// Parameters of the methods; each is for the methods that its help names.
#[derive(Args)]
pub(super) struct MethodArgs {
    /// grad-cam, guided-grad-cam: the layer whose maps are weighted, by node or
    /// tensor; the last convolution's, rectified, by default.
    #[arg(long, value_name = "NAME", help_heading = "Method")]
    layer: Option<String>,
    /// deconvnet: what of the target's map is sent back.
    #[arg(long, value_enum, default_value_t, help_heading = "Method")]
    start: StartArg,
    /// smooth-grad: what is averaged.
    #[arg(long, value_enum, default_value_t, help_heading = "Method")]
    of: OfArg,
    /// smooth-grad: noisy inputs.
    #[arg(long, default_value_t = 50, help_heading = "Method")]
    samples: usize,
    /// smooth-grad: standard deviation of the noise as a share of the input's range.
    #[arg(long, default_value_t = 0.15, help_heading = "Method")]
    level: f64,
    /// smooth-grad: seed of the noise.
    #[arg(long, default_value_t = 0, help_heading = "Method")]
    seed: u64,
    /// integrated-gradients: where the path begins: black, white, zero, mean, a grey
    /// level from 0 to 255, or an input.
    #[arg(long, default_value = "black", help_heading = "Method")]
    baseline: String,
    /// integrated-gradients: points on the path.
    #[arg(long, default_value_t = 100, help_heading = "Method")]
    steps: usize,
    /// integrated-gradients: how the integral is approximated.
    #[arg(long, value_enum, default_value_t, help_heading = "Method")]
    quadrature: QuadratureArg,
    /// lrp-*: rules by the kind of the layer.
    #[arg(long, value_enum, default_value_t, help_heading = "Method")]
    composite: CompositeArg,
    /// lrp-*: ε, in the units of the layer.
    #[arg(long, default_value_t = 1e-6, help_heading = "Method")]
    epsilon: f32,
    /// lrp-*: γ.
    #[arg(long, default_value_t = 0.25, help_heading = "Method")]
    gamma: f32,
    /// lrp-*: the rule of one layer, NAME:RULE, where RULE is epsilon=0.01, gamma=0.25,
    /// zplus, alpha-beta=2,1, zbox or flat; may be given several times.
    #[arg(long, value_name = "NAME:RULE", help_heading = "Method")]
    rule: Vec<String>,
    /// occlusion: rows and columns of the window, 7 or 5x9; an eighth of the input by
    /// default.
    #[arg(long, value_name = "HxW", value_parser = sides, help_heading = "Method")]
    window: Option<[usize; 2]>,
    /// occlusion: rows and columns from one position to the next, 1 or 2x3; a quarter
    /// of the window by default.
    #[arg(long, value_name = "HxW", value_parser = sides, help_heading = "Method")]
    stride: Option<[usize; 2]>,
    /// occlusion: what the window is filled with: black, white, zero, mean, a grey
    /// level from 0 to 255, or an input.
    #[arg(long, default_value = "128", help_heading = "Method")]
    fill: String,
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum StartArg {
    /// The strongest activation alone, as in the paper.
    #[default]
    Strongest,
    /// The whole map.
    Map,
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum OfArg {
    /// The signed derivative, as in the paper.
    #[default]
    Gradient,
    /// Its magnitude.
    Magnitude,
    /// Its square.
    Square,
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum QuadratureArg {
    /// At k/m for k = 1 … m, as in the paper.
    Right,
    /// At (k − ½)/m.
    #[default]
    Midpoint,
    /// Through k/m for k = 0 … m.
    Trapezoid,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum CompositeArg {
    /// The method's rule for every layer.
    #[default]
    Uniform,
    /// ε dense, z⁺ convolutions.
    EpsilonPlus,
    /// ε dense, z⁺ convolutions, flat first.
    EpsilonPlusFlat,
    /// ε dense, α = 2 and β = 1 convolutions.
    #[value(name = "epsilon-alpha2-beta1")]
    EpsilonAlpha2Beta1,
    /// ε dense, γ convolutions, the box of the input's range first.
    EpsilonGammaBox,
}

impl MethodArgs {
    /// The method called `name`, with its parameters.
    pub fn method(&self, name: &str, model: &FloatModel) -> anyhow::Result<Method> {
        let cam = || GradCam {
            layer: self.layer.clone(),
        };
        if let Some(layer) = &self.layer {
            model.find(layer).map_err(model_error)?;
        }
        Ok(match name {
            "gradient" => Method::Gradient,
            "saliency" => Method::Saliency,
            "gradient-x-input" => Method::GradientXInput,
            "guided-backprop" => Method::GuidedBackprop,
            "deconvnet" => Method::Deconvnet(match self.start {
                StartArg::Strongest => DeconvnetStart::Strongest,
                StartArg::Map => DeconvnetStart::Map,
            }),
            "smooth-grad" => Method::SmoothGrad(SmoothGrad {
                of: match self.of {
                    OfArg::Gradient => SmoothGradOf::Gradient,
                    OfArg::Magnitude => SmoothGradOf::Magnitude,
                    OfArg::Square => SmoothGradOf::Square,
                },
                samples: self.samples,
                level: self.level,
                seed: self.seed,
            }),
            "integrated-gradients" => Method::IntegratedGradients(IntegratedGradients {
                baseline: baseline("--baseline", &self.baseline, model)?,
                steps: self.steps,
                quadrature: match self.quadrature {
                    QuadratureArg::Right => Quadrature::Right,
                    QuadratureArg::Midpoint => Quadrature::Midpoint,
                    QuadratureArg::Trapezoid => Quadrature::Trapezoid,
                },
            }),
            "grad-cam" => Method::GradCam(cam()),
            "guided-grad-cam" => Method::GuidedGradCam(cam()),
            "lrp-epsilon" => Method::LrpEpsilon(self.lrp(LrpRule::Epsilon(self.epsilon))?),
            "lrp-gamma" => Method::LrpGamma(self.lrp(LrpRule::Gamma(self.gamma))?),
            "lrp-zplus" => Method::LrpZPlus(self.lrp(LrpRule::ZPlus)?),
            "occlusion" => Method::Occlusion(self.occlusion(model)?),
            other => return Err(wrong(format!("there is no method {other}"))),
        })
    }

    fn lrp(&self, rule: LrpRule) -> anyhow::Result<Composite> {
        let kind = match self.composite {
            CompositeArg::Uniform => CompositeKind::Uniform,
            CompositeArg::EpsilonPlus => CompositeKind::EpsilonPlus,
            CompositeArg::EpsilonPlusFlat => CompositeKind::EpsilonPlusFlat,
            CompositeArg::EpsilonAlpha2Beta1 => CompositeKind::EpsilonAlpha2Beta1,
            CompositeArg::EpsilonGammaBox => CompositeKind::EpsilonGammaBox,
        };
        let suits = match (kind, rule) {
            (CompositeKind::Uniform, _) => true,
            (CompositeKind::EpsilonGammaBox, rule) => matches!(rule, LrpRule::Gamma(_)),
            (CompositeKind::EpsilonPlus | CompositeKind::EpsilonPlusFlat, rule) => {
                matches!(rule, LrpRule::Epsilon(_) | LrpRule::ZPlus)
            }
            (CompositeKind::EpsilonAlpha2Beta1, rule) => matches!(rule, LrpRule::Epsilon(_)),
        };
        if !suits {
            return Err(wrong(format!(
                "--composite {} has no layer with this method's rule",
                kind.name()
            )));
        }
        let mut composite = Composite::of(kind, rule, self.epsilon, self.gamma);
        for text in &self.rule {
            let (layer, rule) = text.rsplit_once(':').ok_or_else(|| {
                wrong(format!("--rule {text:?}: write NAME:RULE, as conv1:zplus"))
            })?;
            let rule = rule.parse::<LrpRule>().map_err(wrong)?;
            composite.layers.push((layer.to_owned(), rule));
        }
        Ok(composite)
    }

    fn occlusion(&self, model: &FloatModel) -> anyhow::Result<OcclusionParameters> {
        let [_, height, width] = model.input_shape();
        let window = self
            .window
            .unwrap_or([height, width].map(|side| (side / 8).max(1)));
        let stride = self.stride.unwrap_or(window.map(|side| (side / 4).max(1)));
        Ok(OcclusionParameters {
            window,
            stride,
            fill: baseline("--fill", &self.fill, model)?,
        })
    }
}

/// A baseline or fill as it is written.
fn baseline(flag: &str, text: &str, model: &FloatModel) -> anyhow::Result<Baseline> {
    Ok(match text {
        "black" => Baseline::Black,
        "white" => Baseline::White,
        "zero" => Baseline::Zero,
        "mean" => Baseline::Mean,
        text => match text.parse::<f32>() {
            Ok(level) if (0.0..=255.0).contains(&level) => Baseline::Level(level),
            Ok(_) => return Err(wrong(format!("{flag}: a grey level is from 0 to 255"))),
            Err(_) if text.starts_with("mnist:") || Path::new(text).is_file() => {
                Baseline::Input(one_input(text, model)?.values)
            }
            Err(_) => {
                return Err(wrong(format!(
                    "{flag} {text:?}: write black, white, zero, mean, a grey level from 0 to 255, or an input: a picture, a .npy array or mnist:0"
                )));
            }
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use cortexscope_explain::attribute::METHODS;
    use cortexscope_explain::float_model::Overrides;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        parameters: MethodArgs,
    }

    #[test]
    fn without_flags_every_method_is_the_standard_one() {
        let model = FloatModel::open("lecture-lenet", &Overrides::default()).unwrap();
        let [_, height, width] = model.input_shape();
        let line = Line::parse_from(["explain"]);
        for name in METHODS {
            let here = line.parameters.method(name, &model).unwrap();
            let standard = Method::standard(name, [height, width]).unwrap();
            assert_eq!(here, standard, "{name}");
            assert_eq!(standard.name(), name);
        }
        assert_eq!(Method::standard("guessing", [28, 28]), None);
    }
}
