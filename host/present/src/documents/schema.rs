//! The JSON Schema of every document.

use super::{
    Document, activations, ascend, assess, attack, bench, board_table, boards, brain_autoencode,
    brain_compare, brain_control, brain_demo, brain_fit, brain_plant, brain_sites, brain_trials,
    budget, compare, compile, corrupt, demo, doctor, dream, engines, evolve, explain, filters,
    fool, gallery, infer, invert, memory, occlude, operators, part, robustness, top, verify,
};

use cortexscope_net::described::{Object, Shape};
use serde_json::{Map, Value, json};

/// One document's name and fields.
#[derive(Clone, Debug)]
pub struct Schema {
    /// The document's name: `verify`.
    pub name: &'static str,
    /// The value of its field `schema`: `cortexscope.verify.1`.
    pub schema_name: String,
    /// Its fields, `schema` not among them.
    pub object: Object,
}

/// Every document, in the order of `docs/json.md`.
pub fn all() -> Vec<Schema> {
    let all = [
        of::<verify::Verify>(),
        of::<infer::Infer>(),
        of::<memory::Memory>(),
        of::<occlude::Occlude>(),
        of::<demo::Demo>(),
        of::<engines::Engines>(),
        of::<bench::Bench>(),
        of::<board_table::BoardTable>(),
        of::<budget::Budget>(),
        of::<boards::Boards>(),
        of::<compile::Compile>(),
        of::<doctor::Doctor>(),
        of::<operators::Operators>(),
        of::<activations::Activations>(),
        of::<filters::Filters>(),
        of::<explain::Receipt>(),
        of::<ascend::Ascend>(),
        of::<attack::Attack>(),
        of::<attack::Adversarial>(),
        of::<fool::Fool>(),
        of::<assess::Assess>(),
        of::<compare::Compare>(),
        of::<dream::Dream>(),
        of::<invert::Invert>(),
        of::<gallery::Gallery>(),
        of::<evolve::Evolve>(),
        of::<brain_fit::BrainFit>(),
        of::<top::Top>(),
        of::<part::Part>(),
        of::<corrupt::Corrupt>(),
        of::<robustness::Robustness>(),
        of::<brain_control::BrainControl>(),
        of::<brain_sites::BrainSites>(),
        of::<brain_plant::BrainPlant>(),
        of::<brain_demo::BrainDemo>(),
        of::<brain_compare::BrainCompare>(),
        of::<brain_autoencode::BrainAutoencode>(),
        of::<brain_trials::BrainTrials>(),
    ];
    all.into_iter().flatten().collect()
}

/// The schema of `D`, which is a struct.
fn of<D: Document>() -> Option<Schema> {
    match D::shape() {
        Shape::Object(object) => Some(Schema {
            name: D::NAME,
            schema_name: D::schema_name(),
            object,
        }),
        _ => None,
    }
}

impl Schema {
    /// The schema as JSON Schema, draft 2020-12.
    pub fn to_value(&self) -> Value {
        let mut value = object(&self.object);
        value["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
        value["title"] = json!(self.name);
        value["description"] = json!(self.object.text);
        value["properties"]["schema"] = json!({
            "description": "Name and version of the document.",
            "const": self.schema_name,
        });
        if let Some(required) = value["required"].as_array_mut() {
            required.insert(0, json!("schema"));
        }
        value
    }
}

fn object(object: &Object) -> Value {
    let fields = object.fields.iter().map(|field| {
        let mut value = shape(&field.shape);
        value["description"] = json!(field.text);
        (field.name.to_owned(), value)
    });
    let required = object.fields.iter().filter(|field| !field.can_be_absent);
    let names = required.map(|field| field.name);
    json!({
        "type": "object",
        "properties": fields.collect::<Map<_, _>>(),
        "required": names.collect::<Vec<_>>(),
    })
}

fn shape(of: &Shape) -> Value {
    match of {
        Shape::Boolean => json!({ "type": "boolean" }),
        Shape::Integer(least, most) => {
            json!({ "type": "integer", "minimum": least, "maximum": most })
        }
        Shape::Number => json!({ "type": "number" }),
        Shape::Text => json!({ "type": "string" }),
        Shape::OneOf(names) => json!({ "enum": names }),
        Shape::List(element, None) => json!({ "type": "array", "items": shape(element) }),
        Shape::List(element, Some(length)) => json!({
            "type": "array",
            "items": shape(element),
            "minItems": length,
            "maxItems": length,
        }),
        Shape::Object(inner) => object(inner),
        Shape::Optional(inner) => json!({ "anyOf": [shape(inner), { "type": "null" }] }),
    }
}
