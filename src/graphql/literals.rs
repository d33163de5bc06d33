//! Enum values are names, not texts (GraphQL September 2025, section 3.9). The
//! engine takes either.

use async_graphql::parser::types::{ExecutableDocument, OperationType, Selection, SelectionSet};
use async_graphql::{Pos, Response, ServerError};
use async_graphql_value::Value;

use super::error::VALIDATION_FAILED;
use super::types::{Types, name_of};

/// Refuses a document with a text where an enum's value should be. It is walked
/// with the types of the schema; fragments say theirs themselves.
pub(super) fn check(document: &ExecutableDocument) -> Result<(), Box<Response>> {
    for (_, operation) in document.operations.iter() {
        let root = match operation.node.ty {
            OperationType::Query => "Query",
            OperationType::Mutation => "Mutation",
            OperationType::Subscription => "Subscription",
        };
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
                    let of = field.arguments.get(name.node.as_str());
                    if of.is_some_and(|of| types.is_enum(of)) && has_text(&value.node) {
                        return Err(refusal(&name.node, value.pos));
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

fn has_text(value: &Value) -> bool {
    match value {
        Value::String(_) => true,
        Value::List(items) => items.iter().any(has_text),
        _ => false,
    }
}

fn refusal(argument: &str, pos: Pos) -> Box<Response> {
    let what = format!("Invalid value for argument \"{argument}\": an enum's value has no quotes");
    let mut failure = ServerError::new(what, Some(pos));
    failure.extensions.get_or_insert_default().set("code", VALIDATION_FAILED);
    Box::new(Response::from_errors(vec![failure]))
}
