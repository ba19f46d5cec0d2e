//! The arguments of the methods of `cortexscope explain`, built from what each method
//! says of itself.

use super::PROGRAM;
use super::common::{blame, wrong};
use super::full::one_input;
use super::preparation::ShowInputArgs;
use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use cortexscope_explain::attribute::{
    Argument, ArgumentKind, Given, Method, MethodInfo, REGISTRY, find,
};
use cortexscope_explain::float_model::FloatModel;
use cortexscope_present::causes;
use std::cell::RefCell;
use std::ffi::OsString;

/// What was given to the method, argument by argument.
pub(super) struct MethodArguments {
    given: Vec<Given>,
}

impl MethodArguments {
    /// The method called `name`, with what was given to it.
    ///
    /// # Errors
    /// An argument is wrong, or another method's.
    pub fn method(&self, name: &str, model: &FloatModel) -> anyhow::Result<Method> {
        let failed = RefCell::new(None);
        let open = |text: &str| match one_input(text, model, &ShowInputArgs::default()) {
            Ok(input) => Ok(input.values),
            Err(error) => {
                let why = causes::in_words(error.as_ref());
                *failed.borrow_mut() = Some(error);
                Err(why)
            }
        };
        let built = Method::with_arguments(name, &self.given, model.input_shape(), &open);
        match (built, failed.into_inner()) {
            (Ok(method), _) => Ok(method),
            (Err(_), Some(error)) => Err(error),
            (Err(error), None) => Err(blame(error)),
        }
    }
}

impl MethodArguments {
    /// The methods called `names`, each with those arguments that it has.
    ///
    /// # Errors
    /// There is no such method, an argument is wrong, or no method has it.
    pub fn methods(&self, names: &[String], model: &FloatModel) -> anyhow::Result<Vec<Method>> {
        let has = |name: &str, given: &Given| {
            let own = find(name).map_or(&[][..], |info| info.arguments);
            own.iter().any(|argument| argument.name == given.name)
        };
        let foreign = |given: &&Given| !names.iter().any(|name| has(name, given));
        if let Some(given) = self.given.iter().find(foreign) {
            return Err(wrong(format!(
                "--{} is not an argument of {}",
                given.name,
                names.join(", ")
            )));
        }
        let methods = names.iter().map(|name| {
            let own = self.given.iter().filter(|given| has(name, given));
            let own = Self {
                given: own.cloned().collect(),
            };
            own.method(name, model)
        });
        methods.collect()
    }
}

/// The methods as values of an argument, each with its summary.
pub(super) fn methods() -> PossibleValuesParser {
    let values = REGISTRY.iter();
    let values = values.map(|info| PossibleValue::new(info.name).help(info.summary));
    PossibleValuesParser::new(values)
}

/// Every argument of some method, by the first method that has it.
fn all() -> Vec<&'static Argument> {
    let mut all: Vec<&Argument> = Vec::new();
    for argument in REGISTRY.iter().flat_map(|info| info.arguments) {
        if all.iter().all(|other| other.name != argument.name) {
            all.push(argument);
        }
    }
    all
}

