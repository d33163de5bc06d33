//! `/healthz`, `/readyz` and `/metrics`, for those who keep the gateway running.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use metrics_exporter_prometheus::PrometheusHandle;
use serde_json::json;

use crate::store::Store;

/// What the checks look at.
#[derive(Clone)]
pub struct Health {
    store: Store,
    stopping: Arc<AtomicBool>,
    metrics: PrometheusHandle,
}

impl Health {
    /// Of a gateway over this store.
    pub fn new(store: Store, metrics: PrometheusHandle) -> Self {
        Self { store, stopping: Arc::default(), metrics }
    }

    /// From now on, no new work should be sent here.
    pub fn stopping(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }
}

/// Whether the process is alive: it answers.
pub async fn healthz() -> Response {
    Json(json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION") })).into_response()
}

/// Whether requests should be sent here.
pub async fn readyz(State(health): State<Health>) -> Response {
    let database = tokio::time::timeout(Duration::from_secs(1), health.store.ping()).await;
    let database = matches!(database, Ok(Ok(())));
    let stopping = health.stopping.load(Ordering::Relaxed);
    let ready = database && !stopping;
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = json!({
        "status": if ready { "ready" } else { "not ready" },
        "database": if database { "ok" } else { "unavailable" },
        "stopping": stopping,
    });
    (status, Json(body)).into_response()
}

/// The metrics in Prometheus' text format.
pub async fn metrics(State(health): State<Health>) -> Response {
    let text = "text/plain; version=0.0.4; charset=utf-8";
    ([(header::CONTENT_TYPE, text)], health.metrics.render()).into_response()
}
