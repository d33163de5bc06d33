//! Bodies of requests that are JSON.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode, header};
use serde_json::{Map, Value};

use crate::error::{Error, Kind, Result};

/// The object in a body, whatever media type it is said to have; an empty body has no members.
/// Its texts are in no error.
///
/// # Errors
/// `TooLarge` if it is beyond the limit of the route, `Invalid` if it is neither empty nor a
/// JSON object.
pub fn object_of_any_type(body: Result<Bytes, BytesRejection>) -> Result<Map<String, Value>> {
    let body = read(body)?;
    if body.trim_ascii().is_empty() { Ok(Map::new()) } else { parsed(&body) }
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
    read(body)
}

fn read(body: Result<Bytes, BytesRejection>) -> Result<Bytes> {
    body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Error::new(Kind::TooLarge, "The body is too large"),
        _ => Error::new(Kind::Invalid, "The body cannot be read"),
    })
}

fn parsed(body: &[u8]) -> Result<Map<String, Value>> {
    // Some clients begin a text with a byte order mark (RFC 8259, section 8.1).
    let text = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    match serde_json::from_slice(text) {
        Ok(Value::Object(members)) => Ok(members),
        _ => Err(Error::new(Kind::Invalid, "The body must be a JSON object")),
    }
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
