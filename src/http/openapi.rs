//! OpenAPI descriptions of [`Problem`] responses, for all transports.

use utoipa::ToSchema as _;
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::schema::{AllOfBuilder, Object, ObjectBuilder, Type};
use utoipa::openapi::{ContentBuilder, Header, Ref, Response, ResponseBuilder};

use super::problem::Problem;
use super::status;
use crate::domain::request::RequestId;
use crate::error::{Error, Kind};

/// The response for an error, with an example.
pub fn problem(error: &Error, description: &str) -> Response {
    let request = RequestId("0198f0a5-6f0c-7c53-9d3f-2f4b6c0a9e11".to_owned());
    let response = response(&Problem::of(error, &request), description);
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
    response(&Problem::method_not_allowed(), "The route does not support this method.")
        .header("Allow", header("The methods that it supports.", methods))
        .build()
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

fn response(problem: &Problem<'_>, description: &str) -> ResponseBuilder {
    let exact = ObjectBuilder::new()
        .property("success", constant(Type::Boolean, false))
        .property("error", constant(Type::String, problem.error));
    let schema = AllOfBuilder::new().item(Ref::from_schema_name(Problem::name())).item(exact);
    let content = ContentBuilder::new().schema(Some(schema));
    let content = content.example(serde_json::to_value(problem).ok()).build();
    ResponseBuilder::new().description(description).content("application/json", content)
}

fn constant(kind: Type, value: impl Into<serde_json::Value>) -> Object {
    ObjectBuilder::new().schema_type(kind).enum_values(Some([value.into()])).build()
}
