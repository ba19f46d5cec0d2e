//! `docs/json.md`: a table of fields for each document, made from its type.

use super::origin::Origin;
use super::schema::{Schema, all};
use cortexscope_net::described::{Described, Field, Object, Shape};
use std::fmt::Write;

const BEGINNING: &str = "\
# The JSON documents

With `--json` a command prints one JSON document to stdout and nothing else; progress and logs go to stderr. Other
programs read these documents, so they stay as they are: a field that changes its meaning, its type or its name raises
the number at the end of `schema`; a new field does not. The JSON Schema of each document is in [`schemas/`](schemas/).
This page and the schemas are made from the types in `host/present/src/documents/`, and the tests compare every document
with its schema.

`list[].name` is the field `name` of each element of a list. A number that the board cannot give is `null`: the native
board has no ELF file, no linker map and no instruction counter. `instructions` are cycles on a board whose counter
counts cycles; they are never time.

A hash says by its name which file it is of: `onnx_sha256` of the ONNX file that was read, `int8_onnx_sha256` of the int8
ONNX file that `compile` wrote, `image_sha256` of the board image, without the first 48 bytes, which hold this hash.
`model_sha256` is the board image's in documents with results from a board, and the ONNX file's in the others; each
document says it of its own.

Every document with results from a board has these fields:
";

const WITHOUT_A_BOARD: &str = "
The other documents have only the field `schema` in common with these:
";

/// The page as Markdown.
pub fn markdown() -> String {
    let mut common = match Origin::shape() {
        Shape::Object(object) => object,
        _ => Object::new(""),
    };
    let name = "Name and version of the document.";
    common.fields.insert(0, schema_field(name));
    let mut page = BEGINNING.to_owned();
    page += "\n## common\n\n";
    table(&mut page, &common.fields);

    let is_common = |field: &&Field| common.fields.iter().any(|common| common.name == field.name);
    // `schema` is not among the document's own fields.
    let all_common = common.fields.len() - 1;
    let has_all = |schema: &Schema| {
        let found = schema.object.fields.iter().filter(is_common);
        found.count() == all_common
    };
    let (board, other): (Vec<_>, Vec<_>) = all().into_iter().partition(has_all);
    for schema in &board {
        let own = schema
            .object
            .fields
            .iter()
            .filter(|field| !is_common(field));
        section(&mut page, schema, &own.cloned().collect::<Vec<_>>());
    }
    page += WITHOUT_A_BOARD;
    for schema in &other {
        let mut fields = schema.object.fields.clone();
        fields.insert(0, schema_field(name));
        section(&mut page, schema, &fields);
    }
    page
}

fn schema_field(text: &str) -> Field {
    Field {
        name: "schema",
        text: text.to_owned(),
        shape: Shape::Text,
        can_be_absent: false,
    }
}

fn section(page: &mut String, schema: &Schema, fields: &[Field]) {
    let Schema {
        name, schema_name, ..
    } = schema;
    let text = &schema.object.text;
    *page += &format!("\n## {name}\n\n`{schema_name}`. {text}\n\n");
    table(page, fields);
}

fn table(page: &mut String, fields: &[Field]) {
    *page += "| field | type | |\n|---|---|---|\n";
    rows(page, "", fields);
}

/// One row for each field, and for each field in it.
fn rows(page: &mut String, before: &str, fields: &[Field]) {
    for field in fields {
        let Field {
            name, text, shape, ..
        } = field;
        let absent = if field.can_be_absent {
            " or absent"
        } else {
            ""
        };
        let types = kind(shape) + absent;
        // Writing to a string cannot fail.
        let _ = writeln!(page, "| `{before}{name}` | {types} | {text} |");
        let (list, inner) = innermost(shape);
        if let Shape::Object(object) = inner {
            rows(page, &format!("{before}{name}{list}."), &object.fields);
        }
    }
}

/// The type in words: `string`, `2 numbers`, `list of objects or null`.
fn kind(shape: &Shape) -> String {
    match shape {
        Shape::Boolean => "boolean".to_owned(),
        Shape::Integer(..) | Shape::Number => "number".to_owned(),
        Shape::Text | Shape::OneOf(_) => "string".to_owned(),
        Shape::List(element, None) => format!("list of {}s", kind(element)),
        Shape::List(element, Some(length)) => format!("{length} {}s", kind(element)),
        Shape::Object(_) => "object".to_owned(),
        Shape::Optional(inner) => format!("{} or null", kind(inner)),
    }
}

/// What a list or an optional value holds, with `[]` for a list.
fn innermost(shape: &Shape) -> (&'static str, &Shape) {
    match shape {
        Shape::Optional(inner) => innermost(inner),
        Shape::List(element, _) => ("[]", innermost(element).1),
        shape => ("", shape),
    }
}
