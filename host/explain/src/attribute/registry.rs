//! Methods by their names and arguments.

use super::argument::{ArgumentError, Arguments, Given, OpenInput};
use super::method::{Method, MethodInfo};
use super::methods::REGISTRY;

/// Names of all methods, as on the command line.
pub const METHODS: [&str; REGISTRY.len()] = {
    let mut names = [""; REGISTRY.len()];
    let mut at = 0;
    while at < names.len() {
        names[at] = REGISTRY[at].name;
        at += 1;
    }
    names
};

/// The method called `name`.
pub fn find(name: &str) -> Option<&'static MethodInfo> {
    REGISTRY.iter().find(|info| info.name == name)
}

impl Method {
    /// The method called `name`, one of [`METHODS`], with the arguments that were given
    /// and its defaults for the others. `input_shape` is `[C, H, W]` of the model's
    /// input, `open` opens an input that an argument names.
    ///
    /// # Errors
    /// There is no such method, or it cannot use an argument.
    pub fn with_arguments(
        name: &str,
        given: &[Given],
        input_shape: [usize; 3],
        open: OpenInput<'_>,
    ) -> Result<Self, ArgumentError> {
        let info = find(name).ok_or_else(|| ArgumentError::Method {
            name: name.to_owned(),
            methods: METHODS.to_vec(),
        })?;
        for given in given {
            let has = |info: &MethodInfo| info.arguments.iter().any(|own| own.name == given.name);
            if !has(info) {
                let others = REGISTRY.iter().filter(|info| has(info));
                return Err(ArgumentError::Foreign {
                    argument: given.name.clone(),
                    method: info.name,
                    methods: others.map(|info| info.name).collect(),
                });
            }
        }
        (info.build)(&Arguments {
            given,
            input_shape,
            open,
        })
    }

    /// The method called `name`, one of [`METHODS`], with its defaults for an input of
    /// `[height, width]`.
    pub fn standard(name: &str, [height, width]: [usize; 2]) -> Option<Self> {
        let open = |_: &str| Err("a default cannot be an input".to_owned());
        Self::with_arguments(name, &[], [1, height, width], &open).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::super::argument::ArgumentKind;
    use super::super::methods::{SmoothGrad, SmoothGradOf};
    use super::*;

    #[test]
    fn methods_say_what_their_values_are() {
        for info in REGISTRY {
            let name = info.name;
            let method = Method::standard(name, [28, 28]).expect("a method");
            assert_eq!(method.name(), name);
            let is_random = info
                .arguments
                .iter()
                .any(|argument| argument.name == "seed");
            assert_eq!(method.seed(), is_random.then_some(0), "{name}");
        }
        let standard = |name| Method::standard(name, [28, 28]).expect("a method");
        for name in [
            "integrated-gradients",
            "lrp-epsilon",
            "lrp-gamma",
            "lrp-zplus",
        ] {
            assert!(
                standard(name).is_additive() && standard(name).is_signed(),
                "{name}"
            );
        }
        for name in ["saliency", "grad-cam", "score-cam", "rise"] {
            assert!(
                !standard(name).is_additive() && !standard(name).is_signed(),
                "{name}"
            );
        }
        assert!(Method::standard("grad-cam++", [28, 28]).is_none());
        let of = |of| {
            Method::from(SmoothGrad {
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
    fn every_choice_can_be_made_and_nothing_else() {
        let open = |_: &str| Err("nothing to open".to_owned());
        let build = |info: &MethodInfo, name: &str, text: &str| {
            let given = Given {
                name: name.to_owned(),
                text: text.to_owned(),
            };
            Method::with_arguments(info.name, &[given], [1, 28, 28], &open)
        };
        for info in REGISTRY {
            for argument in info.arguments {
                if let ArgumentKind::Choice(choices) = argument.kind {
                    for choice in choices {
                        // A composite that a method's rule has no place in is refused.
                        let made = build(info, argument.name, choice.name);
                        let is_made = match &made {
                            Ok(method) => method.variant() == choice.name,
                            Err(error) => matches!(error, ArgumentError::Composite(_)),
                        };
                        assert!(is_made, "{} {}", info.name, choice.name);
                    }
                }
                let is_name = matches!(argument.kind, ArgumentKind::Layer);
                let wrong = build(info, argument.name, "-1?");
                let is_refused = matches!(wrong, Err(ArgumentError::Value { .. }));
                assert!(is_refused || is_name, "{} {}", info.name, argument.name);
            }
        }
    }

    #[test]
    fn an_argument_of_another_method_or_twice_is_refused() {
        let open = |_: &str| Err("nothing to open".to_owned());
        let given = |texts: &[&str]| -> Vec<Given> {
            let texts = texts.iter().map(|text| text.split_once(' ').expect("two"));
            let given = texts.map(|(name, text)| Given {
                name: name.to_owned(),
                text: text.to_owned(),
            });
            given.collect()
        };
        let refused = |method: &str, texts: &[&str]| {
            Method::with_arguments(method, &given(texts), [1, 28, 28], &open)
                .expect_err("it is refused")
                .to_string()
        };
        let words = refused("saliency", &["layer conv1"]);
        assert!(
            words.starts_with("--layer is for grad-cam, guided-grad-cam, "),
            "{words}"
        );
        assert!(words.ends_with("; saliency does not have it"), "{words}");
        assert!(refused("smooth-grad", &["samples 5", "samples 6"]).contains("once"));
        assert!(refused("smooth-grad", &["samples 0"]).contains("from 1 up"));
        assert!(refused("smooth-grad", &["level NaN"]).contains("from 0 up"));
        assert!(refused("smooth-grad", &["of mean"]).contains("gradient, magnitude, square"));
        assert!(refused("occlusion", &["window 29"]).contains("29×29"));
        assert!(refused("occlusion", &["fill 256"]).contains("0 to 255"));
        assert!(refused("occlusion", &["fill mnist:3"]).contains("nothing to open"));
        assert!(refused("lrp-zplus", &["composite epsilon-gamma-box"]).contains("box"));
        assert!(refused("guessing", &[]).contains("saliency"));
    }
}
