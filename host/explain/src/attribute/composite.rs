//! Which rule of relevance propagation each layer has.

use std::fmt;
use std::str::FromStr;

use super::error::ExplainError;
use crate::float_model::{FloatModel, Layer};

/// A rule of layer-wise relevance propagation for one layer.
///
/// Bach et al. 2015 (ε, αβ, flat); Montavon et al. 2017 (z⁺, zᴮ); Montavon et
/// al. 2019 (γ in section 10.2.1, and all of them side by side).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LrpRule {
    /// z / (Σ z + ε · sign), with `epsilon` in the units of the layer.
    Epsilon(f32),
    /// Positive weights count 1 + γ times.
    Gamma(f32),
    /// Positive contributions alone.
    ZPlus,
    /// Positive contributions α times minus negative ones β times; α − β = 1.
    AlphaBeta {
        /// α.
        alpha: f32,
        /// β.
        beta: f32,
    },
    /// For pixels: contributions are measured from the least and greatest value
    /// that an input can have.
    ZBox,
    /// Relevance is spread evenly over the receptive field.
    Flat,
}

/// Rules by the kind of the layer, with exceptions by name.
#[derive(Clone, Debug, PartialEq)]
pub struct Composite {
    kind: CompositeKind,
    /// For dense layers, and for every layer of a uniform composite.
    pub dense: LrpRule,
    /// For convolutions.
    pub conv: LrpRule,
    /// For the layers that read the input.
    pub first: Option<LrpRule>,
    /// Exceptions: a layer's name and its rule.
    pub layers: Vec<(String, LrpRule)>,
}

/// Well-known composites, by the names of Anders et al. 2021, "Software for Dataset-wide
/// XAI".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompositeKind {
    /// One rule for every layer.
    Uniform,
    /// ε for dense layers, z⁺ for convolutions.
    EpsilonPlus,
    /// As [`CompositeKind::EpsilonPlus`], and flat for the first layer.
    EpsilonPlusFlat,
    /// ε for dense layers, α = 2 and β = 1 for convolutions.
    EpsilonAlpha2Beta1,
    /// ε for dense layers, γ for convolutions, the box for the first layer.
    EpsilonGammaBox,
}

impl CompositeKind {
    /// In the order of the command line.
    pub const ALL: [Self; 5] = [
        Self::Uniform,
        Self::EpsilonPlus,
        Self::EpsilonPlusFlat,
        Self::EpsilonAlpha2Beta1,
        Self::EpsilonGammaBox,
    ];

    /// Whether some layer gets `rule`, that of a method.
    pub fn uses(self, rule: LrpRule) -> bool {
        match self {
            Self::Uniform => true,
            Self::EpsilonGammaBox => matches!(rule, LrpRule::Gamma(_)),
            Self::EpsilonPlus | Self::EpsilonPlusFlat => {
                matches!(rule, LrpRule::Epsilon(_) | LrpRule::ZPlus)
            }
            Self::EpsilonAlpha2Beta1 => matches!(rule, LrpRule::Epsilon(_)),
        }
    }

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Uniform => "uniform",
            Self::EpsilonPlus => "epsilon-plus",
            Self::EpsilonPlusFlat => "epsilon-plus-flat",
            Self::EpsilonAlpha2Beta1 => "epsilon-alpha2-beta1",
            Self::EpsilonGammaBox => "epsilon-gamma-box",
        }
    }
}

impl Composite {
    /// `rule` for every layer.
    pub fn uniform(rule: LrpRule) -> Self {
        Self {
            kind: CompositeKind::Uniform,
            dense: rule,
            conv: rule,
            first: None,
            layers: Vec::new(),
        }
    }

