//! Reads the document: follows references, and puts schemas into words.

use std::fmt::Write as _;

use serde_json::Value;

use super::html::Entry;

/// An OpenAPI document.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a>(pub(super) &'a Value);

impl<'a> Reader<'a> {
    /// A part of the document, its reference followed.
    pub(super) fn at(self, part: &'a Value) -> &'a Value {
        let to = part["$ref"].as_str().and_then(|to| self.0.pointer(to.strip_prefix('#')?));
        to.map_or(part, |part| self.at(part))
    }

    /// The type of a value, in words.
    pub(super) fn kind(self, schema: &'a Value) -> String {
        let schema = self.at(schema);
        if let Some(any) = schema["oneOf"].as_array() {
            return joined(any, " or ", |schema| self.kind(schema));
        }
        if let Some(values) = schema["enum"].as_array() {
            return joined(values, ", ", |value| format!("`{}`", plain(value)));
        }
        let kind = match &schema["type"] {
            Value::Null => return "anything".to_owned(),
            Value::Array(kinds) => joined(kinds, " or ", plain),
            // A format says more than `string`.
            Value::String(kind) if kind == "string" => {
                schema["format"].as_str().unwrap_or(kind).to_owned()
            }
            kind => plain(kind),
        };
        kind + &limits(schema)
    }

    /// The description of a value.
    pub(super) fn words(self, schema: &'a Value) -> &'a str {
        let places = [schema, &schema["oneOf"][0], self.at(schema)];
        places.iter().find_map(|place| place["description"].as_str()).unwrap_or_default()
    }

    /// The members of a value, each followed by its own members.
    pub(super) fn members(self, schema: &'a Value, within: &str) -> Vec<Entry> {
        let schema = self.at(schema);
        if schema["type"] == "array" {
            let within = format!("{}[].", within.trim_end_matches('.'));
            return self.members(&schema["items"], &within);
        }
        // `required` lists them in the order of the body.
        let order = items(&schema["required"]);
        let place =
            |name: &str| order.iter().position(|other| other == name).unwrap_or(order.len());
        let mut members: Vec<_> = schema["properties"].as_object().into_iter().flatten().collect();
        members.sort_by_key(|(name, _)| place(name));
        let mut entries = Vec::new();
        for (name, schema) in members {
            let name = format!("{within}{name}");
            let inner = self.members(schema, &format!("{name}."));
            let words = self.words(schema).to_owned();
            entries.push(Entry { name, kind: self.kind(schema), words });
            entries.extend(inner);
        }
        entries
    }
}

/// The items of an array; none if it is no array.
pub(super) fn items(list: &Value) -> &[Value] {
    list.as_array().map_or(&[], Vec::as_slice)
}

/// A string without quotes, anything else as JSON.
pub(super) fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn joined<'a>(values: &'a [Value], between: &str, text: impl Fn(&'a Value) -> String) -> String {
    values.iter().map(text).collect::<Vec<_>>().join(between)
}

/// The bounds of a number, and the default.
fn limits(schema: &Value) -> String {
    let mut text = match (&schema["minimum"], &schema["maximum"]) {
        (Value::Null, Value::Null) => String::new(),
        (least, Value::Null) => format!(", at least {least}"),
        (Value::Null, most) => format!(", at most {most}"),
        (least, most) => format!(", {least} to {most}"),
    };
    if !schema["default"].is_null() {
        // Writing to a text cannot fail.
        let _ = write!(text, "; {} if absent", schema["default"]);
    }
    text
}
