//! `/healthz`, `/readyz` and `/metrics`, for monitoring.

use std::time::Duration;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use metrics_exporter_prometheus::PrometheusHandle;
use serde_json::json;
use tokio::runtime::Handle;

use super::connections::Connections;
use super::shedding::Load;
use crate::services::health::{Health, Report};

/// How long the runtime of the gateway may take to answer. A probe of the database takes less.
const ANSWER: Duration = Duration::from_secs(1);

/// What is monitored.
#[derive(Clone)]
pub struct Monitored {
    /// What the gateway depends on.
    pub health: Health,
    /// The metrics.
    pub metrics: PrometheusHandle,
    /// The requests that are worked on.
    pub load: Load,
    /// The open connections.
    pub connections: Connections,
    /// Where the gateway runs: connections to the database belong to their runtime, and the
    /// routes may be served by another one.
    pub runtime: Handle,
}

/// The three routes.
pub fn router(monitored: Monitored) -> Router {
    Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .with_state(monitored)
}

/// Whether the process is alive: its tasks run.
async fn healthz(State(monitored): State<Monitored>) -> impl IntoResponse {
    let alive = monitored.health.is_alive();
    let status = if alive { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let word = if alive { "ok" } else { "stuck" };
    (status, Json(json!({ "status": word, "version": env!("CARGO_PKG_VERSION") })))
}

/// Whether requests should be sent here.
async fn readyz(State(Monitored { health, runtime, .. }): State<Monitored>) -> impl IntoResponse {
    let report = runtime.spawn(async move { health.report().await });
    let report = match tokio::time::timeout(ANSWER, report).await {
        Ok(Ok(report)) => report,
        Ok(Err(_)) | Err(_) => Report::unanswered(),
    };
    let ready = report.is_ready();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(report))
}

/// The metrics in Prometheus' text format.
async fn metrics(State(monitored): State<Monitored>) -> impl IntoResponse {
    let Monitored { health, metrics, load, connections, runtime } = monitored;
    load.record();
    connections.record();
    // What is not known in time keeps the value that it had.
    let recorded = runtime.spawn(async move { health.record().await });
    let _ = tokio::time::timeout(ANSWER, recorded).await;
    let text = "text/plain; version=0.0.4; charset=utf-8";
    ([(header::CONTENT_TYPE, text)], metrics.render())
}
