//! Headers of answers.

use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::schema::ObjectBuilder;
use utoipa::openapi::{Header, Ref, RefOr, ResponseBuilder};

use super::values::{text, whole};

const REQUEST_ID: &str = "X-Request-Id";
const LIMIT: &str = "X-RateLimit-Limit";
const REMAINING: &str = "X-RateLimit-Remaining";
const RESET: &str = "X-RateLimit-Reset";

/// The headers that answers have in common.
pub(super) fn common() -> impl Iterator<Item = (String, RefOr<Header>)> {
    let name =
        "The request's name: the one that it came with, if that can be logged, or a new one.";
    let headers = [
        (REQUEST_ID, header(name, text().min_length(Some(1)))),
        (LIMIT, header("How many requests may be sent at once.", whole(1))),
        (REMAINING, header("How many of them are left.", whole(0))),
        (RESET, header("When all of them will be, in Unix seconds.", whole(0))),
    ];
    headers.into_iter().map(|(name, header)| (name.to_owned(), header.into()))
}

/// Every answer has the request's name.
pub(super) fn named(answer: ResponseBuilder) -> ResponseBuilder {
    answer.header_ref(REQUEST_ID, reference(REQUEST_ID))
}

/// Behind the gate, every answer says what is left.
pub(super) fn counted(answer: ResponseBuilder) -> ResponseBuilder {
    [LIMIT, REMAINING, RESET]
        .into_iter()
        .fold(answer, |answer, name| answer.header_ref(name, reference(name)))
}

/// A header that is always there.
pub(super) fn header(words: &str, schema: ObjectBuilder) -> Header {
    HeaderBuilder::new()
        .description(Some(words))
        .schema(Some(schema))
        // The library has no member for it.
        .extensions(Some(Extensions::from_iter([("required", true)])))
        .build()
}

fn reference(name: &str) -> Ref {
    Ref::new(format!("#/components/headers/{name}"))
}
