//! The JSON documents: a type for each, its schema, and `docs/json.md`.
//!
//! A document is a struct whose doc comments say what each field means. Its JSON
//! Schema in `docs/schemas/` and its table in `docs/json.md` are made from the
//! struct, and a test holds both to it.

pub mod activations;
pub mod ascend;
pub mod assess;
pub mod attack;
pub mod bench;
pub mod board_table;
pub mod boards;
pub mod brain_autoencode;
pub mod brain_compare;
pub mod brain_control;
pub mod brain_demo;
pub mod brain_fit;
pub mod brain_plant;
pub mod brain_sites;
pub mod brain_trials;
pub mod budget;
pub mod compare;
pub mod compile;
pub mod corrupt;
pub mod demo;
pub mod doctor;
pub mod dream;
pub mod engines;
pub mod evolve;
pub mod explain;
pub mod filters;
pub mod fool;
pub mod gallery;
pub mod infer;
pub mod invert;
pub mod memory;
pub mod occlude;
pub mod operators;
pub mod origin;
pub mod part;
pub mod receipt;
pub mod reference;
pub mod robustness;
pub mod schema;
pub mod top;
pub mod verify;

use cortexscope_net::described::Described;
use serde::Serialize;
use serde_json::Value;

/// A struct that a command prints with `--json`.
pub trait Document: Serialize + Described {
    /// The document's name: `verify`.
    const NAME: &'static str;
    /// Rises where a field changes its meaning, its type or its name.
    const VERSION: u32 = 1;

    /// Name and version as the document's field `schema` has them:
    /// `cortexscope.verify.1`.
    fn schema_name() -> String {
        format!("cortexscope.{}.{}", Self::NAME, Self::VERSION)
    }

    /// The document with its field `schema`, keys in alphabetical order.
    ///
    /// # Errors
    /// A value that JSON cannot hold; the documents here have none.
    fn to_value(&self) -> serde_json::Result<Value> {
        let mut value = serde_json::to_value(self)?;
        if let Some(fields) = value.as_object_mut() {
            fields.insert("schema".to_owned(), Value::String(Self::schema_name()));
        }
        Ok(value)
    }

    /// The document as a file or a terminal gets it, with a newline at its end.
    ///
    /// # Errors
    /// As [`to_value`](Self::to_value).
    fn to_text(&self) -> serde_json::Result<String> {
        Ok(serde_json::to_string_pretty(&self.to_value()?)? + "\n")
    }
}

#[cfg(test)]
mod tests;
