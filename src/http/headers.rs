//! Headers that follow from a failure.

use axum::http::{HeaderValue, header};
use axum::response::Response;

use crate::error::{Error, Kind};

/// Adds what HTTP wants to be said in headers besides.
pub fn of_failure(mut answer: Response, error: &Error) -> Response {
    let headers = answer.headers_mut();
    if error.kind() == Kind::Unauthenticated {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    if let Some(seconds) = error.retry_after_seconds() {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    answer
}
