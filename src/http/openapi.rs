//! OpenAPI descriptions of [`Problem`] responses, for all transports.

use utoipa::ToSchema as _;
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::{AllOfBuilder, Object, ObjectBuilder, Type};
use utoipa::openapi::{
    ContentBuilder, Header, PathItem, Paths, Ref, Response, ResponseBuilder, SecurityRequirement,
};

use super::problem::{Problem, code};
use super::status;
use crate::domain::request::RequestId;
use crate::domain::scope::Scope;
use crate::error::{Error, Kind};

/// The name of the security scheme of tokens.
pub const TOKEN: &str = "token";
/// The names of the security schemes of a key pair.
pub const API_KEY: &str = "api_key";
/// See [`API_KEY`].
pub const API_SECRET: &str = "api_secret";

/// The response for an error, with an example.
pub fn problem(error: &Error, description: &str) -> Response {
    problem_with_codes(&[code(error.kind())], error, description)
}

/// As [`problem`], for an error to which a route gives a code of its own: one of these, the
/// first in the example.
pub fn problem_with_codes(codes: &[&'static str], error: &Error, description: &str) -> Response {
    let request = RequestId("0198f0a5-6f0c-7c53-9d3f-2f4b6c0a9e11".to_owned());
    let code = codes.first().copied().unwrap_or_else(|| code(error.kind()));
    let response = response(&Problem::with_code(code, error, &request), codes, description);
    if error.retry_after_seconds().is_none() {
        return response.build();
    }
    let seconds = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1));
    let header = header("Seconds to wait before the next request.", seconds);
    response.header("Retry-After", header).build()
}

/// The response for a method that the route does not support.
pub fn method_not_allowed() -> Response {
    let methods = ObjectBuilder::new().schema_type(Type::String);
    let problem = Problem::method_not_allowed();
    response(&problem, &[problem.error], "The route does not support this method.")
        .header("Allow", header("The methods that it supports.", methods))
        .build()
}

/// Says of operations which scope they need: in their security, in a sentence of their
/// description, and as a response where a caller can lack it.
pub fn needs_scope(paths: &mut Paths, scope: Scope) {
    for operation in paths.paths.values_mut().flat_map(operations_of) {
        let name = scope.name();
        let pair = SecurityRequirement::new(API_KEY, [name]).add(API_SECRET, [name]);
        operation.security = Some(vec![SecurityRequirement::new(TOKEN, [name]), pair]);
        let description = operation.description.get_or_insert_default();
        if !description.is_empty() {
            description.push_str("\n\n");
        }
        for part in ["Needs the scope `", name, "`."] {
            description.push_str(part);
        }
        if scope != Scope::Read {
            let error = Error::lacks_scope(name);
            let response = problem(&error, &format!("The caller lacks the scope `{name}`."));
            let status = status_of(error.kind());
            operation.responses.responses.entry(status).or_insert_with(|| response.into());
        }
    }
}

/// The operations of a path.
pub fn operations_of(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    [get, put, post, delete, patch].into_iter().filter_map(Option::as_mut)
}

/// The status of a kind of error, as a key of a document's responses.
pub fn status_of(kind: Kind) -> String {
    status::of(kind).as_str().to_owned()
}

/// A response header that is always present.
pub fn header(description: &str, schema: ObjectBuilder) -> Header {
    HeaderBuilder::new()
        .description(Some(description))
        .schema(Some(schema))
        // utoipa has no field for it.
        .extensions(Some(Extensions::from_iter([("required", true)])))
        .build()
}

fn response(problem: &Problem<'_>, codes: &[&'static str], description: &str) -> ResponseBuilder {
    let exact = ObjectBuilder::new()
        .property("success", one_of(Type::Boolean, [false]))
        .property("error", one_of(Type::String, codes.iter().copied()));
    let schema = AllOfBuilder::new().item(Ref::from_schema_name(Problem::name())).item(exact);
    let content = ContentBuilder::new().schema(Some(schema));
    let content = content.example(serde_json::to_value(problem).ok()).build();
    ResponseBuilder::new().description(description).content("application/json", content)
}

fn one_of<T: Into<serde_json::Value>>(kind: Type, values: impl IntoIterator<Item = T>) -> Object {
    ObjectBuilder::new().schema_type(kind).enum_values(Some(values)).build()
}
