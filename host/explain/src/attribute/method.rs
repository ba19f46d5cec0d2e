//! What a method is.

use std::fmt;
use std::sync::Arc;

use super::argument::{Argument, ArgumentError, Arguments};
use super::attribution::Attribution;
use super::error::ExplainError;
use super::run::Run;
use cortexscope_net::described;
use serde::Serialize;

/// What is known of a method before it runs; each method's file has one.
#[derive(Clone, Copy, Debug)]
pub struct MethodInfo {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it gives, in a sentence.
    pub summary: &'static str,
    /// Where it was published.
    pub paper: &'static str,
    /// Its arguments, in the order of the help.
    pub arguments: &'static [Argument],
    /// Makes the method from its arguments.
    pub build: fn(&Arguments<'_>) -> Result<Method, ArgumentError>,
}

/// A method with its variant and parameters.
pub trait Explainer: fmt::Debug + Send + Sync {
    /// What is known of the method.
    fn info(&self) -> &'static MethodInfo;

    /// Explains an input.
    ///
    /// # Errors
    /// The model, a parameter, or an interruption.
    fn run(&self, run: &mut Run<'_>) -> Result<Attribution, ExplainError>;

    /// The name of its variant, where the literature has several.
    fn variant(&self) -> String;

    /// Variant and parameters in a line, for a picture.
    fn statement(&self) -> String;

    /// What of the method the literature disagrees about, in a few words.
    fn caption(&self) -> String {
        self.variant()
    }

    /// The parameters by name, for the receipt.
    fn parameters(&self) -> Parameters {
        Vec::new()
    }

    /// The seed, where there is chance in it.
    fn seed(&self) -> Option<u64> {
        None
    }

    /// What its values are.
    fn values(&self) -> ValueKind;

    /// Whether the sign of a value means something.
    fn is_signed(&self) -> bool {
        true
    }

    /// Whether its map is coarser than the input, so that it is shown over the input.
    fn is_coarse(&self) -> bool {
        false
    }

    /// Whether it only asks for what a network makes of inputs, so that it also explains a
    /// network without derivatives.
    fn only_asks(&self) -> bool {
        false
    }

    /// Whether it begins at one position of a map rather than at a class.
    fn begins_in_a_map(&self) -> bool {
        false
    }
}

/// What the values of an attribution are, and so in which unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueKind {
    /// Derivatives with respect to the input.
    Slopes,
    /// Squares of derivatives.
    SquaredSlopes,
    /// Signals whose size means nothing by itself.
    Signals,
    /// Shares of the target's value: those of all channels and pixels add up.
    Shares,
    /// What the target loses.
    Losses,
}

/// Parameters by name, in the order of the receipt.
pub type Parameters = Vec<(&'static str, ParameterValue)>;

/// The value of a parameter.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum ParameterValue {
    /// A whole number.
    Count(usize),
    /// A number.
    Number(f64),
    /// Whether something is so.
    Flag(bool),
    /// A text.
    Text(String),
    /// A text, where there is one.
    Optional(Option<String>),
    /// Rows and columns.
    Sides([usize; 2]),
    /// Rules by the name of the layer.
    Rules(Vec<LayerRule>),
}

described! {
    /// The rule of one layer.
    #[derive(Eq)]
    pub struct LayerRule {
        /// The layer's name.
        pub layer: String,
        /// Its rule.
        pub rule: String,
    }
}

/// A method with its variant and parameters, ready to run.
#[derive(Clone, Debug)]
pub struct Method(Arc<dyn Explainer>);

impl<T: Explainer + 'static> From<T> for Method {
    fn from(explainer: T) -> Self {
        Self(Arc::new(explainer))
    }
}

impl std::ops::Deref for Method {
    type Target = dyn Explainer;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

impl Method {
    /// Its name on the command line.
    pub fn name(&self) -> &'static str {
        self.info().name
    }

    /// Whether values of different channels are to be added up, as shares of one
    /// whole are; otherwise each has the unit of its channel.
    pub fn is_additive(&self) -> bool {
        self.values() == ValueKind::Shares
    }

    /// Whether each channel has a value of its own that is shown in its colour.
    pub fn is_in_colour(&self) -> bool {
        let is_each = matches!(self.values(), ValueKind::Slopes | ValueKind::Signals);
        is_each && self.is_signed()
    }

    /// The unit of its values where the target's is `target`.
    pub fn unit(&self, target: &str) -> String {
        match self.values() {
            ValueKind::Slopes => format!("{target} per unit of input"),
            ValueKind::SquaredSlopes => format!("({target} per unit of input)²"),
            ValueKind::Signals => "no unit".to_owned(),
            ValueKind::Shares => format!("{target}, shares"),
            ValueKind::Losses => format!("{target} lost"),
        }
    }
}
