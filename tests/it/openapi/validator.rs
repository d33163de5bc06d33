//! As much of JSON Schema as the document uses, and stricter: a member that is
//! not described is a fault, and so is a keyword that is not known here.

use std::collections::HashSet;

use regex::Regex;
use serde_json::Value;

/// What says something about a value without deciding anything.
const WORDS: [&str; 4] = ["description", "default", "example", "examples"];
/// Keywords that are looked at together with another one.
const TOGETHER: [&str; 2] = ["format", "propertyNames"];

/// A document's schemas.
#[derive(Clone, Copy)]
pub(super) struct Validator<'a>(pub(super) &'a Value);

impl<'a> Validator<'a> {
    /// A part of the document, or what its reference leads to.
    pub(super) fn at(self, part: &'a Value) -> &'a Value {
        let Some(to) = part["$ref"].as_str() else { return part };
        let found = self.0.pointer(to.strip_prefix('#').expect("a place in the document"));
        self.at(found.unwrap_or_else(|| panic!("{to} leads nowhere")))
    }

    /// What is wrong with a value; nothing, if it is as the schema says.
    pub(super) fn faults(self, schema: &'a Value, value: &Value) -> Vec<String> {
        let mut faults = Vec::new();
        self.look(schema, value, "", &mut faults);
        self.look_for_more(&[schema], value, "", &mut faults);
        faults
    }

    fn look(self, schema: &'a Value, value: &Value, at: &str, faults: &mut Vec<String>) {
        let schema = self.at(schema);
        for (keyword, says) in schema.as_object().expect("a schema") {
            let fine = match keyword.as_str() {
                "type" => is_any_of(says, value),
                "enum" => list(says).contains(value),
                "oneOf" => list(says).iter().filter(|one| self.faults(one, value).is_empty()).count() == 1,
                "allOf" => {
                    list(says).iter().for_each(|one| self.look(one, value, at, faults));
                    true
                }
                "required" => list(says).iter().all(|name| value.get(text(name)).is_some()),
                "properties" => {
                    for (name, schema) in says.as_object().expect("schemas") {
                        let inner = value.get(name);
                        inner.iter().for_each(|inner| self.look(schema, inner, &format!("{at}.{name}"), faults));
                    }
                    true
                }
                "additionalProperties" => {
                    let members = value.as_object().into_iter().flatten();
                    members.for_each(|(name, inner)| self.look(says, inner, &format!("{at}.{name}"), faults));
                    true
                }
                "items" => {
                    let items = value.as_array().into_iter().flatten().enumerate();
                    items.for_each(|(number, item)| self.look(says, item, &format!("{at}[{number}]"), faults));
                    true
                }
                "minimum" => value.as_f64().is_none_or(|number| number >= says.as_f64().expect("a number")),
                "maximum" => value.as_f64().is_none_or(|number| number <= says.as_f64().expect("a number")),
                _ => panic!("the keyword {keyword} is not known here"),
            };
        }
    }
}