    /// A well-known composite with these parameters; `uniform` takes `rule`.
    pub fn of(kind: CompositeKind, rule: LrpRule, epsilon: f32, gamma: f32) -> Self {
        let dense = LrpRule::Epsilon(epsilon);
        let (conv, first) = match kind {
            CompositeKind::Uniform => return Self::uniform(rule),
            CompositeKind::EpsilonPlus => (LrpRule::ZPlus, None),
            CompositeKind::EpsilonPlusFlat => (LrpRule::ZPlus, Some(LrpRule::Flat)),
            CompositeKind::EpsilonAlpha2Beta1 => {
                let [alpha, beta] = [2.0, 1.0];
                (LrpRule::AlphaBeta { alpha, beta }, None)
            }
            CompositeKind::EpsilonGammaBox => (LrpRule::Gamma(gamma), Some(LrpRule::ZBox)),
        };
        Self {
            kind,
            dense,
            conv,
            first,
            layers: Vec::new(),
        }
    }

    /// The rule of `layer`; `is_first` says whether it reads the input.
    pub fn rule(&self, layer: &Layer, is_first: bool) -> LrpRule {
        let named = |name: &String| *name == layer.name || *name == layer.tensor;
        if let Some((_, rule)) = self.layers.iter().rfind(|(name, _)| named(name)) {
            return *rule;
        }
        match self.first {
            Some(first) if is_first => first,
            _ if layer.operator == "Conv" => self.conv,
            _ => self.dense,
        }
    }

    /// Checks that the exceptions are layers of `model`, and that the numbers
    /// can be used.
    ///
    /// # Errors
    /// There is no such layer, or a rule's numbers make no sense.
    pub fn check(&self, model: &FloatModel) -> Result<(), ExplainError> {
        for (name, _) in &self.layers {
            model.find(name)?;
        }
        let named = self.layers.iter().map(|(_, rule)| *rule);
        for rule in [self.dense, self.conv]
            .into_iter()
            .chain(self.first)
            .chain(named)
        {
            rule.check()?;
        }
        Ok(())
    }

    /// Its name on the command line.
    pub fn name(&self) -> &'static str {
        self.kind.name()
    }

    /// The rules in a line, for a picture.
    pub fn description(&self) -> String {
        let mut text = match self.kind {
            CompositeKind::Uniform => format!("{} everywhere", self.dense),
            _ => format!("{} dense, {} convolutions", self.dense, self.conv),
        };
        if let Some(first) = self.first {
            text += &format!(", {first} first");
        }
        for (layer, rule) in &self.layers {
            text += &format!(", {rule} {layer}");
        }
        text
    }
}

