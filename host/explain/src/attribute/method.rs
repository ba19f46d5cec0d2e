//! The methods, their variants and their parameters, as data.

use serde_json::{Value, json};

use super::composite::Composite;

/// An attribution method with its variant and parameters. Names are those of the
/// command line.
#[derive(Clone, Debug, PartialEq)]
pub enum Method {
    /// Derivative of the target with respect to the input (Baehrens et al. 2010;
    /// Simonyan et al. 2014, "Image-Specific Class Saliency Visualisation").
    Gradient,
    /// Greatest magnitude of the derivative over the channels (Simonyan et al.
    /// 2014, "Class Saliency Extraction").
    Saliency,
    /// Derivative times input, element by element (Shrikumar et al. 2016).
    GradientXInput,
    /// Backward through rectifiers only what is positive and was passed forward
    /// (Springenberg et al. 2015).
    GuidedBackprop,
    /// Backward through rectifiers only what is positive, through max-pooling
    /// by its switches (Zeiler and Fergus 2014, section 2.1).
    Deconvnet(DeconvnetStart),
    /// Mean over noisy inputs (Smilkov et al. 2017).
    SmoothGrad(SmoothGrad),
    /// Path integral from a baseline (Sundararajan et al. 2017).
    IntegratedGradients(IntegratedGradients),
    /// Maps of a layer, weighted by their mean derivative: ReLU(Σ α A) with α the mean
    /// of ∂y/∂A over the positions (Selvaraju et al. 2017).
    GradCam(GradCam),
    /// Guided backprop times Grad-CAM (Selvaraju et al. 2017).
    GuidedGradCam(GradCam),
    /// Layer-wise relevance propagation, ε rule (Bach et al. 2015, equation 58;
    /// Montavon et al. 2019, section 10.2.1).
    LrpEpsilon(Composite),
    /// Layer-wise relevance propagation, γ rule (Montavon et al. 2019, section
    /// 10.2.1).
    LrpGamma(Composite),
    /// Layer-wise relevance propagation, z⁺ rule (Montavon et al. 2017; z⁺ is
    /// its name there).
    LrpZPlus(Composite),
    /// What the target loses when a window is hidden (Zeiler and Fergus 2014,
    /// section 4.2).
    Occlusion(OcclusionParameters),
}

/// What of the target's layer is sent back through the deconvnet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeconvnetStart {
    /// The strongest activation of the map alone, with its value, as in the
    /// paper: "we set all other activations in the layer to zero".
    Strongest,
    /// Every activation of the map, with its value.
    Map,
}

/// What SmoothGrad averages over noisy inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmoothGradOf {
    /// The signed derivative, as in the paper's formula.
    Gradient,
    /// Its magnitude.
    Magnitude,
    /// Its square ("SmoothGrad-squared", Hooker et al. 2019).
    Square,
}

/// Parameters of SmoothGrad.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SmoothGrad {
    /// What is averaged.
    pub of: SmoothGradOf,
    /// Noisy inputs.
    pub samples: usize,
    /// Standard deviation of the noise as a share of the input's range:
    /// σ = level × (greatest − least value of this input).
    pub level: f64,
    /// Seed of the noise.
    pub seed: u64,
}

/// How the path integral is approximated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quadrature {
    /// The mean at k/m for k = 1 … m: the sum that the paper gives.
    Right,
    /// The mean at (k − ½)/m.
    Midpoint,
    /// The trapezoid rule through k/m for k = 0 … m.
    Trapezoid,
}

/// Where a path begins.
#[derive(Clone, Debug, PartialEq)]
pub enum Baseline {
    /// Pixel 0 in every channel.
    Black,
    /// Pixel 255 in every channel.
    White,
    /// The same grey level, 0 to 255, in every channel.
    Level(f32),
    /// Zero in the model's own units: for a normalised model its mean image.
    Zero,
    /// The mean of each channel of this input.
    Mean,
    /// An input of its own, `[C, H, W]`.
    Input(Vec<f32>),
}

/// Parameters of integrated gradients.
#[derive(Clone, Debug, PartialEq)]
pub struct IntegratedGradients {
    /// Where the path begins.
    pub baseline: Baseline,
    /// Points on the path.
    pub steps: usize,
    /// How the integral is approximated.
    pub quadrature: Quadrature,
}

/// Parameters of Grad-CAM.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GradCam {
    /// The layer whose maps are weighted; the last convolution's, rectified, by
    /// default.
    pub layer: Option<String>,
}

/// Parameters of occlusion.
#[derive(Clone, Debug, PartialEq)]
pub struct OcclusionParameters {
    /// Rows and columns of the window.
    pub window: [usize; 2],
    /// Rows and columns from one position to the next.
    pub stride: [usize; 2],
    /// What the window is filled with.
    pub fill: Baseline,
}

