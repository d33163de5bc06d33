//! Logs and metrics.

use std::io::IsTerminal as _;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

use crate::config::{Log, LogFormat};
use crate::error::{Error, Result};

/// Bounds of the latency histogram, in seconds.
const SECONDS: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// Logs to standard error from now on.
pub fn log(log: &Log) {
    let filter = EnvFilter::try_new(&log.level).unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let terminal = std::io::stderr().is_terminal();
    let json = match log.format {
        LogFormat::Json => true,
        LogFormat::Text => false,
        LogFormat::Auto => !terminal,
    };
    // A second subscriber in one process is a test's, and keeps the first.
    let _ = if json {
        lines.json().flatten_event(true).with_current_span(false).try_init()
    } else {
        lines.with_ansi(terminal).try_init()
    };
}

/// Bounds of the histogram of calls to the issuer, in seconds.
const CALL_SECONDS: &[f64] = &[0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// Collects metrics from now on.
///
/// # Errors
/// If this process collects them already.
pub fn metrics() -> Result<PrometheusHandle> {
    let matcher = Matcher::Full("http_request_duration_seconds".to_owned());
    let recorder = PrometheusBuilder::new().set_buckets_for_metric(matcher, SECONDS);
    let issuer = Matcher::Full("issuer_request_duration_seconds".to_owned());
    let recorder = recorder.and_then(|all| all.set_buckets_for_metric(issuer, CALL_SECONDS));
    let handle = recorder.and_then(PrometheusBuilder::install_recorder);
    let handle = handle.map_err(Error::internal)?;
    metrics::describe_counter!("http_requests_total", "Requests, by method, route and status.");
    metrics::describe_histogram!("http_request_duration_seconds", "How long requests took.");
    metrics::describe_counter!(
        "client_authentications_total",
        "Key pairs of clients that were checked, by outcome; those that are remembered are not."
    );
    metrics::describe_counter!("graphql_errors_total", "Errors in GraphQL answers, by code.");
    metrics::describe_counter!("payments_total", "Payments, by kind and by how they ended.");
    metrics::describe_counter!("webhook_events_total", "Events taken, by what became of them.");
    metrics::describe_gauge!(
        "webhook_last_event_timestamp_seconds",
        "When the last event of a program was stored, in Unix seconds."
    );
    metrics::describe_gauge!(
        "webhook_deliveries_failed_in_a_row",
        "Deliveries of a program in a row that were not answered with success."
    );
    metrics::describe_counter!(
        "issuer_requests_total",
        "Calls to the issuer, by program, route and status."
    );
    metrics::describe_histogram!(
        "issuer_request_duration_seconds",
        "How long calls to the issuer took."
    );
    metrics::describe_gauge!("graphql_sockets", "Open WebSocket connections.");
    Ok(handle)
}
