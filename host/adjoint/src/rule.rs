//! Which backward rule each layer has, as data.

use std::fmt;

use tract_onnx::prelude::OutletId;

/// How a layer sends back what arrives at its output.
///
/// The first three differ at rectifiers alone, `max(x, 0)`. The others are rules
/// of layer-wise relevance propagation for layers that are linear in their input
/// (convolution, product with constants, mean over a window), with contributions
/// `z_ij = x_i · w_ij` and the bias `b_j`, which takes its share: relevance at the
/// output is divided by `Σ_i z_ij + b_j`, or the part of it that the rule counts.
/// Where that is exactly zero nothing is passed on.
#[derive(Clone, Debug, PartialEq)]
pub enum Rule {
    /// The derivative. At a rectifier: what was passed forward, `x > 0`.
    Gradient,
    /// At a rectifier: what was passed forward, of that what is positive
    /// (Springenberg et al. 2015, "guided backpropagation").
    Guided,
    /// At a rectifier: what is positive, whatever was passed forward (Zeiler and
    /// Fergus 2014, section 2.1).
    Deconvnet,
    /// `z_ij / (Σ_i z_ij + b_j + ε · sign)`, `ε` in the units of the layer's
    /// output, `sign(0) = 1` (Bach et al. 2015, equation 58).
    Epsilon(f32),
    /// As [`Rule::Epsilon`] with ε = 0, for `w + γ w⁺` and `b + γ b⁺` (Montavon et
    /// al. 2019, section 10.2.1). Meant for inputs that are not negative.
    Gamma(f32),
    /// Positive contributions alone, those of negative inputs included, and
    /// positive biases (Montavon et al. 2017, the z⁺ rule; Bach et al. 2015,
    /// equation 60 with α = 1).
    ZPlus,
    /// α times the share of positive contributions minus β times that of negative
    /// ones, biases by their sign; conserves where α − β = 1 and both kinds are
    /// there (Bach et al. 2015, equation 60).
    AlphaBeta {
        /// α.
        alpha: f32,
        /// β.
        beta: f32,
    },
    /// For a layer that reads pixels in a box: `x w − l w⁺ − h w⁻`, without biases
    /// (Montavon et al. 2017, the zᴮ rule). One value, or one for each channel
    /// of the layer's input.
    ZBox {
        /// The least values.
        low: Vec<f32>,
        /// The greatest values.
        high: Vec<f32>,
    },
    /// Relevance is spread evenly over the window (Bach et al. 2016, "flat").
    Flat,
}

impl Rule {
    /// Whether the rule propagates relevance and not a derivative.
    pub fn is_relevance(&self) -> bool {
        !matches!(self, Self::Gradient | Self::Guided | Self::Deconvnet)
    }
}

/// `gradient`, `guided`, `deconvnet`, `epsilon=0.01`, `gamma=0.25`, `zplus`,
/// `alpha-beta=2,1`, `zbox` or `flat`.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gradient => f.write_str("gradient"),
            Self::Guided => f.write_str("guided"),
            Self::Deconvnet => f.write_str("deconvnet"),
            Self::Epsilon(epsilon) => write!(f, "epsilon={epsilon}"),
            Self::Gamma(gamma) => write!(f, "gamma={gamma}"),
            Self::ZPlus => f.write_str("zplus"),
            Self::AlphaBeta { alpha, beta } => write!(f, "alpha-beta={alpha},{beta}"),
            Self::ZBox { .. } => f.write_str("zbox"),
            Self::Flat => f.write_str("flat"),
        }
    }
}

/// A rule for every layer: by exception, by kind, or the default.
///
/// A layer is *first* if nothing linear lies between it and what is
/// differentiated. Exceptions win over `first`, that over `convolution` and
/// `dense`, those over `default`. Layers that are neither convolution nor dense
/// (rectifiers, pools, sums) have the default.
///
/// What is a convolution is asked of the typed graph, and tract declutters an unpadded
/// 1×1 convolution into a matrix product. Whoever knows the model as it was before names
/// such layers in `layers`.
#[derive(Clone, Debug, PartialEq)]
pub struct Rules {
    /// For everything that is not named below.
    pub default: Rule,
    /// For convolutions.
    pub convolution: Option<Rule>,
    /// For products with constants.
    pub dense: Option<Rule>,
    /// For first layers.
    pub first: Option<Rule>,
    /// Exceptions, by a value that the layer writes: the bare product's or, where
    /// a bias is added to it, the sum's.
    pub layers: Vec<(OutletId, Rule)>,
}

impl Default for Rules {
    fn default() -> Self {
        Self::uniform(Rule::Gradient)
    }
}

impl Rules {
    /// `rule` for every layer.
    pub fn uniform(rule: Rule) -> Self {
        Self {
            default: rule,
            convolution: None,
            dense: None,
            first: None,
            layers: Vec::new(),
        }
    }

    /// The derivative.
    pub fn gradient() -> Self {
        Self::uniform(Rule::Gradient)
    }

    /// ε for dense layers, z⁺ for convolutions.
    pub fn epsilon_plus(epsilon: f32) -> Self {
        Self {
            convolution: Some(Rule::ZPlus),
            ..Self::uniform(Rule::Epsilon(epsilon))
        }
    }

    /// As [`Rules::epsilon_plus`], and flat for first layers.
    pub fn epsilon_plus_flat(epsilon: f32) -> Self {
        Self {
            first: Some(Rule::Flat),
            ..Self::epsilon_plus(epsilon)
        }
    }

    /// ε for dense layers, α = 2 and β = 1 for convolutions.
    pub fn epsilon_alpha2_beta1(epsilon: f32) -> Self {
        let [alpha, beta] = [2.0, 1.0];
        Self {
            convolution: Some(Rule::AlphaBeta { alpha, beta }),
            ..Self::uniform(Rule::Epsilon(epsilon))
        }
    }

    /// ε for dense layers, γ for convolutions, the box for first layers.
    pub fn epsilon_gamma_box(epsilon: f32, gamma: f32, low: Vec<f32>, high: Vec<f32>) -> Self {
        Self {
            convolution: Some(Rule::Gamma(gamma)),
            first: Some(Rule::ZBox { low, high }),
            ..Self::uniform(Rule::Epsilon(epsilon))
        }
    }

    /// The same with `rule` for the layer that writes `outlet`.
    pub fn with(mut self, outlet: OutletId, rule: Rule) -> Self {
        self.layers.push((outlet, rule));
        self
    }
}
