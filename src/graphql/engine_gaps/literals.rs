//! Enum values are names, not texts, and an `Int` has 32 bits (GraphQL September
//! 2025, sections 3.9 and 3.5.1). The engine takes more than that.

use async_graphql::parser::types::{ExecutableDocument, Selection, SelectionSet};
use async_graphql::{Pos, Response, ServerError};
use async_graphql_value::Value;

use crate::graphql::engine_gaps::types::{Types, name_of, root_of};
use crate::graphql::error::VALIDATION_FAILED;

/// Refuses a document with such a literal, or with a variable of no type that
/// there is: of lists of those the engine panics. It is walked
/// with the types of the schema; fragments say theirs themselves.
pub(crate) fn check(document: &ExecutableDocument) -> Result<(), Box<Response>> {
    for (_, operation) in document.operations.iter() {
        for variable in &operation.node.variable_definitions {
            let of = &variable.node.var_type;
            if !Types::ours().is_input(&of.node) {
                let what = format!("Unknown input type \"{}\"", name_of(&of.node));
                return Err(invalid(what, of.pos));
            }
        }
        let root = root_of(operation.node.ty);
        set(&operation.node.selection_set.node, root)?;
    }
    for fragment in document.fragments.values() {
        set(&fragment.node.selection_set.node, &fragment.node.type_condition.node.on.node)?;
    }
    Ok(())
}

fn set(selections: &SelectionSet, object: &str) -> Result<(), Box<Response>> {
    let types = Types::ours();
    for selection in &selections.items {
        match &selection.node {
            Selection::Field(selected) => {
                let selected = &selected.node;
                // Validation will say that there is none.
                let Some(field) = types.field(object, &selected.name.node) else { continue };
                for (name, value) in &selected.arguments {
                    let Some(of) = field.arguments.get(name.node.as_str()) else { continue };
                    if types.is_enum(of) && any(&value.node, &is_text) {
                        let what = "an enum's value has no quotes";
                        return Err(refusal(&name.node, what, value.pos));
                    }
                    if name_of(of) == "Int" && any(&value.node, &is_too_large) {
                        let what = "an Int has 32 bits";
                        return Err(refusal(&name.node, what, value.pos));
                    }
                }
                set(&selected.selection_set.node, name_of(&field.of))?;
            }
            Selection::InlineFragment(part) => {
                let on = part.node.type_condition.as_ref();
                let on = on.map_or(object, |condition| condition.node.on.node.as_str());
                set(&part.node.selection_set.node, on)?;
            }
            Selection::FragmentSpread(_) => {}
        }
    }
    Ok(())
}

/// Whether something is true of a value, or of one in its list.
fn any(value: &Value, is: &impl Fn(&Value) -> bool) -> bool {
    match value {
        Value::List(items) => items.iter().any(|item| any(item, is)),
        value => is(value),
    }
}

fn is_text(value: &Value) -> bool {
    matches!(value, Value::String(_))
}

fn is_too_large(value: &Value) -> bool {
    let fits = |number: &async_graphql::Number| {
        number.as_i64().is_some_and(|whole| i32::try_from(whole).is_ok())
    };
    // What is no number at all is for validation to find.
    matches!(value, Value::Number(number) if !number.is_f64() && !fits(number))
}

fn refusal(argument: &str, what: &str, pos: Pos) -> Box<Response> {
    invalid(format!("Invalid value for argument \"{argument}\": {what}"), pos)
}

fn invalid(what: String, pos: Pos) -> Box<Response> {
    let mut failure = ServerError::new(what, Some(pos));
    failure.extensions.get_or_insert_default().set("code", VALIDATION_FAILED);
    Box::new(Response::from_errors(vec![failure]))
}