/// Names of all methods, as on the command line.
pub const METHODS: [&str; 13] = [
    "gradient",
    "saliency",
    "gradient-x-input",
    "guided-backprop",
    "deconvnet",
    "smooth-grad",
    "integrated-gradients",
    "grad-cam",
    "guided-grad-cam",
    "lrp-epsilon",
    "lrp-gamma",
    "lrp-zplus",
    "occlusion",
];

impl Method {
    /// Its name on the command line.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Gradient => "gradient",
            Self::Saliency => "saliency",
            Self::GradientXInput => "gradient-x-input",
            Self::GuidedBackprop => "guided-backprop",
            Self::Deconvnet(_) => "deconvnet",
            Self::SmoothGrad(_) => "smooth-grad",
            Self::IntegratedGradients(_) => "integrated-gradients",
            Self::GradCam(_) => "grad-cam",
            Self::GuidedGradCam(_) => "guided-grad-cam",
            Self::LrpEpsilon(_) => "lrp-epsilon",
            Self::LrpGamma(_) => "lrp-gamma",
            Self::LrpZPlus(_) => "lrp-zplus",
            Self::Occlusion(_) => "occlusion",
        }
    }

    /// The name of its variant, where the literature has several.
    pub fn variant(&self) -> String {
        match self {
            Self::Gradient => "signed".to_owned(),
            Self::Saliency => "greatest magnitude over channels".to_owned(),
            Self::GradientXInput => "signed".to_owned(),
            Self::GuidedBackprop => "every rectifier guided".to_owned(),
            Self::Deconvnet(start) => start.name().to_owned(),
            Self::SmoothGrad(parameters) => parameters.of.name().to_owned(),
            Self::IntegratedGradients(parameters) => parameters.quadrature.name().to_owned(),
            Self::GradCam(_) => "rectified sum, upsampled bilinearly".to_owned(),
            Self::GuidedGradCam(_) => "guided backprop times upsampled Grad-CAM".to_owned(),
            Self::LrpEpsilon(composite) | Self::LrpGamma(composite) | Self::LrpZPlus(composite) => {
                composite.name().to_owned()
            }
            Self::Occlusion(_) => "drop, mean over the windows that cover a pixel".to_owned(),
        }
    }

    /// Variant and parameters in a line, for a picture.
    pub fn statement(&self) -> String {
        match self {
            Self::Gradient => "derivative of the target".to_owned(),
            Self::Saliency => "greatest magnitude of the derivative over the channels".to_owned(),
            Self::GradientXInput => "derivative times input".to_owned(),
            Self::GuidedBackprop => {
                "only positive signals pass rectifiers that were open".to_owned()
            }
            Self::Deconvnet(start) => format!("switches of max-pooling, {}", start.words()),
            Self::SmoothGrad(SmoothGrad {
                of,
                samples,
                level,
                seed,
            }) => format!(
                "{}, {samples} samples, noise {level} of the input’s range, seed {seed}",
                of.words()
            ),
            Self::IntegratedGradients(IntegratedGradients {
                baseline,
                steps,
                quadrature,
            }) => format!(
                "{steps} steps from {}, {} rule",
                baseline.words(),
                quadrature.name()
            ),
            Self::GradCam(GradCam { layer }) | Self::GuidedGradCam(GradCam { layer }) => {
                match layer {
                    Some(layer) => format!("maps of {layer}"),
                    None => "maps of the last convolution".to_owned(),
                }
            }
            Self::LrpEpsilon(composite) | Self::LrpGamma(composite) | Self::LrpZPlus(composite) => {
                composite.words()
            }
            Self::Occlusion(OcclusionParameters {
                window: [height, width],
                stride: [down, across],
                fill,
            }) => format!(
                "{height}×{width} window, stride {down}×{across}, filled with {}",
                fill.words()
            ),
        }
    }

    /// The parameters as JSON, for the receipt.
    pub fn parameters(&self) -> Value {
        match self {
            Self::Gradient | Self::Saliency | Self::GradientXInput | Self::GuidedBackprop => {
                json!({})
            }
            Self::Deconvnet(start) => json!({ "start": start.name() }),
            Self::SmoothGrad(parameters) => json!({
                "of": parameters.of.name(),
                "samples": parameters.samples,
                "level": parameters.level,
            }),
            Self::IntegratedGradients(parameters) => json!({
                "baseline": parameters.baseline.words(),
                "steps": parameters.steps,
                "quadrature": parameters.quadrature.name(),
            }),
            Self::GradCam(parameters) | Self::GuidedGradCam(parameters) => {
                json!({ "layer": parameters.layer })
            }
            Self::LrpEpsilon(composite) | Self::LrpGamma(composite) | Self::LrpZPlus(composite) => {
                composite.parameters()
            }
            Self::Occlusion(parameters) => json!({
                "window": parameters.window,
                "stride": parameters.stride,
                "fill": parameters.fill.words(),
            }),
        }
    }

    /// The seed, where there is chance in it.
    pub fn seed(&self) -> Option<u64> {
        match self {
            Self::SmoothGrad(parameters) => Some(parameters.seed),
            _ => None,
        }
    }

    /// Whether the sign of the attribution means something.
    pub fn is_signed(&self) -> bool {
        match self {
            Self::Saliency | Self::GradCam(_) => false,
            Self::SmoothGrad(parameters) => parameters.of == SmoothGradOf::Gradient,
            _ => true,
        }
    }

    /// Whether values of different channels are to be added up, as shares of one
    /// whole are; otherwise they are derivatives, which have the unit of their
    /// channel.
    pub fn is_additive(&self) -> bool {
        matches!(
            self,
            Self::GradientXInput
                | Self::IntegratedGradients(_)
                | Self::LrpEpsilon(_)
                | Self::LrpGamma(_)
                | Self::LrpZPlus(_)
        )
    }
}

