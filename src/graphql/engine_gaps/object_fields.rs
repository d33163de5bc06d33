//! The fields of objects that the engine has resolved. It collects them as they
//! become ready, and leaves out those that have failed. By the specification
//! they come in the order of the selection, and a failed field is null or, where
//! it cannot be, its parent is (GraphQL September 2025, sections 7.2.2 and 6.4.4).
//!
//! The order is async-graphql's issue 612, open since 2021; none is known for the
//! nulls. Both are one walk over the response: it can go when both are mended.

use apollo_compiler::ast::Type;
use async_graphql::Value;
use async_graphql::indexmap::IndexMap;
use async_graphql::parser::types::{Selection, SelectionSet};

use crate::graphql::admission::operation::{Field, PLACEHOLDER};
use crate::graphql::admission::types::Types;
use crate::graphql::json;

/// A non-null field has failed: its parent is null.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Missing;

/// The selected fields of an object: fragments spread, conditions decided.
pub(crate) trait Selected<'a>: Copy {
    /// Response key, name, and selections.
    fn fields(self) -> impl Iterator<Item = (&'a str, &'a str, Self)>;
}

impl<'a> Selected<'a> for &'a [Field] {
    fn fields(self) -> impl Iterator<Item = (&'a str, &'a str, Self)> {
        self.iter().map(|field| (field.key(), field.name(), &field.below[..]))
    }
}

impl<'a> Selected<'a> for &'a SelectionSet {
    fn fields(self) -> impl Iterator<Item = (&'a str, &'a str, Self)> {
        self.items.iter().filter_map(|selection| {
            let Selection::Field(field) = &selection.node else { return None };
            let field = &field.node;
            let (key, name) = (&field.response_key().node, &field.name.node);
            Some((key.as_str(), name.as_str(), &field.selection_set.node))
        })
    }
}

/// Writes an object of a type.
pub(crate) fn write<'a>(
    types: &Types,
    object: &str,
    value: &Value,
    selected: impl Selected<'a>,
    json: &mut Vec<u8>,
) -> Result<(), Missing> {
    // Where all fields have failed, the engine answers null.
    let none = IndexMap::new();
    let found = if let Value::Object(fields) = value { fields } else { &none };
    json.push(b'{');
    let start = json.len();
    for (key, name, below) in selected.fields() {
        if key == PLACEHOLDER {
            continue;
        }
        if json.len() > start {
            json.push(b',');
        }
        json::key(key, json);
        write_field(types, (object, name), found.get(key), below, json)?;
    }
    json.push(b'}');
    Ok(())
}

/// Writes the value of a field, if it has one.
pub(crate) fn write_field<'a>(
    types: &Types,
    (object, name): (&str, &str),
    value: Option<&Value>,
    below: impl Selected<'a>,
    json: &mut Vec<u8>,
) -> Result<(), Missing> {
    match value {
        None | Some(Value::Null | Value::List(_) | Value::Object(_)) => {
            let Some(of) = types.field(object, name) else {
                json::value(value.unwrap_or(&Value::Null), json);
                return Ok(());
            };
            write_nullable(types, of, value, below, json)
        }
        Some(value) => {
            json::value(value, json);
            Ok(())
        }
    }
}

fn write_nullable<'a>(
    types: &Types,
    of: &Type,
    value: Option<&Value>,
    below: impl Selected<'a>,
    json: &mut Vec<u8>,
) -> Result<(), Missing> {
    let start = json.len();
    match write_value(types, of, value, below, json) {
        Err(Missing) if !of.is_non_null() => {
            json.truncate(start);
            json.extend_from_slice(b"null");
            Ok(())
        }
        outcome => outcome,
    }
}

fn write_value<'a>(
    types: &Types,
    of: &Type,
    value: Option<&Value>,
    below: impl Selected<'a>,
    json: &mut Vec<u8>,
) -> Result<(), Missing> {
    match value {
        None => Err(Missing),
        Some(Value::Null) => match of {
            // Of these, none may be left: then it is an empty object.
            Type::NonNullNamed(object) if below.fields().next().is_some() => {
                write(types, object, &Value::Null, below, json)
            }
            _ => Err(Missing),
        },
        Some(Value::List(items)) => {
            json.push(b'[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    json.push(b',');
                }
                write_nullable(types, of.item_type(), Some(item), below, json)?;
            }
            json.push(b']');
            Ok(())
        }
        Some(object @ Value::Object(_)) => write(types, of.inner_named_type(), object, below, json),
        Some(value) => {
            json::value(value, json);
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;
    use async_graphql::{Name, value};

    use super::*;

    const SCHEMA: &str = "type Query { a: Int b: Int! c: [Query!]! d: Query e: [Query] f: Query! }";

    fn written(selected: &str, value: &Value) -> String {
        let document = parse_query(selected).expect("a document");
        let (_, operation) = document.operations.iter().next().expect("one");
        let set = &operation.node.selection_set.node;
        let mut json = Vec::new();
        match write(&Types::of(SCHEMA), "Query", value, set, &mut json) {
            Ok(()) => String::from_utf8(json).expect("UTF-8"),
            Err(Missing) => "missing".to_owned(),
        }
    }

    #[test]
    fn fields_come_as_they_were_selected() {
        let value = value!({ "b": 2, "x": 1, "c": [{ "b": 1, "a": 2 }, { "a": 1, "b": 2 }] });
        let expected = r#"{"c":[{"a":2,"b":1},{"a":1,"b":2}],"x":1,"b":2}"#;
        assert_eq!(written("{ c { a b } x: a b }", &value), expected);
    }

    #[test]
    fn what_failed_is_null_or_its_parent_is() {
        for (selected, value, expected) in [
            ("{ a b }", value!({ "b": 1 }), r#"{"a":null,"b":1}"#),
            ("{ a b }", value!({ "a": 1 }), "missing"),
            ("{ a d { b } }", value!({ "a": 1, "d": null }), r#"{"a":1,"d":null}"#),
            ("{ d { a b } }", value!({ "d": { "a": 1 } }), r#"{"d":null}"#),
            ("{ f { a } }", value!({ "f": null }), r#"{"f":{"a":null}}"#),
            ("{ f { b } }", value!({ "f": null }), "missing"),
            ("{ c { b } }", value!({ "c": [{ "b": 1 }, null] }), "missing"),
            ("{ e { b } }", value!({ "e": [{ "b": 1 }, {}] }), r#"{"e":[{"b":1},null]}"#),
            ("{ a }", value!(null), r#"{"a":null}"#),
            ("{ b }", value!(null), "missing"),
            (
                "{ d { __nothing: __typename } }",
                value!({ "d": { "__nothing": "X" } }),
                r#"{"d":{}}"#,
            ),
        ] {
            assert_eq!(written(selected, &value), expected, "{selected} {value}");
        }
    }

    #[test]
    fn what_is_written_already_is_taken_as_it_is() {
        let mut value = value!({ "c": null });
        if let Value::Object(fields) = &mut value {
            fields.insert(Name::new("c"), Value::Binary(r#"[{"b":1}]"#.into()));
        }
        assert_eq!(written("{ c { b } }", &value), r#"{"c":[{"b":1}]}"#);
    }
}
