//! Answers: bodies in their envelope, and how requests fail.

use serde_json::Value;
use utoipa::ToSchema as _;
use utoipa::openapi::schema::{AllOfBuilder, Object, ObjectBuilder, Type};
use utoipa::openapi::{
    ContentBuilder, Ref, RefOr, Response, ResponseBuilder, Responses, ResponsesBuilder, Schema,
};

use super::headers::{self, header};
use super::samples::Sample;
use super::values::{text, whole};
use crate::domain::page::MAX_PAGE;
use crate::domain::request::RequestId;
use crate::error::{Error, FieldError, Kind};
use crate::http::problem::{self, Problem};
use crate::http::status;

/// How every route behind the gate may fail.
const ANY: [Kind; 6] = [
    Kind::Invalid,
    Kind::Unauthenticated,
    Kind::RateLimited,
    Kind::Internal,
    Kind::Unavailable,
    Kind::Timeout,
];

/// The answers of a route behind the gate; `more` are failures of its own.
pub(super) fn of(success: ResponseBuilder, more: &[Kind]) -> Responses {
    let failed = ANY.iter().chain(more).map(|kind| (status_of(*kind), problem::code(*kind)));
    let failed = failed.chain([("405".to_owned(), problem::METHOD_NOT_ALLOWED)]);
    let failed = failed.map(|(status, code)| (status, Ref::from_response_name(code)));
    let success = headers::counted(success);
    ResponsesBuilder::new().response("200", success).responses_from_iter(failed).build()
}

/// The failures of the routes behind the gate, by their codes.
pub(super) fn failures() -> Vec<(String, RefOr<Response>)> {
    let page = FieldError::new("page", format!("must be an integer between 1 and {MAX_PAGE}"));
    let (_, no_token) =
        failure(&Error::unauthenticated(), "There is no token, or none that works.");
    let scheme = header("What is wanted.", text().enum_values(Some(["Bearer"])));
    let mut all = vec![
        (problem::METHOD_NOT_ALLOWED, wrong_method()),
        (problem::code(Kind::Unauthenticated), no_token.header("WWW-Authenticate", scheme)),
    ];
    for (error, words) in [
        (Error::invalid(vec![page]), "A parameter is not as it should be; `details` names it."),
        (Error::new(Kind::NotFound, "Customer not found"), "The program has no such customer."),
        (Error::rate_limited(1), "Too many requests came."),
        (Error::internal(""), "Our own fault; the log knows the request by its name."),
        (Error::unavailable(""), "Something that we need is away; trying again later may help."),
        (Error::timeout(), "It took too long."),
    ] {
        all.push((problem::code(error.kind()), failure(&error, words).1));
    }
    all.into_iter()
        .map(|(code, answer)| (code.to_owned(), headers::counted(answer).into()))
        .collect()
}

/// `data` in its envelope.
pub(super) fn success(
    words: &str,
    data: impl Into<RefOr<Schema>>,
    sample: &Sample,
) -> ResponseBuilder {
    let schema = ObjectBuilder::new()
        .property("success", constant(true))
        .property("data", data)
        .required("success")
        .required("data");
    answer(words, schema, sample.example())
}

/// A request that fails like this, with its status.
pub(super) fn failure(error: &Error, words: &str) -> (String, ResponseBuilder) {
    let request = RequestId("0198f0a5-6f0c-7c53-9d3f-2f4b6c0a9e11".to_owned());
    let mut answer = failed(&Problem::of(error, &request), words);
    if error.retry_after_seconds().is_some() {
        let words = "When trying again makes sense, in seconds.";
        answer = answer.header("Retry-After", header(words, whole(1)));
    }
    (status_of(error.kind()), answer)
}

/// A request by a method that the route does not have.
pub(super) fn wrong_method() -> ResponseBuilder {
    failed(&Problem::method_not_allowed(), "The route does not have this method.")
        .header("Allow", header("The methods that it has.", text()))
}

fn failed(failure: &Problem<'_>, words: &str) -> ResponseBuilder {
    let exact = ObjectBuilder::new()
        .property("success", constant(false))
        .property("error", constant(failure.error));
    let schema = AllOfBuilder::new().item(Ref::from_schema_name(Problem::name())).item(exact);
    answer(words, schema, serde_json::to_value(failure).ok())
}

fn answer(
    words: &str,
    schema: impl Into<RefOr<Schema>>,
    example: Option<Value>,
) -> ResponseBuilder {
    let content = ContentBuilder::new().schema(Some(schema)).example(example).build();
    let answer = ResponseBuilder::new().description(words).content("application/json", content);
    headers::named(answer)
}

/// The one value that there is.
fn constant(value: impl Into<Value>) -> Object {
    let value = value.into();
    let kind = if value.is_boolean() { Type::Boolean } else { Type::String };
    ObjectBuilder::new().schema_type(kind).enum_values(Some([value])).build()
}

fn status_of(kind: Kind) -> String {
    status::of(kind).as_str().to_owned()
}
