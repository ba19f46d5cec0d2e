//! What an attribution was made from: enough to make it again.

use serde_json::{Map, Value, json};

use super::attribution::Attribution;
use super::method::{Method, ParameterValue};
use crate::float_model::FloatModel;
use crate::target::Aim;

/// What an attribution was made from.
#[derive(Clone, Copy, Debug)]
pub struct Receipt<'a> {
    /// The model.
    pub model: &'a FloatModel,
    /// What the input is called.
    pub input: &'a str,
    /// The target as it was asked for; `None` is the predicted class.
    pub target: Option<&'a str>,
    /// What was explained.
    pub aim: &'a Aim,
    /// The method and its parameters.
    pub method: &'a Method,
    /// What came out.
    pub attribution: &'a Attribution,
    /// Seconds that it took.
    pub seconds: f64,
    /// The picture.
    pub picture: &'a str,
    /// The array.
    pub array: &'a str,
    /// The arrays of other maps, in their order.
    pub maps: &'a [String],
}

impl Receipt<'_> {
    /// The receipt as the document `explain` of `JSON.md`.
    pub fn document(&self) -> Value {
        let residuals = self
            .attribution
            .residuals
            .iter()
            .map(|residual| json!({ "name": residual.name, "value": residual.value }));
        let parameters = self.method.parameters().into_iter();
        let parameters = parameters.map(|(name, value)| (name.to_owned(), parameter(value)));
        let notes = self.attribution.notes.iter().map(ToString::to_string);
        let rules =
            self.attribution.rules.iter().map(
                |one| json!({ "layer": one.layer, "operator": one.operator, "rule": one.rule }),
            );
        let maps = self.attribution.maps.iter().zip(self.maps);
        let maps = maps
            .map(|(map, array)| json!({ "name": map.name, "shape": map.shape, "array": array }));
        json!({
            "schema": "cortexscope.explain.1",
            "version": env!("CARGO_PKG_VERSION"),
            "model": self.model.name,
            "model_sha256": self.model.sha256_hex(),
            "input": self.input,
            "preprocessing": self.model.spec.input.to_string(),
            "method": self.method.name(),
            "variant": self.method.variant(),
            "target": self.target,
            "explained": self.aim.words,
            "layer": self.model.layer(self.aim.layer).name,
            "value": self.attribution.score,
            "parameters": parameters.collect::<Map<_, _>>(),
            "seed": self.method.seed(),
            "shape": self.attribution.shape,
            "residuals": residuals.collect::<Vec<_>>(),
            "rules": rules.collect::<Vec<_>>(),
            "notes": notes.collect::<Vec<_>>(),
            "maps": maps.collect::<Vec<_>>(),
            "picture": self.picture,
            "array": self.array,
            "seconds": self.seconds,
        })
    }
}

fn parameter(value: ParameterValue) -> Value {
    match value {
        ParameterValue::Count(count) => json!(count),
        ParameterValue::Number(number) => json!(number),
        ParameterValue::Text(text) => json!(text),
        ParameterValue::Optional(text) => json!(text),
        ParameterValue::Sides(sides) => json!(sides),
        ParameterValue::Rules(rules) => rules
            .into_iter()
            .map(|(layer, rule)| json!({ "layer": layer, "rule": rule.to_string() }))
            .collect(),
    }
}
