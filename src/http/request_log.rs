//! The outermost layer: gives each request an id, and writes one log line and two
//! metrics about it. Paths contain identifiers and queries can contain anything, so
//! that only the route's pattern is written.
//!
//! tower-http's `SetRequestId` would trust any id that a client sends; ours must be
//! safe to log.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument as _;
use uuid::Uuid;

use crate::domain::request::RequestId;
use crate::trace::{self, Trace, spans};

/// The document of a GraphQL request, as an extension of the response: safe to log,
/// because the name has only letters and digits.
#[derive(Clone)]
pub struct Operation {
    /// The operation's name, if it has one.
    pub name: Option<String>,
    /// The hexadecimal SHA-256 of the document.
    pub document: Arc<str>,
}

impl Operation {
    /// Logs an operation of a WebSocket, whose one request has many of them.
    pub fn log(&self, request: &RequestId) {
        let Self { name, document } = self;
        let (request_id, trace_id) = (&*request.0, trace::id());
        let operation = name.as_deref();
        tracing::info!(request_id, trace_id, operation, document = &**document, "operation");
    }
}

/// Why a request was refused, as an extension of the response: for the log alone, where the
/// client is not to know.
#[derive(Clone, Copy)]
pub struct Refused(pub &'static str);

const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// Runs a request and logs it.
pub async fn log_request(mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let id = given(&request).unwrap_or_else(|| Uuid::now_v7().to_string());
    request.extensions_mut().insert(RequestId(id.clone()));
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let trace = trace_of(request.headers());
    let trace_id = trace.id();
    let route = route.as_ref().map_or("unknown", MatchedPath::as_str);
    let running = async {
        let span = spans::request(name_of(&method), route, &id);
        let response = next.run(request).instrument(span.clone()).await;
        spans::answered(&span, response.status().as_u16());
        response
    };
    let mut response = trace::within(Some(trace), running).await;
    let status = response.status();
    let took = began.elapsed();
    metrics::counter!(
        "http_requests_total",
        "method" => name_of(&method), "route" => route.to_owned(), "status" => status.as_u16().to_string()
    )
    .increment(1);
    metrics::histogram!("http_request_duration_seconds", "route" => route.to_owned()).record(took);
    let operation = response.extensions_mut().remove::<Operation>();
    let refused = response.extensions_mut().remove::<Refused>();
    tracing::info!(
        request_id = %id,
        %trace_id,
        method = name_of(&method),
        route,
        status = status.as_u16(),
        operation = operation.as_ref().and_then(|of| of.name.as_deref()),
        document = operation.as_ref().map(|of| &*of.document),
        refused = refused.map(|Refused(why)| why),
        duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        "request"
    );
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HEADER, value);
    }
    response
}

/// The trace that the client says the request belongs to, or one that begins here.
fn trace_of(headers: &HeaderMap) -> Trace {
    let mut parents = headers.get_all(trace::TRACEPARENT).iter();
    let parent = parents.next().filter(|_| parents.next().is_none());
    let states = headers.get_all(trace::TRACESTATE).iter().map(HeaderValue::to_str);
    let states: Result<Vec<&str>, _> = states.collect();
    let state = states.map(|states| states.join(",")).unwrap_or_default();
    let parent = parent.and_then(|parent| parent.to_str().ok());
    parent.and_then(|parent| Trace::continued(parent, Some(&state))).unwrap_or_else(Trace::begun)
}

/// The id that the client or a proxy has sent, if it is safe to log.
fn given(request: &Request) -> Option<String> {
    let id = request.headers().get(HEADER)?.to_str().ok()?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    ((1..=64).contains(&id.len()) && id.bytes().all(plain)).then(|| id.to_owned())
}

/// A method is free text from the client: unknown ones must not become labels of metrics.
fn name_of(method: &axum::http::Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}
