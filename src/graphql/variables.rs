//! Variables before an operation runs (GraphQL September 2025, section 6.1.2):
//! what is required is there, and what is left out has its default. The engine
//! finds the one too late, and overlooks the other in directives.

use async_graphql::parser::types::OperationDefinition;
use async_graphql::{Response, ServerError, Value, Variables};

use super::error::VALIDATION_FAILED;

/// Puts the defaults in.
pub(super) fn complete(
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
