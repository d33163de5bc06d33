//! The protocol's messages.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::http::authentication;

/// A message of the client.
#[derive(Deserialize)]
pub(crate) struct Incoming<'a> {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) id: Option<String>,
    #[serde(borrow)]
    pub(crate) payload: Option<&'a RawValue>,
}

/// A message about an operation. `payload` is JSON.
pub(crate) fn message(id: &str, kind: &str, payload: &[u8]) -> String {
    let payload = String::from_utf8_lossy(payload);
    format!("{{\"type\":\"{kind}\",\"id\":{},\"payload\":{payload}}}", quoted(id))
}

/// Says that an operation is over.
pub(crate) fn complete(id: &str) -> String {
    format!("{{\"type\":\"complete\",\"id\":{}}}", quoted(id))
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The token in the payload of `connection_init`: `Authorization` as in a
/// header, in any case.
pub(crate) fn token_in(payload: &str) -> Option<String> {
    let members: HashMap<String, serde_json::Value> = serde_json::from_str(payload).ok()?;
    let header = members.iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization"))?;
    authentication::token_in(header.1.as_str()?).map(str::to_owned)
}
