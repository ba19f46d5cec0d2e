//! The arguments of a method, as data: what help, command line and defaults are made from.

use thiserror::Error;

use super::baseline::Baseline;
use super::composite::LrpRule;
use super::error::ExplainError;
use cortexscope_net::RequestError;
use cortexscope_net::input::sides;

/// An argument of a method.
#[derive(Clone, Copy, Debug)]
pub struct Argument {
    /// Its name; on the command line with `--` before it.
    pub name: &'static str,
    /// What it means, in a sentence.
    pub help: &'static str,
    /// What can be written.
    pub kind: ArgumentKind,
    /// What holds where nothing is given, as it is written; empty where `help` says it.
    pub default: &'static str,
}

/// What can be written for an argument.
#[derive(Clone, Copy, Debug)]
pub enum ArgumentKind {
    /// A whole number from `least` up.
    Count {
        /// The least one.
        least: usize,
    },
    /// A number from `least` up.
    Number {
        /// The least one.
        least: f64,
    },
    /// Any whole number; the same one gives the same result.
    Seed,
    /// One of these.
    Choice(&'static [Choice]),
    /// The name of a layer, or of the tensor that it writes.
    Layer,
    /// Given or not; `true` where it is written out.
    Flag,
    /// A grey level, a colour by its name, or an input.
    Baseline,
    /// Rows and columns, `7` or `5x9`.
    Sides,
    /// `NAME:RULE`, the rule of one layer; may be given several times.
    Rule,
}

/// One of several things that can be written.
#[derive(Clone, Copy, Debug)]
pub struct Choice {
    /// As it is written.
    pub name: &'static str,
    /// What it means.
    pub help: &'static str,
}

/// Why arguments cannot be used.
#[derive(Debug, Error)]
pub enum ArgumentError {
    /// There is no such method.
    #[error("there is no method {name:?}: name one of {}", methods.join(", "))]
    Method {
        /// What was asked for.
        name: String,
        /// What there is.
        methods: Vec<&'static str>,
    },
    /// The argument belongs to other methods.
    #[error("--{argument} is for {}; {method} does not have it", methods.join(", "))]
    Foreign {
        /// The argument.
        argument: String,
        /// The method.
        method: &'static str,
        /// The methods that have it.
        methods: Vec<&'static str>,
    },
    /// The argument was given twice.
    #[error("--{0} may be given once only")]
    Twice(&'static str),
    /// The text is not what the argument takes.
    #[error("--{argument} {text:?}: write {wanted}")]
    Value {
        /// The argument.
        argument: &'static str,
        /// What was written.
        text: String,
        /// What can be written.
        wanted: String,
    },
    /// The input that an argument names cannot be used.
    #[error("--{argument} {text}: {why}")]
    Input {
        /// The argument.
        argument: &'static str,
        /// What was written.
        text: String,
        /// What is wrong with it.
        why: String,
    },
    /// The composite has no layer that the method's own rule could go to.
    #[error("--composite {0} does not use this method's rule for any layer")]
    Composite(&'static str),
    /// The values cannot be used together, or with this model.
    #[error(transparent)]
    Explain(#[from] ExplainError),
}

impl RequestError for ArgumentError {
    fn is_request(&self) -> bool {
        match self {
            Self::Explain(error) => error.is_request(),
            _ => true,
        }
    }
}

/// An argument as it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// The argument's name.
    pub name: String,
    /// What was written.
    pub text: String,
}

/// Opens an input as the model wants it, or says why it cannot.
pub type OpenInput<'a> = &'a dyn Fn(&str) -> Result<Vec<f32>, String>;

/// What was given to one method, and what it may need to know.
pub struct Arguments<'a> {
    /// What was given.
    pub given: &'a [Given],
    /// `[C, H, W]` of the model's input.
    pub input_shape: [usize; 3],
    /// Opens an input.
    pub open: OpenInput<'a>,
}

impl ArgumentKind {
    /// Whether it may be given several times.
    pub fn repeats(&self) -> bool {
        matches!(self, Self::Rule)
    }

    /// What stands for it in help.
    pub fn value_name(&self) -> &'static str {
        match self {
            Self::Count { .. } | Self::Seed => "N",
            Self::Number { .. } => "NUMBER",
            Self::Choice(_) => "CHOICE",
            Self::Layer => "LAYER",
            Self::Flag => "true|false",
            Self::Baseline => "FILL",
            Self::Sides => "HxW",
            Self::Rule => "NAME:RULE",
        }
    }

