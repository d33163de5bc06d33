//! Variables before an operation runs (GraphQL September 2025, section 6.1.2):
//! they are not too many, what is required is there, and what is left out has its
//! default. The engine finds the one too late, and overlooks the other in directives.

use async_graphql::parser::types::OperationDefinition;
use async_graphql::{Response, ServerError, Value, Variables};
use serde_json::value::RawValue;

use crate::error::{Error, Kind};
use crate::graphql::admission::limits::Excess;
use crate::graphql::endpoint::Refused;
use crate::graphql::error::VALIDATION_FAILED;

/// Reads variables, unless there are more values in them than `limit`, on all
/// levels. They are counted in the text, because what is made of it costs more.
pub(crate) fn read(json: &RawValue, limit: usize) -> Result<Variables, Refused> {
    Excess::check("variables", limit, count(json.get(), limit))?;
    let value: serde_json::Value = serde_json::from_str(json.get())
        .map_err(|_| Error::new(Kind::Invalid, "variables cannot be read"))
        .map_err(Refused::Error)?;
    Ok(Variables::from_json(value))
}

/// How many values are inside a JSON value; somewhat more than `enough`, where
/// it is more than that.
fn count(json: &str, enough: usize) -> usize {
    let mut count = 0;
    let mut bytes = json.bytes();
    let mut opened = false;
    while let Some(byte) = bytes.next() {
        if byte.is_ascii_whitespace() {
            continue;
        }
        // The first value follows a bracket, all others a comma.
        count += usize::from(opened && !matches!(byte, b']' | b'}')) + usize::from(byte == b',');
        if count > enough {
            break;
        }
        opened = matches!(byte, b'[' | b'{');
        if byte == b'"' {
            while let Some(inside) = bytes.next() {
                match inside {
                    b'\\' => drop(bytes.next()),
                    b'"' => break,
                    _ => {}
                }
            }
        }
    }
    count
}

/// Puts the defaults in.
pub(crate) fn complete(
    operation: &OperationDefinition,
    variables: &mut Variables,
) -> Result<(), Box<Response>> {
    for definition in &operation.variable_definitions {
        let name = &definition.node.name.node;
        let of = &definition.node.var_type.node;
        let given = variables.get(name);
        match (given, &definition.node.default_value) {
            (None, Some(default)) => {
                variables.insert(name.clone(), default.node.clone());
            }
            (None | Some(Value::Null), _) if !of.nullable => {
                let what =
                    format!("Variable \"${name}\" of required type \"{of}\" was not provided");
                let mut failure = ServerError::new(what, Some(definition.pos));
                failure.extensions.get_or_insert_default().set("code", VALIDATION_FAILED);
                return Err(Box::new(Response::from_errors(vec![failure])));
            }
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_counted_on_all_levels_and_not_in_strings() {
        for (json, values) in [
            ("{}", 0),
            (" { } ", 0),
            (r#"{"a":1}"#, 1),
            (r#"{"a":[]}"#, 1),
            (r#"{"a":[ 1, 2 ],"b":{"c":null}}"#, 5),
            (r#"{"a":[[[]]]}"#, 3),
            (r#"{"a,b[{\"":"[1,2,3],{\\","c":","}"#, 2),
        ] {
            assert_eq!(count(json, 100), values, "{json}");
        }
        assert_eq!(count(&"[".repeat(1_000_000), 100), 101);
    }

    #[test]
    fn beyond_the_limit_they_are_not_read() {
        let raw = |json: &str| RawValue::from_string(json.to_owned()).expect("JSON");
        assert_eq!(read(&raw(r#"{"a":[1]}"#), 2).ok().map(|all| all.len()), Some(1));
        assert!(matches!(
            read(&raw(r#"{"a":[1]}"#), 1),
            Err(Refused::Excess(Excess { limit: "variables", value: 1 }))
        ));
    }
}
