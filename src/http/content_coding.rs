//! Bodies of requests are read as they are. A small compressed body can become a large one,
//! and the signature of a webhook is one of exact bytes; so compressed bodies are refused
//! (RFC 9110, section 15.5.16).

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

use super::authentication::ErrorResponse;
use crate::domain::request::RequestId;
use crate::error::{Error, Kind};

/// What is said of a compressed body.
pub const MESSAGE: &str = "The body must be sent without compression, without Content-Encoding";

/// Refuses a request with a body that is compressed, and says so in the form of the API.
pub async fn refuse(
    State(error_response): State<ErrorResponse>,
    Extension(id): Extension<RequestId>,
    request: Request,
    next: Next,
) -> Response {
    if !is_coded(request.headers()) {
        return next.run(request).await;
    }
    let mut response = error_response(&Error::new(Kind::UnsupportedMediaType, MESSAGE), &id);
    response.headers_mut().insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    response
}

fn is_coded(headers: &HeaderMap) -> bool {
    let plain = |value: &HeaderValue| {
        let text = value.to_str().unwrap_or("?");
        text.split(',').all(|coding| {
            let coding = coding.trim();
            coding.is_empty() || coding.eq_ignore_ascii_case("identity")
        })
    };
    !headers.get_all(header::CONTENT_ENCODING).iter().all(plain)
}
