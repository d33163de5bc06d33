//! GraphQL requests as HTTP carries them: in a JSON body, or in the query of a
//! URL (GraphQL over HTTP, section 5).

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::http::HeaderMap;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::error::{Error, Kind, Result};
use crate::http::json_body;

/// A GraphQL request. Unknown members are ignored, as the specification asks.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Body {
    /// The document; none if a hash stands for it.
    #[serde(default)]
    pub(crate) query: Option<String>,
    #[serde(default)]
    pub(crate) operation_name: Option<String>,
    /// An object, not read yet.
    #[serde(default)]
    pub(crate) variables: Option<Box<RawValue>>,
    #[serde(default)]
    pub(crate) extensions: Option<Extensions>,
}

/// Extensions of the protocol.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Extensions {
    /// A document by its hash.
    #[serde(default)]
    pub(crate) persisted_query: Option<PersistedQuery>,
}

/// A document by its hash, by Apollo's protocol.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PersistedQuery {
    pub(crate) version: i64,
    pub(crate) sha256_hash: String,
}

/// The request in a POST's body.
pub(crate) fn of_post(headers: &HeaderMap, body: Result<Bytes, BytesRejection>) -> Result<Body> {
    let body = json_body::bytes(headers, body)?;
    let text = std::str::from_utf8(&body).map_err(|_| invalid("The body is not UTF-8"))?;
    // Some clients begin a text with a byte order mark; a parser may ignore it (RFC 8259,
    // section 8.1).
    read(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// The request in a JSON text.
pub(crate) fn read(text: &str) -> Result<Body> {
    // Of a list, serde would take the first item for the first member.
    if text.trim_start().starts_with('[') {
        let message = "Batches (lists of requests) are not supported: send one request at a time, \
            or several root fields in one";
        return Err(invalid(message));
    }
    if !text.trim_start().starts_with('{') {
        return Err(invalid("The body is not a GraphQL request: not an object"));
    }
    let body: Body = serde_json::from_str(text)
        .map_err(|error| invalid(format!("The body is not a GraphQL request: {error}")))?;
    complete(body)
}

/// The request in the query of a URL.
pub(crate) fn of_get(query: &str) -> Result<Body> {
    let mut body = Body::default();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let json = |what: &'static str| {
            let raw: Box<RawValue> =
                serde_json::from_str(&value).map_err(|_| invalid(format!("{what} is not JSON")))?;
            Ok::<_, Error>(raw)
        };
        match &*name {
            "query" => body.query = Some(value.into_owned()),
            "operationName" if !value.is_empty() => body.operation_name = Some(value.into_owned()),
            "variables" if !value.is_empty() => {
                body.variables = Some(json("variables")?).filter(|raw| raw.get() != "null");
            }
            "extensions" if !value.is_empty() => {
                body.extensions = serde_json::from_str(json("extensions")?.get())
                    .map_err(|_| invalid("extensions is not an object that we know"))?;
            }
            _ => {}
        }
    }
    complete(body)
}

fn complete(body: Body) -> Result<Body> {
    let hash = body.extensions.as_ref().is_some_and(|all| all.persisted_query.is_some());
    if body.query.is_none() && !hash {
        return Err(invalid("There is no query in the request"));
    }
    if body.variables.as_ref().is_some_and(|raw| !raw.get().starts_with('{')) {
        return Err(invalid("variables is not an object"));
    }
    Ok(body)
}

fn invalid(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(Kind::Invalid, message)
}
