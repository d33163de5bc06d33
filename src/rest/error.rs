//! Our errors as the contract prints them.

use std::collections::BTreeMap;

use axum::Extension;
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;

use crate::domain::request::RequestId;
use crate::error::{Error, Kind};
use crate::http::{headers, status};

#[derive(Serialize)]
struct Body<'a> {
    success: bool,
    error: &'static str,
    message: &'a str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    details: BTreeMap<&'a str, &'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<u64>,
}

const fn code(kind: Kind) -> &'static str {
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
    let mut details: BTreeMap<&str, &str> =
        error.fields().iter().map(|bad| (bad.field, bad.what.as_ref())).collect();
    if error.is_ours() {
        details.insert("request_id", &request.0);
        let cause = error.private_source().unwrap_or_default();
        tracing::error!(request_id = %request.0, kind = ?error.kind(), cause, "request failed");
    }
    let retry_after = (error.kind() == Kind::RateLimited).then(|| error.retry_after_seconds());
    let body = Body {
        success: false,
        error: code(error.kind()),
        message: error.message(),
        details,
        retry_after: retry_after.flatten(),
    };
    headers::of_failure((status::of(error.kind()), Json(body)).into_response(), error)
}

/// There is nothing under this path.
pub async fn unknown_route(Extension(request): Extension<RequestId>) -> Response {
    refused(&Error::new(Kind::NotFound, "There is no such route"), &request)
}

/// There is something, but not for this method; axum adds `Allow`.
pub async fn method_not_allowed() -> Response {
    let body = Body {
        success: false,
        error: "method_not_allowed",
        message: "This route does not support the method",
        details: BTreeMap::new(),
        retry_after: None,
    };
    (StatusCode::METHOD_NOT_ALLOWED, Json(body)).into_response()
}
