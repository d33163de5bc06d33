//! The outermost layer: gives a request its name, and writes one line and
//! two metrics about it. Paths hold identifiers and queries hold anything,
//! so neither is ever written: the route's pattern is.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use uuid::Uuid;

use crate::domain::request::RequestId;

/// Which document a GraphQL request was about: a name that is all letters and
/// digits, and a hash. It goes along with the answer.
#[derive(Clone)]
pub struct Operation {
    /// The operation's name, if it has one.
    pub name: Option<String>,
    /// The hexadecimal SHA-256 of the document.
    pub document: Arc<str>,
}

impl Operation {
    /// Writes the line of an operation that came over a connection, which has
    /// one request for many of them.
    pub fn tell(&self, request: &RequestId) {
        let Self { name, document } = self;
        let operation = name.as_deref();
        tracing::info!(request_id = %request.0, operation, document = &**document, "operation");
    }
}

const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// Runs a request and tells of it.
pub async fn tell(mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let id = given(&request).unwrap_or_else(|| Uuid::now_v7().to_string());
    request.extensions_mut().insert(RequestId(id.clone()));
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let mut answer = next.run(request).await;
    let route = route.as_ref().map_or("unknown", MatchedPath::as_str);
    let status = answer.status();
    let took = began.elapsed();
    metrics::counter!(
        "http_requests_total",
        "method" => name_of(&method), "route" => route.to_owned(), "status" => status.as_u16().to_string()
    )
    .increment(1);
    metrics::histogram!("http_request_duration_seconds", "route" => route.to_owned()).record(took);
    let operation = answer.extensions_mut().remove::<Operation>();
    tracing::info!(
        request_id = %id,
        method = name_of(&method),
        route,
        status = status.as_u16(),
        operation = operation.as_ref().and_then(|of| of.name.as_deref()),
        document = operation.as_ref().map(|of| &*of.document),
        duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        "request"
    );
    if let Ok(value) = HeaderValue::from_str(&id) {
        answer.headers_mut().insert(HEADER, value);
    }
    answer
}

/// The name that a proxy in front has given, if it is one that can be logged.
fn given(request: &Request) -> Option<String> {
    let id = request.headers().get(HEADER)?.to_str().ok()?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    ((1..=64).contains(&id.len()) && id.bytes().all(plain)).then(|| id.to_owned())
}

/// A method is free text from the client: unknown ones must not become labels.
fn name_of(method: &axum::http::Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}
