//! The spans that are recorded, with all their attributes: none has data of customers, values
//! of statements, variables of documents, addresses or secrets.

use tracing::Span;
use tracing::field::Empty;

/// The target of all spans; the log leaves it out.
pub const TARGET: &str = "card_gateway::spans";

/// A request of a client, as a part of the trace that is running. `route` is its pattern.
pub fn request(method: &str, route: &str, request_id: &str) -> Span {
    let span = tracing::info_span!(
        target: TARGET,
        "request",
        otel.name = %format_args!("{method} {route}"),
        otel.kind = "server",
        otel.status_code = Empty,
        http.request.method = method,
        http.route = route,
        http.response.status_code = Empty,
        request_id,
    );
    #[cfg(feature = "otel")]
    super::otel::continue_trace(&span);
    span
}

/// An operation of a GraphQL document: its kind, and its name if it has one.
pub fn operation(kind: &str, name: Option<&str>) -> Span {
    tracing::info_span!(
        target: TARGET,
        "operation",
        otel.name = %format_args!("{kind} {}", name.unwrap_or("without a name")),
        "graphql.operation.type" = kind,
        "graphql.operation.name" = name,
    )
}

/// An SQL statement: its text, which has numbered parameters in place of values.
pub fn statement(system: &str, text: &str) -> Span {
    tracing::info_span!(
        target: TARGET,
        "statement",
        otel.kind = "client",
        db.system.name = system,
        db.query.text = text,
    )
}

/// A call to an RPC endpoint, by its number in the settings.
pub fn chain_call(endpoint: usize, method: &str) -> Span {
    tracing::info_span!(
        target: TARGET,
        "chain call",
        otel.name = %format_args!("chain {method}"),
        otel.kind = "client",
        otel.status_code = Empty,
        rpc.system = "jsonrpc",
        rpc.method = method,
        endpoint,
        outcome = Empty,
    )
}

/// A call to the issuer. `route` is its pattern.
pub fn issuer_call(program: &str, method: &str, route: &str) -> Span {
    tracing::info_span!(
        target: TARGET,
        "issuer call",
        otel.name = %format_args!("issuer {method} {route}"),
        otel.kind = "client",
        otel.status_code = Empty,
        http.request.method = method,
        url.template = route,
        program,
        outcome = Empty,
    )
}

/// Webhook events that are written together.
pub fn events(program: &str, count: usize) -> Span {
    tracing::info_span!(target: TARGET, "events", otel.kind = "consumer", program, count)
}

/// Says how a span's work ended.
pub fn ended(span: &Span, outcome: &str, failed: bool) {
    span.record("outcome", outcome);
    if failed {
        span.record("otel.status_code", "error");
    }
}

/// Says with which status a request was answered. A client's mistake is no error of ours.
pub fn answered(span: &Span, status: u16) {
    span.record("http.response.status_code", status);
    if status >= 500 {
        span.record("otel.status_code", "error");
    }
}
