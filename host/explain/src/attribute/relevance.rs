//! Layer-wise relevance propagation (Bach et al. 2015), with a rule for each layer: what
//! the methods `lrp-…` have in common.

use super::argument::{Argument, ArgumentError, ArgumentKind, Arguments, Choice};
use super::attribution::{Attribution, Note};
use super::backward::Rules;
use super::composite::{Composite, CompositeKind, LrpRule};
use super::error::ExplainError;
use super::method::{
    Explainer, LayerRule, Method, MethodInfo, ParameterValue, Parameters, ValueKind,
};
use super::run::Run;
use crate::target::Quantity;

/// Relevance at the input that is more than this many times the target's value was made
/// on the way.
const MANY_TIMES: f64 = 10.0;

/// The arguments of every method of relevance.
pub const ARGUMENTS: &[Argument] = &[COMPOSITE_ARG, EPSILON_ARG, GAMMA_ARG, RULE_ARG];

const COMPOSITE_ARG: Argument = Argument {
    name: "composite",
    help: "Which rules the layers have, by their kind.",
    kind: ArgumentKind::Choice(&[
        Choice {
            name: "uniform",
            help: "The method's rule for every layer",
        },
        Choice {
            name: "epsilon-plus",
            help: "ε for dense layers, z⁺ for convolutions",
        },
        Choice {
            name: "epsilon-plus-flat",
            help: "ε for dense layers, z⁺ for convolutions, flat for the first layer",
        },
        Choice {
            name: "epsilon-alpha2-beta1",
            help: "ε for dense layers, α = 2 and β = 1 for convolutions",
        },
        Choice {
            name: "epsilon-gamma-box",
            help: "ε for dense layers, γ for convolutions, the box of the input's range for the first layer",
        },
    ]),
    default: "uniform",
};

const EPSILON_ARG: Argument = Argument {
    name: "epsilon",
    help: "ε, in the units of the layer.",
    kind: ArgumentKind::Number { least: 0.0 },
    default: "1e-6",
};

const GAMMA_ARG: Argument = Argument {
    name: "gamma",
    help: "γ: how much more positive weights count.",
    kind: ArgumentKind::Number { least: 0.0 },
    default: "0.25",
};

const RULE_ARG: Argument = Argument {
    name: "rule",
    help: "The rule of one layer; RULE is epsilon=0.01, gamma=0.25, zplus, alpha-beta=2,1, zbox or flat. May be given several times.",
    kind: ArgumentKind::Rule,
    default: "",
};

/// The composite that the arguments describe; `rule` makes the method's own rule from ε
/// and γ.
///
/// # Errors
/// An argument is wrong, or the composite has no layer for the method's rule.
pub fn composite(
    arguments: &Arguments<'_>,
    rule: impl FnOnce(f32, f32) -> LrpRule,
) -> Result<Composite, ArgumentError> {
    let kind = CompositeKind::ALL[arguments.choice(&COMPOSITE_ARG)?];
    let epsilon = arguments.number(&EPSILON_ARG)? as f32;
    let gamma = arguments.number(&GAMMA_ARG)? as f32;
    let rule = rule(epsilon, gamma);
    if !kind.uses(rule) {
        return Err(ArgumentError::Composite(kind.name()));
    }
    let mut composite = Composite::of(kind, rule, epsilon, gamma);
    composite.layers = arguments.rules(&RULE_ARG)?;
    Ok(composite)
}

/// The method that `info` describes, with `composite`.
pub fn method(info: &'static MethodInfo, composite: Composite) -> Method {
    Relevance { info, composite }.into()
}

/// Relevance with a composite; the methods differ in what is known of them alone.
#[derive(Clone, Debug)]
struct Relevance {
    info: &'static MethodInfo,
    composite: Composite,
}

impl Explainer for Relevance {
    fn info(&self) -> &'static MethodInfo {
        self.info
    }

    fn run(&self, run: &mut Run<'_>) -> Result<Attribution, ExplainError> {
        propagate(run, &self.composite)
    }

    fn variant(&self) -> String {
        self.composite.name().to_owned()
    }

    fn statement(&self) -> String {
        self.composite.description()
    }

    fn parameters(&self) -> Parameters {
        parameters(&self.composite)
    }

    fn values(&self) -> ValueKind {
        ValueKind::Shares
    }
}

/// Relevance of the input, from the target's own value; and what of it was kept:
/// biases and ε take their share (Bach et al. 2015; Montavon et al. 2019, section
/// 10.2).
///
/// # Errors
/// The composite does not fit the model, or the target is a probability.
fn propagate(run: &mut Run<'_>, composite: &Composite) -> Result<Attribution, ExplainError> {
    let (model, input, aim) = (run.model, run.input, run.aim);
    composite.check(model)?;
    if matches!(aim.what, Quantity::Softmax(_)) {
        return Err(ExplainError::Parameter(
            "relevance is propagated from a logit, not from a probability",
        ));
    }
    let layer = run.layer()?;
    let mut seed = vec![0.0; layer.len()];
    match aim.what {
        Quantity::Value(index) | Quantity::Softmax(index) => seed[index] = layer[index],
        Quantity::Sum(channel) => {
            let positions = aim.shape[1] * aim.shape[2];
            let map = channel * positions..(channel + 1) * positions;
            seed[map.clone()].copy_from_slice(&layer[map]);
        }
    }
    let backward = run.backward(Rules::Relevance(composite.clone()))?;
    let pass = backward.run_from(input, aim, &seed)?;
    let sum: f64 = pass.gradient.iter().copied().map(f64::from).sum();
    let started: f64 = seed.iter().copied().map(f64::from).sum();
    let mut attribution = Attribution::whole(model, pass.score, pass.gradient).with([
        ("relevance at the target", started),
        ("relevance at the input", sum),
        ("taken by biases", pass.bias),
        ("taken by ε or lost", pass.absorbed),
        (
            "conservation: target less all of these",
            started - sum - pass.bias - pass.absorbed,
        ),
    ]);
    let times = (sum / started).abs();
    if times > MANY_TIMES {
        attribution.notes.push(Note::RelevanceGrew { times });
    }
    let negative = input.iter().filter(|&&value| value < 0.0).count();
    let is_gamma = pass
        .rules
        .iter()
        .any(|one| one.is_first && one.rule.starts_with("gamma="));
    if is_gamma && negative > 0 {
        let of = input.len();
        attribution
            .notes
            .push(Note::GammaOnSignedInput { negative, of });
    }
    attribution.rules = pass.rules;
    Ok(attribution)
}

/// The parameters of a composite, for the receipt.
fn parameters(composite: &Composite) -> Parameters {
    let first = composite.first.map(|rule| rule.to_string());
    let layers = composite.layers.iter().map(|(layer, rule)| LayerRule {
        layer: layer.clone(),
        rule: rule.to_string(),
    });
    vec![
        (
            "composite",
            ParameterValue::Text(composite.name().to_owned()),
        ),
        ("dense", ParameterValue::Text(composite.dense.to_string())),
        ("conv", ParameterValue::Text(composite.conv.to_string())),
        ("first", ParameterValue::Optional(first)),
        ("layers", ParameterValue::Rules(layers.collect())),
    ]
}
