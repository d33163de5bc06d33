//! Bodies of requests that are JSON.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode, header};
use serde_json::{Map, Value};

use crate::error::{Error, Kind, Result};

/// The object in a body. Its texts are in no error.
///
/// # Errors
/// `UnsupportedMediaType` if it is not said to be JSON, `TooLarge` if it is beyond the limit
/// of the route, `Invalid` if it is no JSON object.
pub fn object(
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Map<String, Value>> {
    let invalid = || Error::new(Kind::Invalid, "The body must be a JSON object");
    let body = bytes(headers, body)?;
    // Some clients begin a text with a byte order mark (RFC 8259, section 8.1).
    let text = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&body);
    match serde_json::from_slice(text) {
        Ok(Value::Object(members)) => Ok(members),
        _ => Err(invalid()),
    }
}

/// The bytes of a body that is said to be JSON.
///
/// # Errors
/// `UnsupportedMediaType` if it is not, `TooLarge` if it is beyond the limit of the route,
/// `Invalid` if it cannot be read to its end.
pub fn bytes(headers: &HeaderMap, body: Result<Bytes, BytesRejection>) -> Result<Bytes> {
    if !is_json(headers) {
        let message = "The body must be JSON, with content-type: application/json";
        return Err(Error::new(Kind::UnsupportedMediaType, message));
    }
    body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Error::new(Kind::TooLarge, "The body is too large"),
        _ => Error::new(Kind::Invalid, "The body cannot be read"),
    })
}

/// JSON is always UTF-8 (RFC 8259, section 8.1).
fn is_json(headers: &HeaderMap) -> bool {
    let text = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let mut parts = text.unwrap_or_default().split(';').map(str::trim);
    let json = parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case("application/json"));
    json && parts.all(|part| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        !name.eq_ignore_ascii_case("charset")
            || value.trim_matches('"').eq_ignore_ascii_case("utf-8")
    })
}