impl FromArgMatches for MethodArguments {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut given = Vec::new();
        for argument in all() {
            let texts = matches.get_many::<String>(argument.name);
            given.extend(texts.into_iter().flatten().map(|text| Given {
                name: argument.name.to_owned(),
                text: text.clone(),
            }));
        }
        Ok(Self { given })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for MethodArguments {
    /// What the arguments take is checked by the method that they are for; its own help
    /// shows them.
    fn augment_args(command: Command) -> Command {
        command.args(all().into_iter().map(|argument| {
            let shown = Arg::new(argument.name)
                .long(argument.name)
                .value_name(argument.kind.value_name())
                .action(ArgAction::Append)
                .hide(true);
            match argument.kind {
                ArgumentKind::Flag => shown
                    .num_args(0..=1)
                    .require_equals(true)
                    .default_missing_value("true"),
                _ => shown,
            }
        }))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

/// The command whose help is asked for, where it is that of one method:
/// `cortexscope explain METHOD --help`.
pub(super) fn help(line: &[OsString], program: &Command) -> Option<Command> {
    let words: Vec<&str> = line
        .iter()
        .skip(1)
        .filter_map(|word| word.to_str())
        .collect();
    let (first, rest) = words.split_first()?;
    let asks = rest.iter().any(|word| ["--help", "-h"].contains(word));
    let info = rest.iter().find_map(|word| find(word))?;
    let explain = program.find_subcommand("explain")?;
    (*first == "explain" && asks).then(|| help_of(info, explain.clone()))
}

/// The commands of all methods, as their manual pages describe them: from `program` as it
/// is built.
pub(super) fn method_commands(program: &Command) -> impl Iterator<Item = Command> {
    let explain = program.find_subcommand("explain");
    explain.into_iter().flat_map(|explain| {
        REGISTRY.iter().map(|info| {
            let name = format!("{PROGRAM}-explain-{}", info.name);
            help_of(info, explain.clone()).display_name(name)
        })
    })
}

fn help_of(info: &'static MethodInfo, explain: Command) -> Command {
    let command = explain
        .bin_name(format!("cortexscope explain {}", info.name))
        .override_usage(format!(
            "cortexscope explain {} [OPTIONS] <MODEL> <INPUT>",
            info.name
        ))
        .about(info.summary)
        .long_about(format!("{}\n\n{}", info.summary, info.paper))
        .after_help("`cortexscope explain --help` lists all methods.")
        .mut_arg("method", |argument| argument.hide(true));
    info.arguments.iter().fold(command, |command, argument| {
        command.mut_arg(argument.name, |shown| {
            let shown = shown.hide(false).help(argument.help).help_heading("Method");
            let shown = match argument.kind {
                ArgumentKind::Choice(choices) => {
                    let values = choices.iter();
                    let values =
                        values.map(|choice| PossibleValue::new(choice.name).help(choice.help));
                    shown.value_parser(PossibleValuesParser::new(values))
                }
                _ => shown,
            };
            if argument.default.is_empty() {
                shown
            } else {
                shown.default_value(argument.default)
            }
        })
    })
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
        arguments: MethodArguments,
    }

    #[test]
    fn a_parameter_of_another_method_is_refused() {
        let model = FloatModel::open("lecture-lenet", &Overrides::default()).unwrap();
        let method = |line: &[&str], name| {
            let line = Line::parse_from([&["explain"], line].concat());
            line.arguments.method(name, &model)
        };
        assert!(method(&["--layer", "conv1"], "grad-cam").is_ok());
        let refused = method(&["--layer", "conv1"], "saliency").unwrap_err();
        let refused = refused.to_string();
        assert!(
            refused.ends_with("; saliency does not have it"),
            "{refused}"
        );
        // Also with the value that it has by default.
        assert!(method(&["--samples", "50"], "smooth-grad").is_ok());
        assert!(method(&["--samples", "50"], "lrp-zplus").is_err());
    }

    #[test]
    fn without_flags_every_method_is_the_standard_one() {
        let model = FloatModel::open("lecture-lenet", &Overrides::default()).unwrap();
        let [_, height, width] = model.input_shape();
        let line = Line::parse_from(["explain"]);
        for name in METHODS {
            let here = line.arguments.method(name, &model).unwrap();
            let standard = Method::standard(name, [height, width]).unwrap();
            assert_eq!(here.name(), name);
            assert_eq!(here.parameters(), standard.parameters(), "{name}");
            assert_eq!(here.seed(), standard.seed(), "{name}");
        }
    }

    #[test]
    fn the_help_of_a_method_shows_its_arguments_and_no_others() {
        let program = crate::Cli::command();
        let line = |words: &str| -> Vec<OsString> {
            let words = words.split_whitespace();
            words.map(OsString::from).collect()
        };
        let help = |words: &str| {
            let mut command = super::help(&line(words), &program)?;
            Some(command.render_long_help().to_string())
        };
        let smooth = help("cortexscope explain smooth-grad --help").expect("a help");
        for word in [
            "--samples",
            "[default: 50]",
            "Smilkov et al. 2017",
            "magnitude",
        ] {
            assert!(smooth.contains(word), "{word}: {smooth}");
        }
        assert!(!smooth.contains("--composite"), "{smooth}");
        assert!(!smooth.contains("<METHOD>"), "{smooth}");
        assert!(help("cortexscope explain --help").is_none());
        assert!(help("cortexscope ascend gradient --help").is_none());
        assert!(help("cortexscope explain gradient model input").is_none());
        for info in REGISTRY {
            let words = format!("cortexscope explain lecture-lenet -h {}", info.name);
            let help = help(&words).expect("a help");
            for argument in all() {
                let own = info.arguments.iter().any(|own| own.name == argument.name);
                let value = match argument.kind {
                    ArgumentKind::Flag => "[=<",
                    _ => " <",
                };
                let flag = format!("--{}{value}", argument.name);
                assert_eq!(help.contains(&flag), own, "{} {flag}", info.name);
            }
        }
    }
}
