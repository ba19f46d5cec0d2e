//! Which parameters of `cortexscope explain` were given, and to which method.

use super::common::wrong;
use super::explain_method::MethodArgs;
use clap::parser::ValueSource;
use clap::{ArgMatches, Args, Command, FromArgMatches};
use cortexscope_explain::attribute::Method;
use cortexscope_explain::float_model::FloatModel;

/// The parameters of the methods, and the names of those on the command line.
pub(super) struct Given {
    parameters: MethodArgs,
    names: Vec<&'static str>,
}

const CAM: &[&str] = &["grad-cam", "guided-grad-cam"];
const SMOOTH: &[&str] = &["smooth-grad"];
const PATH: &[&str] = &["integrated-gradients"];
const LRP: &[&str] = &["lrp-epsilon", "lrp-gamma", "lrp-zplus"];
const OCCLUSION: &[&str] = &["occlusion"];

/// Each parameter and its methods.
const PARAMETERS: [(&str, &[&str]); 16] = [
    ("layer", CAM),
    ("start", &["deconvnet"]),
    ("of", SMOOTH),
    ("samples", SMOOTH),
    ("level", SMOOTH),
    ("seed", SMOOTH),
    ("baseline", PATH),
    ("steps", PATH),
    ("quadrature", PATH),
    ("composite", LRP),
    ("epsilon", LRP),
    ("gamma", LRP),
    ("rule", LRP),
    ("window", OCCLUSION),
    ("stride", OCCLUSION),
    ("fill", OCCLUSION),
];

impl Given {
    /// The method called `name`, with its parameters.
    ///
    /// # Errors
    /// A parameter is wrong, or another method's.
    pub fn method(&self, name: &str, model: &FloatModel) -> anyhow::Result<Method> {
        for (parameter, methods) in PARAMETERS {
            if self.names.contains(&parameter) && !methods.contains(&name) {
                let methods = methods.join(", ");
                return Err(wrong(format!(
                    "--{parameter} is for {methods}; {name} does not have it"
                )));
            }
        }
        self.parameters.method(name, model)
    }
}

impl FromArgMatches for Given {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let names = PARAMETERS.iter().map(|(name, _)| *name);
        let is_given = |name: &&str| matches.value_source(name) == Some(ValueSource::CommandLine);
        Ok(Self {
            parameters: MethodArgs::from_arg_matches(matches)?,
            names: names.filter(is_given).collect(),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for Given {
    fn augment_args(command: Command) -> Command {
        MethodArgs::augment_args(command)
    }

    fn augment_args_for_update(command: Command) -> Command {
        MethodArgs::augment_args_for_update(command)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{CommandFactory, Parser};
    use cortexscope_explain::attribute::METHODS;
    use cortexscope_explain::float_model::Overrides;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        given: Given,
    }

    #[test]
    fn every_parameter_belongs_to_methods_that_there_are() {
        let command = Line::command();
        let arguments = command.get_arguments().map(|argument| argument.get_id());
        let arguments: Vec<&str> = arguments.map(|id| id.as_str()).collect();
        assert_eq!(arguments, PARAMETERS.map(|(name, _)| name));
        for (_, methods) in PARAMETERS {
            assert!(methods.iter().all(|method| METHODS.contains(method)));
        }
    }

    #[test]
    fn a_parameter_of_another_method_is_refused() {
        let model = FloatModel::open("lecture-lenet", &Overrides::default()).unwrap();
        let method = |line: &[&str], name| {
            let line = Line::parse_from([&["explain"], line].concat());
            line.given.method(name, &model)
        };
        assert!(method(&["--layer", "conv1"], "grad-cam").is_ok());
        let refused = method(&["--layer", "conv1"], "saliency").unwrap_err();
        assert_eq!(
            refused.to_string(),
            "--layer is for grad-cam, guided-grad-cam; saliency does not have it"
        );
        // Also with the value that it has by default.
        assert!(method(&["--samples", "50"], "smooth-grad").is_ok());
        assert!(method(&["--samples", "50"], "lrp-zplus").is_err());
    }
}
