//! One input, explained on a float model and on another network with the same classes.

mod board;
mod float;
#[cfg(test)]
mod tests;

pub use board::BoardAnswers;
pub use float::FloatAnswers;

use cortexscope_explain::attribute::{
    Answers, Attribution, ExplainError, Method, Plans, Report, Request, explain_by, per_pixel,
};
use cortexscope_explain::float_model::FloatModel;
use cortexscope_explain::target::{Aim, ClassValue};
use cortexscope_net::scores::{first_greatest, softmax};
use cortexscope_statistics::spearman;

/// What both networks say of an input.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The classes.
    pub classes: Classes,
    /// One for each method.
    pub methods: Vec<Compared>,
}

/// The classes of both networks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Classes {
    /// The float model's.
    pub float: usize,
    /// Its probability there.
    pub float_probability: f64,
    /// The other network's.
    pub other: usize,
    /// Its probability there.
    pub other_probability: f64,
}

impl Classes {
    /// Whether they differ.
    pub fn changed(&self) -> bool {
        self.float != self.other
    }
}

/// The networks beside a float model.
pub struct Other<'a> {
    /// Who answers in its place.
    pub answers: &'a mut dyn Answers,
    /// The same network with [straight-through gradients](crate::int8), for methods that
    /// need derivatives; `None` refuses them.
    pub through: Option<&'a FloatModel>,
}

/// A method on both networks, for the class of the float model.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    /// The method's name.
    pub method: &'static str,
    /// Whether the other network's map was made by straight-through gradients.
    pub is_straight_through: bool,
    /// The float model's map.
    pub float: Attribution,
    /// The other network's.
    pub other: Attribution,
    /// Spearman's ρ of the two, pixel by pixel; `None` where a map does not vary.
    pub rank_correlation: Option<f64>,
}

/// Explains `input`, `[C, H, W]` in the units of `model`, on both networks. Methods that only
/// ask for scores ask the other network; those that need derivatives have its
/// straight-through ones.
///
/// # Errors
/// A method that needs derivatives, where there are none; one that int8 arithmetic has no
/// rule for; a network that fails, or an interruption.
pub fn compare(
    model: &FloatModel,
    other: &mut Other<'_>,
    input: &[f32],
    methods: &[Method],
    report: Report<'_>,
) -> Result<Comparison, ExplainError> {
    let needs_slopes = methods.iter().find(|method| !method.only_asks());
    if let (Some(method), None) = (needs_slopes, other.through) {
        return Err(ExplainError::NeedsSlopes {
            method: method.name(),
        });
    }
    let logits = model.logits()?;
    let float = model.activations(&[logits], input)?.remove(0);
    let theirs = other.answers.logits(input)?;
    let [float_class, other_class] =
        [&float, &theirs].map(|logits| first_greatest(logits).unwrap_or_default());
    let probability = |logits: &[f32], class: usize| {
        let all = softmax(logits);
        all.get(class).copied().unwrap_or(f64::NAN)
    };
    let classes = Classes {
        float: float_class,
        float_probability: probability(&float, float_class),
        other: other_class,
        other_probability: probability(&theirs, other_class),
    };
    let aim = Aim::class(model, logits, float_class, ClassValue::Logit);
    let mut plans = Plans::default();
    let mut compared = Vec::with_capacity(methods.len());
    for method in methods {
        let request = Request {
            input,
            aim: &aim,
            method,
        };
        let float = explain_by(&mut plans, model, request, None, report)?;
        let through = other.through.filter(|_| !method.only_asks());
        let theirs = match through {
            Some(int8) => {
                let aim = Aim::class(int8, int8.logits()?, float_class, ClassValue::Logit);
                let request = Request {
                    aim: &aim,
                    ..request
                };
                explain_by(&mut plans, int8, request, None, report)?
            }
            None => explain_by(
                &mut plans,
                model,
                request,
                Some(&mut *other.answers),
                report,
            )?,
        };
        let [(a, _), (b, _)] = [&float, &theirs].map(|found| per_pixel(found, method));
        let wide = |map: Vec<f32>| -> Vec<f64> { map.into_iter().map(f64::from).collect() };
        compared.push(Compared {
            method: method.name(),
            is_straight_through: through.is_some(),
            rank_correlation: spearman(&wide(a), &wide(b)),
            float,
            other: theirs,
        });
    }
    Ok(Comparison {
        classes,
        methods: compared,
    })
}
