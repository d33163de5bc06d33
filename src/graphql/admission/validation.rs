//! Parses and validates documents with apollo-compiler, which follows the specification.
//! async-graphql 7.2 accepts invalid documents and refuses valid ones.

use apollo_compiler::Node;
use apollo_compiler::ast::{Definition, Document, Selection, Value};
use apollo_compiler::diagnostic::ToCliReport;
use apollo_compiler::executable::ExecutableDocument;
use apollo_compiler::parser::{Parser, SourceSpan};
use apollo_compiler::validation::{DiagnosticList, Valid};
use async_graphql::{Response, ServerError};

use super::limits::Limits;
use super::operation::NullDefaults;
use super::positions::Positions;
use super::rejection::{Rejection, cut, request_error};
use super::suggestion::with_suggestion;
use super::types::Types;
use super::{input_objects, shape_limits, subscriptions, syntax, syntax_error, tokens};
use crate::graphql::error::{PARSE_FAILED, VALIDATION_FAILED};

/// Maximum number of errors in a response: a long document can have a thousand.
const MAX_ERRORS: usize = 20;
/// How much deeper the parser can descend than brackets are nested.
const EXTRA_NESTING: usize = 8;

/// A valid document.
pub(crate) struct Validated {
    pub(crate) document: Valid<ExecutableDocument>,
    /// Whether it introspects.
    pub(crate) introspects: bool,
    /// Nullable variables whose default is null, by operation.
    pub(crate) null_defaults: NullDefaults,
}

/// Parses and validates a document. Limits come first: validation of a document within
/// them costs less than a millisecond. With `suggest`, an error may name similar fields of
/// the schema.
pub(crate) fn validate(
    text: &str,
    positions: &Positions<'_>,
    limits: &Limits,
    types: &Types,
    suggest: bool,
) -> Result<Validated, Rejection> {
    let read = tokens::check(text, limits)?;
    let mut parser = Parser::new().recursion_limit(limits.nesting + EXTRA_NESTING);
    let mut document = parser
        .parse_ast(&*read, "")
        .map_err(|failed| syntax_error::rejection(&failed.errors, &read, positions))?;
    let introspects = shape_limits::check(&document, limits)?;
    if let Some(token) = syntax::first_dropped(&document, &read) {
        let message = cut(format!("Syntax error: unexpected {:?}", token.text));
        return Err(request_error(message, Some(positions.at(token.offset)), PARSE_FAILED));
    }
    let null_defaults = take_null_defaults(&mut document);
    // In two steps, so that an unknown field is not also reported as one without selection.
    let invalid = |errors: &DiagnosticList| {
        refusal(errors, positions, |span, message| {
            let message = with_argument(&document, span, message);
            if suggest { with_suggestion(types, message) } else { message }
        })
    };
    let executable =
        document.to_executable(types.schema()).map_err(|failed| invalid(&failed.errors))?;
    let document = match executable.validate(types.schema()) {
        Ok(document) => document,
        Err(failed) if subscriptions::only_merged(&failed) => Valid::assume_valid(failed.partial),
        Err(failed) => return Err(invalid(&failed.errors)),
    };
    if let Some((message, span)) = input_objects::first_mistake(&document, types.schema()) {
        let pos = span.map(|span| positions.at(span.offset()));
        return Err(request_error(cut(message), pos, VALIDATION_FAILED));
    }
    Ok(Validated { document, introspects, null_defaults })
}

/// Whether the selected operation is a mutation, even if it is invalid.
pub(crate) fn is_mutation(text: &str, name: Option<&str>, limits: &Limits) -> bool {
    let Ok(read) = tokens::check(text, limits) else { return false };
    let mut parser = Parser::new().recursion_limit(limits.nesting + EXTRA_NESTING);
    let Ok(document) = parser.parse_ast(&*read, "") else { return false };
    let operations = document.definitions.iter().filter_map(Definition::as_operation_definition);
    let mut selected = operations.filter(|one| name.is_none() || one.name.as_deref() == name);
    selected.next().is_some_and(|operation| operation.operation_type.is_mutation())
}

/// Removes the default `null` of nullable variables: apollo-compiler 1.33 would accept such
/// a variable for a non-null argument (GraphQL September 2025, section 5.8.5).
fn take_null_defaults(document: &mut Document) -> NullDefaults {
    let mut taken = Vec::new();
    for definition in &mut document.definitions {
        let Definition::OperationDefinition(operation) = definition else { continue };
        let null = |default: &Node<Value>| matches!(**default, Value::Null);
        for at in 0..operation.variables.len() {
            let variable = &operation.variables[at];
            if variable.default_value.as_ref().is_some_and(null) && !variable.ty.is_non_null() {
                taken.push((operation.name.clone(), variable.name.clone()));
                operation.make_mut().variables[at].make_mut().default_value = None;
            }
        }
    }
    taken
}

/// The rejection of an invalid document.
fn refusal(
    errors: &DiagnosticList,
    positions: &Positions<'_>,
    complete: impl Fn(Option<SourceSpan>, String) -> String,
) -> Rejection {
    let errors = errors.iter().take(MAX_ERRORS).map(|diagnostic| {
        let span = diagnostic.error.location();
        let message = cut(complete(span, sentence(&diagnostic.error.to_string())));
        let mut error = ServerError::new(message, span.map(|span| positions.at(span.offset())));
        error.extensions.get_or_insert_default().set("code", VALIDATION_FAILED);
        error
    });
    Rejection::Document(Box::new(Response::from_errors(errors.collect())))
}

/// Adds the name of the argument to an error about a value.
fn with_argument(document: &Document, span: Option<SourceSpan>, message: String) -> String {
    match span.and_then(|span| argument_at(document, span)) {
        Some(argument) if !message.contains(&format!("\"{argument}\"")) => {
            format!("Argument \"{argument}\": {message}")
        }
        _ => message,
    }
}

/// A diagnostic in the style of our other messages.
fn sentence(message: &str) -> String {
    let message = message.replace('`', "\"");
    let mut rest = message.chars();
    rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
}

/// The argument that contains a part of the document.
fn argument_at(document: &Document, span: SourceSpan) -> Option<&str> {
    document.definitions.iter().find_map(|definition| match definition {
        Definition::OperationDefinition(operation) => argument_in(&operation.selection_set, span),
        Definition::FragmentDefinition(fragment) => argument_in(&fragment.selection_set, span),
        _ => None,
    })
}

fn argument_in(set: &[Selection], span: SourceSpan) -> Option<&str> {
    let holds = |of: Option<SourceSpan>| {
        of.is_some_and(|of| of.offset() <= span.offset() && span.end_offset() <= of.end_offset())
    };
    set.iter().find_map(|selection| match selection {
        Selection::Field(field) => {
            let argument = field.arguments.iter().find(|one| holds(one.location()));
            argument
                .map(|argument| argument.name.as_str())
                .or_else(|| argument_in(&field.selection_set, span))
        }
        Selection::InlineFragment(part) => argument_in(&part.selection_set, span),
        Selection::FragmentSpread(_) => None,
    })
}
