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

use crate::chain::{Fitness, Reader};
use crate::store::Store;

/// What the checks look at.
#[derive(Clone)]
pub struct Health {
    store: Store,
    chain: Option<Reader>,
    stopping: Arc<AtomicBool>,
    metrics: PrometheusHandle,
}

impl Health {
    /// Of a gateway over this store and, where there is one, this chain.
    pub fn new(store: Store, chain: Option<Reader>, metrics: PrometheusHandle) -> Self {
        Self { store, chain, stopping: Arc::default(), metrics }
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

/// What is known of the chain's endpoints. Without the chain the gateway still
/// answers, with the last known balances: that is told, and no more.
fn chain(health: &Health) -> serde_json::Value {
    let Some(chain) = &health.chain else { return json!("off") };
    let endpoints = chain.fitness();
    let status = if endpoints.contains(&(Fitness::Fit, false)) { "ok" } else { "unavailable" };
    let endpoints: Vec<String> = endpoints
        .into_iter()
        .map(|endpoint| match endpoint {
            (Fitness::Fit, false) => "ok".to_owned(),
            (Fitness::Fit, true) => "has failed, and is left alone for a while".to_owned(),
            (Fitness::Unknown, _) => "has not answered yet".to_owned(),
            (Fitness::Unfit(what), _) => format!("not used: {what}"),
        })
        .collect();
    json!({ "status": status, "endpoints": endpoints })
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
        "chain": chain(&health),
        "stopping": stopping,
    });
    (status, Json(body)).into_response()
}

/// The metrics in Prometheus' text format.
pub async fn metrics(State(health): State<Health>) -> Response {
    let text = "text/plain; version=0.0.4; charset=utf-8";
    ([(header::CONTENT_TYPE, text)], health.metrics.render()).into_response()
}
