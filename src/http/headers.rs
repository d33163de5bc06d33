//! Headers of error responses, and those that every response has.

use axum::http::{HeaderName, HeaderValue, header};
use axum::response::Response;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::error::{Error, Kind};

/// Adds the headers that HTTP requires for an error.
pub fn of_failure(mut response: Response, error: &Error) -> Response {
    let headers = response.headers_mut();
    if error.kind() == Kind::Unauthenticated {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    if let Some(seconds) = error.retry_after_seconds() {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

type Default = SetResponseHeaderLayer<HeaderValue>;

/// Headers of every response that does not set them itself: no content sniffing, no
/// referrer, no frames, no caches.
pub fn defaults() -> (Default, Default, Default, Default) {
    let default = |name: HeaderName, value| {
        SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
    };
    (
        default(header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        default(header::REFERRER_POLICY, "no-referrer"),
        default(header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        default(header::CACHE_CONTROL, "no-store"),
    )
}
