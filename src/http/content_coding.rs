//! Bodies of requests are read as they are. A small compressed body can become a large one,
//! and the signature of a webhook is one of exact bytes; so compressed bodies are refused
//! (RFC 9110, section 15.5.16).

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;

use crate::error::{Error, Kind};

/// What is said of a compressed body.
pub const MESSAGE: &str = "The body must be sent without compression, without Content-Encoding";

/// The answer to a request with a body that is compressed; `response` gives an error the
/// form of the API.
pub(super) fn refusal(
    headers: &HeaderMap,
    response: impl FnOnce(&Error) -> Response,
) -> Option<Response> {
    if !is_coded(headers) {
        return None;
    }
    let mut response = response(&Error::new(Kind::UnsupportedMediaType, MESSAGE));
    response.headers_mut().insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    Some(response)
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
