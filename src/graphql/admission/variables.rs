//! The variables of a request, coerced to the types of the operation (GraphQL
//! September 2025, section 6.1.2).

use apollo_compiler::ast::Type;
use apollo_compiler::request::coerce_variable_values;
use apollo_compiler::response::serde_json_bytes::Value as Json;
use apollo_compiler::response::{JsonMap, JsonValue};
use async_graphql::Variables;
use serde_json::value::RawValue;

use super::limits::LimitExceeded;
use super::operation::Operation;
use super::rejection::{Rejection, cut, request_error};
use super::types::Types;
use super::variable_error;
use crate::error::{Error, Kind};
use crate::graphql::error::VALIDATION_FAILED;

/// Reads variables, unless there are more values in them than `limit`, on all
/// levels. They are counted in the text, because parsed values cost more.
pub(crate) fn read(json: &RawValue, limit: usize) -> Result<JsonMap, Rejection> {
    LimitExceeded::check("variables", limit, count(json.get(), limit))?;
    serde_json::from_str(json.get())
        .map_err(|_| Error::new(Kind::Invalid, "variables cannot be read").into())
}

/// The number of values in a JSON value. Counting stops soon after `enough`.
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

/// The variables as the operation declares them, with its defaults. Others are
/// left out. With `suggest`, an error may name similar values of the schema.
pub(crate) fn coerce(
    operation: &Operation,
    mut given: JsonMap,
    types: &Types,
    suggest: bool,
) -> Result<Variables, Rejection> {
    let definitions = &operation.definition.variables;
    if definitions.is_empty() {
        return Ok(Variables::default());
    }
    for definition in definitions {
        let name = definition.name.as_str();
        let of = &definition.ty;
        let required = of.is_non_null();
        match given.get_mut(name) {
            None if required && definition.default_value.is_none() => {
                return Err(missing(operation, name, of));
            }
            Some(Json::Null) if required => return Err(missing(operation, name, of)),
            Some(value) => as_graphql_js(value, of, types),
            None => {}
        }
    }
    let coerced = coerce_variable_values(types.schema(), &operation.definition, &given);
    let coerced = coerced.map_err(|_| wrong(operation, &given, types, suggest))?;
    let value = serde_json::to_value(coerced.into_inner()).map_err(Error::internal)?;
    let mut variables = Variables::from_json(value);
    operation.fill_null_defaults(&mut variables);
    if let Some(name) = operation.null_condition(&variables) {
        let message = format!("Variable \"${name}\" is null, which @skip and @include cannot be");
        return Err(request_error(message, operation.variable_pos(name), VALIDATION_FAILED));
    }
    Ok(variables)
}

/// Which variable has a wrong value, and why. A message about all of them names only some.
fn wrong(operation: &Operation, given: &JsonMap, types: &Types, suggest: bool) -> Rejection {
    let mut alone = operation.definition.clone();
    let wrong = operation.definition.variables.iter().find_map(|variable| {
        alone.variables = vec![variable.clone()];
        let error = coerce_variable_values(types.schema(), &alone, given).err()?;
        Some((variable.name.as_str(), error.message().to_string()))
    });
    let Some((name, said)) = wrong else {
        return Error::internal("the variables are wrong together, but not alone").into();
    };
    let message = cut(variable_error::sentence(name, &said, types, suggest));
    request_error(message, operation.variable_pos(name), VALIDATION_FAILED)
}

fn missing(operation: &Operation, name: &str, of: &Type) -> Rejection {
    let message = format!("Variable \"${name}\" of required type \"{of}\" was not provided");
    request_error(message, operation.variable_pos(name), VALIDATION_FAILED)
}

/// Coerces numbers like graphql-js, which clients know: 1.0 is an Int,
/// and any whole number is an ID.
fn as_graphql_js(value: &mut JsonValue, of: &Type, types: &Types) {
    match value {
        Json::Array(items) if of.is_list() => {
            for item in items {
                as_graphql_js(item, of.item_type(), types);
            }
        }
        Json::Object(members) => {
            for (name, member) in members.iter_mut() {
                if let Some(of) = types.input_field(of.inner_named_type(), name.as_str()) {
                    as_graphql_js(member, of, types);
                }
            }
        }
        Json::Number(number) => {
            let whole = number.as_f64().filter(|float| float.fract() == 0.0);
            match of.inner_named_type().as_str() {
                "Int" if !number.is_i64() => {
                    let whole = whole.map(|float| format!("{float:.0}"));
                    if let Some(whole) = whole.and_then(|digits| digits.parse::<i64>().ok()) {
                        *value = whole.into();
                    }
                }
                "ID" if number.is_i64() || number.is_u64() => *value = number.to_string().into(),
                "ID" => {
                    if let Some(whole) = whole {
                        *value = format!("{whole:.0}").into();
                    }
                }
                _ => {}
            }
        }
        _ => {}
    }
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
        let Err(Rejection::Limit(limit)) = read(&raw(r#"{"a":[1]}"#), 1) else { panic!("it is") };
        assert_eq!(limit, LimitExceeded::new("variables", 1));
    }
}
