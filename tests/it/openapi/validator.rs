//! As much of JSON Schema as the document uses, and stricter: what is not
//! described is a fault, and so is a keyword that is not known here.

use std::collections::HashSet;

use regex::Regex;
use serde_json::Value;

/// The document's schemas.
#[derive(Clone, Copy)]
pub(super) struct Validator<'a>(pub(super) &'a Value);

impl<'a> Validator<'a> {
    /// A part of the document, or what its reference leads to.
    pub(super) fn at(self, part: &'a Value) -> &'a Value {
        let Some(to) = part["$ref"].as_str() else { return part };
        let found = self.0.pointer(to.strip_prefix('#').expect("a place in the document"));
        self.at(found.unwrap_or_else(|| panic!("{to} leads nowhere")))
    }

    /// The errors of a value at a path.
    pub(super) fn faults(self, schema: &'a Value, value: &Value, at: &str) -> Vec<String> {
        let mut faults = self.broken(schema, value, at);
        let described = self.described(schema);
        let members = value.as_object().into_iter().flatten();
        let unknown = members.filter(|(name, _)| !described.contains(name.as_str()));
        if !described.is_empty() {
            faults.extend(unknown.map(|(name, _)| format!("{at}.{name} is not described")));
        }
        faults
    }

    /// The members that a schema describes.
    fn described(self, schema: &'a Value) -> HashSet<&'a str> {
        let schema = self.at(schema);
        let own = schema["properties"].as_object().into_iter().flatten();
        let parts = list(&schema["allOf"]).iter().flat_map(|part| self.described(part));
        own.map(|(name, _)| name.as_str()).chain(parts).collect()
    }

    fn broken(self, schema: &'a Value, value: &Value, at: &str) -> Vec<String> {
        let schema = self.at(schema).as_object().expect("a schema");
        let all = schema.iter().flat_map(|(keyword, says)| self.keyword(keyword, says, value, at));
        all.collect()
    }

    /// The errors by one keyword of a schema.
    fn keyword(self, keyword: &str, says: &'a Value, value: &Value, at: &str) -> Vec<String> {
        let limit = || says.as_f64().expect("a number");
        let length = value.as_str().map(|text| text.chars().count());
        let most = |limit: &Value| limit.as_u64().and_then(|limit| usize::try_from(limit).ok());
        let fine = match keyword {
            "type" if says.is_array() => list(says).iter().any(|kind| is_a(kind, value)),
            "type" => is_a(says, value),
            "enum" => list(says).contains(value),
            "required" => list(says).iter().all(|name| value.get(text(name)).is_some()),
            "minimum" => value.as_f64().is_none_or(|number| number >= limit()),
            "maximum" => value.as_f64().is_none_or(|number| number <= limit()),
            "minLength" => length.is_none_or(|length| Some(length) >= most(says)),
            "maxLength" => length.is_none_or(|length| Some(length) <= most(says)),
            "pattern" => {
                let pattern = Regex::new(text(says)).expect("a pattern");
                value.as_str().is_none_or(|text| pattern.is_match(text))
            }
            "format" => value.as_str().is_none_or(|text| is_written_as(says, text)),
            "oneOf" => {
                let fits = |one: &&Value| self.faults(one, value, at).is_empty();
                list(says).iter().filter(fits).count() == 1
            }
            "allOf" => {
                return list(says).iter().flat_map(|part| self.broken(part, value, at)).collect();
            }
            "items" => {
                let items = value.as_array().into_iter().flatten().enumerate();
                let faults = |(number, item)| self.faults(says, item, &format!("{at}[{number}]"));
                return items.flat_map(faults).collect();
            }
            "additionalProperties" | "properties" => {
                let members = value.as_object().into_iter().flatten();
                let described = members.filter_map(|(name, inner)| {
                    let any = keyword == "additionalProperties";
                    Some((name, inner, if any { says } else { says.get(name)? }))
                });
                let faults =
                    |(name, inner, schema)| self.faults(schema, inner, &format!("{at}.{name}"));
                return described.flat_map(faults).collect();
            }
            "propertyNames" => *says == serde_json::json!({ "type": "string" }),
            "description" | "default" | "example" | "examples" => true,
            _ => panic!("the keyword {keyword} is not known here"),
        };
        if fine { Vec::new() } else { vec![format!("{at} is {value}: {keyword} says {says}")] }
    }
}

fn is_a(kind: &Value, value: &Value) -> bool {
    match text(kind) {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("the type {other} is not known here"),
    }
}

fn is_written_as(format: &Value, value: &str) -> bool {
    match text(format) {
        "date-time" => chrono::DateTime::parse_from_rfc3339(value).is_ok(),
        other => panic!("the format {other} is not known for texts here"),
    }
}

/// The items of a list; empty if it is no list.
pub(super) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// A text that must be one.
pub(super) fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}
