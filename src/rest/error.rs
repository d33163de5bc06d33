//! Our errors as the contract prints them.

use std::collections::BTreeMap;

use axum::Extension;
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::request::RequestId;
use crate::error::{Error, Kind};
use crate::http::{headers, status};

/// A request that failed.
#[derive(Serialize, ToSchema)]
pub(super) struct Failure<'a> {
    /// Always false.
    success: bool,
    /// What kind of failure it is.
    pub(super) error: &'static str,
    /// What has happened, in a sentence.
    message: &'a str,
    /// What is wrong with which parameter; of our own failures, the request's name.
    /// Only where it helps.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    details: BTreeMap<&'a str, &'a str>,
    /// When trying again makes sense, in seconds; only where too many requests came.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = u64)]
    retry_after: Option<u64>,
}

impl<'a> Failure<'a> {
    /// The body that tells of an error.
    pub(super) fn of(error: &'a Error, request: &'a RequestId) -> Self {
        let mut details: BTreeMap<&str, &str> =
            error.fields().iter().map(|bad| (bad.field, bad.what.as_ref())).collect();
        if error.is_ours() {
            details.insert("request_id", &request.0);
        }
        let retry_after = (error.kind() == Kind::RateLimited).then(|| error.retry_after_seconds());
        Self {
            success: false,
            error: code(error.kind()),
            message: error.message(),
            details,
            retry_after: retry_after.flatten(),
        }
    }

    /// The body that tells of a method that a route does not have.
    pub(super) const fn method() -> Self {
        Self {
            success: false,
            error: METHOD_NOT_ALLOWED,
            message: "This route does not support the method",
            details: BTreeMap::new(),
            retry_after: None,
        }
    }
}

/// The code of a failure that is no error of ours: axum itself knows of it.
pub(super) const METHOD_NOT_ALLOWED: &str = "method_not_allowed";

/// The contract's code of a failure.
pub(super) const fn code(kind: Kind) -> &'static str {
    match kind {
        Kind::Invalid => "validation_error",
        Kind::Unauthenticated => "unauthorized",
        Kind::Forbidden => "forbidden",
        Kind::NotFound => "not_found",
        Kind::Conflict => "conflict",
        Kind::TooLarge => "payload_too_large",
        Kind::UnsupportedMediaType => "unsupported_media_type",
        Kind::RateLimited => "rate_limit_exceeded",
        Kind::Unavailable => "unavailable",
        Kind::Timeout => "timeout",
        Kind::Internal => "internal_error",
    }
}

/// The answer to a request that failed; the log learns the cause.
pub fn refused(error: &Error, request: &RequestId) -> Response {
    if error.is_ours() {
        let cause = error.private_source().unwrap_or_default();
        tracing::error!(request_id = %request.0, kind = ?error.kind(), cause, "request failed");
    }
    let body = Json(Failure::of(error, request));
    headers::of_failure((status::of(error.kind()), body).into_response(), error)
}

/// There is nothing under this path.
pub async fn unknown_route(Extension(request): Extension<RequestId>) -> Response {
    refused(&Error::new(Kind::NotFound, "There is no such route"), &request)
}

/// There is something, but not for this method; axum adds `Allow`.
pub async fn method_not_allowed() -> Response {
    (StatusCode::METHOD_NOT_ALLOWED, Json(Failure::method())).into_response()
}
