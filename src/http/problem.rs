//! The error body of REST, of webhooks and of unknown routes, as the contract
//! prints it.

use std::collections::BTreeMap;

use axum::Extension;
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::{failure_log, headers, status};
use crate::domain::request::RequestId;
use crate::error::{Error, Kind};

/// The body of a failed request.
#[derive(Serialize, ToSchema)]
#[schema(as = Failure)]
pub struct Problem<'a> {
    /// Always false.
    success: bool,
    /// The error's code.
    pub error: &'static str,
    /// One sentence for people.
    message: &'a str,
    /// What is wrong with each named parameter; with a server error, `request_id`.
    /// Absent where there is nothing to add.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    details: BTreeMap<&'a str, &'a str>,
    /// Seconds to wait before the next request. Only with `rate_limit_exceeded`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = u64)]
    retry_after: Option<u64>,
}

impl<'a> Problem<'a> {
    /// The body for an error.
    pub fn of(error: &'a Error, request: &'a RequestId) -> Self {
        Self::with_code(code(error.kind()), error, request)
    }

    /// The body for an error to which a route gives a code of its own.
    pub fn with_code(code: &'static str, error: &'a Error, request: &'a RequestId) -> Self {
        let mut details: BTreeMap<&str, &str> =
            error.fields().iter().map(|bad| (bad.field, bad.what.as_ref())).collect();
        if error.is_ours() {
            details.insert("request_id", &request.0);
        }
        let retry_after = (error.kind() == Kind::RateLimited).then(|| error.retry_after_seconds());
        Self {
            success: false,
            error: code,
            message: error.message(),
            details,
            retry_after: retry_after.flatten(),
        }
    }

    /// The body for a method that a route does not support.
    pub const fn method_not_allowed() -> Self {
        Self {
            success: false,
            error: METHOD_NOT_ALLOWED,
            message: "This route does not support the method",
            details: BTreeMap::new(),
            retry_after: None,
        }
    }
}

/// The code of the one failure that has no [`Kind`]: axum finds it by itself.
pub const METHOD_NOT_ALLOWED: &str = "method_not_allowed";

/// The contract's code for a kind of error.
pub const fn code(kind: Kind) -> &'static str {
    match kind {
        Kind::Invalid => "validation_error",
        Kind::Unauthenticated => "unauthorized",
        Kind::Forbidden => "forbidden",
        Kind::NotFound => "not_found",
        Kind::Conflict => "conflict",
        Kind::TooLarge => "payload_too_large",
        Kind::UnsupportedMediaType => "unsupported_media_type",
        Kind::RateLimited => "rate_limit_exceeded",
        Kind::Unavailable | Kind::Overloaded => "unavailable",
        Kind::Timeout => "timeout",
        Kind::Internal => "internal_error",
    }
}

/// The response for an error. The cause of a server error goes to the log.
pub fn response(error: &Error, request: &RequestId) -> Response {
    response_with_code(code(error.kind()), error, request)
}

/// As [`response`], for an error to which a route gives a code of its own.
pub fn response_with_code(code: &'static str, error: &Error, request: &RequestId) -> Response {
    if error.is_ours() {
        failure_log::log(error, request);
    }
    let body = Json(Problem::with_code(code, error, request));
    headers::of_failure((status::of(error.kind()), body).into_response(), error)
}

/// The response for a path without a route.
pub async fn unknown_route(Extension(request): Extension<RequestId>) -> Response {
    response(&Error::new(Kind::NotFound, "There is no such route"), &request)
}

/// The response for a method that the route does not support; axum adds `Allow`.
pub async fn method_not_allowed() -> Response {
    (StatusCode::METHOD_NOT_ALLOWED, Json(Problem::method_not_allowed())).into_response()
}