impl DeconvnetStart {
    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Strongest => "strongest",
            Self::Map => "map",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Strongest => "from the strongest activation alone",
            Self::Map => "from the whole map",
        }
    }
}

impl SmoothGradOf {
    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gradient => "gradient",
            Self::Magnitude => "magnitude",
            Self::Square => "square",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Gradient => "mean derivative",
            Self::Magnitude => "mean magnitude of the derivative",
            Self::Square => "mean square of the derivative",
        }
    }
}

impl Quadrature {
    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Right => "right",
            Self::Midpoint => "midpoint",
            Self::Trapezoid => "trapezoid",
        }
    }

    /// Points on the path from 0 to 1 and their weights, which sum to one.
    pub fn nodes(self, steps: usize) -> Vec<(f64, f64)> {
        let m = steps as f64;
        match self {
            Self::Right => (1..=steps).map(|k| (k as f64 / m, 1.0 / m)).collect(),
            Self::Midpoint => (1..=steps)
                .map(|k| ((k as f64 - 0.5) / m, 1.0 / m))
                .collect(),
            Self::Trapezoid => (0..=steps)
                .map(|k| {
                    let end = k == 0 || k == steps;
                    (k as f64 / m, if end { 0.5 / m } else { 1.0 / m })
                })
                .collect(),
        }
    }
}

impl Baseline {
    /// In words, for pictures and receipts.
    pub fn words(&self) -> String {
        match self {
            Self::Black => "black".to_owned(),
            Self::White => "white".to_owned(),
            Self::Level(level) => format!("grey {level}"),
            Self::Zero => "zero in the model’s units".to_owned(),
            Self::Mean => "the input’s mean colour".to_owned(),
            Self::Input(_) => "an input of its own".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_say_what_their_values_are() {
        let additive = [
            "gradient-x-input",
            "integrated-gradients",
            "lrp-epsilon",
            "lrp-gamma",
            "lrp-zplus",
        ];
        for name in METHODS {
            let method = Method::standard(name, [28, 28]).expect("a method");
            assert_eq!(method.name(), name);
            let is_random = name == "smooth-grad";
            assert_eq!(method.seed(), is_random.then_some(0), "{name}");
            let is_signed = !["saliency", "grad-cam"].contains(&name);
            assert_eq!(method.is_signed(), is_signed, "{name}");
            assert_eq!(method.is_additive(), additive.contains(&name), "{name}");
        }
        assert_eq!(Method::standard("grad-cam++", [28, 28]), None);
        let of = |of| {
            Method::SmoothGrad(SmoothGrad {
                of,
                samples: 1,
                level: 0.1,
                seed: 7,
            })
        };
        assert_eq!(of(SmoothGradOf::Square).seed(), Some(7));
        assert!(!of(SmoothGradOf::Square).is_signed());
        assert!(!of(SmoothGradOf::Magnitude).is_signed());
    }

    #[test]
    fn quadratures_are_exact_where_they_should_be() {
        let integral = |rule: Quadrature, steps, f: &dyn Fn(f64) -> f64| -> f64 {
            let nodes = rule.nodes(steps);
            nodes.iter().map(|&(at, weight)| weight * f(at)).sum()
        };
        for rule in [
            Quadrature::Right,
            Quadrature::Midpoint,
            Quadrature::Trapezoid,
        ] {
            assert!((integral(rule, 7, &|_| 1.0) - 1.0).abs() < 1e-12);
        }
        // ∫ x = 1/2: the right rule is too great by 1/(2m), the others exact.
        let linear = |rule| integral(rule, 8, &|x| x);
        assert!((linear(Quadrature::Right) - 0.5 - 1.0 / 16.0).abs() < 1e-12);
        assert!((linear(Quadrature::Midpoint) - 0.5).abs() < 1e-12);
        assert!((linear(Quadrature::Trapezoid) - 0.5).abs() < 1e-12);
        // ∫ x² = 1/3: midpoint falls short by 1/(12 m²), the trapezoid exceeds by twice that.
        let square = |rule| integral(rule, 8, &|x| x * x) - 1.0 / 3.0;
        assert!((square(Quadrature::Midpoint) + 1.0 / 768.0).abs() < 1e-12);
        assert!((square(Quadrature::Trapezoid) - 1.0 / 384.0).abs() < 1e-12);
    }
}