    /// What can be written, as a phrase.
    pub fn wanted(&self) -> String {
        match self {
            Self::Count { least } => format!("a whole number from {least} up"),
            Self::Number { least } => format!("a number from {least} up"),
            Self::Seed => "a whole number from 0 up".to_owned(),
            Self::Choice(choices) => {
                let names: Vec<&str> = choices.iter().map(|choice| choice.name).collect();
                format!("one of {}", names.join(", "))
            }
            Self::Layer => "the name of a layer".to_owned(),
            Self::Flag => "true or false".to_owned(),
            Self::Baseline => "black, white, zero, mean, a grey level from 0 to 255, or an input: a picture, a .npy array or mnist:0".to_owned(),
            Self::Sides => "rows and columns: 7, or 5x9".to_owned(),
            Self::Rule => "NAME:RULE, as conv1:zplus; a RULE is epsilon=0.01, gamma=0.25, zplus, alpha-beta=2,1, zbox or flat".to_owned(),
        }
    }
}

impl Argument {
    fn refused(&self, text: &str) -> ArgumentError {
        ArgumentError::Value {
            argument: self.name,
            text: text.to_owned(),
            wanted: self.kind.wanted(),
        }
    }
}

impl Arguments<'_> {
    fn all(&self, argument: &Argument) -> impl Iterator<Item = &str> {
        let name = argument.name;
        let given = self.given.iter().filter(move |given| given.name == name);
        given.map(|given| given.text.as_str())
    }

    /// What was written, or the default; `None` where there is neither.
    ///
    /// # Errors
    /// It was given twice.
    pub fn text(&self, argument: &Argument) -> Result<Option<&str>, ArgumentError> {
        let mut all = self.all(argument);
        match (all.next(), all.next()) {
            (Some(_), Some(_)) => Err(ArgumentError::Twice(argument.name)),
            (Some(text), None) => Ok(Some(text)),
            (None, _) => Ok(Some(argument.default).filter(|default| !default.is_empty())),
        }
    }

    fn parsed<T>(
        &self,
        argument: &Argument,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, ArgumentError> {
        let text = self.text(argument)?.unwrap_or_default();
        parse(text).ok_or_else(|| argument.refused(text))
    }

    /// A whole number.
    ///
    /// # Errors
    /// It is not a number, or too small.
    pub fn count(&self, argument: &Argument) -> Result<usize, ArgumentError> {
        let least = match argument.kind {
            ArgumentKind::Count { least } => least,
            _ => 0,
        };
        let parse = |text: &str| text.parse().ok().filter(|&count| count >= least);
        self.parsed(argument, parse)
    }

    /// A number.
    ///
    /// # Errors
    /// It is not a number, or too small.
    pub fn number(&self, argument: &Argument) -> Result<f64, ArgumentError> {
        let least = match argument.kind {
            ArgumentKind::Number { least } => least,
            _ => f64::MIN,
        };
        let is_in_range = |number: &f64| number.is_finite() && *number >= least;
        self.parsed(argument, |text| text.parse().ok().filter(is_in_range))
    }

    /// A seed.
    ///
    /// # Errors
    /// It is not a whole number.
    pub fn seed(&self, argument: &Argument) -> Result<u64, ArgumentError> {
        self.parsed(argument, |text| text.parse().ok())
    }

    /// Whether it was given.
    ///
    /// # Errors
    /// It is neither true nor false.
    pub fn flag(&self, argument: &Argument) -> Result<bool, ArgumentError> {
        match self.text(argument)? {
            None => Ok(false),
            Some(text) => text.parse().map_err(|_| argument.refused(text)),
        }
    }

    /// Which of the argument's choices was made.
    ///
    /// # Errors
    /// There is no such choice.
    pub fn choice(&self, argument: &Argument) -> Result<usize, ArgumentError> {
        let choices = match argument.kind {
            ArgumentKind::Choice(choices) => choices,
            _ => &[],
        };
        self.parsed(argument, |text| {
            choices.iter().position(|choice| choice.name == text)
        })
    }

    /// Rows and columns, where they were given.
    ///
    /// # Errors
    /// They are not numbers.
    pub fn sides(&self, argument: &Argument) -> Result<Option<[usize; 2]>, ArgumentError> {
        let Some(text) = self.text(argument)? else {
            return Ok(None);
        };
        let sides = sides(text).ok_or_else(|| argument.refused(text))?;
        Ok(Some(sides))
    }

    /// A grey level, a colour by its name, or an input.
    ///
    /// # Errors
    /// It is something else, or the input cannot be used.
    pub fn baseline(&self, argument: &Argument) -> Result<Baseline, ArgumentError> {
        let text = self.text(argument)?.unwrap_or_default();
        if let Some(baseline) = Baseline::named(text) {
            return Ok(baseline);
        }
        let is_input = text.starts_with("mnist:") || std::path::Path::new(text).is_file();
        if !is_input {
            return Err(argument.refused(text));
        }
        let values = (self.open)(text).map_err(|why| ArgumentError::Input {
            argument: argument.name,
            text: text.to_owned(),
            why,
        })?;
        Ok(Baseline::Input(values))
    }

    /// Layers with a rule of their own, in the order in which they were given.
    ///
    /// # Errors
    /// One of them is not written as `NAME:RULE`.
    pub fn rules(&self, argument: &Argument) -> Result<Vec<(String, LrpRule)>, ArgumentError> {
        let rules = self.all(argument).map(|text| {
            let parts = text.rsplit_once(':');
            let rule = parts.and_then(|(layer, rule)| Some((layer.to_owned(), rule.parse().ok()?)));
            rule.ok_or_else(|| argument.refused(text))
        });
        rules.collect()
    }
}