impl LrpRule {
    fn check(self) -> Result<(), ExplainError> {
        let refused = |why: &'static str| Err(ExplainError::Parameter(why));
        match self {
            Self::Epsilon(epsilon) if !(epsilon.is_finite() && epsilon >= 0.0) => {
                refused("epsilon is a number from 0 up")
            }
            Self::Gamma(gamma) if !(gamma.is_finite() && gamma >= 0.0) => {
                refused("gamma is a number from 0 up")
            }
            Self::AlphaBeta { alpha, beta }
                if !(alpha >= 1.0 && beta >= 0.0 && (alpha - beta - 1.0).abs() < 1e-6) =>
            {
                refused("alpha is from 1 up, beta from 0 up, and alpha - beta is 1")
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Display for LrpRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Epsilon(epsilon) => write!(f, "epsilon={epsilon}"),
            Self::Gamma(gamma) => write!(f, "gamma={gamma}"),
            Self::ZPlus => f.write_str("zplus"),
            Self::AlphaBeta { alpha, beta } => write!(f, "alpha-beta={alpha},{beta}"),
            Self::ZBox => f.write_str("zbox"),
            Self::Flat => f.write_str("flat"),
        }
    }
}

/// `epsilon=0.01`, `gamma=0.25`, `zplus`, `alpha-beta=2,1`, `zbox` or `flat`.
impl FromStr for LrpRule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refused = || {
            format!(
                "{text:?} is not a rule: write epsilon=0.01, gamma=0.25, zplus, alpha-beta=2,1, zbox or flat"
            )
        };
        let number = |text: &str| text.trim().parse::<f32>().map_err(|_| refused());
        match text.split_once('=') {
            None if text == "zplus" => Ok(Self::ZPlus),
            None if text == "zbox" => Ok(Self::ZBox),
            None if text == "flat" => Ok(Self::Flat),
            Some(("epsilon", value)) => number(value).map(Self::Epsilon),
            Some(("gamma", value)) => number(value).map(Self::Gamma),
            Some(("alpha-beta", values)) => {
                let (alpha, beta) = values.split_once(',').ok_or_else(refused)?;
                let (alpha, beta) = (number(alpha)?, number(beta)?);
                Ok(Self::AlphaBeta { alpha, beta })
            }
            _ => Err(refused()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::float_model::Overrides;

    #[test]
    fn rules_are_read_as_they_are_written() {
        for text in [
            "epsilon=0.01",
            "gamma=0.25",
            "zplus",
            "alpha-beta=2,1",
            "zbox",
            "flat",
        ] {
            assert_eq!(text.parse::<LrpRule>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "epsilon",
            "epsilon=",
            "alpha-beta=2",
            "zplus=1",
            "eps=1",
        ] {
            assert!(text.parse::<LrpRule>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn names_win_over_kinds() {
        let model = FloatModel::open("lecture-lenet", &Overrides::default()).unwrap();
        let layer = |name: &str| model.layer(model.find(name).unwrap());
        let kind = CompositeKind::EpsilonGammaBox;
        let mut composite = Composite::of(kind, LrpRule::ZPlus, 0.5, 0.25);
        assert_eq!(composite.rule(layer("conv1"), true), LrpRule::ZBox);
        assert_eq!(composite.rule(layer("conv2"), false), LrpRule::Gamma(0.25));
        assert_eq!(composite.rule(layer("fc"), false), LrpRule::Epsilon(0.5));
        composite.layers.push(("conv2".to_owned(), LrpRule::Flat));
        composite.layers.push(("conv1".to_owned(), LrpRule::ZPlus));
        assert_eq!(composite.rule(layer("conv2"), false), LrpRule::Flat);
        assert_eq!(composite.rule(layer("conv1"), true), LrpRule::ZPlus);
        // A layer is also known by the tensor that it writes.
        let named = Layer {
            name: "head".to_owned(),
            tensor: "scores".to_owned(),
            ..layer("fc").clone()
        };
        for (name, rule) in [("head", LrpRule::ZPlus), ("scores", LrpRule::Flat)] {
            let mut composite = composite.clone();
            composite.layers.push((name.to_owned(), rule));
            assert_eq!(composite.rule(&named, false), rule);
        }
        assert!(composite.check(&model).is_ok());
        composite.layers.push(("conv3".to_owned(), LrpRule::ZPlus));
        assert!(composite.check(&model).is_err());
    }

    #[test]
    fn numbers_that_make_no_sense_are_refused() {
        let model = FloatModel::open("lecture-lenet", &Overrides::default()).unwrap();
        for text in ["epsilon=0", "gamma=0", "alpha-beta=1,0", "alpha-beta=2,1"] {
            let composite = Composite::uniform(text.parse().unwrap());
            assert!(composite.check(&model).is_ok(), "{text}");
        }
        for text in [
            "epsilon=-1",
            "epsilon=inf",
            "gamma=-1",
            "gamma=inf",
            "gamma=nan",
            "alpha-beta=2,2",
            "alpha-beta=2,0",
            "alpha-beta=0.5,-0.5",
            "alpha-beta=nan,nan",
        ] {
            let composite = Composite::uniform(text.parse().unwrap());
            let refused = composite.check(&model);
            assert!(matches!(refused, Err(ExplainError::Parameter(_))), "{text}");
        }
    }
}
