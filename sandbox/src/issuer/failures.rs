//! Failures that no route makes itself.

use std::time::Duration;

use axum::http::{HeaderValue, header};
use axum::response::Response;

use super::caller::Caller;
use super::json::object;
use super::refusal::Refusal;
use super::reply::{ErrorShape, json};
use super::routes::Route;
use super::shared::Shared;

/// A failure of no family of routes.
pub(crate) fn plain(status: u16, code: &str, message: &str) -> Response {
    json(status, &object! { "error": code, "message": message })
}

/// A route's failure, in the shape of its family.
pub(crate) fn failure(route: &Route, refusal: Refusal) -> Response {
    let (status, body) = route.errors.parts(refusal);
    json(status, &body)
}

/// There is no good token.
pub(crate) fn unauthorized() -> Response {
    let refusal = Refusal::new(401, "UNAUTHORIZED", "Invalid or expired token");
    let (status, body) = ErrorShape::Sentence.parts(refusal);
    json(status, &body)
}

/// A program has to come back in so many seconds; a call before that is counted.
pub(crate) fn too_many(shared: &Shared, caller: &Caller, seconds: u64) -> Response {
    if let Some(program) = caller.program {
        shared.calls().close(program, Duration::from_secs(seconds));
    }
    let body = object! {
        "error": "rate_limit_exceeded",
        "message": "Too many requests",
        "retry_after": i64::try_from(seconds).unwrap_or(i64::MAX),
    };
    let mut response = json(429, &body);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}
