//! The metrics: the table of all, and what collects them. They are counted where it
//! happens, by these names.

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use crate::error::{Error, Result};

/// What a metric is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// A number that only grows while the process runs.
    Counter,
    /// A number that goes up and down.
    Gauge,
    /// How many values lie below each of these bounds.
    Histogram(&'static [f64]),
}

/// A metric.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// Its name in `/metrics`.
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
    /// What it says, as `/metrics` shows it.
    pub help: &'static str,
}

/// Bounds of requests and of waiting, in seconds.
const SECONDS: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];
/// Bounds of calls to other servers, in seconds.
const CALL_SECONDS: &[f64] = &[0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
/// Bounds of amounts, in minor units.
const MINOR: &[f64] = &[1.0, 10.0, 100.0, 1_000.0, 10_000.0, 100_000.0, 1_000_000.0];

/// Every metric. The guide for operators explains each.
pub const METRICS: &[Metric] = &[
    gauge("card_gateway_build_info", "Always 1; the labels say which build runs."),
    counter("http_requests_total", "Requests, by method, route and status."),
    histogram("http_request_duration_seconds", SECONDS, "How long requests took."),
    counter(
        "client_authentications_total",
        "Key pairs of clients that were checked, by outcome; those that are remembered are not.",
    ),
    counter("graphql_errors_total", "Errors in GraphQL answers, by code."),
    gauge("http_requests_in_flight", "Requests that are worked on."),
    counter(
        "http_requests_shed_total",
        "Requests that were answered 503, because there were too many requests or connections.",
    ),
    gauge("http_connections", "Open connections, without streams."),
    gauge("graphql_sockets", "Open WebSocket connections."),
    gauge("graphql_event_streams", "Open event streams."),
    gauge("graphql_subscriptions", "Subscriptions, over any transport."),
    gauge("exports_running", "Exports that hold a snapshot of the database."),
    counter("exports_total", "Exports that have ended, by outcome."),
    gauge("database_connections", "Open connections to the database, by state."),
    gauge("database_connections_max", "How many connections may be open at once."),
    gauge("database_waiting", "Statements and transactions that wait for a connection."),
    histogram(
        "database_wait_duration_seconds",
        SECONDS,
        "How long those waited for which no connection was at hand.",
    ),
    counter(
        "standby_reads_total",
        "Requests that only read, by whether the standby has answered, or why the primary has.",
    ),
    gauge("standby_lag_seconds", "How far the standby of the database is behind."),
    gauge("standby_used", "Whether the standby of the database answers reads: 1, or 0."),
    gauge("standby_connections", "Open connections to the standby of the database, by state."),
    counter("shared_calls_total", "Calls to the server that replicas share, by outcome."),
    gauge("dependency_failing", "Whether something that the gateway needs fails: 1, or 0."),
    counter("webhook_events_total", "Events taken, by what became of them."),
    counter("webhook_duplicates_total", "Events that were in the inbox already, by program."),
    counter("webhook_rejections_total", "Requests refused as not signed well, by reason."),
    gauge("webhook_events_queued", "Events that have arrived and are not written yet."),
    gauge("webhook_events_waiting", "Stored events that wait for their customer, by program."),
    gauge(
        "webhook_events_waiting_since_timestamp_seconds",
        "When the oldest of them arrived, in Unix seconds.",
    ),
    gauge(
        "webhook_last_event_timestamp_seconds",
        "When the last event of a program was stored, in Unix seconds.",
    ),
    gauge(
        "webhook_deliveries_failed_in_a_row",
        "Deliveries of a program in a row that were not answered with success.",
    ),
    counter(
        "webhook_events_recovered_total",
        "Events that the issuer could not deliver, and that were fetched from it.",
    ),
    counter("payments_total", "Payments, by kind and by how they ended."),
    counter("issuer_requests_total", "Calls to the issuer, by program, route and status."),
    histogram(
        "issuer_request_duration_seconds",
        CALL_SECONDS,
        "How long calls to the issuer took.",
    ),
    gauge(
        "issuer_last_sync_timestamp_seconds",
        "When the last complete synchronisation of a program ended, in Unix seconds.",
    ),
    gauge("issuer_customers", "Customers of a program, by the state of their details."),
    gauge("issuer_breaker_open", "Whether the issuer fails and is not called for now."),
    gauge("issuer_calls_left", "How many calls the issuer still allows in its window."),
    gauge("issuer_webhook_enabled", "Whether the issuer sends events."),
    counter("chain_calls_total", "Calls to RPC endpoints, by endpoint, method and outcome."),
    histogram("chain_call_duration_seconds", CALL_SECONDS, "How long these calls took."),
    counter("chain_readings_not_kept_total", "Reads that were not stored: too many waited."),
    counter("balances_reconciled_total", "Wallets that the reconciliation has read."),
    counter("balances_drifted_total", "Those that differed from the last webhook."),
    histogram("balance_drift_minor", MINOR, "By how much, in minor units."),
];

const fn counter(name: &'static str, help: &'static str) -> Metric {
    Metric { name, kind: Kind::Counter, help }
}

const fn gauge(name: &'static str, help: &'static str) -> Metric {
    Metric { name, kind: Kind::Gauge, help }
}

const fn histogram(name: &'static str, bounds: &'static [f64], help: &'static str) -> Metric {
    Metric { name, kind: Kind::Histogram(bounds), help }
}

/// Collects metrics from now on.
///
/// # Errors
/// If this process collects them already.
pub fn collect() -> Result<PrometheusHandle> {
    let mut recorder = PrometheusBuilder::new();
    for Metric { name, kind, .. } in METRICS {
        if let Kind::Histogram(bounds) = kind {
            let matcher = Matcher::Full((*name).to_owned());
            recorder = recorder.set_buckets_for_metric(matcher, bounds).map_err(Error::internal)?;
        }
    }
    let handle = recorder.install_recorder().map_err(Error::internal)?;
    for Metric { name, kind, help } in METRICS.iter().copied() {
        match kind {
            Kind::Counter => metrics::describe_counter!(name, help),
            Kind::Gauge => metrics::describe_gauge!(name, help),
            Kind::Histogram(_) => metrics::describe_histogram!(name, help),
        }
    }
    metrics::gauge!("card_gateway_build_info", "version" => VERSION, "commit" => COMMIT).set(1.0);
    Ok(handle)
}

const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The commit, from the environment of the build.
const COMMIT: &str = match option_env!("CARD_GATEWAY_COMMIT") {
    Some(commit) => commit,
    None => "unknown",
};
